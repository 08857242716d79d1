/* SPDX-License-Identifier: GPL-3.0-or-later
 * out_io.h - a descriptor as something that libav's muxers write to. Private to media.
 *
 *     struct out_io io = {.fd = fd};
 *     fmt->pb = out_open(&io, true);      io must not move while it is open
 *     ...
 *     out_close(&fmt->pb);                flushed by whoever wrote (avio_flush)
 *
 * Reads and writes by position, so the descriptor's own does not matter; it stays the caller's.
 * Threads: one at a time.
 */
#ifndef AIVE_MEDIA_OUT_IO_H
#define AIVE_MEDIA_OUT_IO_H

#include <libavformat/avio.h>

#include <stdbool.h>
#include <stdint.h>

struct out_io {
    int fd;
    int64_t pos, size; /* bytes */
    int errnum;        /* of the first failed write; 0 none */
};

AVIOContext *out_open(struct out_io *io, bool writable); /* NULL without memory */
void out_close(AVIOContext **pb);                        /* sets *pb to NULL; accepts NULL there */

#endif
