/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/decode_rules.h"

#include <math.h>

struct decode_rules decode_rules_openai(const struct whisper_tokens *t, bool times)
{
    return (struct decode_rules){.tokens = t, .times = times, .time_first = true,
                                 .times_ascend = true, .suppress_symbols = true,
                                 .norm_at_last = true, .latest_start_s = 1};
}

struct decode_rules decode_rules_whisper_cpp(const struct whisper_tokens *t, bool times)
{
    return (struct decode_rules){.tokens = t, .times = times, .latest_start_s = 1};
}

double log_sum_exp(const float *x, int n)
{
    float max = -INFINITY;
    double sum = 0;
    for (int i = 0; i < n; i++)
        max = x[i] > max ? x[i] : max;
    if (max == -INFINITY)
        return -INFINITY;
    for (int i = 0; i < n; i++)
        if (x[i] > max - 30) /* the rest is less than a rounding error */
            sum += expf(x[i] - max);
    return max + log(sum);
}

static void forbid(float *logits, int from, int to)
{
    for (int i = from; i < to; i++)
        logits[i] = -INFINITY;
}

/* What is never said. */
static void forbid_specials(const struct decode_rules *r, float *logits)
{
    const struct whisper_tokens *t = r->tokens;
    forbid(logits, t->sot, t->first_time); /* languages, tasks and the rest lie between */
    for (int i = 0; r->suppress_symbols && i < t->eot; i++)
        if (t->symbol[i])
            logits[i] = -INFINITY;
}

/* An empty beginning would be no transcript. */
static void begin(const struct decode_rules *r, float *logits)
{
    const struct whisper_tokens *t = r->tokens;
    int latest = (int)lround(r->latest_start_s / TIME_STEP_S);
    logits[t->eot] = -INFINITY;
    if (t->blank >= 0)
        logits[t->blank] = -INFINITY;
    if (!r->times)
        return;
    if (r->time_first)
        forbid(logits, 0, t->first_time);
    forbid(logits, t->first_time + latest + 1, t->vocab);
}

/* Times come in pairs: the end of one piece and the start of the next. */
static void pair_times(const struct decode_rules *r, const int32_t *said, int n, float *logits)
{
    const struct whisper_tokens *t = r->tokens;
    bool last = n >= 1 && is_time(t, said[n - 1]);
    bool before = n < 2 || is_time(t, said[n - 2]);
    if (last && before)
        forbid(logits, t->first_time, t->vocab);
    else if (last)
        forbid(logits, 0, t->eot);
}

/* Time does not go back. */
static void keep_order(const struct decode_rules *r, const int32_t *said, int n, float *logits)
{
    const struct whisper_tokens *t = r->tokens;
    int at = n - 1;
    while (at >= 0 && !is_time(t, said[at]))
        at--;
    if (at < 0)
        return;
    bool ends_piece = at == n - 1 && n >= 2 && !is_time(t, said[n - 2]);
    int earliest = said[at] + (r->times_ascend && !ends_piece ? 1 : 0);
    forbid(logits, t->first_time, earliest);
}

/* Where times together are likelier than any word, it is time for a time. */
static void prefer_times(const struct decode_rules *r, float *logits)
{
    const struct whisper_tokens *t = r->tokens;
    float word = -INFINITY;
    for (int i = 0; i < t->first_time; i++)
        word = logits[i] > word ? logits[i] : word;
    if (log_sum_exp(logits + t->first_time, t->vocab - t->first_time) > word)
        forbid(logits, 0, t->first_time);
}

bool decode_rules_apply(const struct decode_rules *r, const int32_t *said, int n, float *logits)
{
    const struct whisper_tokens *t = r->tokens;
    forbid_specials(r, logits);
    if (n == 0)
        begin(r, logits);
    if (r->times) {
        pair_times(r, said, n, logits);
        keep_order(r, said, n, logits);
    } else {
        forbid(logits, t->first_time, t->vocab);
    }
    double norm = r->norm_at_last ? 0 : log_sum_exp(logits, t->vocab);
    if (r->times)
        prefer_times(r, logits);
    if (r->norm_at_last)
        norm = log_sum_exp(logits, t->vocab);
    for (int i = 0; i < t->vocab; i++)
        logits[i] = logits[i] > -INFINITY ? (float)(logits[i] - norm) : -INFINITY;
    return isfinite(norm);
}
