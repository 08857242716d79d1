/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/segments.h"

#define LEAST_S 0.1 /* that a window moves on */

static double time_of(const struct whisper_tokens *k, int32_t token)
{
    return (token - k->first_time) * TIME_STEP_S;
}

static void add(struct segment_cuts *out, double start_s, double end_s, int first, int end)
{
    if (end > first)
        out->cuts[out->count++] = (struct segment_cut){start_s, end_s, first, end - first};
}

/* One piece: it begins with the window, and ends with its last time or with the window. */
static void take_whole(const struct whisper_tokens *k, const struct decoded *said, double length_s,
                       struct segment_cuts *out)
{
    double start_s = said->count > 0 && is_time(k, said->tokens[0]) ? time_of(k, said->tokens[0]) : 0;
    double end_s = length_s;
    for (int i = said->count - 1; i > 0; i--)
        if (is_time(k, said->tokens[i]) && said->tokens[i] != k->first_time) {
            end_s = time_of(k, said->tokens[i]);
            break;
        }
    add(out, start_s, end_s > start_s ? end_s : length_s, 0, said->count);
    out->next_s = length_s;
}

void segments_cut(const struct whisper_tokens *k, const struct decoded *said, double length_s,
                  struct segment_cuts *out)
{
    const int32_t *t = said->tokens;
    int n = said->count, first = 0;
    bool ends_closed = n >= 2 && is_time(k, t[n - 1]) && !is_time(k, t[n - 2]);
    *out = (struct segment_cuts){0};
    for (int i = 1; i <= n; i++) {
        bool pair = i < n && is_time(k, t[i]) && is_time(k, t[i - 1]);
        bool last = i == n && ends_closed && out->count > 0;
        if (!pair && !last)
            continue;
        double start_s = is_time(k, t[first]) ? time_of(k, t[first]) : 0;
        add(out, start_s, time_of(k, t[i - 1]), first, i);
        first = i;
    }
    if (out->count == 0)
        take_whole(k, said, length_s, out);
    else
        out->next_s = ends_closed ? length_s : time_of(k, t[first - 1]);
    if (!(out->next_s >= LEAST_S) || out->next_s > length_s)
        out->next_s = length_s;
    for (int i = 0; i < out->count; i++)
        if (out->cuts[i].end_s > length_s)
            out->cuts[i].end_s = length_s;
}
