/* SPDX-License-Identifier: GPL-3.0-or-later
 * The beat tracker against annotated clips, when they are at hand: $AIVE_TEST_MEDIA/beats holds
 * NAME.flac with NAME.beats (one time in seconds a line). Skipped (exit 77) without them. */
#include "analysis/beats.h"
#include "check.h"
#include "media/media.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_BEATS 10000

static bool track(const char *path, struct beats_result *r)
{
    struct err e = {0};
    float block[4096];
    int n = -1, fd = open(path, O_RDONLY | O_CLOEXEC);
    struct audio_reader *in = audio_reader_create(fd, ANALYSIS_RATE, 1, NULL, &e);
    struct beats *b = beats_create(&e);
    bool ok = in && b;
    while (ok && (n = audio_reader_read(in, block, 4096, &e)) > 0)
        ok = beats_push(b, block, (size_t)n, &e);
    ok = ok && n == 0 && beats_finish(b, r, &e);
    if (!ok)
        fprintf(stderr, "   %s: %s\n", path, e.msg);
    beats_destroy(b);
    audio_reader_destroy(in);
    close(fd);
    return ok;
}

static size_t read_truth(const char *path, double *out)
{
    char line[256];
    size_t n = 0;
    FILE *f = fopen(path, "r");
    while (f && n < MAX_BEATS && fgets(line, sizeof line, f)) {
        char *end;
        double t = strtod(line, &end);
        if (end != line)
            out[n++] = t;
    }
    if (f)
        fclose(f);
    return n;
}

/* F-measure within 70 ms, one to one. */
static double f_measure(const double *ref, size_t n, const double *est, size_t m)
{
    size_t i = 0, j = 0, hits = 0;
    while (i < n && j < m) {
        double d = est[j] - ref[i];
        if (fabs(d) <= 0.07) {
            hits++;
            i++;
            j++;
        } else if (d < 0) {
            j++;
        } else {
            i++;
        }
    }
    return n + m ? 2.0 * (double)hits / (double)(n + m) : 0;
}

/* Within 4 % of the tempo, or of its double or half. */
static bool tempo_fits(double truth, double got, bool octaves)
{
    static const double factors[] = {1, 2, 0.5, 3, 1.0 / 3};
    for (int i = 0; i < (octaves ? 5 : 1); i++)
        if (fabs(got - truth * factors[i]) <= 0.04 * truth * factors[i])
            return true;
    return false;
}

int main(void)
{
    static double truth[MAX_BEATS];
    char path[4096];
    const char *root = getenv("AIVE_TEST_MEDIA");
    snprintf(path, sizeof path, "%s/beats", root ? root : DEFAULT_MEDIA);
    DIR *dir = opendir(path);
    if (!dir) {
        printf("SKIPPED: no annotated clips at %s\n", path);
        return 77;
    }
    media_init();
    int clips = 0, acc1 = 0, acc2 = 0;
    double f_sum = 0;
    for (struct dirent *d; (d = readdir(dir)) != NULL;) {
        size_t len = strlen(d->d_name);
        struct beats_result r = {0};
        if (len < 5 || strcmp(d->d_name + len - 5, ".flac") != 0)
            continue;
        CHECK_CASE(d->d_name);
        snprintf(path, sizeof path, "%s/beats/%.*s.beats", root ? root : DEFAULT_MEDIA,
                 (int)len - 5, d->d_name);
        size_t n = read_truth(path, truth);
        snprintf(path, sizeof path, "%s/beats/%s", root ? root : DEFAULT_MEDIA, d->d_name);
        if (!CHECK(n > 2 && track(path, &r)))
            continue;
        double f = f_measure(truth, n, r.beats_s, r.count);
        double bpm = 60 * (double)(n - 1) / (truth[n - 1] - truth[0]);
        CHECK(f > 0.6); /* octave errors score two thirds; anything less is lost */
        clips++;
        f_sum += f;
        acc1 += tempo_fits(bpm, r.tempo, false);
        acc2 += tempo_fits(bpm, r.tempo, true);
        beats_result_finish(&r);
    }
    closedir(dir);
    CHECK_CASE("all clips");
    printf("%d clips: F %.3f, tempo right %d, up to an octave %d\n", clips, f_sum / clips, acc1,
           acc2);
    CHECK(clips > 0 && f_sum / clips >= 0.93);
    CHECK(acc1 >= 0.88 * clips && acc2 >= 0.96 * clips);
    return check_done();
}
