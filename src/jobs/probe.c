/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/probe.h"

#include "analysis/quality.h"
#include "core/timebase.h"
#include "media/media.h"
#include "media/shrink.h"
#include "store/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define THUMBNAIL_EDGE 640
#define THUMBNAIL_TRIES 5
#define THUMBNAIL_FAR (30 * TICKS_PER_SECOND) /* decoding further is not worth a better still */
#define STILL_EDGE 1280

/* clang-format off */
#define F(member, k, words) {.name = #member, .kind = k, .flags = WIRE_NULLABLE, .offset = offsetof(struct probe_report, member), .help = words}
static const struct wire_field probe_fields[] = {
    F(container, WIRE_STRING, "Container format."),
    F(duration, WIRE_NUMBER, "Seconds."),
    F(duration_ticks, WIRE_INT, "The same in ticks of 1/705600000 s."),
    F(bit_rate, WIRE_INT, "Bits a second."),
    F(has_video, WIRE_BOOL, "Has a picture."),
    F(video_codec, WIRE_STRING, "Codec of the picture."),
    F(pixel_format, WIRE_STRING, "Sample layout of the picture."),
    F(width, WIRE_INT, "Upright width in square pixels."),
    F(height, WIRE_INT, "Upright height in square pixels."),
    F(coded_width, WIRE_INT, "Width as coded."),
    F(coded_height, WIRE_INT, "Height as coded."),
    F(rotation, WIRE_INT, "Degrees clockwise to turn it upright."),
    F(fps, WIRE_NUMBER, "Pictures a second, on average."),
    F(fps_num, WIRE_INT, "The same as a fraction."),
    F(fps_den, WIRE_INT, "The same as a fraction."),
    F(is_vfr, WIRE_BOOL, "The frame rate varies."),
    F(is_hdr, WIRE_BOOL, "PQ or HLG."),
    F(video_start, WIRE_NUMBER, "First picture, seconds."),
    F(video_end, WIRE_NUMBER, "End of the last picture, seconds."),
    F(has_audio, WIRE_BOOL, "Has sound."),
    F(audio_codec, WIRE_STRING, "Codec of the sound."),
    F(sample_rate, WIRE_INT, "Samples a second."),
    F(channels, WIRE_INT, "Channels of sound."),
    F(audio_start, WIRE_NUMBER, "First sample, seconds."),
    F(audio_end, WIRE_NUMBER, "End of the last sample, seconds."),
    F(has_thumbnail, WIRE_BOOL, "A thumbnail was made."),
    F(is_image, WIRE_BOOL, "A picture that does not move."),
    {0},
};
#undef F
const struct wire_type wire_probe = {.name = "Probe", .help = "What a file is.", .fields = probe_fields,
                                     .size = sizeof(struct probe_report)};
/* clang-format on */

/* --- Inside the work-horse -------------------------------------------------------------------- */

static int64_t known(int64_t v)
{
    return v > 0 ? v : INT64_MIN;
}

static void report_from(const struct media_info *m, struct probe_report *r)
{
    *r = (struct probe_report){
        .container = m->container,
        .duration = m->duration,
        .duration_ticks = m->duration_ticks,
        .bit_rate = known(m->bit_rate),
        .has_video = m->has_video,
        .is_image = m->is_image,
        .width = INT64_MIN, .height = INT64_MIN, .coded_width = INT64_MIN,
        .coded_height = INT64_MIN, .rotation = INT64_MIN, .fps = NAN, .fps_num = INT64_MIN,
        .fps_den = INT64_MIN, .is_vfr = -1, .is_hdr = -1, .video_start = NAN, .video_end = NAN,
        .has_audio = m->has_audio,
        .sample_rate = INT64_MIN, .channels = INT64_MIN, .audio_start = NAN, .audio_end = NAN,
    };
    if (m->has_video) {
        r->video_codec = m->video_codec;
        r->pixel_format = m->pixel_format;
        r->width = m->width;
        r->height = m->height;
        r->coded_width = m->coded_width;
        r->coded_height = m->coded_height;
        r->rotation = m->rotation;
        r->is_vfr = m->is_vfr;
        r->is_hdr = m->is_hdr;
        r->video_start = ticks_to_seconds(m->video_start_ticks);
        r->video_end = ticks_to_seconds(m->video_end_ticks);
        if (m->fps > 0) {
            r->fps = m->fps;
            r->fps_num = known(m->fps_num);
            r->fps_den = known(m->fps_den);
        }
    }
    if (m->has_audio) {
        r->audio_codec = m->audio_codec;
        r->sample_rate = known(m->sample_rate);
        r->channels = known(m->channels);
        r->audio_start = ticks_to_seconds(m->audio_start_ticks);
        r->audio_end = ticks_to_seconds(m->audio_end_ticks);
    }
}

/* How well a picture would do as the thumbnail, 0..1; below 0 with a reason when it cannot be told. */
static double poster(struct shrinker *s, const struct picture *p, struct err *e)
{
    int width, height;
    shrink_size(p, SMALL_EDGE, &width, &height);
    struct picture *small = shrink(s, p, width, height, e);
    if (!small)
        return -1;
    double worth = quality_poster(quality_of(&(struct small_picture){
        width, height, {small->data[0], small->data[1], small->data[2]},
        {small->stride[0], small->stride[1], small->stride[2]}}));
    picture_unref(&small);
    return worth;
}

/* The best of a few pictures from the first half: not black, not blurred; of equal ones the first. */
static struct picture *best_picture(struct video_reader *r, const struct media_info *m,
                                    struct err *e)
{
    struct picture *best = NULL;
    double most = -1;
    int64_t span = m->video_end_ticks - m->video_start_ticks;
    struct shrinker *s = shrinker_create(e);
    for (int i = 0; s && i < THUMBNAIL_TRIES; i++) {
        int64_t t = m->video_start_ticks + span / (2 * THUMBNAIL_TRIES) * i;
        if (t > m->video_start_ticks + THUMBNAIL_FAR)
            break;
        struct picture *p = video_reader_at(r, t, e);
        double worth = p ? poster(s, p, e) : -1;
        if (worth > most) {
            picture_unref(&best);
            best = p;
            most = worth;
        } else {
            picture_unref(&p);
        }
        if (m->is_image)
            break;
    }
    shrinker_destroy(s);
    return best;
}

static bool write_thumbnail(int fd, int jpeg_fd, const struct media_info *m, struct err *e)
{
    struct video_reader *r = video_reader_create(fd, NULL, e);
    struct picture *best = r ? best_picture(r, m, e) : NULL;
    bool ok = best && media_write_jpeg(best, THUMBNAIL_EDGE, jpeg_fd, e);
    picture_unref(&best);
    video_reader_destroy(r);
    return ok;
}

static bool probe_prepare(struct horse *h, struct err *e)
{
    (void)h;
    (void)e;
    media_init();
    return true;
}

static bool probe_child(struct horse *h, struct buf *result, struct err *e)
{
    struct media_info m;
    int fd = horse_fd(h, "source"), jpeg_fd = horse_fd(h, "thumbnail");
    if (!media_probe(fd, &m, NULL, e))
        return false;
    struct probe_report r;
    report_from(&m, &r);
    if (m.has_video && jpeg_fd >= 0) {
        struct err why;
        r.has_thumbnail = write_thumbnail(fd, jpeg_fd, &m, &why);
        if (!r.has_thumbnail)
            horse_log(h, "no thumbnail: %s", why.msg);
    }
    wire_write(&wire_probe, &r, result);
    return true;
}

const struct horse_kind horse_probe = {
    .name = "probe",
    .help = "Says what a media file is and makes its thumbnail.",
    .limits = {.memory_bytes = UINT64_C(1) << 30, .cpu_seconds = 60, .wall_seconds = 120,
               .silence_seconds = 120, .file_bytes = 16 << 20},
    .prepare = probe_prepare,
    .run = probe_child,
};

/* --- The caller's side ------------------------------------------------------------------------ */

struct probe_report *probe_run(int fd, int thumbnail_fd, const struct cancel *cancel,
                               struct arena *a, struct err *e)
{
    struct horse_fd fds[2] = {{"source", fd}, {"thumbnail", thumbnail_fd}};
    struct horse_job job = {.kind = "probe", .spec = "{}", .fds = fds,
                            .fd_count = thumbnail_fd >= 0 ? 2 : 1, .cancel = cancel};
    char *text = horse_run(&job, e);
    if (!text)
        return NULL;
    struct probe_report *r = wire_read_trusted(&wire_probe, text, strlen(text), a, e);
    free(text);
    if (r && (!(r->duration >= 0) || r->duration_ticks < 0 ||
              (r->has_video == 1 && (r->width < 1 || r->height < 1)))) {
        err_set(e, ERR_INTERNAL, "the work-horse reported nonsense about the file");
        return NULL;
    }
    return r;
}

void asset_from_probe(const struct probe_report *p, struct asset *out)
{
    out->kind = p->is_image == 1 ? "image" : p->has_video == 1 ? "video" : "audio";
    out->duration_ticks = p->duration_ticks;
    out->has_video = p->has_video == 1;
    out->has_audio = p->has_audio == 1;
    if (out->has_video) {
        out->width = (int)p->width;
        out->height = (int)p->height;
        out->fps_num = p->fps_num > 0 && p->fps_num < 1000000000 ? (int)p->fps_num : 0;
        out->fps_den = p->fps_den > 0 && p->fps_den < 1000000000 ? (int)p->fps_den : 0;
    }
}

int64_t asset_frame_ticks(const struct asset *asset)
{
    if (!asset->has_video || asset->fps_num <= 0)
        return 0;
    return ticks_scale(TICKS_PER_SECOND, asset->fps_den, asset->fps_num);
}

const char *probe_extension(const struct probe_report *p)
{
    static const struct {
        const char *container, *video, *audio;
    } endings[] = {
        {"mp4", ".mp4", ".m4a"},  {"mov", ".mov", ".m4a"},  {"m4a", ".mp4", ".m4a"},
        {"mkv", ".mkv", ".mka"},  {"webm", ".webm", ".weba"}, {"avi", ".avi", ".avi"},
        {"mpegts", ".ts", ".ts"}, {"flv", ".flv", ".flv"},  {"mp3", ".mp3", ".mp3"},
        {"wav", ".wav", ".wav"},  {"ogg", ".ogv", ".ogg"},  {"flac", ".flac", ".flac"},
        {"aac", ".aac", ".aac"},
        {"gif", ".gif", ".gif"},  {"png", ".png", ".png"},  {"jpeg", ".jpg", ".jpg"},
        {"webp", ".webp", ".webp"},
    };
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (p->container && strcmp(p->container, endings[i].container) == 0)
            return p->has_video == 1 ? endings[i].video : endings[i].audio;
    return ".bin";
}

/* --- A still at a time ------------------------------------------------------------------------ */

struct still_spec {
    double time;
};
static const struct wire_field still_fields[] = {
    {.name = "time", .kind = WIRE_NUMBER, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct still_spec, time), .help = "Seconds."},
    {0},
};
static const struct wire_type wire_still = {
    .name = "StillSpec", .fields = still_fields, .size = sizeof(struct still_spec)};

static bool still_child(struct horse *h, struct buf *result, struct err *e)
{
    struct arena a;
    arena_init(&a, 1 << 16);
    unsigned long n;
    const char *text = horse_spec(h, &n);
    const struct still_spec *spec = wire_read_trusted(&wire_still, text, n, &a, e);
    struct video_reader *r = spec ? video_reader_create(horse_fd(h, "source"), NULL, e) : NULL;
    struct picture *p = r ? video_reader_at(r, ticks_from_seconds(spec->time), e) : NULL;
    bool ok = p && media_write_jpeg(p, STILL_EDGE, horse_fd(h, "still"), e);
    picture_unref(&p);
    video_reader_destroy(r);
    arena_finish(&a);
    buf_adds(result, "{}");
    return ok;
}

const struct horse_kind horse_still = {
    .name = "still",
    .help = "Writes one picture of a film as JPEG.",
    .limits = {.memory_bytes = UINT64_C(1) << 30, .cpu_seconds = 120, .wall_seconds = 240,
               .silence_seconds = 240, .file_bytes = 16 << 20},
    .prepare = probe_prepare,
    .run = still_child,
};

bool still_run(int fd, double time_s, int jpeg_fd, const struct cancel *cancel, struct err *e)
{
    struct buf spec;
    buf_init(&spec, 256);
    struct still_spec s = {.time = time_s};
    wire_write(&wire_still, &s, &spec);
    struct horse_fd fds[2] = {{"source", fd}, {"still", jpeg_fd}};
    struct horse_job job = {.kind = "still", .spec = spec.data, .fds = fds, .fd_count = 2,
                            .cancel = cancel};
    char *text = horse_run(&job, e);
    buf_finish(&spec);
    bool ok = text != NULL;
    free(text);
    return ok;
}
