/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/gate.h"
#include "analysis/speech_activity.h"

static void add_piece(struct gate *g, double start_s, double end_s)
{
    struct gate_piece *last = g->count ? &g->pieces[g->count - 1] : NULL;
    if (last && start_s - last->end_s <= GATE_PAUSE_S - 2 * GATE_EDGE_S)
        last->end_s = end_s > last->end_s ? end_s : last->end_s;
    else if (end_s > start_s)
        g->pieces[g->count++] = (struct gate_piece){start_s, end_s, 0};
}

bool gate_make(const struct speech_span *spans, size_t count, double duration_s, struct arena *a,
               struct gate *out, struct err *e)
{
    *out = (struct gate){arena_array(a, spans ? count + 1 : 1, sizeof *out->pieces), 0, 0};
    if (!out->pieces)
        return err_set(e, ERR_NO_MEMORY, "no memory for the pauses of a sound");
    if (!spans)
        add_piece(out, 0, duration_s);
    for (size_t i = 0; spans && i < count; i++) {
        double start_s = spans[i].start_s - GATE_EDGE_S, end_s = spans[i].end_s + GATE_EDGE_S;
        add_piece(out, start_s > 0 ? start_s : 0, end_s < duration_s ? end_s : duration_s);
    }
    for (size_t i = 0; i < out->count; i++) {
        out->pieces[i].at_s = out->length_s;
        out->length_s += out->pieces[i].end_s - out->pieces[i].start_s;
    }
    return true;
}

/* The last piece that begins before `at_s` (or at it, where `or_at`); the first if none does. */
static size_t find_piece(const struct gate *g, double at_s, bool or_at)
{
    size_t low = 0, high = g->count;
    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;
        double start_s = g->pieces[mid].at_s;
        if (start_s < at_s || (or_at && start_s <= at_s))
            low = mid;
        else
            high = mid;
    }
    return low;
}

static double real_time(const struct gate *g, double at_s, bool or_at)
{
    if (g->count == 0)
        return at_s;
    const struct gate_piece *p = &g->pieces[find_piece(g, at_s, or_at)];
    double t = p->start_s + (at_s - p->at_s);
    return t < p->start_s ? p->start_s : t > p->end_s ? p->end_s : t;
}

double gate_start(const struct gate *g, double at_s)
{
    return real_time(g, at_s, true);
}

double gate_end(const struct gate *g, double at_s)
{
    return real_time(g, at_s, false);
}
