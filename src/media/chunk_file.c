/* SPDX-License-Identifier: GPL-3.0-or-later
 * chunk_file.c - the plain file that holds the packets of one encoder.
 */
#include "media/chunk_file.h"

#include <libavutil/intreadwrite.h>

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static const char magic[8] = "AIVEPKT1";

#define HEADER_BYTES (sizeof magic + 7 * 4)
#define PACKET_BYTES (4 + 4 + 3 * 8)
#define MAX_TIME_BASE 1000000 /* either part; more is no rate of pictures or samples */
#define END_MARK UINT32_C(0xffffffff)

/* --- Writing --- */
static bool write_all(int fd, const uint8_t *data, size_t size, struct err *e)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, errno, "write encoded packets");
        data += n;
        size -= (size_t)n;
    }
    return true;
}

bool chunk_out_begin(struct chunk_out *o, int fd, const AVCodecContext *enc, enum chunk_kind kind,
                     struct err *e)
{
    uint8_t h[HEADER_BYTES];
    bool video = kind == CHUNK_H264;

    *o = (struct chunk_out){.fd = fd};
    if (enc->extradata_size <= 0 || enc->extradata_size > CHUNK_MAX_EXTRADATA)
        return err_set(e, ERR_INTERNAL, "the encoder gave %d bytes of parameters",
                       enc->extradata_size);
    memcpy(h, magic, sizeof magic);
    AV_WL32(h + 8, kind);
    AV_WL32(h + 12, enc->time_base.num);
    AV_WL32(h + 16, enc->time_base.den);
    AV_WL32(h + 20, video ? enc->width : enc->sample_rate);
    AV_WL32(h + 24, video ? enc->height : enc->ch_layout.nb_channels);
    AV_WL32(h + 28, (uint32_t)enc->bit_rate);
    AV_WL32(h + 32, enc->extradata_size);
    return write_all(fd, h, sizeof h, e) &&
           write_all(fd, enc->extradata, (size_t)enc->extradata_size, e);
}

bool chunk_out_add(struct chunk_out *o, const AVPacket *pkt, struct err *e)
{
    uint8_t h[PACKET_BYTES];

    AV_WL32(h, pkt->size);
    AV_WL32(h + 4, pkt->flags & AV_PKT_FLAG_KEY);
    AV_WL64(h + 8, pkt->pts);
    AV_WL64(h + 16, pkt->dts);
    AV_WL64(h + 24, pkt->duration);
    o->packets++;
    return write_all(o->fd, h, sizeof h, e) && write_all(o->fd, pkt->data, (size_t)pkt->size, e);
}

bool chunk_out_end(struct chunk_out *o, struct err *e)
{
    uint8_t h[PACKET_BYTES] = {0};

    AV_WL32(h, END_MARK);
    AV_WL64(h + 8, o->packets);
    return write_all(o->fd, h, sizeof h, e);
}

/* --- Reading --- */
static bool read_all(struct chunk_in *in, uint8_t *data, size_t size, struct err *e)
{
    while (size > 0) {
        ssize_t n = pread(in->fd, data, size, in->pos);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(e, errno, "read encoded packets");
        if (n == 0)
            return err_set(e, ERR_INVALID, "a chunk ends before its end mark");
        data += n;
        in->pos += n;
        size -= (size_t)n;
    }
    return true;
}

bool chunk_in_begin(struct chunk_in *in, int fd, struct err *e)
{
    uint8_t h[HEADER_BYTES];
    struct chunk_header *c = &in->header;

    in->fd = fd;
    in->pos = in->packets = 0;
    if (!read_all(in, h, sizeof h, e))
        return false;
    c->kind = AV_RL32(h + 8);
    c->tb_num = AV_RL32(h + 12);
    c->tb_den = AV_RL32(h + 16);
    c->width = AV_RL32(h + 20);
    c->height = AV_RL32(h + 24);
    c->bit_rate = AV_RL32(h + 28);
    c->extradata_size = AV_RL32(h + 32);
    if (memcmp(h, magic, sizeof magic) != 0 || c->extradata_size > CHUNK_MAX_EXTRADATA ||
        (c->kind != CHUNK_H264 && c->kind != CHUNK_AAC) || c->tb_num == 0 || c->tb_den == 0 ||
        c->tb_num > MAX_TIME_BASE || c->tb_den > MAX_TIME_BASE)
        return err_set(e, ERR_INVALID, "this is not a file of encoded packets");
    return read_all(in, in->extradata, c->extradata_size, e);
}

bool chunk_in_skip(struct chunk_in *in, int64_t pts, struct err *e)
{
    uint8_t h[PACKET_BYTES];

    for (;;) {
        int64_t begin = in->pos;
        uint32_t size;
        if (!read_all(in, h, sizeof h, e))
            return false;
        size = AV_RL32(h);
        if (size == END_MARK || size > CHUNK_MAX_PACKET || (int64_t)AV_RL64(h + 8) >= pts) {
            in->pos = begin; /* whoever reads it says what is wrong with it */
            return true;
        }
        in->pos += size;
        in->packets++;
    }
}

/* Far from where sums and other time bases would overflow. */
static bool times_ok(const AVPacket *pkt)
{
    const int64_t max = INT64_C(1) << 40;
    return pkt->pts >= -max && pkt->pts <= max && pkt->dts >= -max && pkt->dts <= max &&
           pkt->duration >= 0 && pkt->duration <= max;
}

bool chunk_in_next(struct chunk_in *in, AVPacket *pkt, bool *end, struct err *e)
{
    uint8_t h[PACKET_BYTES];
    uint32_t size;

    *end = false;
    if (!read_all(in, h, sizeof h, e))
        return false;
    size = AV_RL32(h);
    if (size == END_MARK) {
        *end = true;
        if (AV_RL64(h + 8) != (uint64_t)in->packets)
            return err_set(e, ERR_INVALID, "a chunk lacks packets");
        return true;
    }
    if (size > CHUNK_MAX_PACKET)
        return err_set(e, ERR_INVALID, "a chunk holds an impossible packet");
    if (av_new_packet(pkt, (int)size) < 0)
        return err_set(e, ERR_NO_MEMORY, "no memory for a packet");
    pkt->flags = (int)AV_RL32(h + 4) & AV_PKT_FLAG_KEY;
    pkt->pts = (int64_t)AV_RL64(h + 8);
    pkt->dts = (int64_t)AV_RL64(h + 16);
    pkt->duration = (int64_t)AV_RL64(h + 24);
    in->packets++;
    if (!times_ok(pkt))
        err_set(e, ERR_INVALID, "a chunk holds an impossible time");
    else if (read_all(in, pkt->data, size, e))
        return true;
    av_packet_unref(pkt);
    return false;
}
