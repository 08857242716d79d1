/* SPDX-License-Identifier: GPL-3.0-or-later
 * bench json - reads, validates and writes a timeline of 18 KB by its wire table, and puts that
 * into proportion: to copying the text, and to the least a C program could do with the numbers in
 * it (strtod() each, printf() each). Times are the best of several rounds. */
#include "core/wire.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct caption {
    const char *text;
    double start, end;
    struct wire_raw extra;
};
static const struct wire_field caption_fields[] = {
    {.name = "text",
     .kind = WIRE_STRING,
     .flags = WIRE_REQUIRED,
     .offset = offsetof(struct caption, text)},
    {.name = "start",
     .kind = WIRE_NUMBER,
     .flags = WIRE_REQUIRED,
     .max = INFINITY,
     .offset = offsetof(struct caption, start)},
    {.name = "end",
     .kind = WIRE_NUMBER,
     .flags = WIRE_REQUIRED,
     .max = INFINITY,
     .offset = offsetof(struct caption, end)},
    {0},
};
static const struct wire_type caption_type = {.name = "Caption",
                                              .fields = caption_fields,
                                              .size = sizeof(struct caption),
                                              .extra_offset = offsetof(struct caption, extra)};

struct segment {
    const char *name;
    double start, end;
    struct wire_list effects, beats, captions;
    struct wire_raw extra;
};
static const struct wire_field segment_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .offset = offsetof(struct segment, name)},
    {.name = "start",
     .kind = WIRE_NUMBER,
     .flags = WIRE_REQUIRED,
     .max = INFINITY,
     .offset = offsetof(struct segment, start)},
    {.name = "end",
     .kind = WIRE_NUMBER,
     .flags = WIRE_REQUIRED,
     .max = INFINITY,
     .offset = offsetof(struct segment, end)},
    {.name = "effects",
     .kind = WIRE_LIST,
     .item = WIRE_STRING,
     .def = "[]",
     .offset = offsetof(struct segment, effects)},
    {.name = "beats",
     .kind = WIRE_LIST,
     .item = WIRE_NUMBER,
     .def = "[]",
     .offset = offsetof(struct segment, beats)},
    {.name = "captions",
     .kind = WIRE_LIST,
     .item = WIRE_OBJECT,
     .type = &caption_type,
     .def = "[]",
     .offset = offsetof(struct segment, captions)},
    {0},
};
static const struct wire_type segment_type = {.name = "Segment",
                                              .fields = segment_fields,
                                              .size = sizeof(struct segment),
                                              .extra_offset = offsetof(struct segment, extra)};

struct timeline {
    struct wire_list beats, captions, segments;
    double tempo;
};
static const struct wire_field timeline_fields[] = {
    {.name = "beats",
     .kind = WIRE_LIST,
     .item = WIRE_NUMBER,
     .offset = offsetof(struct timeline, beats)},
    {.name = "tempo", .kind = WIRE_NUMBER, .offset = offsetof(struct timeline, tempo)},
    {.name = "captions",
     .kind = WIRE_LIST,
     .item = WIRE_OBJECT,
     .type = &caption_type,
     .offset = offsetof(struct timeline, captions)},
    {.name = "segments",
     .kind = WIRE_LIST,
     .item = WIRE_OBJECT,
     .type = &segment_type,
     .offset = offsetof(struct timeline, segments)},
    {0},
};
static const struct wire_type timeline_type = {
    .name = "Timeline", .fields = timeline_fields, .size = sizeof(struct timeline)};

/* CPU seconds: other programs on the machine do not count. */
static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Numbers with `decimals` of them; 17 stands for whatever a division leaves. */
static double some_time(int i, int decimals)
{
    double v = (double)i * 60 / 97.3 + 0.0371;
    return decimals >= 17 ? v : round(v * pow(10, decimals)) / pow(10, decimals);
}

static void make_timeline(struct buf *b, int decimals)
{
    struct caption captions[90], own[4];
    struct segment segments[40] = {0};
    double beats[160];
    const char *effects[] = {"zoom", "slowmo"};
    for (int i = 0; i < 160; i++)
        beats[i] = some_time(i, decimals);
    for (int i = 0; i < 90; i++)
        captions[i] = (struct caption){.text = "What is said in a caf\xc3\xa9, more or less",
                                       .start = some_time(i, decimals),
                                       .end = some_time(i + 1, decimals)};
    memcpy(own, captions, sizeof own);
    for (int i = 0; i < 40; i++)
        segments[i] = (struct segment){.name = "segment",
                                       .start = some_time(i, decimals),
                                       .end = some_time(i + 2, decimals),
                                       .effects = {effects, 2},
                                       .beats = {beats + i, 3},
                                       .captions = {own, 3}};
    struct timeline t = {{beats, 160}, {captions, 90}, {segments, 40}, 120};
    wire_write(&timeline_type, &t, b);
}

enum work { READ, READ_WRITE, COPY, NUMBERS };

static void work_once(enum work work, const struct buf *text, struct buf *out,
                      const double *numbers, int count)
{
    struct arena a;
    struct wire_errors errs = {0};
    arena_init(&a, 16 << 20);
    buf_clear(out);
    if (work == COPY) {
        buf_add(out, text->data, text->len);
    } else if (work == NUMBERS) {
        for (int i = 0; i < count; i++) {
            char s[32];
            snprintf(s, sizeof s, "%.17g", numbers[i]);
            out->data[i] = (char)(strtod(s, NULL) > 1);
        }
    } else {
        void *t = wire_read(&timeline_type, text->data, text->len, NULL, NULL, &a, &errs);
        if (!t)
            abort();
        if (work == READ_WRITE)
            wire_write(&timeline_type, t, out);
    }
    wire_errors_finish(&errs);
    arena_finish(&a);
}

static double best_us(enum work work, const struct buf *text, const double *numbers, int count)
{
    enum { ROUNDS = 20, TIMES = 50 };
    struct buf out;
    buf_init(&out, 1 << 20);
    buf_add(&out, text->data, text->len);
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_s();
        for (int i = 0; i < TIMES; i++)
            work_once(work, text, &out, numbers, count);
        double us = (now_s() - start) / TIMES * 1e6;
        best = us < best ? us : best;
    }
    buf_finish(&out);
    return best;
}

int main(void)
{
    const int decimals[] = {3, 6, 17};
    for (size_t i = 0; i < sizeof decimals / sizeof *decimals; i++) {
        struct buf text;
        double numbers[700];
        int count = 160 + 90 * 2 + 40 * (2 + 3 + 6) - 80; /* as many as the text has */
        for (int k = 0; k < count; k++)
            numbers[k] = some_time(k % 160, decimals[i]);
        buf_init(&text, 1 << 20);
        make_timeline(&text, decimals[i]);
        double read = best_us(READ, &text, numbers, count);
        double both = best_us(READ_WRITE, &text, numbers, count);
        double copy = best_us(COPY, &text, numbers, count);
        double plain = best_us(NUMBERS, &text, numbers, count);
        printf("json, %2d decimals: %zu bytes, read %.0f us, read and write %.0f us (%.0f MB/s), "
               "%.1f x memcpy, %.2f x strtod and printf of its %d numbers\n",
               decimals[i], text.len, read, both, (double)text.len / both, both / copy,
               both / plain, count);
        buf_finish(&text);
    }
    return 0;
}
