/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/fallback.h"
#include "core/buf.h"
#include "nn/tokenizer.h"
#include "speech/repeats.h"

#include <string.h>

#define MEAN_LOG_P_MIN (-1.0) /* these three are OpenAI's */
#define NO_SPEECH_MAX 0.6
static const float temperatures[] = {0, 0.2f, 0.4f, 0.6f, 0.8f, 1};

bool tokens_text(const struct whisper_tokens *k, const struct tokenizer *t, const int32_t *tokens,
                 int n, struct buf *out)
{
    buf_clear(out);
    for (int i = 0; i < n; i++) {
        size_t len;
        const char *piece = tokens[i] < k->eot ? tokenizer_piece(t, tokens[i], &len) : NULL;
        if (piece && !buf_add(out, piece, len))
            return false;
    }
    size_t blanks = out->len ? strspn(out->data, " ") : 0;
    buf_consume(out, blanks);
    while (out->len > 0 && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
    return true;
}

/* Among the words alone, for the times between them are never the same. `*start`: of the
 * first loop, among all tokens. */
static bool find_loop(const struct whisper_tokens *k, const struct decoded *d, int *start)
{
    int32_t words[DECODED_MAX];
    int at[DECODED_MAX], n = 0;
    for (int i = 0; i < d->count; i++)
        if (d->tokens[i] < k->eot) {
            words[n] = d->tokens[i];
            at[n++] = i;
        }
    *start = d->count;
    for (;;) { /* there may be another before it */
        struct repeat r = find_repeat(words, n);
        if (!repeat_is_loop(&r))
            return *start < d->count;
        n = r.start;
        *start = at[n];
    }
}

static bool judge(const struct fallback *f, struct attempt *a, struct err *e)
{
    const struct decoded *d = &a->said;
    struct buf text;
    buf_init(&text, 1 << 20);
    bool ok = tokens_text(f->tokens, f->tokenizer, d->tokens, d->count, &text);
    a->compression = ok ? compression_ratio(text.data, text.len) : 0;
    buf_finish(&text);
    if (!ok)
        return err_set(e, ERR_NO_MEMORY, "no memory for a transcript");
    bool loop = find_loop(f->tokens, d, &a->before_loop);
    if (d->no_speech_p > NO_SPEECH_MAX && d->mean_log_p < MEAN_LOG_P_MIN)
        a->doubt = DOUBT_SILENCE;
    else if (a->compression > COMPRESSION_MAX || loop)
        a->doubt = DOUBT_REPEATS;
    else
        a->doubt = d->mean_log_p < MEAN_LOG_P_MIN ? DOUBT_IMPROBABLE : DOUBT_NONE;
    return true;
}

static bool is_better(const struct attempt *a, const struct attempt *than)
{
    if (a->doubt != than->doubt)
        return a->doubt < than->doubt;
    return a->said.mean_log_p > than->said.mean_log_p;
}

bool decode_believably(struct fallback *f, struct decode_ask *ask, struct attempt *out,
                       struct err *e)
{
    for (size_t i = 0; i < sizeof temperatures / sizeof *temperatures; i++) {
        struct attempt a = {.temperature = temperatures[i]};
        if (i > 0 && f->tries-- <= 0)
            break;
        ask->temperature = temperatures[i];
        if (!decode_window(f->decoder, ask, &a.said, e) || !judge(f, &a, e))
            return false;
        if (i == 0 || is_better(&a, out))
            *out = a;
        if (a.doubt == DOUBT_NONE || a.doubt == DOUBT_SILENCE)
            break;
    }
    return true;
}
