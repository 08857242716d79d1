/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/listen_beats.h"

#include "core/buf.h"
#include "core/files.h"
#include "core/timebase.h"
#include "jobs/analyze_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 4096                   /* frames */
#define ANSWER_MAX_BYTES (64u << 20) /* of memory for its lists */
#define WAV_RATE 44100
#define WAV_HEADER 44
#define CLICK_FRAMES (WAV_RATE * 40 / 1000)
#define CLICK_HZ 1000.0
#define DOWNBEAT_HZ 1600.0
#define MUSIC_GAIN 0.7f /* leaves the click room */
#define CLICK_GAIN 0.5

/* --- The answer ------------------------------------------------------------------------------- */

static bool write_answer(const struct beats_result *found, struct buf *out, struct err *e)
{
    struct arena a;
    struct analysis_report r = report_empty;
    arena_init(&a, ANSWER_MAX_BYTES);
    r.duration = ANALYZE_MS(found->duration_s);
    bool ok = analyze_fill_beats(found, &a, &r);
    if (ok)
        wire_write(&wire_beats, &r, out);
    arena_finish(&a);
    return ok ? true : err_set(e, ERR_NO_MEMORY, "no memory for the beats");
}

/* --- The click -------------------------------------------------------------------------------- */

static void put_le(uint8_t *to, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (uint8_t)(v >> (8 * i));
}

/* RIFF/WAVE, PCM of 16 bits, two channels. */
static bool write_header(int fd, int64_t frames, struct err *e)
{
    uint8_t h[WAV_HEADER] = "RIFF    WAVEfmt                     data";
    if (frames * 4 + WAV_HEADER > UINT32_MAX)
        return err_set(e, ERR_TOO_LARGE, "more than six hours of sound do not fit a WAV file");
    put_le(h + 4, (uint32_t)(frames * 4 + WAV_HEADER - 8), 4);
    put_le(h + 16, 16, 4);
    put_le(h + 20, 1, 2);
    put_le(h + 22, 2, 2);
    put_le(h + 24, WAV_RATE, 4);
    put_le(h + 28, WAV_RATE * 4, 4);
    put_le(h + 32, 4, 2);
    put_le(h + 34, 16, 2);
    put_le(h + 40, (uint32_t)(frames * 4), 4);
    return lseek(fd, 0, SEEK_SET) == 0 ? file_write_all(fd, h, sizeof h, e)
                                       : err_set(e, ERR_INTERNAL, "the WAV file cannot be rewound");
}

/* The click at `frame` of the sound, 0 between clicks. `*next` is the first beat not yet over. */
static double click_at(const struct beats_result *r, int64_t frame, size_t *next, size_t *bar)
{
    while (*next < r->count && llround(r->beats_s[*next] * WAV_RATE) + CLICK_FRAMES <= frame)
        ++*next;
    if (*next == r->count || frame < llround(r->beats_s[*next] * WAV_RATE))
        return 0;
    double beat = r->beats_s[*next];
    while (*bar < r->downbeat_count && r->downbeats_s[*bar] < beat)
        ++*bar;
    bool first = *bar < r->downbeat_count && r->downbeats_s[*bar] == beat;
    double t = (double)(frame - llround(beat * WAV_RATE)) / WAV_RATE;
    return CLICK_GAIN * exp(-t / 0.008) * sin(2 * M_PI * (first ? DOWNBEAT_HZ : CLICK_HZ) * t);
}

static bool write_clicks(struct horse *h, int fd, int wav_fd, const struct beats_result *r,
                         struct err *e)
{
    float in[BLOCK * 2];
    uint8_t out[BLOCK * 4];
    int64_t frame = 0;
    size_t next = 0, bar = 0;
    int n = -1;
    struct audio_reader *reader = audio_reader_create(fd, WAV_RATE, 2, NULL, e);
    bool ok = reader && write_header(wav_fd, 0, e);
    while (ok && (n = audio_reader_read(reader, in, BLOCK, e)) > 0) {
        for (int i = 0; i < n; i++, frame++) {
            float click = (float)click_at(r, frame, &next, &bar);
            for (int c = 0; c < 2; c++) {
                float v = fmaxf(-1, fminf(1, in[2 * i + c] * MUSIC_GAIN + click));
                put_le(out + 4 * i + 2 * c, (uint32_t)(int32_t)lrintf(v * 32767), 2);
            }
        }
        ok = file_write_all(wav_fd, out, (size_t)n * 4, e);
        horse_progress(h, 60 + 39 * (double)frame / WAV_RATE / r->duration_s, "clicking");
    }
    ok = ok && n == 0 && write_header(wav_fd, frame, e);
    audio_reader_destroy(reader);
    return ok;
}

/* --- The work-horse --------------------------------------------------------------------------- */

static bool listen(struct horse *h, int fd, double duration_s, struct beats_result *found,
                   struct err *e)
{
    float block[BLOCK];
    int64_t done = 0;
    int n = -1;
    struct audio_reader *r = audio_reader_create(fd, ANALYSIS_RATE, 1, NULL, e);
    struct beats *b = r ? beats_create(e) : NULL;
    bool ok = b != NULL;
    while (ok && (n = audio_reader_read(r, block, BLOCK, e)) > 0) {
        ok = beats_push(b, block, (size_t)n, e);
        done += n;
        horse_progress(h, 60 * (double)done / ANALYSIS_RATE / fmax(duration_s, 1), "listening");
    }
    ok = ok && n == 0 && beats_finish(b, found, e);
    beats_destroy(b);
    audio_reader_destroy(r);
    return ok;
}

static bool beats_child(struct horse *h, struct buf *result, struct err *e)
{
    struct media_info info;
    struct beats_result found = {0};
    int fd = horse_fd(h, "source"), wav_fd = horse_fd(h, "click");
    if (!media_probe(fd, &info, NULL, e))
        return false;
    if (!info.has_audio)
        return err_set(e, ERR_UNSUPPORTED, "the file has no sound");
    bool ok = listen(h, fd, ticks_to_seconds(info.audio_end_ticks), &found, e) &&
              (wav_fd < 0 || write_clicks(h, fd, wav_fd, &found, e)) &&
              write_answer(&found, result, e);
    beats_result_finish(&found);
    return ok;
}

static bool beats_prepare(struct horse *h, struct err *e)
{
    (void)h;
    (void)e;
    media_init();
    return true;
}

const struct horse_kind horse_beats = {
    .name = "beats",
    .help = "Finds the beats of a sound, and may lay a click over them.",
    .limits = {.memory_bytes = UINT64_C(1) << 30, .cpu_seconds = 1800, .wall_seconds = 3600,
               .silence_seconds = 300, .file_bytes = UINT64_C(1) << 32},
    .prepare = beats_prepare,
    .run = beats_child,
};

const char *listen_beats_run(int fd, int click_fd, listen_progress_fn progress, void *user,
                             const struct cancel *cancel, struct arena *a, struct err *e)
{
    struct horse_fd fds[2] = {{"source", fd}, {"click", click_fd}};
    struct horse_job job = {.kind = "beats", .spec = "{}", .fds = fds,
                            .fd_count = click_fd >= 0 ? 2 : 1, .cancel = cancel,
                            .on_progress = progress, .user = user};
    char *text = horse_run(&job, e);
    if (!text)
        return NULL;
    const char *json = arena_strdup(a, text);
    free(text);
    if (!json)
        err_set(e, ERR_NO_MEMORY, "no memory for the beats");
    return json;
}
