/* SPDX-License-Identifier: GPL-3.0-or-later
 * The sampler keeps to its limits, follows the probabilities, and repeats itself with its seed. */
#include "check.h"
#include "nn/sample.h"

#include <stdlib.h>

static const float logits[] = {0.0f, 2.0f, NAN, 1.0f, -1.0f, 2.0f, -INFINITY};
#define VOCAB 7

static void test_greedy(void)
{
    struct err e = {0};
    struct sample_options o = SAMPLE_GREEDY;
    struct sampler *s = sampler_create(&o, VOCAB, &e);
    CHECK_CASE("greedy");
    CHECK(sampler_pick(s, logits, NULL, 0) == 1); /* the first of two alike */
    sampler_destroy(s);

    o.repetition_penalty = 3;
    s = sampler_create(&o, VOCAB, &e);
    const int32_t recent[] = {1, 5, 1, 1, -4, 99};
    CHECK(sampler_pick(s, logits, recent, 6) == 3); /* 2 / 3 < 1, once for each token only */
    CHECK(sampler_pick(s, logits, NULL, 0) == 1);
    static const float low[] = {-2, -1, -9, -9, -9, -9, -9};
    CHECK(sampler_pick(s, low, recent, 6) == 0); /* -1 * 3 < -2 */
    sampler_destroy(s);
}

/* Shares of 20000 draws against the softmax of the logits that remain. */
static void check_shares(const struct sample_options *o, const int *kept, int n)
{
    enum { DRAWS = 20000 };
    struct sampler *s = sampler_create(o, VOCAB, NULL);
    int drawn[VOCAB] = {0};
    double sum = 0;
    for (int i = 0; i < DRAWS; i++)
        drawn[sampler_pick(s, logits, NULL, 0)]++;
    for (int i = 0; i < n; i++)
        sum += exp((double)(logits[kept[i]] / o->temperature));
    int all = 0;
    for (int i = 0; i < n; i++) {
        CHECK_NEAR((double)drawn[kept[i]] / DRAWS,
                   exp((double)(logits[kept[i]] / o->temperature)) / sum, 0.015);
        all += drawn[kept[i]];
    }
    CHECK(all == DRAWS);
    sampler_destroy(s);
}

static void test_draws(void)
{
    struct sample_options o = {.temperature = 1, .top_p = 1, .repetition_penalty = 1, .seed = 3};
    CHECK_CASE("all");
    check_shares(&o, (int[]){1, 5, 3, 0, 4}, 5);
    CHECK_CASE("hot");
    o.temperature = 2;
    check_shares(&o, (int[]){1, 5, 3, 0, 4}, 5);
    CHECK_CASE("top-k");
    o = (struct sample_options){1, 3, 1, 1, 4};
    check_shares(&o, (int[]){1, 5, 3}, 3);
    CHECK_CASE("top-p"); /* shares .37 .37 .14 .05 .02: two are not yet 0.8 */
    o = (struct sample_options){1, 0, 0.8f, 1, 5};
    check_shares(&o, (int[]){1, 5, 3}, 3);
    o.top_p = 0.01f;
    check_shares(&o, (int[]){1}, 1);
}

static void test_seed(void)
{
    struct sample_options o = {.temperature = 1, .top_p = 1, .repetition_penalty = 1, .seed = 8};
    struct sampler *a = sampler_create(&o, VOCAB, NULL), *b = sampler_create(&o, VOCAB, NULL);
    o.seed = 9;
    struct sampler *c = sampler_create(&o, VOCAB, NULL);
    int same = 0, other = 0;
    CHECK_CASE("seed");
    for (int i = 0; i < 200; i++) {
        int32_t id = sampler_pick(a, logits, NULL, 0);
        same += sampler_pick(b, logits, NULL, 0) == id;
        other += sampler_pick(c, logits, NULL, 0) == id;
    }
    CHECK(same == 200 && other < 150);
    sampler_destroy(a);
    sampler_destroy(b);
    sampler_destroy(c);
}

/* The k likeliest of many, against sorting. */
static void test_many(void)
{
    enum { N = 5000, K = 40 };
    static float many[N];
    static int drawn[N];
    uint64_t seed = 1;
    struct sample_options o = {.temperature = 5, .top_k = K, .top_p = 1, .repetition_penalty = 1};
    struct sampler *s = sampler_create(&o, N, NULL);
    CHECK_CASE("many");
    for (int i = 0; i < N; i++)
        many[i] = (float)random_unit(&seed);
    for (int i = 0; i < 4000; i++)
        drawn[sampler_pick(s, many, NULL, 0)]++;
    int ids = 0, wrong = 0;
    for (int i = 0; i < N; i++) {
        int above = 0;
        for (int j = 0; j < N; j++)
            above += many[j] > many[i];
        ids += drawn[i] > 0;
        wrong += drawn[i] > 0 && above >= K;
    }
    CHECK(ids == K && wrong == 0);
    sampler_destroy(s);
}

static void test_refused(void)
{
    static const struct sample_options bad[] = {
        {-1, 0, 1, 1, 0}, {NAN, 0, 1, 1, 0},  {1, -1, 1, 1, 0},
        {1, 0, 0, 1, 0},  {1, 0, 1.5f, 1, 0}, {1, 0, 1, 0, 0},
    };
    CHECK_CASE("refused");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        CHECK(!sampler_create(&bad[i], VOCAB, &e) && e.code == ERR_INVALID);
    }
    const float nothing[VOCAB] = {NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    struct sample_options o = {1, 0, 1, 1, 0};
    struct sampler *s = sampler_create(&o, VOCAB, NULL);
    CHECK(sampler_pick(s, nothing, NULL, 0) == 0);
    sampler_destroy(s);
    sampler_destroy(NULL);
}

int main(void)
{
    test_greedy();
    test_draws();
    test_seed();
    test_many();
    test_refused();
    return check_done();
}
