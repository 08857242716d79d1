/* SPDX-License-Identifier: GPL-3.0-or-later
 * out_io.c - a descriptor as something that libav's muxers write to.
 */
#include "media/out_io.h"

#include <libavutil/error.h>
#include <libavutil/mem.h>

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define IO_BUFFER_BYTES (256 << 10)

static int out_read(void *user, uint8_t *buf, int size)
{
    struct out_io *io = user;
    ssize_t n;

    do
        n = pread(io->fd, buf, (size_t)size, io->pos);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return AVERROR(errno);
    io->pos += n;
    return n == 0 ? AVERROR_EOF : (int)n;
}

static int out_write(void *user, uint8_t *buf, int size)
{
    struct out_io *io = user;
    int done = 0;

    while (done < size) {
        ssize_t n = pwrite(io->fd, buf + done, (size_t)(size - done), io->pos);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            if (!io->errnum)
                io->errnum = errno;
            return AVERROR(errno);
        }
        done += (int)n;
        io->pos += n;
    }
    if (io->pos > io->size)
        io->size = io->pos;
    return size;
}

static int64_t out_seek(void *user, int64_t offset, int whence)
{
    struct out_io *io = user;
    int64_t base = whence == SEEK_CUR ? io->pos : whence == SEEK_END ? io->size : 0;

    if (whence & AVSEEK_SIZE)
        return io->size;
    if (base + offset < 0)
        return AVERROR(EINVAL);
    return io->pos = base + offset;
}

AVIOContext *out_open(struct out_io *io, bool writable)
{
    uint8_t *buffer = av_malloc(IO_BUFFER_BYTES);
    AVIOContext *pb = NULL;

    if (buffer)
        pb = avio_alloc_context(buffer, IO_BUFFER_BYTES, writable, io, out_read, out_write,
                                out_seek);
    if (!pb)
        av_free(buffer);
    return pb;
}

void out_close(AVIOContext **pb)
{
    if (*pb)
        av_freep(&(*pb)->buffer);
    avio_context_free(pb);
}
