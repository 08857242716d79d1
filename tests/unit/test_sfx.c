/* SPDX-License-Identifier: GPL-3.0-or-later
 * The built-in sound effects: every row is sound, in both senses. */
#include "check.h"
#include "render/sfx.h"

#include <stdbool.h>
#include <stdlib.h>

static double level(const struct sfx *s, double from, double to)
{
    double sum = 0;
    int a = (int)(from * s->sample_count), b = (int)(to * s->sample_count);
    for (int i = a; i < b; i++)
        sum += pow(s->samples[i] / 32768.0, 2);
    return sqrt(sum / (b - a));
}

static void test_rows(void)
{
    int count = 0;
    for (const struct sfx *s = sfx_table; s->name; s++, count++) {
        CHECK_CASE(s->name);
        CHECK(s->title && *s->title && s->help && *s->help);
        CHECK(s->sample_count >= SFX_RATE / 50 && s->sample_count <= 3 * SFX_RATE);
        CHECK(s->lead_samples >= 0 && s->lead_samples <= s->sample_count);
        CHECK(s->gain_db >= -6 && s->gain_db <= 6);
        CHECK(sfx_find(s->name) == s);
        int peak = 0;
        double sum = 0;
        for (int i = 0; i < s->sample_count; i++) {
            peak = abs(s->samples[i]) > peak ? abs(s->samples[i]) : peak;
            sum += s->samples[i];
        }
        CHECK_NEAR(20 * log10(peak / 32768.0), -3, 0.1);
        CHECK(fabs(sum / s->sample_count / 32768.0) < 0.005); /* no offset */
        CHECK(abs(s->samples[s->sample_count - 1]) < 40);     /* no click at the end */
    }
    CHECK(count >= 6);
}

/* What makes each of them what it is. */
static void test_shapes(void)
{
    CHECK_CASE("riser grows");
    const struct sfx *s = sfx_find("riser");
    CHECK(level(s, 0.9, 0.98) > 4 * level(s, 0.2, 0.4));
    CHECK(s->lead_samples == s->sample_count);
    CHECK_CASE("boom, ding, pop, click start hard and die away");
    static const char *const hits[] = {"boom", "ding", "pop", "click"};
    for (int i = 0; i < 4; i++)
        CHECK(level(sfx_find(hits[i]), 0, 0.2) > 4 * level(sfx_find(hits[i]), 0.8, 1));
    CHECK_CASE("whoosh is loudest at the cut it leads to");
    s = sfx_find("whoosh");
    double cut = (double)s->lead_samples / s->sample_count;
    CHECK(level(s, cut - 0.05, cut + 0.15) > 2 * level(s, 0, 0.1));
    CHECK(level(s, cut - 0.05, cut + 0.15) > 4 * level(s, 0.8, 1));
}

static void test_names(void)
{
    CHECK_CASE("names");
    CHECK(sfx_find("/path/to/whoosh.mp3") == sfx_find("whoosh") && sfx_find("whoosh"));
    CHECK(sfx_find("pop.wav") == sfx_find("pop"));
    static const char *const unknown[] = {"", "who", "whoosh2", "/whoosh/", "Whoosh", ".whoosh"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        CHECK(!sfx_find(unknown[i]));
    CHECK(!sfx_find(NULL));
    char names[100], little[6];
    sfx_names(names, sizeof names);
    CHECK_STR(names, "whoosh, pop, ding, boom, riser, click");
    sfx_names(little, sizeof little);
    CHECK_STR(little, "whoos");
}

int main(void)
{
    test_rows();
    test_shapes();
    test_names();
    return check_done();
}
