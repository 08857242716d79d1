/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/block.h"

#include "nn/team.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool crew_init(struct crew *c, struct team *team, size_t scratch_floats, int widest, struct err *e)
{
    if (scratch_floats < LINEAR_SCRATCH)
        scratch_floats = LINEAR_SCRATCH;
    *c = (struct crew){.team = team, .kernels = kernels_choose()};
    c->scratch_size = (scratch_floats + 15) / 16 * 16;
    c->scratch = aligned_alloc(64, c->scratch_size * (size_t)team_size(team) * sizeof(float));
    c->packed = aligned_alloc(64, (size_t)256 * (size_t)widest * sizeof(float));
    if (!c->scratch || !c->packed)
        return err_set(e, ERR_NO_MEMORY, "no memory for a network's scratch");
    return true;
}

void crew_finish(struct crew *c)
{
    free(c->scratch);
    free(c->packed);
    *c = (struct crew){0};
}

float *crew_scratch(const struct crew *c, int thread)
{
    return c->scratch + c->scratch_size * (size_t)thread;
}

void norm_rows(const struct crew *c, const struct norm *n, const float *x, int rows, int width,
               float epsilon, float *y)
{
    for (int r = 0; r < rows; r++) {
        size_t at = (size_t)r * (size_t)width;
        c->kernels->norm(x + at, width, n->gain, n->bias, epsilon, y + at);
    }
}

bool cache_init(struct cache *c, int places, int slots, int width, bool half, struct err *e)
{
    size_t n = (size_t)places * (size_t)slots * (size_t)width, size = half ? 2 : sizeof(float);
    *c = (struct cache){.half = half, .width = width};
    c->keys = calloc(n, size);
    c->values = calloc(n, size);
    if (c->keys && c->values)
        return true;
    cache_finish(c);
    return err_set(e, ERR_NO_MEMORY, "no memory for what a network has read");
}

void cache_finish(struct cache *c)
{
    free(c->keys);
    free(c->values);
    *c = (struct cache){0};
}

void cache_put(struct cache *c, const struct kernels *k, size_t at, const float *key,
               const float *value)
{
    const size_t n = (size_t)c->width;
    if (c->half) {
        k->to_f16(key, n, (uint16_t *)c->keys + at);
        k->to_f16(value, n, (uint16_t *)c->values + at);
    } else {
        memcpy((float *)c->keys + at, key, n * sizeof *key);
        memcpy((float *)c->values + at, value, n * sizeof *value);
    }
}

struct attend {
    const struct crew *crew;
    const struct cache *cache;
    int heads;
    const float *q;
    int q_row;
    const struct attend_row *rows;
    float *out;
};

static void attend_one(void *user, int task, int thread)
{
    const struct attend *a = user;
    const struct kernels *k = a->crew->kernels;
    const int row = task / a->heads, head = task % a->heads;
    const int width = a->cache->width / a->heads;
    const struct attend_row *r = &a->rows[row];
    const size_t offset = (size_t)head * (size_t)width, size = a->cache->half ? 2 : sizeof(float);
    float *weight = crew_scratch(a->crew, thread);

    struct gather g = {.base = (const uint8_t *)a->cache->keys + offset * size,
                       .half = a->cache->half,
                       .at = r->at,
                       .n = r->n,
                       .width = width};
    k->dots(&g, a->q + (size_t)row * (size_t)a->q_row + offset, weight);
    k->softmax(weight, r->n, 1.0f / sqrtf((float)width));
    g.base = (const uint8_t *)a->cache->values + offset * size;
    k->mix(&g, weight, a->out + (size_t)row * (size_t)a->cache->width + offset);
}

void cache_attend(const struct crew *c, const struct cache *cache, int heads, const float *q,
                  int q_row, const struct attend_row *rows, int row_count, float *out)
{
    struct attend a = {.crew = c,
                       .cache = cache,
                       .heads = heads,
                       .q = q,
                       .q_row = q_row,
                       .rows = rows,
                       .out = out};
    size_t work = 0;
    for (int i = 0; i < row_count; i++)
        work += (size_t)rows[i].n;
    if (work * (size_t)cache->width < 20000) { /* waking the team would take longer */
        for (int i = 0; i < row_count * heads; i++)
            attend_one(&a, i, 0);
    } else {
        team_run(c->team, row_count * heads, attend_one, &a);
    }
}
