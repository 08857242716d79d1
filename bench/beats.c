/* SPDX-License-Identifier: GPL-3.0-or-later
 * beats.c - how fast and how well we find beats.
 *
 *     beats                      one hour of a synthetic drum loop: CPU seconds a minute, memory
 *     beats FILE.f32 OUT.beats   raw mono float at 22,050 Hz -> a beat a line, and 1 where it begins
 *                              a bar; OUT.bpm beside it
 *
 * To judge against annotations: `ffmpeg -i x.flac -ac 1 -ar 22050 -f f32le x.f32` for each clip.
 */
#include "analysis/beats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define BLOCK 4096
#define LIMIT_S_MIN 0.15 /* CPU seconds a minute of sound that listening may cost */
#define MINUTE (60 * ANALYSIS_RATE)

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A minute of noise bursts on every half second with a chirp between them, to be repeated. */
static float *synthesise(void)
{
    float *out = malloc(MINUTE * sizeof *out);
    uint32_t seed = 1;
    for (int i = 0; out && i < MINUTE; i++) {
        double t = fmod((double)i / ANALYSIS_RATE, 0.5);
        seed = seed * 1664525u + 1013904223u;
        double noise = (double)seed / 2147483648.0 - 1;
        out[i] = (float)(0.01 * noise + 0.5 * noise * exp(-t * 60) +
                         0.2 * sin(t * t * 4000) * exp(-fabs(t - 0.25) * 40));
    }
    return out;
}

static bool run_file(FILE *in, struct beats *b, struct err *e)
{
    float block[BLOCK];
    size_t n;
    while ((n = fread(block, sizeof *block, BLOCK, in)) > 0)
        if (!beats_push(b, block, n, e))
            return false;
    return true;
}

static bool run_hour(const float *minute, struct beats *b, struct err *e)
{
    for (int m = 0; m < 60; m++)
        if (!beats_push(b, minute, MINUTE, e))
            return false;
    return true;
}

static int write_beats(const struct beats_result *r, const char *path)
{
    char name[4096];
    FILE *f = fopen(path, "w");
    for (size_t i = 0, bar = 0; f && i < r->count; i++) {
        bool first = bar < r->downbeat_count && r->downbeats_s[bar] == r->beats_s[i];
        fprintf(f, "%.4f\t%d\n", r->beats_s[i], first);
        bar += first;
    }
    if (!f || fclose(f))
        return 1;
    snprintf(name, sizeof name, "%.*sbpm", (int)(strlen(path) - strlen("beats")), path);
    f = isnan(r->tempo) ? NULL : fopen(name, "w");
    if (f) {
        fprintf(f, "%.4f\n", r->tempo);
        fclose(f);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct beats_result r = {0};
    FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
    float *minute = argc == 1 ? synthesise() : NULL;
    struct beats *b = beats_create(&e);
    if (!b || (!in && !minute)) {
        fprintf(stderr, "usage: beats [FILE.f32 OUT.beats]\n");
        return 2;
    }
    double start = cpu_seconds();
    bool ok = in ? run_file(in, b, &e) : run_hour(minute, b, &e);
    if (!ok || !beats_finish(b, &r, &e)) {
        fprintf(stderr, "beats: %s\n", e.msg);
        return 1;
    }
    double used = cpu_seconds() - start;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%s: %zu beats, %.2f BPM%s, confidence %.2f, %zu peaks, %zu sections; "
           "%.4f CPU s/min (%.2f of the limit), %ld MiB\n",
           in ? argv[1] : "synthetic hour", r.count, r.tempo, r.steady ? " steady" : "",
           r.confidence, r.energy.peak_count, r.energy.section_count, used / (r.duration_s / 60),
           used / (r.duration_s / 60) / LIMIT_S_MIN,
           usage.ru_maxrss / 1024);
    int rc = in ? write_beats(&r, argv[2]) : 0;
    beats_result_finish(&r);
    beats_destroy(b);
    free(minute);
    if (in)
        fclose(in);
    return rc;
}
