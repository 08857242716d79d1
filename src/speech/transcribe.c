/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/transcribe.h"
#include "analysis/log_mel.h"
#include "analysis/speech_activity.h"
#include "core/buf.h"
#include "nn/tokenizer.h"
#include "speech/fallback.h"
#include "speech/gate.h"
#include "speech/languages.h"
#include "speech/segments.h"
#include "speech/transcriber.h"
#include "speech/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_S 30
#define WINDOW (WINDOW_S * SPEECH_RATE)
#define FRAMES 3000
#define POSITIONS_A_SECOND 50
#define SHORTEST_S 0.1 /* of a window that is worth listening to */
#define BEAMS_DEFAULT 5

/* A short sound needs no whole window; but where the network sees too little it says the same again
 * and again, so never less than this, and the whole if it does so still. */
#define POSITIONS_MIN 500
#define POSITIONS_MARGIN 100

/* What was said before is told to the network, but not much: a long memory is slow, and keeps a
 * mistake alive. */
#define CONTEXT_MAX 64
#define PROMPT_MAX 8 /* tokens besides it: startofprev, sot, language, task */
#define CONTEXT_TEMPERATURE_MAX 0.5f /* above this a text is no example to follow */

#define TRIES_A_WINDOW 2 /* above temperature 0, on average */
#define TRIES_MORE 8

struct listening {
    struct transcriber *t;
    const struct speech_sound *sound;
    const struct transcribe_options *o;
    struct arena *arena; /* of the result */
    struct gate gate;
    struct decode_rules rules;
    struct whisper_run *run;
    struct decoder *decoder;
    struct fallback fallback;
    float *pcm, *frames;
    int64_t pcm_from; /* where the window begins, in samples of the shortened sound */
    int samples;      /* of the window */
    double at_s; /* of the window, in the shortened sound */
    int language;
    int32_t context[CONTEXT_MAX];
    int context_len;
    struct transcript *out;
    struct buf segments, dropped, text; /* struct transcript_segment, _dropped; bytes */
};

/* --- Sound ------------------------------------------------------------------------------------ */

/* Puts what the shortened sound has from `from` to `end`, in samples, piece by piece, to its place in
 * the window; where pieces are rounded apart there is silence. */
static bool append_sound(struct listening *l, int64_t from, int64_t end, struct err *e)
{
    memset(l->pcm + (from - l->pcm_from), 0, (size_t)(end - from) * sizeof *l->pcm);
    for (size_t i = 0; i < l->gate.count; i++) {
        const struct gate_piece *p = &l->gate.pieces[i];
        int64_t begin = llround(p->at_s * SPEECH_RATE), source = llround(p->start_s * SPEECH_RATE);
        int64_t stop = begin + llround((p->end_s - p->start_s) * SPEECH_RATE);
        int64_t a = from > begin ? from : begin, b = end < stop ? end : stop;
        int64_t rest = l->sound->samples - (source + a - begin);
        b = b - a > rest ? a + rest : b;
        if (b <= a)
            continue;
        if (!l->sound->read(l->sound->user, source + a - begin, l->pcm + (a - l->pcm_from),
                            (int)(b - a), e))
            return false;
    }
    return true;
}

/* What this window shares with the one before is there already. */
static bool read_window(struct listening *l, double length_s, struct err *e)
{
    int64_t from = llround(l->at_s * SPEECH_RATE), end = from + llround(length_s * SPEECH_RATE);
    int64_t have = l->pcm_from + l->samples < end ? l->pcm_from + l->samples : end;
    int64_t kept = have > from ? have - from : 0;
    if (kept > 0)
        memmove(l->pcm, l->pcm + (from - l->pcm_from), (size_t)kept * sizeof *l->pcm);
    l->pcm_from = from;
    l->samples = (int)(end - from);
    return append_sound(l, from + kept, end, e);
}

/* positions: how much of the window the network looks at. */
static bool encode(struct listening *l, int positions, struct err *e)
{
    return log_mel_clip(l->t->config.mels, l->pcm, (size_t)l->samples, l->frames, FRAMES, e) &&
           whisper_encode(l->run, l->frames, FRAMES, positions, l->o->cancel, e);
}

static int positions_of(const struct listening *l, double length_s)
{
    int all = l->t->config.audio_ctx, needed = (int)ceil(length_s * POSITIONS_A_SECOND);
    if (l->gate.length_s > WINDOW_S - 2) /* one window of several */
        return all;
    needed = needed > POSITIONS_MIN ? needed : POSITIONS_MIN;
    return needed + POSITIONS_MARGIN < all ? needed + POSITIONS_MARGIN : all;
}

/* --- Prompt ----------------------------------------------------------------------------------- */

static int make_prompt(const struct listening *l, int32_t *out, int *sot_index)
{
    const struct whisper_tokens *k = &l->t->tokens;
    int n = 0;
    if (l->context_len > 0) {
        out[n++] = k->start_of_prev;
        memcpy(out + n, l->context, (size_t)l->context_len * sizeof *out);
        n += l->context_len;
    }
    *sot_index = n;
    out[n++] = k->sot;
    if (k->multilingual) {
        out[n++] = k->first_language + l->language;
        out[n++] = l->o->translate ? k->translate : k->transcribe;
    }
    return n;
}

/* The prompt leaves room for an answer of half of the network's context. */
static int context_max(const struct listening *l)
{
    int half = l->t->config.text_ctx / 2 - PROMPT_MAX;
    return half > CONTEXT_MAX ? CONTEXT_MAX : half > 0 ? half : 0;
}

/* Only what was taken: what is heard again in the next window must not seem said already. */
static void remember(struct listening *l, const int32_t *tokens, int n)
{
    int max = context_max(l), take = n < max ? n : max;
    int keep = l->context_len < max - take ? l->context_len : max - take;
    memmove(l->context, l->context + l->context_len - keep, (size_t)keep * sizeof *l->context);
    memcpy(l->context + keep, tokens + n - take, (size_t)take * sizeof *l->context);
    l->context_len = keep + take;
}

static bool start_context(struct listening *l, struct err *e)
{
    struct ids ids = {0};
    const char *prompt = l->o->prompt;
    if (!prompt || !*prompt)
        return true;
    bool ok = tokenizer_encode(l->t->tokenizer, " ", 1, &ids, e) &&
              tokenizer_encode(l->t->tokenizer, prompt, strlen(prompt), &ids, e);
    size_t max = (size_t)context_max(l), keep = ids.len < max ? ids.len : max;
    if (ok && keep)
        memcpy(l->context, ids.id + ids.len - keep, keep * sizeof *l->context);
    l->context_len = ok ? (int)keep : 0;
    ids_finish(&ids);
    return ok;
}

/* --- Language --------------------------------------------------------------------------------- */

/* By the first window; a language that is given is believed. */
static bool find_language(struct listening *l, struct err *e)
{
    const struct whisper_tokens *k = &l->t->tokens;
    float p[LANGUAGES_MAX];
    if (l->language >= 0)
        return true;
    l->language = 0;
    if (!k->multilingual)
        return true;
    l->language = decode_language(l->decoder, p, e);
    if (l->language < 0)
        return false;
    l->out->language_probability = (double)p[l->language];
    return true;
}

static bool choose_language(struct listening *l, struct err *e)
{
    const struct whisper_tokens *k = &l->t->tokens;
    const char *said = l->o->language;
    l->language = -1;
    if (!said || !*said)
        return true;
    l->language = language_find(said);
    if (l->language < 0 || l->language >= k->language_count)
        return err_set(e, ERR_INVALID, "the model knows no language \"%.40s\" (a code like en, de, ja)",
                       said);
    if (!k->multilingual && l->language != 0)
        return err_set(e, ERR_INVALID, "this model knows English only; \"%s\" needs one without \".en\"",
                       languages[l->language].code);
    return true;
}

/* --- What was said ---------------------------------------------------------------------------- */

static char *text_of(struct listening *l, const int32_t *tokens, int n)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    bool ok = tokens_text(&l->t->tokens, l->t->tokenizer, tokens, n, &text);
    char *copy = ok ? arena_strndup(l->arena, text.data ? text.data : "", text.len) : NULL;
    buf_finish(&text);
    return copy;
}

static bool drop(struct listening *l, double start_s, double end_s, const char *text,
                 const char *reason)
{
    const struct transcript_dropped d = {gate_start(&l->gate, l->at_s + start_s),
                                         gate_end(&l->gate, l->at_s + end_s), text, reason};
    return !*text || buf_add(&l->dropped, &d, sizeof d);
}

/* Seconds in which somebody speaks, between two times of the sound. */
static double spoken_between(const struct transcribe_options *o, double start_s, double end_s)
{
    double sum = 0;
    for (size_t i = 0; i < o->span_count; i++) {
        double a = fmax(o->spans[i].start_s, start_s), b = fmin(o->spans[i].end_s, end_s);
        sum += b > a ? b - a : 0;
    }
    return sum;
}

static bool keep_words(struct listening *l, const struct words *words, int first, int end,
                       struct transcript_segment *s)
{
    struct transcript_word *list = arena_array(l->arena, words->count + 1, sizeof *list);
    size_t n = 0;
    if (!list)
        return false;
    for (size_t i = 0; i < words->count; i++) {
        const struct word *w = &words->items[i];
        if (w->first < first || w->first >= end || !w->text[strspn(w->text, " ")])
            continue;
        list[n++] = (struct transcript_word){gate_start(&l->gate, l->at_s + w->start_s),
                                             gate_end(&l->gate, l->at_s + w->end_s),
                                             w->text + strspn(w->text, " "), w->p};
        if (list[n - 1].end < list[n - 1].start) /* on a seam */
            list[n - 1].end = list[n - 1].start;
    }
    s->words = (struct wire_list){list, n};
    if (n > 0) {
        s->start = list[0].start;
        s->end = list[n - 1].end;
    }
    return true;
}

static bool add_segment(struct listening *l, struct transcript_segment *s)
{
    s->id = (int64_t)(l->segments.len / sizeof *s);
    if (!buf_add(&l->segments, s, sizeof *s) || (l->text.len && !buf_addc(&l->text, ' ')) ||
        !buf_adds(&l->text, s->text))
        return false;
    if (l->o->on_segment)
        l->o->on_segment(l->o->user, s);
    return true;
}

/* The tokens of the window that are text, one after the other. */
struct window_text {
    int32_t tokens[DECODED_MAX];
    float log_p[DECODED_MAX];
    int count;
};

static bool time_words(struct listening *l, const struct window_text *text, struct words *out,
                       struct err *e)
{
    const struct words_ask ask = {
        .run = l->run, .config = &l->t->config, .tokens = &l->t->tokens,
        .tokenizer = l->t->tokenizer, .language = l->language, .translate = l->o->translate,
        .text = text->tokens, .log_p = text->log_p, .count = text->count,
        .pcm = l->pcm, .samples = l->samples,
    };
    *out = (struct words){0};
    if (l->o->no_words || text->count + 5 > l->t->config.text_ctx)
        return true;
    return words_align(&ask, l->arena, out, e);
}

static void collect_text(const struct listening *l, const struct decoded *said,
                         struct window_text *out)
{
    out->count = 0;
    for (int i = 0; i < said->count; i++) {
        if (said->tokens[i] >= l->t->tokens.eot)
            continue;
        out->tokens[out->count] = said->tokens[i];
        out->log_p[out->count++] = said->log_p[i];
    }
}

static int text_tokens(const struct listening *l, const int32_t *tokens, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += tokens[i] < l->t->tokens.eot;
    return count;
}

/* One piece of the window; `first` and `end` count text tokens. */
static bool keep_cut(struct listening *l, const struct segment_cut *cut, const struct attempt *a,
                     const struct words *words, int first, int end)
{
    struct transcript_segment s = {
        .start = gate_start(&l->gate, l->at_s + cut->start_s),
        .end = gate_end(&l->gate, l->at_s + cut->end_s),
        .text = text_of(l, a->said.tokens + cut->first, cut->count),
        .avg_logprob = a->said.mean_log_p,
        .no_speech_prob = a->said.no_speech_p,
        .compression_ratio = a->compression,
        .temperature = round(10 * (double)a->temperature) / 10,
    };
    if (!s.text)
        return false;
    if (!*s.text)
        return true;
    if (s.end < s.start)
        s.end = s.start;
    if (!keep_words(l, words, first, end, &s))
        return false;
    if (l->o->spans && spoken_between(l->o, s.start - GATE_EDGE_S, s.end + GATE_EDGE_S) <= 0)
        return drop(l, cut->start_s, cut->end_s, s.text, "nobody speaks there");
    remember(l, a->said.tokens + cut->first, cut->count);
    return add_segment(l, &s);
}

static bool keep_window(struct listening *l, const struct attempt *a, double length_s,
                        double *next_s, struct err *e)
{
    struct segment_cuts cuts;
    struct window_text text;
    struct words words;
    segments_cut(&l->t->tokens, &a->said, length_s, &cuts);
    collect_text(l, &a->said, &text);
    *next_s = cuts.next_s;
    if (!time_words(l, &text, &words, e))
        return false;
    for (size_t i = 0; i < words.count; i++) { /* the rest is the next window's */
        words.items[i].start_s = fmin(words.items[i].start_s, cuts.next_s);
        words.items[i].end_s = fmin(words.items[i].end_s, cuts.next_s);
    }
    bool ok = true;
    int first = 0;
    for (int i = 0; ok && i < cuts.count; i++) {
        int n = text_tokens(l, a->said.tokens + cuts.cuts[i].first, cuts.cuts[i].count);
        ok = keep_cut(l, &cuts.cuts[i], a, &words, first, first + n);
        first += n;
    }
    return ok || err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
}

static bool drop_rest(struct listening *l, const struct attempt *a, int first, double start_s,
                      double end_s, struct err *e)
{
    const char *reason = a->doubt == DOUBT_SILENCE ? "the model hears no speech"
                                                   : "the text runs in circles";
    const char *text = text_of(l, a->said.tokens + first, a->said.count - first);
    return (text && drop(l, start_s, end_s, text, reason)) ||
           err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
}

/* Sentences that were complete before the text began to run in circles are as good as any. */
static bool refuse_window(struct listening *l, const struct attempt *a, double length_s,
                          double *next_s, struct err *e)
{
    struct attempt before = *a;
    struct segment_cuts cuts;
    int first = 0;
    *next_s = length_s;
    before.said.count = a->doubt == DOUBT_REPEATS ? a->before_loop : 0;
    segments_cut(&l->t->tokens, &before.said, length_s, &cuts);
    if (before.said.count < a->said.count && cuts.next_s < length_s) {
        first = before.said.count;
        if (!keep_window(l, &before, length_s, next_s, e))
            return false;
    }
    return drop_rest(l, a, first, *next_s < length_s ? *next_s : 0, length_s, e);
}

/* --- Windows ---------------------------------------------------------------------------------- */

static bool decode(struct listening *l, double length_s, struct attempt *a, struct err *e)
{
    int32_t prompt[CONTEXT_MAX + PROMPT_MAX];
    struct decode_ask ask = {.prompt = prompt, .beams = l->o->beams > 0 ? l->o->beams : BEAMS_DEFAULT,
                             .end_s = length_s, .cancel = l->o->cancel,
                             .seed = (uint64_t)llround(l->at_s * 1000)};
    ask.prompt_len = make_prompt(l, prompt, &ask.sot_index);
    return decode_believably(&l->fallback, &ask, a, e);
}

/* Short sounds are tried with less to look at. */
static bool listen_window(struct listening *l, double length_s, struct attempt *a, struct err *e)
{
    int all = l->t->config.audio_ctx, positions = positions_of(l, length_s);
    if (!encode(l, positions, e) || !find_language(l, e))
        return false;
    if (positions < all) {
        int tries = l->fallback.tries;
        l->fallback.tries = 0;
        bool ok = decode(l, length_s, a, e);
        l->fallback.tries = tries;
        if (!ok || a->doubt == DOUBT_NONE)
            return ok;
        if (!encode(l, all, e))
            return false;
    }
    return decode(l, length_s, a, e);
}

static bool next_window(struct listening *l, struct err *e)
{
    struct attempt a;
    double next_s = 0, length_s = fmin(WINDOW_S, l->gate.length_s - l->at_s);
    if (!read_window(l, length_s, e) || !listen_window(l, length_s, &a, e))
        return false;
    bool refused = a.doubt == DOUBT_SILENCE || a.doubt == DOUBT_REPEATS;
    if (!(refused ? refuse_window : keep_window)(l, &a, length_s, &next_s, e))
        return false;
    if (a.doubt != DOUBT_NONE || a.temperature >= CONTEXT_TEMPERATURE_MAX)
        l->context_len = 0;
    l->at_s += next_s;
    return true;
}

static bool all_windows(struct listening *l, struct err *e)
{
    while (l->gate.length_s - l->at_s >= SHORTEST_S) {
        if (cancel_fired(l->o->cancel))
            return err_set(e, ERR_CANCELED, "canceled");
        if (!next_window(l, e))
            return false;
        if (l->o->on_progress)
            l->o->on_progress(l->o->user, fmin(1, l->at_s / l->gate.length_s));
    }
    return true;
}

/* --- The whole -------------------------------------------------------------------------------- */

static bool start(struct listening *l, struct err *e)
{
    const struct whisper_config *c = &l->t->config;
    int beams = l->o->beams > 0 ? l->o->beams : BEAMS_DEFAULT;
    double duration_s = (double)l->sound->samples / SPEECH_RATE;
    if (beams > WHISPER_BEAMS_MAX)
        return err_set(e, ERR_INVALID, "at most %d beams", WHISPER_BEAMS_MAX);
    if (l->o->translate && !l->t->tokens.multilingual)
        return err_set(e, ERR_INVALID, "this model knows English only, it cannot translate");
    if (!choose_language(l, e) || !start_context(l, e) ||
        !gate_make(l->o->spans, l->o->span_count, duration_s, l->arena, &l->gate, e))
        return false;
    l->rules = decode_rules_openai(&l->t->tokens, true);
    l->pcm = malloc(WINDOW * sizeof *l->pcm);
    l->frames = malloc((size_t)c->mels * FRAMES * sizeof *l->frames);
    if (!l->pcm || !l->frames)
        return err_set(e, ERR_NO_MEMORY, "no memory for a window of sound");
    if (!(l->run = whisper_run_create(l->t->model, l->t->team, beams, e)) ||
        !(l->decoder = decoder_create(l->run, c, &l->rules, beams, e)))
        return false;
    int windows = (int)(l->gate.length_s / WINDOW_S) + 1;
    l->fallback = (struct fallback){l->decoder, &l->t->tokens, l->t->tokenizer,
                                    TRIES_MORE + TRIES_A_WINDOW * windows};
    return true;
}

static bool finish(struct listening *l, struct err *e)
{
    struct transcript *out = l->out;
    size_t segments = l->segments.len, dropped = l->dropped.len;
    void *kept = arena_alloc(l->arena, segments + 1), *not_kept = arena_alloc(l->arena, dropped + 1);
    out->text = arena_strndup(l->arena, l->text.data ? l->text.data : "", l->text.len);
    if (!kept || !not_kept || !out->text)
        return err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
    if (segments)
        memcpy(kept, l->segments.data, segments);
    if (dropped)
        memcpy(not_kept, l->dropped.data, dropped);
    out->segments = (struct wire_list){kept, segments / sizeof(struct transcript_segment)};
    out->dropped = (struct wire_list){not_kept, dropped / sizeof(struct transcript_dropped)};
    if (l->language >= 0 && l->gate.length_s >= SHORTEST_S)
        out->language = languages[l->language].code;
    return true;
}

struct transcript *transcribe(struct transcriber *t, const struct speech_sound *sound,
                              const struct transcribe_options *o, struct arena *a, struct err *e)
{
    struct listening l = {.t = t, .sound = sound, .o = o, .arena = a};
    struct transcript *out = arena_alloc(a, sizeof *out);
    if (!out) {
        err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
        return NULL;
    }
    *out = (struct transcript){.engine = "whisper", .model = o->model,
                               .task = o->translate ? "translate" : "transcribe",
                               .language_probability = NAN,
                               .duration = (double)sound->samples / SPEECH_RATE};
    l.out = out;
    buf_init(&l.segments, (size_t)256 << 20);
    buf_init(&l.dropped, (size_t)64 << 20);
    buf_init(&l.text, (size_t)64 << 20);
    bool ok = start(&l, e) && all_windows(&l, e) && finish(&l, e);
    buf_finish(&l.segments);
    buf_finish(&l.dropped);
    buf_finish(&l.text);
    decoder_destroy(l.decoder);
    whisper_run_destroy(l.run);
    free(l.pcm);
    free(l.frames);
    return ok ? out : NULL;
}
