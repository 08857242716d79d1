/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/sphinx.h"

#include <dlfcn.h>
#include <math.h>
#include <pocketsphinx.h>
#include <sphinxbase/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODEL AIVE_SPHINX_MODELS "/en-us"
#define LIBRARY "libpocketsphinx.so.3"
#define PACKAGES "install the packages libpocketsphinx3 and pocketsphinx-en-us"
#define FRAMES_A_SECOND 100.0
#define BLOCK 16000 /* samples between two looks at the cancel */

/* What we call of it. */
#define CALLS(X)                                                                                   \
    X(err_set_logfp)                                                                               \
    X(cmd_ln_init)                                                                                 \
    X(cmd_ln_free_r)                                                                               \
    X(cmd_ln_set_float_r)                                                                          \
    X(ps_args)                                                                                     \
    X(ps_init)                                                                                     \
    X(ps_free)                                                                                     \
    X(ps_get_logmath)                                                                              \
    X(ps_add_word)                                                                                 \
    X(ps_lookup_word)                                                                              \
    X(ps_set_fsg)                                                                                  \
    X(ps_set_search)                                                                               \
    X(ps_unset_search)                                                                             \
    X(ps_start_utt)                                                                                \
    X(ps_process_raw)                                                                              \
    X(ps_end_utt)                                                                                  \
    X(ps_seg_iter)                                                                                 \
    X(ps_seg_next)                                                                                 \
    X(ps_seg_word)                                                                                 \
    X(ps_seg_frames)                                                                               \
    X(ps_seg_prob)                                                                                 \
    X(ps_seg_free)                                                                                 \
    X(fsg_model_init)                                                                              \
    X(fsg_model_free)                                                                              \
    X(fsg_model_word_add)                                                                          \
    X(fsg_model_trans_add)                                                                         \
    X(fsg_model_null_trans_add)                                                                    \
    X(ckd_free)

struct calls {
#define MEMBER(name) __typeof__(name) *name;
    CALLS(MEMBER)
#undef MEMBER
};

struct sphinx {
    void *library;
    struct calls call;
    cmd_ln_t *config;
    ps_decoder_t *ps;
    logmath_t *log;
};

/* --- Loading ---------------------------------------------------------------------------------- */

static bool find_calls(struct sphinx *s, struct err *e)
{
    static const struct {
        const char *name;
        size_t offset;
    } table[] = {
#define ROW(name) {#name, offsetof(struct calls, name)},
        CALLS(ROW)
#undef ROW
    };
    s->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!s->library)
        return err_set(e, ERR_UNAVAILABLE, "pocketsphinx is not there: " PACKAGES " (%s)",
                       dlerror());
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        void *f = dlsym(s->library, table[i].name);
        if (!f)
            return err_set(e, ERR_UNAVAILABLE, "this pocketsphinx has no %s(): " PACKAGES,
                           table[i].name);
        memcpy((char *)&s->call + table[i].offset, &f, sizeof f);
    }
    return true;
}

/* The library ends the process when a file is missing. */
static bool check_model(bool draft, struct err *e)
{
    static const char *const files[] = {
        MODEL "/en-us/mdef", MODEL "/en-us/means", MODEL "/en-us/variances",
        MODEL "/en-us/sendump", MODEL "/en-us/transition_matrices", MODEL "/en-us/feat.params",
        MODEL "/en-us/noisedict", MODEL "/cmudict-en-us.dict", MODEL "/en-us.lm.bin",
    };
    size_t count = sizeof files / sizeof *files - (draft ? 0 : 1);
    for (size_t i = 0; i < count; i++)
        if (access(files[i], R_OK) != 0)
            return err_set(e, ERR_UNAVAILABLE, "the English model of pocketsphinx is not there: "
                           PACKAGES " (%s cannot be read)", files[i]);
    return true;
}

static cmd_ln_t *configure(const struct calls *c, bool draft)
{
    return c->cmd_ln_init(NULL, c->ps_args(), TRUE, "-hmm", MODEL "/en-us",
                          "-dict", MODEL "/cmudict-en-us.dict",
                          "-remove_silence", "no", /* it would take it out of the time as well */
                          "-fsgusealtpron", "yes", "-fsgusefiller", "yes",
                          "-lw", draft ? "6.5" : "1", "-wip", draft ? "0.65" : "1",
                          draft ? "-lm" : NULL, MODEL "/en-us.lm.bin", NULL);
}

struct sphinx *sphinx_open(bool draft, struct err *e)
{
    struct sphinx *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NO_MEMORY, "no memory for pocketsphinx");
        return NULL;
    }
    if (!find_calls(s, e) || !check_model(draft, e))
        goto fail;
    s->call.err_set_logfp(NULL);
    s->config = configure(&s->call, draft);
    s->ps = s->config ? s->call.ps_init(s->config) : NULL;
    if (!s->ps) {
        err_set(e, ERR_UNAVAILABLE, "pocketsphinx cannot read its English model: " PACKAGES);
        goto fail;
    }
    s->log = s->call.ps_get_logmath(s->ps);
    return s;

fail:
    sphinx_close(s);
    return NULL;
}

void sphinx_close(struct sphinx *s)
{
    if (!s)
        return;
    if (s->ps)
        s->call.ps_free(s->ps);
    if (s->config)
        s->call.cmd_ln_free_r(s->config);
    if (s->library)
        dlclose(s->library);
    free(s);
}

/* --- Words ------------------------------------------------------------------------------------ */

bool sphinx_look_up(struct sphinx *s, const char *word, int variant,
                    char phones[static SPHINX_PHONES_MAX])
{
    char name[128];
    int n = variant ? snprintf(name, sizeof name, "%s(%d)", word, variant + 1)
                    : snprintf(name, sizeof name, "%s", word);
    char *found = n < (int)sizeof name ? s->call.ps_lookup_word(s->ps, name) : NULL;
    bool ok = found && snprintf(phones, SPHINX_PHONES_MAX, "%s", found) < SPHINX_PHONES_MAX;
    s->call.ckd_free(found);
    return ok;
}

bool sphinx_add(struct sphinx *s, const char *name, const char *phones, struct err *e)
{
    return s->call.ps_add_word(s->ps, name, phones, FALSE) >= 0 ||
           err_set(e, ERR_INTERNAL, "pocketsphinx does not take the word %s (%s)", name, phones);
}

/* --- Hearing ---------------------------------------------------------------------------------- */

/* The library's logarithms: of base 1.0001. */
static int32 steps(double logp)
{
    return (int32)lround(logp / log(1.0001));
}

/* The library reads them when it gets a grammar. Its own, and ours for the patient. */
static void set_beams(struct sphinx *s, bool patient)
{
    static const struct {
        const char *name;
        double usual, patient;
    } beams[] = {{"-beam", 1e-48, 1e-80},   {"-pbeam", 1e-48, 1e-80},     {"-wbeam", 7e-29, 1e-60},
                 {"-lpbeam", 1e-40, 1e-80}, {"-lponlybeam", 7e-29, 1e-80}};
    for (size_t i = 0; i < sizeof beams / sizeof *beams; i++)
        s->call.cmd_ln_set_float_r(s->config, beams[i].name,
                                   patient ? beams[i].patient : beams[i].usual);
}

static bool set_grammar(struct sphinx *s, const struct sphinx_grammar *g, struct err *e)
{
    const struct calls *c = &s->call;
    fsg_model_t *fsg = c->fsg_model_init("script", s->log, 1.0F, g->states);
    if (!fsg)
        return err_set(e, ERR_NO_MEMORY, "no memory for what may be said");
    set_beams(s, g->patient);
    fsg->start_state = g->first;
    fsg->final_state = g->last;
    for (size_t i = 0; i < g->arc_count; i++) {
        const struct sphinx_arc *a = &g->arcs[i];
        if (a->name)
            c->fsg_model_trans_add(fsg, a->from, a->to, steps(a->logp),
                                   c->fsg_model_word_add(fsg, a->name));
        else
            c->fsg_model_null_trans_add(fsg, a->from, a->to, steps(a->logp));
    }
    bool ok = c->ps_set_fsg(s->ps, "script", fsg) == 0 && c->ps_set_search(s->ps, "script") == 0;
    c->fsg_model_free(fsg);
    return ok || err_set(e, ERR_INTERNAL, "pocketsphinx does not take what may be said");
}

static bool add_word(struct sphinx_heard *h, const struct sphinx_word *w)
{
    if (h->count == h->room) {
        size_t room = h->room ? 2 * h->room : 64;
        struct sphinx_word *more = realloc(h->items, room * sizeof *more);
        if (!more)
            return false;
        h->items = more;
        h->room = room;
    }
    h->items[h->count++] = *w;
    return true;
}

static bool is_silence(const char *word)
{
    return word[0] == '<' || word[0] == '[' || strcmp(word, "(NULL)") == 0;
}

static bool collect(struct sphinx *s, struct sphinx_heard *out, struct err *e)
{
    const struct calls *c = &s->call;
    for (ps_seg_t *seg = c->ps_seg_iter(s->ps); seg; seg = c->ps_seg_next(seg)) {
        const char *word = c->ps_seg_word(seg);
        if (!word || is_silence(word))
            continue;
        struct sphinx_word w = {0};
        snprintf(w.name, sizeof w.name, "%.*s", (int)strcspn(word, "("), word);
        int from = 0, to = 0;
        int32 acoustic = 0, language = 0, back = 0;
        c->ps_seg_frames(seg, &from, &to);
        c->ps_seg_prob(seg, &acoustic, &language, &back);
        w.start_s = from / FRAMES_A_SECOND;
        w.end_s = (to + 1) / FRAMES_A_SECOND;
        w.score = (double)acoustic / (to - from + 1);
        if (!add_word(out, &w)) {
            c->ps_seg_free(seg);
            return err_set(e, ERR_NO_MEMORY, "no memory for the words heard");
        }
    }
    return true;
}

/* All of it in one go, since the level of the whole is what every frame is compared with. */
static bool listen(struct sphinx *s, const int16_t *pcm, size_t n, const struct cancel *cancel,
                   struct sphinx_heard *out, struct err *e)
{
    out->count = 0;
    if (cancel_fired(cancel))
        return err_set(e, ERR_CANCELED, "canceled");
    if (s->call.ps_start_utt(s->ps) < 0)
        return err_set(e, ERR_INTERNAL, "pocketsphinx does not start");
    bool ok = s->call.ps_process_raw(s->ps, pcm, n, FALSE, TRUE) >= 0;
    ok = s->call.ps_end_utt(s->ps) >= 0 && ok;
    if (!ok)
        return err_set(e, ERR_INTERNAL, "pocketsphinx cannot hear this sound");
    return collect(s, out, e);
}

bool sphinx_hear(struct sphinx *s, const struct sphinx_grammar *g, const int16_t *pcm, size_t n,
                 const struct cancel *c, struct sphinx_heard *out, struct err *e)
{
    return set_grammar(s, g, e) && listen(s, pcm, n, c, out, e);
}

bool sphinx_guess(struct sphinx *s, const int16_t *pcm, size_t n, const struct cancel *c,
                  struct sphinx_heard *out, struct err *e)
{
    return listen(s, pcm, n, c, out, e);
}

void sphinx_heard_finish(struct sphinx_heard *h)
{
    free(h->items);
    *h = (struct sphinx_heard){0};
}
