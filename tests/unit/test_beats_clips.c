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

/* F-measure within 70 ms, one to one; *signed_ms the median distance of what was met. */
static double f_measure(const double *ref, size_t n, const double *est, size_t m,
                        double *signed_ms)
{
    static float late[MAX_BEATS];
    size_t i = 0, j = 0, hits = 0;
    while (i < n && j < m) {
        double d = est[j] - ref[i];
        if (fabs(d) <= 0.07) {
            late[hits++] = (float)(1000 * d);
            i++;
            j++;
        } else if (d < 0) {
            j++;
        } else {
            i++;
        }
    }
    *signed_ms = (double)quantile(late, hits, 0.5);
    return n + m ? 2.0 * (double)hits / (double)(n + m) : 0;
}

static size_t nearest(const double *v, size_t n, double x)
{
    size_t k = 0;
    while (k + 1 < n && v[k + 1] < x)
        k++;
    return k + 1 < n && x - v[k] > v[k + 1] - x ? k + 1 : k;
}

/* Share of beats whose place and interval are within 17.5 % (CMLt of M. Davies, N. Degara,
 * M. Plumbley, "Evaluation methods for musical audio beat tracking algorithms", 2009). */
static double continuity(const double *ref, size_t n, const double *est, size_t m)
{
    static bool used[2 * MAX_BEATS];
    size_t good = 0;
    memset(used, 0, sizeof used);
    if (n < 2 || m < 2)
        return 0;
    for (size_t j = 0; j < m; j++) {
        size_t k = nearest(ref, n, est[j]);
        bool forward = j == 0 || k == 0;
        double gap = forward && k + 1 < n ? ref[k + 1] - ref[k] : ref[k] - ref[k - 1];
        double step = forward && j + 1 < m ? est[j + 1] - est[j] : est[j] - est[j - 1];
        if (used[k] || fabs(est[j] - ref[k]) >= 0.175 * gap || fabs(1 - step / gap) >= 0.175)
            continue;
        used[k] = true;
        good++;
    }
    return (double)good / (double)(n > m ? n : m);
}

/* The best continuity over the levels a foot may tap: as given, off the beat, double, half. */
static double any_level(const double *ref, size_t n, const double *est, size_t m)
{
    static double twice[2 * MAX_BEATS], part[MAX_BEATS];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        twice[count++] = ref[i];
        if (i + 1 < n)
            twice[count++] = (ref[i] + ref[i + 1]) / 2;
    }
    double best = fmax(continuity(ref, n, est, m), continuity(twice, count, est, m));
    for (size_t from = 0; from < 2; from++) {
        size_t half = 0, off = 0;
        for (size_t i = from; i < n; i += 2)
            part[half++] = ref[i];
        best = fmax(best, continuity(part, half, est, m));
        for (size_t i = 1; i < count; i += 2)
            part[off++] = twice[i];
        best = fmax(best, continuity(part, off, est, m));
    }
    return best;
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

/* Sums over the clips. */
struct sums {
    int clips, acc1, acc2;
    double f, cmlt, amlt;
    float late_ms[256]; /* median of each clip */
};

static void judge(const double *truth, size_t n, const struct beats_result *r, struct sums *sum)
{
    double late_ms, bpm = 60 * (double)(n - 1) / (truth[n - 1] - truth[0]);
    double f = f_measure(truth, n, r->beats_s, r->count, &late_ms);
    double any = any_level(truth, n, r->beats_s, r->count);
    CHECK(f > 0.6);       /* octave errors score two thirds; anything less is lost */
    CHECK(any >= 0.75);
    sum->late_ms[sum->clips++ % 256] = (float)late_ms;
    sum->f += f;
    sum->cmlt += continuity(truth, n, r->beats_s, r->count);
    sum->amlt += any;
    sum->acc1 += tempo_fits(bpm, r->tempo, false);
    sum->acc2 += tempo_fits(bpm, r->tempo, true);
    printf("%-32s F %.3f, any level %.3f, %+.0f ms, %.1f BPM for %.1f\n", check_case_name, f, any,
           late_ms, r->tempo, bpm);
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
    struct sums sum = {0};
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
        judge(truth, n, &r, &sum);
        beats_result_finish(&r);
    }
    closedir(dir);
    CHECK_CASE("all clips");
    double n = sum.clips;
    printf("%d clips: F %.3f, CMLt %.3f, AMLt %.3f, tempo right %d, up to an octave %d\n", sum.clips,
           sum.f / n, sum.cmlt / n, sum.amlt / n, sum.acc1, sum.acc2);
    double late_ms = (double)quantile(sum.late_ms, (size_t)sum.clips, 0.5);
    printf("median of the clips' median signed error: %+.1f ms\n", late_ms);
    CHECK(fabs(late_ms) <= 10);
    CHECK(sum.clips > 0 && sum.f >= 0.95 * n);
    CHECK(sum.cmlt >= 0.88 * n && sum.amlt >= 0.96 * n);
    CHECK(sum.acc1 >= 0.92 * n && sum.acc2 == sum.clips);
    return check_done();
}
