/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/decode.h"
#include "nn/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BEAMS WHISPER_BEAMS_MAX
#define CANDIDATES (BEAMS + 1) /* of one text: the end may be among them */
#define END_S 0.1              /* a time so near to the sound's end is the end */
#define WINDOW_S 30.0

/* A text and a token that it may go on with. */
struct candidate {
    int from;
    int32_t token;
    float log_p;
    double sum;
};

struct decoder {
    struct whisper_run *run;
    const struct decode_rules *rules;
    int text_ctx;
    float *logits;     /* [beams][vocab] */
    float *sot_logits; /* [vocab] */
    struct decoded *texts, *next; /* that go on, [BEAMS] each */
    int count;
    struct decoded *complete; /* [BEAMS] */
    int complete_count;
};

struct decoder *decoder_create(struct whisper_run *run, const struct whisper_config *c,
                               const struct decode_rules *rules, int beams, struct err *e)
{
    struct decoder *d = calloc(1, sizeof *d);
    size_t vocab = (size_t)c->vocab;
    if (!d)
        goto fail;
    d->run = run;
    d->rules = rules;
    d->text_ctx = c->text_ctx < DECODED_MAX ? c->text_ctx : DECODED_MAX;
    d->logits = malloc((size_t)beams * vocab * sizeof *d->logits);
    d->sot_logits = malloc(vocab * sizeof *d->sot_logits);
    d->texts = calloc(BEAMS, sizeof *d->texts);
    d->next = calloc(BEAMS, sizeof *d->next);
    d->complete = calloc(BEAMS, sizeof *d->complete);
    if (d->logits && d->sot_logits && d->texts && d->next && d->complete)
        return d;
fail:
    decoder_destroy(d);
    err_set(e, ERR_NO_MEMORY, "no memory to decode speech");
    return NULL;
}

void decoder_destroy(struct decoder *d)
{
    if (!d)
        return;
    free(d->logits);
    free(d->sot_logits);
    free(d->texts);
    free(d->next);
    free(d->complete);
    free(d);
}

/* --- One token more --------------------------------------------------------------------------- */

static void say(struct decoded *t, int32_t token, float log_p)
{
    t->tokens[t->count] = token;
    t->log_p[t->count++] = log_p;
    t->sum_log_p += log_p;
}

/* A time at the end of the sound ends the text as <|endoftext|> does. */
static bool at_end(const struct decoder *d, const struct decode_ask *ask, const struct decoded *t)
{
    const struct whisper_tokens *k = d->rules->tokens;
    double end_s = ask->end_s > 0 ? ask->end_s : WINDOW_S;
    int32_t last = t->count ? t->tokens[t->count - 1] : 0;
    return d->rules->times && last > k->first_time &&
           (last - k->first_time) * TIME_STEP_S >= end_s - END_S - 1e-9;
}

/* A text that is complete with this token; false: it goes on. */
static bool completes(const struct decoder *d, const struct decode_ask *ask, struct decoded *t,
                      int32_t token, float log_p)
{
    if (token == d->rules->tokens->eot) {
        t->sum_log_p += log_p;
        return t->ended = true;
    }
    say(t, token, log_p);
    return t->ended = at_end(d, ask, t);
}

static int32_t likeliest(const float *log_p, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (log_p[i] > log_p[best])
            best = i;
    return best;
}

static int32_t draw(const float *log_p, int n, float temperature, uint64_t *seed)
{
    double sum = 0, max = log_p[likeliest(log_p, n)];
    for (int i = 0; i < n; i++)
        sum += exp((log_p[i] - max) / temperature);
    double at = random_unit(seed) * sum;
    int32_t last = 0;
    for (int i = 0; i < n; i++) {
        double p = exp((log_p[i] - max) / temperature);
        if (p > 0)
            last = i;
        if (p > 0 && (at -= p) < 0)
            break;
    }
    return last;
}

/* --- Texts that do not know of each other ----------------------------------------------------- */

/* Every text says one token; those that are complete go aside. from[] gets where the others are. */
static void say_each(struct decoder *d, const struct decode_ask *ask, uint64_t *seed,
                     int from[BEAMS], int32_t tokens[BEAMS])
{
    const int vocab = d->rules->tokens->vocab;
    int count = 0;
    for (int i = 0; i < d->count; i++) {
        const float *log_p = d->logits + (size_t)i * (size_t)vocab;
        int32_t token = ask->temperature > 0 ? draw(log_p, vocab, ask->temperature, seed)
                                             : likeliest(log_p, vocab);
        if (completes(d, ask, &d->texts[i], token, log_p[token])) {
            d->complete[d->complete_count++] = d->texts[i];
            continue;
        }
        if (count != i)
            d->texts[count] = d->texts[i];
        from[count] = i;
        tokens[count++] = token;
    }
    d->count = count;
}

/* --- Beam search ------------------------------------------------------------------------------ */

/* Keeps the best in order, the best first. */
static void keep_best(struct candidate *list, int *count, int max, struct candidate c)
{
    int at = *count;
    while (at > 0 && list[at - 1].sum < c.sum)
        at--;
    if (at == max)
        return;
    int moved = (*count < max ? *count : max - 1) - at;
    memmove(list + at + 1, list + at, (size_t)moved * sizeof *list);
    list[at] = c;
    if (*count < max)
        ++*count;
}

static int best_candidates(const struct decoder *d, int beams, struct candidate *out)
{
    const int vocab = d->rules->tokens->vocab;
    int count = 0;
    for (int i = 0; i < d->count; i++) {
        const float *log_p = d->logits + (size_t)i * (size_t)vocab;
        struct candidate own[CANDIDATES] = {{0}};
        int n = 0;
        float least = -INFINITY;
        for (int32_t token = 0; token < vocab; token++) {
            if (log_p[token] <= least)
                continue;
            keep_best(own, &n, beams + 1, (struct candidate){i, token, log_p[token], log_p[token]});
            least = n == beams + 1 ? own[n - 1].log_p : -INFINITY;
        }
        for (int k = 0; k < n; k++) {
            own[k].sum += d->texts[i].sum_log_p;
            keep_best(out, &count, BEAMS * CANDIDATES, own[k]);
        }
    }
    return count;
}

static double rank(const struct decoded *t)
{
    return t->sum_log_p / (t->count > 0 ? t->count : 1);
}

/* Of too many, the best: unlikely texts end early and must not crowd out one that goes on. */
static void keep_complete(struct decoder *d, int max, const struct decoded *t)
{
    int at = d->complete_count;
    if (at == max) {
        at = 0;
        for (int i = 1; i < max; i++)
            if (rank(&d->complete[i]) < rank(&d->complete[at]))
                at = i;
        if (rank(t) <= rank(&d->complete[at]))
            return;
    } else {
        d->complete_count++;
    }
    d->complete[at] = *t;
}

/* Does a text that goes on stand better than all complete ones? */
static bool may_get_better(const struct decoder *d)
{
    double best = -INFINITY;
    for (int i = 0; i < d->complete_count; i++)
        best = fmax(best, rank(&d->complete[i]));
    for (int i = 0; i < d->count; i++)
        if (rank(&d->texts[i]) > best)
            return true;
    return false;
}

static void say_beams(struct decoder *d, const struct decode_ask *ask, int from[BEAMS],
                      int32_t tokens[BEAMS])
{
    struct candidate list[BEAMS * CANDIDATES] = {0};
    int n = best_candidates(d, ask->beams, list), count = 0;
    for (int i = 0; i < n && count < ask->beams; i++) {
        struct decoded *t = &d->next[count];
        *t = d->texts[list[i].from];
        if (completes(d, ask, t, list[i].token, list[i].log_p)) {
            keep_complete(d, ask->beams, t);
            continue;
        }
        from[count] = list[i].from;
        tokens[count++] = list[i].token;
    }
    struct decoded *swap = d->texts;
    d->texts = d->next;
    d->next = swap;
    d->count = count;
    if (d->complete_count >= ask->beams && !may_get_better(d))
        d->count = 0;
}

/* --- The window ------------------------------------------------------------------------------- */

static void start(struct decoder *d, int texts)
{
    const size_t vocab = (size_t)d->rules->tokens->vocab;
    d->count = texts;
    d->complete_count = 0;
    for (int i = 0; i < texts; i++) {
        d->texts[i] = (struct decoded){0};
        if (i > 0)
            memcpy(d->logits + (size_t)i * vocab, d->logits, vocab * sizeof *d->logits);
    }
}

static bool all_steps(struct decoder *d, const struct decode_ask *ask, int max_tokens, bool beams,
                      struct err *e)
{
    const size_t vocab = (size_t)d->rules->tokens->vocab;
    uint64_t seed = ask->seed;
    for (int step = 0; d->count > 0; step++) {
        int from[BEAMS];
        int32_t tokens[BEAMS];
        if (cancel_fired(ask->cancel))
            return err_set(e, ERR_CANCELED, "canceled");
        for (int i = 0; i < d->count; i++)
            if (!decode_rules_apply(d->rules, d->texts[i].tokens, d->texts[i].count,
                                    d->logits + (size_t)i * vocab))
                return err_set(e, ERR_INVALID, "what the speech model computes is not a number: its "
                                               "file is damaged");
        if (beams)
            say_beams(d, ask, from, tokens);
        else
            say_each(d, ask, &seed, from, tokens);
        if (d->count == 0 || step + 1 >= max_tokens)
            break;
        whisper_fork(d->run, from, d->count);
        if (!whisper_step(d->run, tokens, d->count, d->logits, e))
            return false;
    }
    return true;
}

/* Those that were cut off count only where there are too few complete ones. */
static const struct decoded *best_text(struct decoder *d, int wanted)
{
    for (int i = 0; i < d->count && d->complete_count < wanted; i++)
        d->complete[d->complete_count++] = d->texts[i];
    const struct decoded *best = &d->complete[0];
    for (int i = 1; i < d->complete_count; i++)
        if (rank(&d->complete[i]) > rank(best))
            best = &d->complete[i];
    return best;
}

bool decode_window(struct decoder *d, const struct decode_ask *ask, struct decoded *out,
                   struct err *e)
{
    const struct whisper_tokens *k = d->rules->tokens;
    bool beams = ask->temperature <= 0 && ask->beams > 1;
    int half = d->text_ctx / 2, room = d->text_ctx - ask->prompt_len;
    int max_tokens = ask->max_tokens > 0 ? ask->max_tokens : half;
    max_tokens = max_tokens < room ? max_tokens : room;
    if (max_tokens < 1)
        return err_set(e, ERR_INVALID, "the prompt of %d tokens leaves no room for an answer",
                       ask->prompt_len);
    if (!whisper_prompt(d->run, ask->prompt, ask->prompt_len, d->logits, d->sot_logits,
                        ask->sot_index, e))
        return false;
    start(d, ask->temperature > 0 ? ask->beams : 1);
    if (!all_steps(d, ask, max_tokens, beams, e))
        return false;
    *out = *best_text(d, ask->beams);
    out->mean_log_p = out->sum_log_p / (out->count + 1);
    out->no_speech_p = exp(d->sot_logits[k->no_speech] - log_sum_exp(d->sot_logits, k->vocab));
    return true;
}

int decode_language(struct decoder *d, float *p, struct err *e)
{
    const struct whisper_tokens *k = d->rules->tokens;
    if (!whisper_prompt(d->run, &k->sot, 1, d->logits, NULL, 0, e))
        return -1;
    const float *of_languages = d->logits + k->first_language;
    double norm = log_sum_exp(of_languages, k->language_count);
    for (int i = 0; p && i < k->language_count; i++)
        p[i] = expf((float)(of_languages[i] - norm));
    return likeliest(of_languages, k->language_count);
}
