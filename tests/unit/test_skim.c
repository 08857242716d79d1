/* SPDX-License-Identifier: GPL-3.0-or-later
 * Of films with more pictures a second than are wanted, those that are skimmed lie evenly.
 * Skipped where the ffmpeg command is missing.
 */
#include "check.h"
#include "core/timebase.h"
#include "media/media.h"
#include "media/skim.h"
#include "unit/ffmpeg.h"

#include <stdlib.h>

#define SKIPPED 77
#define MOST 30 /* a second */
#define EDGE 160
#define MAX_PICTURES 400

#define SCENE(rate, d) "-f lavfi -i \"testsrc2=s=320x180:r=" rate ":d=" d "\" "
#define X264 "-c:v libx264 -preset ultrafast -bf 2 -pix_fmt yuv420p "
/* Every picture for a second, then every fourth for one, as telephones do in the dark. */
#define SLOWS_DOWN "-vf \"select='lt(t,1)+not(mod(n,4))'\" -fps_mode vfr "

static const struct film {
    const char *name, *words, *container;
    int pictures;       /* that are seen */
    double least, most; /* from one to the next, in seconds */
} films[] = {
    {"25 a second", SCENE("25", "1") X264, "mp4", 25, 1 / 25.0, 1 / 25.0},
    {"30000/1001", SCENE("30000/1001", "1") X264, "mp4", 30, 1001 / 30e3, 1001 / 30e3},
    {"50", SCENE("50", "1") X264, "mp4", 25, 2 / 50.0, 2 / 50.0},
    {"60", SCENE("60", "2") X264, "mp4", 60, 2 / 60.0, 2 / 60.0},
    {"60000/1001, times in ms", SCENE("60000/1001", "2") X264, "matroska", 60, 0.032, 0.035},
    {"100", SCENE("100", "1") X264, "mp4", 25, 4 / 100.0, 4 / 100.0},
    {"240", SCENE("240", "1") X264, "mp4", 30, 8 / 240.0, 8 / 240.0},
    {"240 in Matroska", SCENE("240", "1") X264, "matroska", 30, 0.032, 0.035},
    {"sound begins before",
     "-f lavfi -i sine=440:d=2 -itsoffset 0.4 " SCENE("60", "1") X264 "-c:a aac", "matroska", 30,
     0.032, 0.035},
    {"60, then 15", SCENE("60", "2") SLOWS_DOWN X264, "mp4", 0, 0.024, 4 / 60.0},
    {"240, then 60", SCENE("240", "2") SLOWS_DOWN X264, "mp4", 0, 0.024, 0.05},
};

/* The times of what is seen; -1 when it does not end as it should. */
static int skim_times(int fd, int64_t step, int64_t times[MAX_PICTURES])
{
    struct err e = {0};
    struct skimmed seen;
    struct skim *s =
        skim_create(fd, &(struct skim_options){.edge = EDGE, .step_ticks = step}, NULL, &e);
    int n = 0;
    while (s && n < MAX_PICTURES && skim_next(s, &seen, &e)) {
        CHECK(seen.small->width == 160 && seen.small->height == 90);
        times[n++] = seen.time_ticks;
    }
    skim_destroy(s);
    return s && e.code == ERR_NONE ? n : -1;
}

static void check_times(const struct film *f, const struct media_info *info, const int64_t *times,
                        int n)
{
    const int64_t slack = TICKS_PER_SECOND / 100000;
    int wrong = 0;
    for (int i = 1; i < n; i++) {
        int64_t d = times[i] - times[i - 1];
        wrong +=
            d < ticks_from_seconds(f->least) - slack || d > ticks_from_seconds(f->most) + slack;
    }
    CHECK(wrong == 0);
    CHECK(times[0] == info->video_start_ticks);
    CHECK(info->video_end_ticks - times[n - 1] <= ticks_from_seconds(f->most) + slack);
}

static void test_films(void)
{
    static int64_t times[MAX_PICTURES];
    for (size_t i = 0; i < sizeof films / sizeof *films; i++) {
        struct media_info info;
        int fd = ffmpeg_make(films[i].words, -1, films[i].container);
        CHECK_CASE(films[i].name);
        if (!CHECK(fd >= 0 && media_probe(fd, &info, NULL, NULL)))
            continue;
        int n = skim_times(fd, skim_step(&info, MOST), times);
        if (CHECK(films[i].pictures ? n == films[i].pictures : n > 1))
            check_times(&films[i], &info, times, n);
        else
            fprintf(stderr, "   %d pictures of %.3f a second\n", n, info.fps);
        close(fd);
    }
}

static void test_step(void)
{
    static const struct {
        double fps;
        int every; /* n-th picture; 0: all of them */
    } cases[] = {
        {0, 0},  {1, 0},  {29.97, 0}, {30, 0},  {30.3, 0},
        {48, 2}, {60, 2}, {90, 3},    {240, 8}, {1000, 33},
    };
    CHECK_CASE("step");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t step = skim_step(&(struct media_info){.fps = cases[i].fps}, MOST);
        CHECK_NEAR((double)step,
                   cases[i].every ? cases[i].every / cases[i].fps * TICKS_PER_SECOND : 0, 1);
    }
}

int main(void)
{
    media_init();
    test_step();
    if (!ffmpeg_is_here()) {
        printf("skipped: no ffmpeg\n");
        return check_failed ? check_done() : SKIPPED;
    }
    test_films();
    return check_done();
}
