/* SPDX-License-Identifier: GPL-3.0-or-later
 * Real files, odd, damaged and plain: each one works, or is refused with the right kind of reason.
 *
 * The files lie in $AIVE_TEST_MEDIA/media (default ../shared); without them the test is skipped.
 */
#include "check.h"
#include "core/timebase.h"
#include "media/media.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define SKIPPED 77

struct file_case {
    const char *name;
    enum err_code refused; /* ERR_NONE: it works */
    double duration;       /* seconds; 0 not checked */
    int width, height;     /* as seen; 0 no picture */
    int frames;            /* that can be decoded; 0 not checked */
    int channels;          /* 0 no sound */
};

static const struct file_case malformed[] = {
    {"-name-with-leading-dash.mp4", ERR_NONE, 5, 1, 1, 5, 0},
    {"animated_newton.gif", ERR_NONE, 0.82, 200, 150, 36, 0},
    {"attached_png_cover.mkv", ERR_NONE, 2.046, 640, 360, 0, 2},
    {"audio_5_1_speech_in_center.mp4", ERR_NONE, 6.167, 640, 480, 185, 6},
    {"audio_longer_than_video.mp4", ERR_NONE, 6.153, 640, 480, 62, 2},
    {"audio_only.mp4", ERR_NONE, 9.0, 0, 0, 0, 2},
    {"av1_tiny.mp4", ERR_NONE, 0.042, 64, 64, 1, 0},
    {"avi_sample.avi", ERR_NONE, 4.087, 960, 400, 96, 2},
    {"bbb_51_audio.mp4", ERR_NONE, 5.312, 1280, 720, 132, 6},
    {"bitflips_400.mp4", ERR_NONE, 6.167, 640, 480, 0, 2},
    {.name = "chunk_out_of_range.mp4", .refused = ERR_INVALID},
    {"corrupted.mp4", ERR_NONE, 5, 1280, 720, 0, 0},
    {"cover_art.mp3", ERR_NONE, 1.01, 0, 0, 0, 2},
    {"delayed_start.mp4", ERR_NONE, 0.96, 480, 320, 24, 0},
    {"edit_list_trim.mp4", ERR_NONE, 3.867, 640, 480, 116, 2},
    {.name = "excessive_alloc.mp3", .refused = ERR_INVALID},
    {"failing_audio.mp4", ERR_NONE, 11.23, 640, 360, 280, 2},
    {.name = "flv_212_bytes.flv", .refused = ERR_INVALID},
    {"flv_sample.flv", ERR_NONE, 1.09, 1080, 720, 30, 1},
    {"fps_240.mp4", ERR_NONE, 1, 320, 180, 240, 0},
    {.name = "fuzz_france.mp4", .refused = ERR_INVALID},
    {.name = "gif_14_bytes.gif", .refused = ERR_INVALID},
    {"h264_10bit.mp4", ERR_NONE, 1, 200, 200, 30, 0},
    {"hdr10_colr_still.mp4", ERR_NONE, 0.12, 2, 2, 3, 0},
    {.name = "header_only.wav", .refused = ERR_INVALID},
    {"hevc_10bit.mp4", ERR_NONE, 1, 200, 200, 30, 0},
    {.name = "huge_dimension_header.mp4", .refused = ERR_INVALID},
    {"huge_duration_header.mp4", ERR_NONE, 6.167, 640, 480, 185, 2},
    {"infloop.wav", ERR_NONE, 1.277, 0, 0, 0, 1},
    {.name = "invalid_22_bytes.wav", .refused = ERR_UNSUPPORTED},
    {.name = "invalid_userdata.mp4", .refused = ERR_INVALID},
    {"mov_text_subs.mp4", ERR_NONE, 2, 300, 200, 40, 2},
    {.name = "mp4_262_bytes.mp4", .refused = ERR_INVALID},
    {"mpegts.ts", ERR_NONE, 4.04, 640, 480, 120, 2},
    {"nasa_6_streams.mp4", ERR_NONE, 13.056, 480, 270, 390, 2},
    {"negative_cts_offsets.mp4", ERR_NONE, 6.167, 640, 480, 185, 2},
    {"negative_start_ts.ts", ERR_NONE, 6.19, 640, 480, 185, 2},
    {"no_audio.mp4", ERR_NONE, 5.005, 960, 540, 150, 0},
    {"no_duration.webm", ERR_NONE, 4.938, 1280, 720, 74, 2},
    {"no_timescale.mp4", ERR_NONE, 6.042, 320, 240, 0, 0},
    {"odd_853x479.mp4", ERR_NONE, 5.055, 853, 480, 150, 2},
    {"one_frame.mp4", ERR_NONE, 0.0334, 960, 540, 1, 0},
    {"rotate_90_metadata.mp4", ERR_NONE, 6.167, 480, 640, 185, 2},
    {"rotated_90_real.mov", ERR_NONE, 0.1, 320, 568, 3, 0},
    {"sar_2by3.mp4", ERR_NONE, 2.02, 640, 540, 60, 2},
    {.name = "segfault.wav", .refused = ERR_INVALID},
    {"silent_audio.wav", ERR_NONE, 11, 0, 0, 0, 1},
    {.name = "text_named.mp4", .refused = ERR_UNSUPPORTED},
    {"truncated_mdat_faststart.mp4", ERR_NONE, 3.767, 640, 480, 112, 2},
    {.name = "truncated_no_moov.mp4", .refused = ERR_INVALID},
    {"unordered.mov", ERR_NONE, 0.125, 50, 50, 4, 0},
    {"vfr_phone_like.mp4", ERR_NONE, 6.167, 480, 640, 128, 2},
    {"video_rotation_90_1f.mp4", ERR_NONE, 0.042, 60, 100, 1, 0},
    {"vp9_odd_dimensions.webm", ERR_NONE, 1.001, 161, 121, 30, 0},
    {.name = "webm_185_bytes.webm", .refused = ERR_INVALID},
    {.name = "wmv_535_bytes.wmv", .refused = ERR_UNSUPPORTED},
    {"wrong_extension_mp3_is_wav.mp3", ERR_NONE, 1.095, 0, 0, 0, 1},
    {"yuv422p.mp4", ERR_NONE, 2.02, 640, 360, 60, 2},
    {.name = "zero_bytes.wav", .refused = ERR_INVALID},
};

static const struct file_case video[] = {
    {"big_buck_bunny_30s.webm", ERR_NONE, 30.02, 1280, 720, 720, 2},
    {"bike_ride.webm", ERR_NONE, 30.106, 480, 270, 900, 2},
    {"car_park_topdown.mp4", ERR_NONE, 30.16, 768, 432, 377, 2},
    {"chaplin_silent_film.mp4", ERR_NONE, 9.64, 640, 360, 241, 2},
    {"chrome_stopmotion.mp4", ERR_NONE, 29.997, 480, 270, 899, 2},
    {"cockatoo.mp4", ERR_NONE, 14, 1280, 720, 280, 1},
    {"flower.mp4", ERR_NONE, 5.055, 960, 540, 150, 2},
    {"friday_dialogue.mp4", ERR_NONE, 6.167, 640, 480, 185, 2},
    {"hamilton_whitehouse.mp4", ERR_NONE, 10.02, 640, 360, 275, 2},
    {"portrait_talking_host.mp4", ERR_NONE, 11.966, 1080, 1920, 0, 2},
    {"tears_of_steel_battle.webm", ERR_NONE, 70.55, 800, 333, 0, 2},
    {.name = "friday_dialogue.txt", .refused = ERR_UNSUPPORTED},
    {.name = "friday_dialogue.vtt", .refused = ERR_UNSUPPORTED},
};

static const struct file_case *find_case(const struct file_case *cases, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(cases[i].name, name) == 0)
            return &cases[i];
    return NULL;
}

/* Reads pictures in order (where their number is not known, the first ones), then here and there.
 */
static void check_pictures(int fd, const struct media_info *info, int frames)
{
    struct err e = {0};
    struct video_reader *r = video_reader_create(fd, NULL, &e);
    struct picture *p;
    int64_t last = INT64_MIN;
    int n = 0, backwards = 0, missing = 0;

    CHECK(r != NULL);
    while (r && n < (frames ? 1000 : 100) && (p = video_reader_next(r, &e))) {
        backwards += p->pts_ticks <= last;
        last = p->pts_ticks;
        n++;
        picture_unref(&p);
    }
    CHECK(e.code == ERR_NONE);
    CHECK(backwards == 0);
    CHECK(frames == 0 ? n > 0 : n == frames);
    for (int i = 5; r && i >= 0; i--) {
        int64_t t = info->duration_ticks * i / 5;
        p = video_reader_at(r, t, &e);
        missing += !p || (p->pts_ticks > t + TICKS_PER_SECOND / 1000 &&
                          p->pts_ticks > info->video_start_ticks);
        picture_unref(&p);
    }
    CHECK(missing == 0);
    video_reader_destroy(r);
}

static void check_sound(int fd, const struct media_info *info)
{
    struct err e = {0};
    struct audio_reader *r = audio_reader_create(fd, 48000, 2, NULL, &e);
    float *pcm = malloc(48000 * 2 * sizeof *pcm);
    int n, bad = 0;
    int64_t total = 0;

    CHECK(r != NULL);
    while (r && (n = audio_reader_read(r, pcm, 48000, &e)) > 0) {
        for (int i = 0; i < 2 * n; i++)
            bad += !isfinite(pcm[i]);
        total += n;
    }
    CHECK(r && n == 0 && bad == 0);
    CHECK_NEAR((double)total / 48000, ticks_to_seconds(info->audio_end_ticks), 0.1);
    if (r && total > 2000) {
        CHECK(audio_reader_seek(r, total / 2, &e));
        CHECK(audio_reader_read(r, pcm, 1000, &e) == 1000);
    }
    audio_reader_destroy(r);
    free(pcm);
}

static void check_works(int fd, const struct media_info *info, const struct file_case *c)
{
    if (c->duration > 0)
        CHECK_NEAR(info->duration, c->duration, 0.02);
    CHECK(info->has_video == (c->width > 0));
    CHECK(info->width == c->width && info->height == c->height);
    CHECK(info->channels == c->channels);
    CHECK(info->container[0] != '\0' && info->bit_rate > 0);
    if (info->has_video)
        check_pictures(fd, info, c->frames);
    if (info->has_audio)
        check_sound(fd, info);
}

static void check_file(const char *folder, const struct file_case *c)
{
    char path[4096];
    struct media_info info;
    struct err e = {0};
    bool works;
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, c->name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    CHECK_CASE(c->name);
    CHECK(fd >= 0);
    works = media_probe(fd, &info, NULL, &e);
    CHECK(works == (c->refused == ERR_NONE));
    if (!works)
        CHECK(e.code == c->refused && e.msg[0] != '\0');
    if (works != (c->refused == ERR_NONE) || (!works && e.code != c->refused))
        fprintf(stderr, "  %s: %s: %s\n", c->name, err_name(e.code), e.msg);
    if (works && c->refused == ERR_NONE)
        check_works(fd, &info, c);
    close(fd);
}

/* Every file of the folder must be in the table, and every row must have its file. */
static void check_folder(const char *root, const char *name, const struct file_case *cases,
                         size_t n)
{
    char folder[2048];
    struct dirent *entry;
    DIR *dir;

    snprintf(folder, sizeof folder, "%s/media/%s", root, name);
    dir = opendir(folder);
    CHECK(dir != NULL);
    while (dir && (entry = readdir(dir)))
        if (entry->d_type == DT_REG && !find_case(cases, n, entry->d_name)) {
            CHECK_CASE(entry->d_name);
            fprintf(stderr, "%s is not in the table\n", entry->d_name);
            CHECK(false);
        }
    if (dir)
        closedir(dir);
    for (size_t i = 0; i < n; i++)
        check_file(folder, &cases[i]);
}

int main(void)
{
    const char *root = getenv("AIVE_TEST_MEDIA");
    char probe[2048];

    root = root ? root : "../shared";
    snprintf(probe, sizeof probe, "%s/media/MANIFEST.tsv", root);
    if (access(probe, R_OK) != 0) {
        printf("SKIPPED: no test media in %s (set AIVE_TEST_MEDIA)\n", root);
        return SKIPPED;
    }
    media_init();
    check_folder(root, "malformed", malformed, sizeof malformed / sizeof malformed[0]);
    check_folder(root, "video", video, sizeof video / sizeof video[0]);
    return check_done();
}
