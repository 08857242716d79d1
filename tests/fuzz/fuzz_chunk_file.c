/* SPDX-License-Identifier: GPL-3.0-or-later
 * Input: any bytes as the files of encoded packets that a film is joined from: a chunk of pictures,
 * and after the word "SOUND" one of sound. Joining them works or says why not, and so does making
 * segments of a film out of them. Slow ones are known:
 * libavformat counts up to 2^32 over a hostile parameter set, which only the job's deadline ends. */
#include "media/encode.h"
#include "media/fragment.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct pictures {
    const uint8_t *data;
    size_t size;
};

static int file_of(const uint8_t *data, size_t size)
{
    int fd = memfd_create("packets", 0);
    if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
        abort();
    return fd;
}

static int open_chunk(void *user, int i, struct err *e)
{
    const struct pictures *p = user;
    (void)i, (void)e;
    return file_of(p->data, p->size);
}

static void make_segments(const struct pictures *p, int sound)
{
    const struct fragment_place at = {.number = 2, .first_frame = 60, .sound_from = 1000,
                                      .sound_end = 96000};
    struct err e = {0};
    struct buf out;
    int chunk = file_of(p->data, p->size);
    buf_init(&out, 64 << 20);
    bool ok = fragment_init(chunk, sound, &out, &e) && fragment_media(chunk, sound, &at, &out, &e);
    if (ok != (e.code == ERR_NONE))
        abort();
    buf_finish(&out);
    close(chunk);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *mark = memmem(data, size, "SOUND", 5);
    struct pictures p = {data, mark ? (size_t)(mark - data) : size};
    int sound = mark ? file_of(mark + 5, size - p.size - 5) : -1;
    struct film_source src = {
        .chunk_count = 2, .open_chunk = open_chunk, .user = &p, .sound_fd = sound};
    struct err e = {0};

    int out = memfd_create("film", 0);
    if (!film_mux(&src, out, NULL, 0, NULL, NULL, NULL, &e) && e.code == ERR_NONE)
        abort();
    close(out);
    if (sound >= 0) {
        make_segments(&p, sound);
        close(sound);
    }
    return 0;
}
