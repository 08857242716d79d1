/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/selftest.h"

#include "core/wire.h"
#include "media/encode.h"
#include "media/media.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TEST_FRAMES 15

struct selftest_result {
    const char *encoders;
};
static const struct wire_field result_fields[] = {
    {.name = "encoders", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct selftest_result, encoders), .help = "Versions."},
    {0},
};
static const struct wire_type wire_result = {
    .name = "SelftestResult", .fields = result_fields, .size = sizeof(struct selftest_result)};

/* --- Inside the work-horse -------------------------------------------------------------------- */

static bool encode_grey(int fd, struct err *e)
{
    struct h264_settings s = {.width = 320, .height = 240, .fps_num = 30, .fps_den = 1,
                              .preset = "ultrafast", .crf = 30, .max_bitrate = 1000000,
                              .lookahead = 5};
    struct chunk_writer *w = chunk_writer_create(&s, fd, e);
    struct picture_pool *pool = w ? picture_pool_create(s.width, s.height, e) : NULL;
    bool ok = pool != NULL;
    for (int i = 0; ok && i < TEST_FRAMES; i++) {
        struct picture *p = picture_pool_take(pool, e);
        for (int plane = 0; p && plane < 3; plane++)
            memset(p->data[plane], 128, (size_t)p->stride[plane] * (plane ? 120u : 240u));
        ok = p && chunk_writer_add(w, p, e);
        picture_unref(&p);
    }
    ok = ok && chunk_writer_finish(w, e);
    picture_pool_destroy(pool);
    chunk_writer_destroy(w);
    return ok;
}

static bool encode_silence(int fd, struct err *e)
{
    static const float silence[2 * 1600];
    struct sound_writer *w = sound_writer_create(128000, fd, e);
    bool ok = w != NULL;
    for (int i = 0; ok && i < TEST_FRAMES; i++)
        ok = sound_writer_add(w, silence, 1600, e);
    ok = ok && sound_writer_finish(w, e);
    sound_writer_destroy(w);
    return ok;
}

static int open_chunk(void *user, int i, struct err *e)
{
    (void)i;
    int fd = dup(*(int *)user);
    if (fd < 0)
        err_errno(e, errno, "dup");
    return fd;
}

static bool selftest_child(struct horse *h, struct buf *result, struct err *e)
{
    int chunk = horse_fd(h, "chunk"), sound = horse_fd(h, "sound"), film = horse_fd(h, "film");
    struct film_source src = {.chunk_count = 1, .open_chunk = open_chunk, .user = &chunk,
                              .sound_fd = sound};
    struct media_info info;
    if (!encode_grey(chunk, e) || !encode_silence(sound, e) ||
        !film_mux(&src, film, NULL, 0, NULL, NULL, NULL, e) ||
        !media_probe(film, &info, NULL, e))
        return false;
    if (!info.has_video || !info.has_audio || info.width != 320)
        return err_set(e, ERR_INTERNAL, "the test film came out wrong");
    struct selftest_result r = {.encoders = encode_versions()};
    wire_write(&wire_result, &r, result);
    return true;
}

static bool selftest_prepare(struct horse *h, struct err *e)
{
    (void)h;
    (void)e;
    media_init();
    return true;
}

const struct horse_kind horse_selftest = {
    .name = "selftest",
    .help = "Encodes and reads back a small film.",
    .limits = {.memory_bytes = UINT64_C(1) << 30, .cpu_seconds = 30, .wall_seconds = 60,
               .silence_seconds = 60, .file_bytes = 16 << 20},
    .prepare = selftest_prepare,
    .run = selftest_child,
};

/* --- The caller's side ------------------------------------------------------------------------ */

const char *selftest_run(const struct cancel *cancel, struct arena *a, struct err *e)
{
    static const char *const names[] = {"chunk", "sound", "film"};
    struct horse_fd fds[3];
    int count = 0;
    const struct selftest_result *r = NULL;
    for (; count < 3; count++) {
        fds[count] = (struct horse_fd){names[count], memfd_create(names[count], MFD_CLOEXEC)};
        if (fds[count].fd < 0) {
            err_errno(e, errno, "temporary file");
            goto out;
        }
    }
    struct horse_job job = {.kind = "selftest", .spec = "{}", .fds = fds, .fd_count = 3,
                            .cancel = cancel};
    char *text = horse_run(&job, e);
    if (text)
        r = wire_read_trusted(&wire_result, text, strlen(text), a, e);
    free(text);
out:
    while (count-- > 0)
        close(fds[count].fd);
    return r ? r->encoders : NULL;
}
