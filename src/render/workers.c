/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/workers.h"

/* Four references, what is being decoded, two that wait for their turn, and the window's second. */
#define PICTURES 8
#define USUAL_WIDTH 1920
#define USUAL_HEIGHT 1080

/* Of the decoder that a segment opens. */
static size_t bytes_of(const struct plan *p, const struct plan_segment *s)
{
    const struct plan_source *src = &p->sources[s->source];
    bool known = src->width > 0 && src->height > 0 && !src->picture_hash; /* not a small copy */
    size_t width = known ? (size_t)src->width : USUAL_WIDTH;
    size_t height = known ? (size_t)src->height : USUAL_HEIGHT;
    size_t decoder = src->has_video ? PICTURES * width * height * 3 / 2 : 0;
    return s->rate.backwards ? 2 * decoder : decoder;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t workers_decoder_bytes(const struct plan *p)
{
    size_t film = 0, broll = 0, most = 0;
    for (size_t i = 0; i < p->segment_count; i++) {
        const struct plan_segment *s = &p->segments[i];
        size_t own = bytes_of(p, s);
        film = larger(film, own);
        most = larger(most, i && s->transition.kind ? own + bytes_of(p, s - 1) : own);
    }
    for (size_t i = 0; i < p->broll_count; i++)
        broll = larger(broll, bytes_of(p, &p->broll[i]));
    return larger(most, film + broll);
}

int workers_that_fit(const struct plan *p, int cores)
{
    size_t each = workers_decoder_bytes(p), room = (size_t)cores * WORKERS_DECODER_BYTES;
    if (each <= WORKERS_DECODER_BYTES)
        return cores;
    return each < room ? (int)(room / each) : 1;
}
