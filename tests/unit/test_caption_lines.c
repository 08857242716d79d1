/* SPDX-License-Identifier: GPL-3.0-or-later
 * Words to captions: where they part in sentences that people say, and what always holds. */
#include "check.h"
#include "speech/caption_lines.h"
#include "speech/caption_rules.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* The words of a text, evenly `each` seconds long with `rest` between; "~" is a second of silence.
 */
static size_t say(const char *text, double each, double rest, struct cue_word *out, struct arena *a)
{
    size_t n = 0;
    double at = 0;
    for (const char *p = text; *p;) {
        size_t len = strcspn(p, " ");
        if (len == 1 && *p == '~') {
            at += 1;
        } else if (len) {
            out[n++] = (struct cue_word){arena_strndup(a, p, len), at, at + each};
            at += each + rest;
        }
        p += len + (p[len] == ' ');
    }
    return n;
}

static void test_examples(void)
{
    static const struct {
        const char *name, *profile, *language, *words, *want; /* '/' a line, '|' a caption */
        double each;
    } cases[] = {
        {"one line is enough", "subtitle", "en", "Hello there, my friend.",
         "Hello there, my friend.", 0.3},
        {"sentences part", "subtitle", "en",
         "We went to the market in the morning. ~ Nobody was there to sell us any of the apples.",
         "We went to the market in the morning.|Nobody was there/to sell us any of the apples.",
         0.3},
        {"before a conjunction, not behind an article", "subtitle", "en",
         "I wanted to see the old house by the river because my mother was born there.",
         "I wanted to see the old house by the river/because my mother was born there.", 0.25},
        {"a name stays whole", "subtitle", "en",
         "Yesterday evening the famous director Francis Coppola came to see us all.",
         "Yesterday evening the famous director/Francis Coppola came to see us all.", 0.25},
        {"a full stop that ends nothing", "subtitle", "en",
         "Then I talked to Dr. Smith about it. ~ He did not know.",
         "Then I talked to Dr. Smith about it.|He did not know.", 0.3},
        {"a number and what it counts", "social", "en", "it was only 20 minutes from here",
         "it was only|20 minutes from here", 0.28},
        {"pages of few words", "social", "en",
         "so this is how you make a really good coffee at home",
         "so this is how|you make|a really good coffee|at home", 0.25},
        {"a pause parts", "social", "en", "wait ~ what", "wait|what", 0.3},
        {"German", "subtitle", NULL,
         "Ich habe gestern mit meinem Bruder gesprochen, aber er wollte von der ganzen Sache "
         "nichts wissen.",
         "Ich habe gestern/mit meinem Bruder gesprochen,|aber er wollte/von der ganzen Sache "
         "nichts wissen.",
         0.3},
        {"Chinese has no blanks", "social", "zh",
         "\xe4\xbb\x8a\xe5\xa4\xa9 \xe5\xa4\xa9\xe6\xb0\x94 \xe5\xbe\x88 \xe5\xa5\xbd \xe3\x80\x82",
         "\xe4\xbb\x8a\xe5\xa4\xa9\xe5\xa4\xa9\xe6\xb0\x94|\xe5\xbe\x88\xe5\xa5\xbd\xe3\x80\x82",
         0.25},
        {"Thai has none", "subtitle", "th",
         "\xe0\xb8\x89\xe0\xb8\xb1\xe0\xb8\x99 \xe0\xb8\xa3\xe0\xb8\xb1\xe0\xb8\x81",
         "\xe0\xb8\x89\xe0\xb8\xb1\xe0\xb8\x99\xe0\xb8\xa3\xe0\xb8\xb1\xe0\xb8\x81", 0.3},
        {"Korean has some", "subtitle", "ko", "\xec\x95\x88\xeb\x85\x95 \xec\xb9\x9c\xea\xb5\xac",
         "\xec\x95\x88\xeb\x85\x95 \xec\xb9\x9c\xea\xb5\xac", 0.4},
        {"Arabic questions end", "subtitle", "ar",
         "\xd9\x83\xd9\x8a\xd9\x81 \xd8\xad\xd8\xa7\xd9\x84\xd9\x83\xd8\x9f ~ "
         "\xd8\xa8\xd8\xae\xd9\x8a\xd8\xb1.",
         "\xd9\x83\xd9\x8a\xd9\x81 "
         "\xd8\xad\xd8\xa7\xd9\x84\xd9\x83\xd8\x9f|\xd8\xa8\xd8\xae\xd9\x8a\xd8\xb1.",
         0.5},
        {"a word wider than a line stands alone", "social", "de",
         "die Donaudampfschifffahrtsgesellschaft kam", "die|Donaudampfschifffahrtsgesellschaft|kam",
         0.4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct arena a;
        struct cue_word words[64];
        struct cues cues;
        struct err e;
        struct buf got;
        arena_init(&a, 1 << 20);
        buf_init(&got, 4096);
        size_t n = say(cases[i].words, cases[i].each, 0.02, words, &a);
        CHECK(caption_lines(words, n, caption_profile_find(cases[i].profile), cases[i].language, &a,
                            &cues, &e));
        for (size_t k = 0; k < cues.count; k++) {
            buf_adds(&got, k ? "|" : "");
            for (const char *p = cues.items[k].text; *p; p++)
                buf_addc(&got, *p == '\n' ? '/' : *p);
        }
        CHECK_STR(got.data ? got.data : "", cases[i].want);
        buf_finish(&got);
        arena_finish(&a);
    }
}

/* --- What always holds ------------------------------------------------------------------------ */

static uint32_t seed;

static double chance(void)
{
    seed = seed * 1664525 + 1013904223;
    return (double)(seed >> 8) / (1 << 24);
}

/* Words of any script and length, spoken at any speed, with silences, and with times that are
 * wrong. */
static size_t random_words(struct cue_word *out, size_t most, struct arena *a)
{
    static const char *const parts[] = {"a",
                                        "the",
                                        "of",
                                        "and",
                                        "Berlin",
                                        "Tom",
                                        "extraordinary",
                                        "word,",
                                        "end.",
                                        "(so",
                                        "said)",
                                        "42",
                                        "I",
                                        "Dr.",
                                        "\xe6\x97\xa5",
                                        "\xe6\x9c\xac\xe8\xaa\x9e",
                                        "\xe3\x80\x82",
                                        "\xe0\xb8\xa3\xe0\xb8\xb1\xe0\xb8\x81",
                                        "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
                                        "\xd8\x9f",
                                        "\xec\x95\x88\xeb\x85\x95",
                                        "\xf0\x9f\x8e\xac",
                                        "Donaudampfschifffahrtsgesellschaftskapitaensmuetzenband",
                                        "",
                                        "e\xcc\x81t\xc3\xa9"};
    size_t n = 1 + (size_t)(chance() * (double)(most - 1));
    double at = 0, pace = 0.05 + chance() * 0.6;
    bool latin = chance() < 0.5;
    for (size_t i = 0; i < n; i++) {
        size_t k = (size_t)(chance() * (latin ? 14 : 25));
        double lasts = chance() * 2 * pace, wrong = chance();
        out[i] = (struct cue_word){arena_strdup(a, parts[k]), at, at + lasts};
        if (wrong < 0.02)
            out[i].end_s = at + 9;
        else if (wrong < 0.03)
            out[i].start_s = at - 1;
        else if (wrong < 0.04)
            out[i].start_s = NAN;
        at += chance() < 0.1 ? lasts + chance() * 3 : wrong > 0.95 ? 0 : lasts;
    }
    return n;
}

static void check_lines(const struct cue *cue, const struct caption_profile *p)
{
    int lines = 0;
    for (const char *s = cue->text, *next; s; s = next ? next + 1 : NULL, lines++) {
        next = strchr(s, '\n');
        size_t len = next ? (size_t)(next - s) : strlen(s);
        bool single = false;
        for (size_t k = 0; k < cue->word_count; k++)
            single = single || (strlen(cue->words[k].text) == len &&
                                strncmp(cue->words[k].text, s, len) == 0);
        CHECK(len > 0);
        CHECK(single ||
              text_columns(s, len) <= (text_is_wide(s, len) ? p->wide_columns : p->columns));
    }
    CHECK(lines <= p->lines);
    CHECK(!p->words || cue->word_count <= (size_t)p->words);
}

/* Nothing was too short that could have been joined with the next. */
static bool could_join(const struct cue *a, const struct cue *b, const struct caption_profile *p)
{
    int columns = text_columns(a->text, strlen(a->text)) + text_columns(b->text, strlen(b->text));
    bool wide = text_is_wide(a->text, strlen(a->text)) || text_is_wide(b->text, strlen(b->text));
    double until = b->words[b->word_count - 1].end_s;
    return columns + 1 <= (wide ? p->wide_columns : p->columns) && !strchr(a->text, '\n') &&
           !strchr(b->text, '\n') && until - a->start_s <= p->most_s &&
           (!p->words || a->word_count + b->word_count <= (size_t)p->words);
}

static void check_times(const struct cues *c, const struct caption_profile *p)
{
    for (size_t k = 0; k < c->count; k++) {
        const struct cue *cue = &c->items[k], *next = k + 1 < c->count ? cue + 1 : NULL;
        const struct cue_word *last = &cue->words[cue->word_count - 1];
        double length = cue->end_s - cue->start_s;
        CHECK(cue->start_s >= 0 && length > 0);
        CHECK(cue->start_s == cue->words[0].start_s && last->end_s <= cue->end_s);
        CHECK(cue->word_count == 1 || length <= p->most_s + 1e-9);
        CHECK(!next || cue->end_s <= next->start_s);
        CHECK(!next || cue->end_s <= next->start_s - p->gap_s + 1e-9 ||
              last->start_s + 0.0011 > next->start_s - p->gap_s);
        if (!CHECK(length >= p->least_s - 1e-9 || (next && !could_join(cue, next, p))))
            fprintf(stderr, "   %.4f-%.4f \"%s\" %zu words, %s\n", cue->start_s, cue->end_s,
                    cue->text, cue->word_count, next ? next->text : "the last");
        for (size_t i = 0; i < cue->word_count; i++)
            CHECK(cue->words[i].end_s > cue->words[i].start_s &&
                  (!i || cue->words[i].start_s >= cue->words[i - 1].end_s));
    }
}

/* Every word once, in order, in the words and in the text. */
static void check_words(const struct cues *c, const struct cue_word *words, size_t n)
{
    size_t i = 0;
    for (size_t k = 0; k < c->count; k++) {
        const char *at = c->items[k].text;
        for (size_t w = 0; w < c->items[k].word_count; w++, i++) {
            while (i < n && !*words[i].text)
                i++;
            if (!CHECK(i < n))
                return;
            CHECK_STR(c->items[k].words[w].text, words[i].text);
            at += strspn(at, " \n");
            CHECK(strncmp(at, words[i].text, strlen(words[i].text)) == 0);
            at += strlen(words[i].text);
        }
        CHECK(*at == '\0');
    }
    while (i < n && !*words[i].text)
        i++;
    CHECK(i == n);
}

static void test_properties(void)
{
    static struct cue_word words[400];
    for (int round = 0; round < 300; round++) {
        struct arena a;
        struct err e;
        struct cues cues;
        const struct caption_profile *p = &caption_profiles[round % 2];
        char name[32];
        snprintf(name, sizeof name, "round %d", round);
        CHECK_CASE(name);
        seed = (uint32_t)round * 7919 + 1;
        arena_init(&a, 8 << 20);
        size_t n = random_words(words, 400, &a);
        CHECK(caption_lines(words, n, p, round % 3 ? "en" : NULL, &a, &cues, &e));
        check_words(&cues, words, n);
        check_times(&cues, p);
        for (size_t k = 0; k < cues.count; k++)
            check_lines(&cues.items[k], p);
        arena_finish(&a);
    }
}

static void test_edges(void)
{
    struct arena a;
    struct err e = {0};
    struct cues cues;
    static const struct cue_word spaced[] = {
        {" Hello", 0, 0.5}, {" wor", 0.5, 0.7}, {"ld", 0.7, 1}};
    arena_init(&a, 1 << 20);
    CHECK_CASE("none");
    CHECK(caption_lines(NULL, 0, &caption_profiles[0], NULL, &a, &cues, &e) && cues.count == 0);
    CHECK_CASE("blanks that words bring");
    CHECK(caption_lines(spaced, 3, &caption_profiles[0], NULL, &a, &cues, &e) && cues.count == 1);
    CHECK_STR(cues.items[0].text, "Hello world");
    CHECK_NEAR(cues.items[0].end_s, 1.0, 0.51); /* read to the end, linger at most */
    arena_finish(&a);
    CHECK_CASE("no memory");
    arena_init(&a, 100);
    CHECK(!caption_lines(spaced, 3, &caption_profiles[0], NULL, &a, &cues, &e));
    CHECK(e.code == ERR_NO_MEMORY);
    arena_finish(&a);
    CHECK_CASE("widths");
    CHECK(text_columns("e\xcc\x81", 3) == 1 && text_columns("\xe6\x97\xa5", 3) == 2);
    CHECK(text_columns("\xe0\xb8\xa3\xe0\xb8\xb1\xe0\xb8\x81", 9) == 2);
    CHECK_CASE("no row twice");
    for (const struct caption_profile *p = caption_profiles; p->name; p++)
        CHECK(caption_profile_find(p->name) == p && p->help && p->least_s < p->most_s);
}

int main(void)
{
    test_examples();
    test_properties();
    test_edges();
    return check_done();
}
