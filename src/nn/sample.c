/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/sample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct sample_options SAMPLE_GREEDY = {.top_p = 1, .repetition_penalty = 1};

struct candidate {
    float logit;
    int32_t id;
};

struct sampler {
    struct sample_options options;
    int vocab;
    uint64_t state;
    float *logits;
    bool *seen;
    struct candidate *candidates;
};

double random_unit(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

static bool sane(const struct sample_options *o, struct err *e)
{
    if (!(o->temperature >= 0 && o->temperature <= 100))
        return err_set(e, ERR_INVALID, "temperature must be 0 to 100");
    if (o->top_k < 0)
        return err_set(e, ERR_INVALID, "top_k must be 0 (all) or more");
    if (!(o->top_p > 0 && o->top_p <= 1))
        return err_set(e, ERR_INVALID, "top_p must be above 0 and at most 1");
    if (!(o->repetition_penalty > 0 && o->repetition_penalty <= 100))
        return err_set(e, ERR_INVALID, "repetition_penalty must be above 0 and at most 100");
    return true;
}

struct sampler *sampler_create(const struct sample_options *o, int vocab, struct err *e)
{
    if (!sane(o, e))
        return NULL;
    struct sampler *s = calloc(1, sizeof *s);
    if (s) {
        const size_t n = vocab > 0 ? (size_t)vocab : 1;
        s->options = *o;
        s->vocab = vocab;
        s->state = o->seed;
        s->logits = calloc(n, sizeof *s->logits);
        s->seen = calloc(n, sizeof *s->seen);
        s->candidates = calloc(n, sizeof *s->candidates);
        if (s->logits && s->seen && s->candidates)
            return s;
    }
    sampler_destroy(s);
    err_set(e, ERR_NO_MEMORY, "no memory for a sampler");
    return NULL;
}

void sampler_destroy(struct sampler *s)
{
    if (!s)
        return;
    free(s->logits);
    free(s->seen);
    free(s->candidates);
    free(s);
}

static void penalise(struct sampler *s, const int32_t *recent, size_t n)
{
    const float penalty = s->options.repetition_penalty;
    for (size_t i = 0; i < n && penalty != 1; i++) {
        const int32_t id = recent[i];
        if (id < 0 || id >= s->vocab || s->seen[id])
            continue;
        s->seen[id] = true;
        s->logits[id] = s->logits[id] > 0 ? s->logits[id] / penalty : s->logits[id] * penalty;
    }
    for (size_t i = 0; i < n; i++) {
        if (recent[i] >= 0 && recent[i] < s->vocab)
            s->seen[recent[i]] = false;
    }
}

static int32_t likeliest(const struct sampler *s)
{
    int32_t best = 0;
    float most = -INFINITY;
    for (int32_t i = 0; i < s->vocab; i++) {
        if (s->logits[i] > most) {
            most = s->logits[i];
            best = i;
        }
    }
    return best;
}

/* Likeliest first; the lower id of two alike. */
static int by_logit(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->logit != y->logit)
        return x->logit < y->logit ? 1 : -1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static bool before(const struct candidate *a, const struct candidate *b)
{
    return by_logit(a, b) < 0;
}

static void sift(struct candidate *heap, size_t n)
{
    for (size_t i = 0;;) {
        size_t last = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++) {
            if (before(&heap[last], &heap[child]))
                last = child;
        }
        if (last == i)
            return;
        struct candidate c = heap[i];
        heap[i] = heap[last];
        heap[last] = c;
        i = last;
    }
}

/* The k likeliest in order, in O(n log k): a heap with the least likely of them on top. */
static size_t pick_best(struct sampler *s, size_t k)
{
    struct candidate *heap = s->candidates;
    size_t n = 0;
    for (int32_t i = 0; i < s->vocab; i++) {
        struct candidate c = {s->logits[i], i};
        if (!(c.logit > -INFINITY))
            continue; /* NaN as well */
        if (n < k) {
            size_t at = n++;
            for (; at > 0 && before(&heap[(at - 1) / 2], &c); at = (at - 1) / 2)
                heap[at] = heap[(at - 1) / 2];
            heap[at] = c;
        } else if (before(&c, &heap[0])) {
            heap[0] = c;
            sift(heap, n);
        }
    }
    qsort(heap, n, sizeof *heap, by_logit);
    return n;
}

int32_t sampler_pick(struct sampler *s, const float *logits, const int32_t *recent, size_t n)
{
    const struct sample_options *o = &s->options;
    memcpy(s->logits, logits, (size_t)s->vocab * sizeof *logits);
    penalise(s, recent, n);
    if (o->temperature == 0)
        return likeliest(s);
    const size_t most = o->top_k > 0 && o->top_k < s->vocab ? (size_t)o->top_k : (size_t)s->vocab;
    const size_t count = pick_best(s, most);
    if (count == 0)
        return 0;
    const double top = (double)s->candidates[0].logit, cold = 1 / (double)o->temperature;
    double all = 0, within = 0;
    for (size_t i = 0; i < count; i++)
        all += exp(((double)s->candidates[i].logit - top) * cold);
    size_t kept = 0;
    while (kept < count && (kept == 0 || within < (double)o->top_p * all))
        within += exp(((double)s->candidates[kept++].logit - top) * cold);
    double draw = random_unit(&s->state) * within;
    size_t i = 0;
    for (; i + 1 < kept; i++) {
        draw -= exp(((double)s->candidates[i].logit - top) * cold);
        if (draw < 0)
            break;
    }
    return s->candidates[i].id;
}
