/* SPDX-License-Identifier: GPL-3.0-or-later
 * Time to lay out two hours of facts (14,400 beats, 5,000 words) by each template. */
#include "timeline/layout.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SECONDS 7200.0
#define BEATS 14400
#define CAPTIONS 1000
#define WORDS 5 /* of each caption */
#define SHOTS 1400
#define LEVELS 144000

static const char *const names[] = {"realistic_chaos", "clean_talk",   "beat_montage", "hype_reel",
                                    "documentary",     "podcast_clip", "product_demo"};
static const char *const lengths[] = {"30", "600", "full"};

static double beats[BEATS], downbeats[BEATS / 4];
static struct caption captions[CAPTIONS];
static struct caption_word words[CAPTIONS][WORDS];
static struct layout_shot shots[SHOTS];
static struct layout_peak peaks[SHOTS];
static struct layout_highlight highlights[100];
static struct layout_span pauses[CAPTIONS];
static float levels[LEVELS];

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double uniform(void)
{
    return (double)rand() / RAND_MAX;
}

static struct layout_facts make_facts(void)
{
    srand(1);
    for (int i = 0; i < BEATS; i++)
        beats[i] = i * 0.5 + 0.1;
    for (int i = 0; i < BEATS / 4; i++)
        downbeats[i] = beats[4 * i];
    for (int i = 0; i < CAPTIONS; i++) {
        double at = i * SECONDS / CAPTIONS + uniform();
        captions[i] = (struct caption){.text = "five words are said here", .start = at,
                                       .end = at + 3, .words = {words[i], WORDS}};
        for (int k = 0; k < WORDS; k++)
            words[i][k] = (struct caption_word){.text = "word", .start = at + k * 0.6,
                                                .end = at + k * 0.6 + 0.5};
        pauses[i] = (struct layout_span){at + 3.1, at + 3.1 + 3 * uniform()};
    }
    for (int i = 0; i < SHOTS; i++) {
        shots[i] = (struct layout_shot){uniform() * SECONDS, 0};
        peaks[i] = (struct layout_peak){uniform() * SECONDS, uniform()};
    }
    for (int i = 0; i < 100; i++) {
        double at = uniform() * SECONDS;
        highlights[i] = (struct layout_highlight){at, at + 6, 1 - i / 100.0, "drop +9 dB"};
    }
    for (int i = 0; i < LEVELS; i++)
        levels[i] = (float)(-40 + 30 * uniform());
    return (struct layout_facts){
        .duration = SECONDS, .has_video = true, .beats = beats, .beat_count = BEATS, .tempo = 120,
        .downbeats = downbeats, .downbeat_count = BEATS / 4, .shots = shots, .shot_count = SHOTS,
        .peaks = peaks, .peak_count = SHOTS, .pauses = pauses, .pause_count = CAPTIONS,
        .captions = captions, .caption_count = CAPTIONS, .highlights = highlights,
        .highlight_count = 100, .levels = levels, .level_count = LEVELS,
        .level_step = SECONDS / LEVELS};
}

/* The best of five, in ms; negative: it failed. */
static double measure(const struct template *t, const struct layout_facts *facts, size_t *segments)
{
    double best = INFINITY;
    for (int i = 0; i < 5; i++) {
        struct arena a;
        struct err e;
        arena_init(&a, 256 << 20);
        double begin = now_ms();
        const struct timeline *tl = timeline_generate(t, facts, 1, &a, &e);
        best = fmin(best, now_ms() - begin);
        *segments = tl ? tl->segments.count : 0;
        arena_finish(&a);
        if (!tl)
            return -1;
    }
    return best;
}

int main(int argc, char **argv)
{
    const struct template_shelf shelf = {.shipped = argc > 1 ? argv[1] : "share/aive/templates"};
    const struct layout_facts facts = make_facts();
    struct arena a;
    struct err e = {0};
    arena_init(&a, 16 << 20);
    printf("%-16s", "template");
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++)
        printf("%16s s", lengths[k]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct template *t = template_load(&shelf, names[i], &a, &e);
        printf("\n%-16s", names[i]);
        for (size_t k = 0; t && k < sizeof lengths / sizeof *lengths; k++) {
            size_t segments;
            template_length(lengths[k], &t->film_seconds, &e);
            double ms = measure(t, &facts, &segments);
            printf("%6.1f ms (%5zu)", ms, segments);
        }
        if (!t)
            fprintf(stderr, "%s\n", e.msg);
    }
    putchar('\n');
    arena_finish(&a);
    return 0;
}
