/* SPDX-License-Identifier: GPL-3.0-or-later
 * chunk_file.h - the plain file that holds the packets of one encoder. Private to media.
 *
 * Layout, little-endian: a header {magic "AIVEPKT1", kind, time base, size or rate, extradata},
 * then packets {size, flags, pts, dts, duration, bytes}, then an end mark {0xffffffff, count}. A
 * file without its end mark was not finished and is refused.
 * Ownership: the descriptor is the caller's. Threads: one at a time.
 */
#ifndef AIVE_MEDIA_CHUNK_FILE_H
#define AIVE_MEDIA_CHUNK_FILE_H

#include "core/err.h"

#include <libavcodec/avcodec.h>

#include <stdbool.h>
#include <stdint.h>

/* How far decoding runs ahead of showing, in frames: x264 with two B-frames and a pyramid. */
#define CHUNK_REORDER_FRAMES 2

enum chunk_kind { CHUNK_H264 = 1, CHUNK_AAC = 2 };

struct chunk_header {
    uint32_t kind;
    uint32_t tb_num, tb_den; /* of pts, dts and duration */
    uint32_t width, height;  /* H.264; for AAC: sample rate, channels */
    uint32_t bit_rate;
    uint32_t extradata_size;
};

#define CHUNK_MAX_EXTRADATA 4096
#define CHUNK_MAX_PACKET (64 << 20)

/* --- Writing --- */
struct chunk_out {
    int fd;
    int64_t packets;
};

bool chunk_out_begin(struct chunk_out *o, int fd, const AVCodecContext *enc, enum chunk_kind kind,
                     struct err *e);
bool chunk_out_add(struct chunk_out *o, const AVPacket *pkt, struct err *e);
bool chunk_out_end(struct chunk_out *o, struct err *e);

/* --- Reading --- */
struct chunk_in {
    int fd;
    int64_t pos;
    int64_t packets;
    struct chunk_header header;
    uint8_t extradata[CHUNK_MAX_EXTRADATA];
};

bool chunk_in_begin(struct chunk_in *in, int fd, struct err *e);

/* Passes over packets that are shown before `pts`; for streams whose times only rise. */
bool chunk_in_skip(struct chunk_in *in, int64_t pts, struct err *e);

/* Reads the next packet into pkt (blank before); *end is set instead after the last one. */
bool chunk_in_next(struct chunk_in *in, AVPacket *pkt, bool *end, struct err *e);

#endif
