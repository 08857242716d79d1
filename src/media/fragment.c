/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Box by box after ISO/IEC 14496-12 (structure), -14 (AAC in MP4) and -15 (H.264 in MP4).
 *
 * A picture is decoded up to two frames before it is shown. In a film times of showing are moved back
 * against those of decoding by negative offsets, which not every player honours in fragments. So
 * here everything, the sound too, begins those two frames later, as live streams do.
 */
#include "media/fragment.h"

#include "media/chunk_file.h"

#include <libavcodec/avcodec.h>

#include <stdlib.h>
#include <string.h>

enum { VIDEO_TRACK = 1, AUDIO_TRACK = 2 };

#define MOST_AHEAD 32 /* frames; H.264 allows 16 */
#define NAL_SPS 7
#define NAL_PPS 8
#define SAMPLE_IS_SYNC 0x02000000u   /* depends on no other */
#define SAMPLE_NOT_SYNC 0x01010000u  /* depends on others, and is not where one can begin */

/* --- Bytes ------------------------------------------------------------------------------------ */

static void put8(struct buf *b, unsigned v)
{
    buf_addc(b, (char)(v & 255));
}

static void put16(struct buf *b, unsigned v)
{
    put8(b, v >> 8);
    put8(b, v);
}

static void put32(struct buf *b, uint32_t v)
{
    put16(b, v >> 16);
    put16(b, v & 0xffff);
}

static void put64(struct buf *b, uint64_t v)
{
    put32(b, (uint32_t)(v >> 32));
    put32(b, (uint32_t)v);
}

static void put_zeros(struct buf *b, int n)
{
    for (int i = 0; i < n; i++)
        put8(b, 0);
}

static void set32(struct buf *b, size_t at, uint32_t v)
{
    if (b->failed)
        return;
    for (int i = 0; i < 4; i++)
        b->data[at + (size_t)i] = (char)(v >> (24 - 8 * i) & 255);
}

/* A box is opened, filled and closed; closing writes its size. */
static size_t box(struct buf *b, const char *type)
{
    size_t at = b->len;
    put32(b, 0);
    buf_add(b, type, 4);
    return at;
}

static size_t full_box(struct buf *b, const char *type, unsigned version, uint32_t flags)
{
    size_t at = box(b, type);
    put32(b, version << 24 | flags);
    return at;
}

static void end_box(struct buf *b, size_t at)
{
    set32(b, at, (uint32_t)(b->len - at));
}

/* --- H.264: from start codes to lengths ------------------------------------------------------- */

/* The next NAL unit of a byte stream; false at the end. */
static bool next_nal(const uint8_t **at, const uint8_t *end, const uint8_t **nal, size_t *size)
{
    const uint8_t *p = *at;
    while (p + 3 <= end && !(p[0] == 0 && p[1] == 0 && p[2] == 1))
        p++;
    if (p + 3 > end)
        return false;
    *nal = p += 3;
    while (p + 3 <= end && !(p[0] == 0 && p[1] == 0 && p[2] <= 1))
        p++;
    if (p + 3 > end)
        p = end;
    *at = p;
    while (p > *nal && p[-1] == 0) /* zeros behind a unit belong to none */
        p--;
    *size = (size_t)(p - *nal);
    return true;
}

static bool add_picture(struct buf *out, const AVPacket *pkt, struct err *e)
{
    const uint8_t *at = pkt->data, *nal;
    size_t size, before = out->len;
    while (next_nal(&at, pkt->data + pkt->size, &nal, &size)) {
        put32(out, (uint32_t)size);
        buf_add(out, (const char *)nal, size);
    }
    return out->len > before || out->failed || err_set(e, ERR_INVALID, "a chunk holds no H.264");
}

static bool put_avcc(struct buf *b, const struct chunk_in *in, struct err *e)
{
    const uint8_t *at = in->extradata, *end = at + in->header.extradata_size, *nal;
    const uint8_t *sps = NULL, *pps = NULL;
    size_t size, sps_size = 0, pps_size = 0;
    while (next_nal(&at, end, &nal, &size)) {
        if (size >= 4 && (nal[0] & 31) == NAL_SPS) {
            sps = nal;
            sps_size = size;
        } else if (size >= 1 && (nal[0] & 31) == NAL_PPS) {
            pps = nal;
            pps_size = size;
        }
    }
    if (!sps || !pps)
        return err_set(e, ERR_INVALID, "a chunk lacks its parameter sets");
    size_t avcc = box(b, "avcC");
    put8(b, 1);
    buf_add(b, (const char *)sps + 1, 3); /* profile, constraints, level */
    put8(b, 0xff);                        /* lengths of 4 bytes */
    put8(b, 0xe1);
    put16(b, (unsigned)sps_size);
    buf_add(b, (const char *)sps, sps_size);
    put8(b, 1);
    put16(b, (unsigned)pps_size);
    buf_add(b, (const char *)pps, pps_size);
    if (sps[1] >= 100) { /* High: 4:2:0, 8 bits, no extensions */
        put8(b, 0xfd);
        put8(b, 0xf8);
        put8(b, 0xf8);
        put8(b, 0);
    }
    end_box(b, avcc);
    return true;
}

/* --- Describing the streams ------------------------------------------------------------------- */

static bool put_avc1(struct buf *b, const struct chunk_in *in, struct err *e)
{
    size_t avc1 = box(b, "avc1");
    put_zeros(b, 6);
    put16(b, 1); /* data reference */
    put_zeros(b, 16);
    put16(b, in->header.width);
    put16(b, in->header.height);
    put32(b, 0x00480000); /* 72 dpi */
    put32(b, 0x00480000);
    put32(b, 0);
    put16(b, 1); /* frames a sample */
    put_zeros(b, 32);
    put16(b, 0x18); /* depth */
    put16(b, 0xffff);
    if (!put_avcc(b, in, e))
        return false;
    size_t colr = box(b, "colr");
    buf_add(b, "nclx", 4);
    put16(b, 1); /* bt709, all three */
    put16(b, 1);
    put16(b, 1);
    put8(b, 0);
    end_box(b, colr);
    size_t pasp = box(b, "pasp");
    put32(b, 1);
    put32(b, 1);
    end_box(b, pasp);
    end_box(b, avc1);
    return true;
}

/* Lengths in MPEG-4 descriptors: ours are below 128. */
static bool put_mp4a(struct buf *b, const struct chunk_in *in, struct err *e)
{
    unsigned n = in->header.extradata_size;
    if (n < 2 || n > 64)
        return err_set(e, ERR_INVALID, "the sound lacks its parameters");
    size_t mp4a = box(b, "mp4a");
    put_zeros(b, 6);
    put16(b, 1);
    put_zeros(b, 8);
    put16(b, in->header.height); /* channels */
    put16(b, 16);
    put32(b, 0);
    put32(b, in->header.width << 16); /* rate */
    size_t esds = full_box(b, "esds", 0, 0);
    put8(b, 3); /* ES descriptor */
    put8(b, 23 + n);
    put16(b, AUDIO_TRACK);
    put8(b, 0);
    put8(b, 4); /* decoder configuration */
    put8(b, 15 + n);
    put8(b, 0x40); /* MPEG-4 audio */
    put8(b, 0x15); /* an audio stream */
    put_zeros(b, 3);
    put32(b, in->header.bit_rate);
    put32(b, in->header.bit_rate);
    put8(b, 5); /* decoder specific */
    put8(b, n);
    buf_add(b, (const char *)in->extradata, n);
    put8(b, 6); /* SL configuration: as in MP4 */
    put8(b, 1);
    put8(b, 2);
    end_box(b, esds);
    end_box(b, mp4a);
    return true;
}

static void put_matrix(struct buf *b)
{
    static const uint32_t unity[9] = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    for (int i = 0; i < 9; i++)
        put32(b, unity[i]);
}

static void put_tkhd(struct buf *b, int track, const struct chunk_header *h)
{
    bool video = track == VIDEO_TRACK;
    size_t at = full_box(b, "tkhd", 0, 7); /* enabled, in movie, in preview */
    put_zeros(b, 8);
    put32(b, (uint32_t)track);
    put_zeros(b, 4 + 4 + 8);
    put16(b, 0);
    put16(b, video ? 0 : 1); /* one of each group is played */
    put16(b, video ? 0 : 0x100);
    put16(b, 0);
    put_matrix(b);
    put32(b, video ? h->width << 16 : 0);
    put32(b, video ? h->height << 16 : 0);
    end_box(b, at);
}

/* A table of samples that are all in fragments. */
static void put_empty_table(struct buf *b, const char *type, int words)
{
    size_t at = full_box(b, type, 0, 0);
    put_zeros(b, 4 * words);
    end_box(b, at);
}

static bool put_stbl(struct buf *b, int track, const struct chunk_in *in, struct err *e)
{
    size_t stbl = box(b, "stbl"), stsd = full_box(b, "stsd", 0, 0);
    put32(b, 1);
    if (!(track == VIDEO_TRACK ? put_avc1(b, in, e) : put_mp4a(b, in, e)))
        return false;
    end_box(b, stsd);
    put_empty_table(b, "stts", 1);
    put_empty_table(b, "stsc", 1);
    put_empty_table(b, "stsz", 2);
    put_empty_table(b, "stco", 1);
    end_box(b, stbl);
    return true;
}

static void put_mdia_head(struct buf *b, int track, const struct chunk_header *h)
{
    bool video = track == VIDEO_TRACK;
    size_t mdhd = full_box(b, "mdhd", 0, 0);
    put_zeros(b, 8);
    put32(b, h->tb_den);
    put32(b, 0);
    put16(b, 0x55c4); /* "und" */
    put16(b, 0);
    end_box(b, mdhd);
    size_t hdlr = full_box(b, "hdlr", 0, 0);
    put32(b, 0);
    buf_add(b, video ? "vide" : "soun", 4);
    put_zeros(b, 12 + 1);
    end_box(b, hdlr);
}

static bool put_trak(struct buf *b, int track, const struct chunk_in *in, struct err *e)
{
    size_t trak = box(b, "trak");
    put_tkhd(b, track, &in->header);
    size_t mdia = box(b, "mdia");
    put_mdia_head(b, track, &in->header);
    size_t minf = box(b, "minf");
    size_t kind = track == VIDEO_TRACK ? full_box(b, "vmhd", 0, 1) : full_box(b, "smhd", 0, 0);
    put_zeros(b, track == VIDEO_TRACK ? 8 : 4);
    end_box(b, kind);
    size_t dinf = box(b, "dinf"), dref = full_box(b, "dref", 0, 0);
    put32(b, 1);
    size_t url = full_box(b, "url ", 0, 1); /* the data is in this file */
    end_box(b, url);
    end_box(b, dref);
    end_box(b, dinf);
    if (!put_stbl(b, track, in, e))
        return false;
    end_box(b, minf);
    end_box(b, mdia);
    end_box(b, trak);
    return true;
}

static void put_trex(struct buf *b, int track)
{
    size_t at = full_box(b, "trex", 0, 0);
    put32(b, (uint32_t)track);
    put32(b, 1);
    put_zeros(b, 12);
    end_box(b, at);
}

/* Opens both files and looks at what they are. */
static bool open_both(int chunk_fd, int sound_fd, struct chunk_in *video, struct chunk_in *audio,
                      struct err *e)
{
    if (!chunk_in_begin(video, chunk_fd, e) || !chunk_in_begin(audio, sound_fd, e))
        return false;
    if (video->header.kind != CHUNK_H264 || audio->header.kind != CHUNK_AAC ||
        video->header.width > UINT16_MAX || video->header.height > UINT16_MAX ||
        audio->header.width > UINT16_MAX || audio->header.height > 8)
        return err_set(e, ERR_INVALID, "these are no pieces of a film");
    return true;
}

static bool end_bytes(const struct buf *out, struct err *e)
{
    return !out->failed || err_set(e, ERR_NO_MEMORY, "no memory for a segment of the film");
}

bool fragment_init(int chunk_fd, int sound_fd, struct buf *out, struct err *e)
{
    struct chunk_in video, audio;
    if (!open_both(chunk_fd, sound_fd, &video, &audio, e))
        return false;
    size_t ftyp = box(out, "ftyp");
    buf_add(out, "iso6\0\0\0\1iso6cmfcmp41", 20);
    end_box(out, ftyp);
    size_t moov = box(out, "moov"), mvhd = full_box(out, "mvhd", 0, 0);
    put_zeros(out, 8);
    put32(out, 1000);
    put32(out, 0);
    put32(out, 0x10000); /* rate 1 */
    put16(out, 0x100);   /* volume 1 */
    put_zeros(out, 10);
    put_matrix(out);
    put_zeros(out, 24);
    put32(out, AUDIO_TRACK + 1);
    end_box(out, mvhd);
    if (!put_trak(out, VIDEO_TRACK, &video, e) || !put_trak(out, AUDIO_TRACK, &audio, e))
        return false;
    size_t mvex = box(out, "mvex");
    put_trex(out, VIDEO_TRACK);
    put_trex(out, AUDIO_TRACK);
    end_box(out, mvex);
    end_box(out, moov);
    return end_bytes(out, e);
}

/* --- A fragment ------------------------------------------------------------------------------- */

struct sample {
    uint32_t duration, size, flags;
    int32_t offset; /* from decoding to showing */
};

/* One stream's part of a fragment. */
struct run {
    struct sample *samples;
    size_t count, room;
    struct buf data;
    int64_t begin; /* in the track's time */
};

static bool add_sample(struct run *r, struct sample s, struct err *e)
{
    if (r->count == r->room) {
        size_t room = r->room ? 2 * r->room : 128;
        void *more = realloc(r->samples, room * sizeof *r->samples);
        if (!more)
            return err_set(e, ERR_NO_MEMORY, "no memory for a segment of the film");
        r->samples = more;
        r->room = room;
    }
    r->samples[r->count++] = s;
    return true;
}

/* Frames are equally long: a packet's number is when it is decoded, as in film_mux.c. */
static bool read_pictures(struct chunk_in *in, struct run *r, AVPacket *pkt, struct err *e)
{
    bool end = false;
    while (chunk_in_next(in, pkt, &end, e) && !end) {
        size_t before = r->data.len;
        int64_t ahead = pkt->pts - (int64_t)r->count + CHUNK_REORDER_FRAMES;
        bool ok = (ahead >= 0 && ahead <= MOST_AHEAD) ||
                  err_set(e, ERR_INVALID, "a chunk shows its pictures in an impossible order");
        ok = ok && add_picture(&r->data, pkt, e) &&
             add_sample(r, (struct sample){in->header.tb_num, (uint32_t)(r->data.len - before),
                                           pkt->flags & AV_PKT_FLAG_KEY ? SAMPLE_IS_SYNC
                                                                        : SAMPLE_NOT_SYNC,
                                           (int32_t)ahead * (int32_t)in->header.tb_num}, e);
        av_packet_unref(pkt);
        if (!ok)
            return false;
    }
    return end;
}

static bool read_sound(struct chunk_in *in, const struct fragment_place *at, struct run *r,
                       AVPacket *pkt, struct err *e)
{
    bool end = false, inside = true;
    if (!chunk_in_skip(in, at->sound_from, e))
        return false;
    while (inside && chunk_in_next(in, pkt, &end, e) && !end) {
        inside = pkt->pts < at->sound_end;
        bool ok = true;
        if (inside) {
            r->begin = r->count ? r->begin : pkt->pts;
            buf_add(&r->data, (const char *)pkt->data, (size_t)pkt->size);
            ok = add_sample(r, (struct sample){(uint32_t)pkt->duration, (uint32_t)pkt->size,
                                               SAMPLE_IS_SYNC, 0}, e);
        }
        av_packet_unref(pkt);
        if (!ok)
            return false;
    }
    return end || !inside;
}

/* The time that pictures are shown later than they are decoded, in the sound's. */
static int64_t sound_delay(const struct chunk_header *video, const struct chunk_header *audio)
{
    int64_t den = (int64_t)video->tb_den * audio->tb_num;
    return (CHUNK_REORDER_FRAMES * (int64_t)video->tb_num * audio->tb_den + den / 2) / den;
}

/* Returns where the run's data offset stands, to be set once it is known. */
static size_t put_traf(struct buf *b, int track, const struct run *r)
{
    size_t traf = box(b, "traf");
    size_t tfhd = full_box(b, "tfhd", 0, 0x020000); /* offsets count from the moof */
    put32(b, (uint32_t)track);
    end_box(b, tfhd);
    size_t tfdt = full_box(b, "tfdt", 1, 0);
    put64(b, (uint64_t)r->begin);
    end_box(b, tfdt);
    size_t trun = full_box(b, "trun", 1, 0x000f01); /* offset; duration, size, flags, shift */
    put32(b, (uint32_t)r->count);
    size_t offset = b->len;
    put32(b, 0);
    for (size_t i = 0; i < r->count; i++) {
        put32(b, r->samples[i].duration);
        put32(b, r->samples[i].size);
        put32(b, r->samples[i].flags);
        put32(b, (uint32_t)r->samples[i].offset);
    }
    end_box(b, trun);
    end_box(b, traf);
    return offset;
}

static void put_fragment(struct buf *b, uint32_t number, const struct run *video,
                         const struct run *audio)
{
    size_t moof = box(b, "moof"), mfhd = full_box(b, "mfhd", 0, 0);
    put32(b, number);
    end_box(b, mfhd);
    size_t video_offset = put_traf(b, VIDEO_TRACK, video);
    size_t audio_offset = audio->count ? put_traf(b, AUDIO_TRACK, audio) : 0;
    end_box(b, moof);
    uint32_t data = (uint32_t)(b->len - moof) + 8;
    set32(b, video_offset, data);
    if (audio->count)
        set32(b, audio_offset, data + (uint32_t)video->data.len);
    size_t mdat = box(b, "mdat");
    buf_add(b, video->data.data ? video->data.data : "", video->data.len);
    buf_add(b, audio->data.data ? audio->data.data : "", audio->data.len);
    end_box(b, mdat);
}

bool fragment_media(int chunk_fd, int sound_fd, const struct fragment_place *at, struct buf *out,
                    struct err *e)
{
    struct chunk_in in_video, in_audio;
    struct run video = {0}, audio = {0};
    AVPacket *pkt = av_packet_alloc();
    bool ok = false;
    buf_init(&video.data, CHUNK_MAX_PACKET);
    buf_init(&audio.data, CHUNK_MAX_PACKET);
    if (!pkt) {
        err_set(e, ERR_NO_MEMORY, "no memory for a segment of the film");
        goto out;
    }
    if (!open_both(chunk_fd, sound_fd, &in_video, &in_audio, e))
        goto out;
    video.begin = at->first_frame * in_video.header.tb_num;
    if (!read_pictures(&in_video, &video, pkt, e) || !read_sound(&in_audio, at, &audio, pkt, e))
        goto out;
    audio.begin += sound_delay(&in_video.header, &in_audio.header);
    if (video.data.failed || audio.data.failed) {
        err_set(e, ERR_NO_MEMORY, "no memory for a segment of the film");
        goto out;
    }
    put_fragment(out, at->number, &video, &audio);
    ok = end_bytes(out, e);

out:
    av_packet_free(&pkt);
    free(video.samples);
    free(audio.samples);
    buf_finish(&video.data);
    buf_finish(&audio.data);
    return ok;
}
