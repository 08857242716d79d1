/* SPDX-License-Identifier: GPL-3.0-or-later
 * The choice of the best passages against every possible choice, on small random sources. */
#include "check.h"
#include "timeline/layout_passages.h"

#include <math.h>

#define MOST 12 /* atoms: 4096 choices */
#define ROUNDS 400
/* Film time is counted in 1200 parts, each run of atoms is rounded at both ends and charged one. */
#define PARTS 1200.0

static uint64_t state = 1;
static double uniform(double from, double to)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return from + (to - from) * (double)(state >> 11) * 0x1p-53;
}

struct choice {
    double worth, seconds; /* worth less the price of its runs */
    int runs;
};

static struct choice weigh(const struct atoms *x, unsigned taken, double price)
{
    struct choice c = {0};
    for (size_t i = 0; i < x->count; i++) {
        if (!(taken & 1u << i))
            continue;
        bool begins = i == 0 || !(taken & 1u << (i - 1));
        c.runs += begins;
        c.worth += x->at[i].worth - (begins ? price : 0);
        c.seconds += x->at[i].end - x->at[i].start;
    }
    return c;
}

/* The best there is in a room that is smaller by what the counting may cost. */
static double best_of_all(const struct atoms *x, double room, double price)
{
    double best = 0;
    for (unsigned taken = 0; taken < 1u << x->count; taken++) {
        struct choice c = weigh(x, taken, price);
        if (c.worth > best && c.seconds + 2 * c.runs * room / PARTS <= room)
            best = c.worth;
    }
    return best;
}

static void random_atoms(struct atoms *x)
{
    double at = uniform(0, 3);
    x->count = 1 + (size_t)uniform(0, MOST);
    for (size_t i = 0; i < x->count; i++) {
        double len = uniform(0.4, 6);
        x->at[i] = (struct atom){.start = at, .end = at + len, .worth = uniform(0, 1) * len};
        at += len + (uniform(0, 1) < 0.3 ? uniform(0.3, 4) : 0); /* a pause that was taken out */
    }
}

static void test_against_all(void)
{
    struct atom at[MOST];
    struct atoms x = {at, 0};
    size_t several = 0, nothing = 0;
    for (int round = 0; round < ROUNDS; round++) {
        char label[40];
        snprintf(label, sizeof label, "round %d", round);
        CHECK_CASE(label);
        random_atoms(&x);
        double all = weigh(&x, (1u << x.count) - 1, 0).seconds;
        double room = uniform(0.1, 1.1) * all;
        double price = round % 4 ? uniform(0, 2) : 0;
        unsigned taken = 0;
        if (!CHECK(atoms_take(&x, room, price)))
            continue;
        for (size_t i = 0; i < x.count; i++)
            taken |= (unsigned)x.at[i].taken << i;
        struct choice c = weigh(&x, taken, price);
        CHECK(c.seconds <= room + 1e-9);
        CHECK(c.worth >= best_of_all(&x, room, price) - 1e-9);
        several += c.runs > 1;
        nothing += c.runs == 0;
    }
    CHECK_CASE("");
    CHECK(several > ROUNDS / 4 && nothing > 0); /* the cases ask for something */
}

/* Two good seconds in a row are better than two that are a little better, but apart. */
static void test_price(void)
{
    struct atom at[] = {{.start = 0, .end = 1, .worth = 1.1}, {.start = 1, .end = 2, .worth = 0.1},
                        {.start = 2, .end = 3, .worth = 1},   {.start = 3, .end = 4, .worth = 1},
                        {.start = 4, .end = 5, .worth = 0.1}, {.start = 5, .end = 6, .worth = 1.1}};
    struct atoms x = {at, 6};
    CHECK(atoms_take(&x, 2.01, 0.5));
    CHECK(at[2].taken && at[3].taken && !at[0].taken && !at[5].taken);
    CHECK(atoms_take(&x, 2.01, 0));
    CHECK(at[0].taken && at[5].taken && !at[2].taken && !at[3].taken);
    CHECK(atoms_take(&x, 2.01, 10)); /* nothing is worth that much */
    for (size_t i = 0; i < x.count; i++)
        CHECK(!at[i].taken);
}

int main(void)
{
    test_against_all();
    test_price();
    return check_done();
}
