/* SPDX-License-Identifier: GPL-3.0-or-later
 * media_open.c - opens an untrusted file the one safe way.
 *
 * DESIGN. libav looks at content, not names, and some of its demuxers (playlists, manifests,
 * session descriptions) open whatever files and addresses the content names. Measured with
 * libav 5.1.9, four locks together stop all of it, and each one alone does not: bytes come from our
 * own pread() only; a list of demuxers that name nothing; a protocol list with no real protocol on
 * it; and an io_open that refuses. Memory: what streams claim is checked before any decoder sees
 * it, and libav's own decoders inside avformat_find_stream_info() get the same limit as ours.
 */
#include "media/media_open.h"

#include "media/av.h"
#include "media/image.h"

#include <libavutil/avstring.h>
#include <libavutil/display.h>
#include <libavutil/opt.h>

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Short names of demuxers; each admits its whole family ("mov": mp4, m4a, 3gp ...). */
#define IMAGES "png_pipe,jpeg_pipe,webp_pipe" /* of one file each; image2 would open more */
#define CONTAINERS "mov,matroska,avi,mpegts,flv,mp3,wav,flac,ogg,aac,gif," IMAGES

#define VIDEO_CODECS                                                                               \
    "h264,hevc,vp8,vp9,libdav1d,mpeg4,mpeg1video,mpeg2video,h263,flv,theora,mjpeg,prores,dnxhd,"   \
    "gif,png,webp"
#define AUDIO_CODECS                                                                               \
    "aac,mp3float,mp3,mp2float,mp2,opus,vorbis,flac,alac,ac3,eac3,pcm_s8,pcm_u8,pcm_s16le,"        \
    "pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,"   \
    "pcm_alaw,pcm_mulaw,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt"
#define CODECS VIDEO_CODECS "," AUDIO_CODECS

#define IO_BUFFER_BYTES 65536
#define PROBE_BYTES (5 << 20)
#define ANALYZE_SECONDS 5
#define OPEN_SECONDS 20.0
#define SMALLEST_FILE_BYTES 16
#define MAX_BAD_READS 64     /* in a row, before a file counts as ended */
#define MIN_SAMPLE_RATE 1000 /* converting from less takes long filters: 1 Hz took 24 s, 500 MB */
#define MAX_SAMPLE_RATE 192000
#define MAX_CHANNELS 16
#define MAX_FPS 1000

/* --- Bytes --- */
static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static int io_must_stop(void *user)
{
    const struct source_io *io = user;

    return cancel_fired(io->cancel) || (io->deadline_ns && now_ns() > io->deadline_ns);
}

static int io_read(void *user, uint8_t *buf, int size)
{
    struct source_io *io = user;
    ssize_t n;

    if (io_must_stop(io))
        return AVERROR_EXIT;
    do
        n = pread(io->fd, buf, (size_t)size, io->pos);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        io->errnum = errno;
        return AVERROR(errno);
    }
    if (n == 0)
        return AVERROR_EOF;
    io->pos += n;
    return (int)n;
}

static int64_t io_seek(void *user, int64_t offset, int whence)
{
    struct source_io *io = user;
    int64_t base;

    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE:
        return io->size;
    case SEEK_SET:
        base = 0;
        break;
    case SEEK_CUR:
        base = io->pos;
        break;
    case SEEK_END:
        base = io->size;
        break;
    default:
        return AVERROR(EINVAL);
    }
    if (offset > INT64_MAX - base || base + offset < 0)
        return AVERROR(EINVAL);
    return io->pos = base + offset;
}

static int io_refuse(AVFormatContext *fmt, AVIOContext **pb, const char *url, int flags,
                     AVDictionary **options)
{
    (void)fmt;
    (void)url;
    (void)flags;
    (void)options;
    *pb = NULL;
    return AVERROR(EPERM);
}

void source_deadline(struct source *s, double seconds)
{
    s->io.deadline_ns = seconds > 0 ? now_ns() + (int64_t)(seconds * 1e9) : 0;
}

bool source_interrupted(const struct source *s, struct err *e)
{
    if (cancel_fired(s->io.cancel)) {
        err_set(e, ERR_CANCELED, "canceled while reading media");
        return true;
    }
    if (s->io.deadline_ns && now_ns() > s->io.deadline_ns) {
        err_set(e, ERR_TIMEOUT, "reading the file took longer than is allowed");
        return true;
    }
    if (s->io.errnum) {
        err_errno(e, s->io.errnum, "read the file");
        return true;
    }
    return false;
}

/* --- Opening --- */
static bool fail_open(const struct source *s, int rc, const char *what, struct err *e)
{
    if (source_interrupted(s, e))
        return false;
    return av_fail(e, rc, what);
}

static bool io_open_fd(struct source *s, int fd, const struct cancel *cancel, AVIOContext **pb,
                       struct err *e)
{
    struct stat st;
    uint8_t *buffer;

    if (fstat(fd, &st) < 0)
        return err_errno(e, errno, "look at the file");
    if (st.st_size == 0)
        return err_set(e, ERR_INVALID, "the file is empty");
    if (st.st_size < SMALLEST_FILE_BYTES)
        return err_set(e, ERR_INVALID, "the file is too short to hold media (%" PRId64 " bytes)",
                       (int64_t)st.st_size);
    s->io = (struct source_io){.fd = fd, .size = st.st_size, .cancel = cancel};
    buffer = av_malloc(IO_BUFFER_BYTES);
    *pb = buffer ? avio_alloc_context(buffer, IO_BUFFER_BYTES, 0, &s->io, io_read, NULL, io_seek)
                 : NULL;
    if (!*pb) {
        av_free(buffer);
        return err_set(e, ERR_NO_MEMORY, "no memory to open a file");
    }
    return true;
}

static void io_close(AVIOContext **pb)
{
    if (*pb)
        av_freep(&(*pb)->buffer);
    avio_context_free(pb);
}

static const AVInputFormat *recognise(struct source *s, AVIOContext *pb, struct err *e)
{
    const AVInputFormat *in = NULL;
    int rc = av_probe_input_buffer2(pb, &in, NULL, NULL, 0, PROBE_BYTES);

    if (source_interrupted(s, e))
        return NULL;
    if (rc < 0 || !in) {
        err_set(
            e, ERR_UNSUPPORTED,
            "this is not a video or sound file that can be read; send MP4, "
            "MOV, WebM, MKV, AVI, TS, FLV, MP3, WAV, FLAC, OGG or M4A, or an image as PNG, JPEG "
            "or WebP");
        return NULL;
    }
    if (av_match_list(in->name, CONTAINERS, ',') <= 0) {
        err_set(e, ERR_UNSUPPORTED,
                "files of the kind \"%s\" are not accepted; send MP4, MOV, WebM, MKV, AVI, TS, "
                "FLV, MP3, WAV, FLAC, OGG or M4A",
                in->name);
        return NULL;
    }
    return in;
}

static bool open_container(struct source *s, AVIOContext *pb, struct err *e)
{
    bool ok = false;
    AVDictionary *o = NULL;
    const AVInputFormat *in = recognise(s, pb, e);
    AVFormatContext *fmt = in ? avformat_alloc_context() : NULL;
    int rc;

    if (!fmt)
        return in ? err_set(e, ERR_NO_MEMORY, "no memory to open a file") : false;
    fmt->pb = pb;
    fmt->flags |= AVFMT_FLAG_CUSTOM_IO;
    fmt->io_open = io_refuse;
    fmt->interrupt_callback = (AVIOInterruptCB){io_must_stop, &s->io};
    fmt->probesize = PROBE_BYTES;
    fmt->max_analyze_duration = ANALYZE_SECONDS * (int64_t)AV_TIME_BASE;
    fmt->max_streams = MEDIA_MAX_STREAMS;
    fmt->max_probe_packets = 2500;
    av_dict_set(&o, "format_whitelist", CONTAINERS, 0);
    av_dict_set(&o, "protocol_whitelist", "none", 0); /* no protocol is called that */
    av_dict_set(&o, "codec_whitelist", CODECS, 0);
    av_dict_set(&o, "enable_drefs", "0", 0);
    av_dict_set(&o, "use_absolute_path", "0", 0);
    rc = avformat_open_input(&fmt, NULL, in, &o); /* frees fmt when it fails */
    if (rc < 0) {
        fail_open(s, rc, "this file cannot be opened", e);
        goto out;
    }
    s->fmt = fmt;
    s->is_image = av_match_list(in->name, IMAGES, ',') > 0;
    ok = true;

out:
    av_dict_free(&o);
    return ok;
}

static bool is_still(const AVStream *st)
{
    return st->disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS |
                              AV_DISPOSITION_STILL_IMAGE);
}

static bool check_image(const AVCodecParameters *p, struct err *e)
{
    if ((int64_t)p->width * p->height > IMAGE_MAX_PIXELS)
        return err_set(e, ERR_INVALID,
                       "too_many_pixels: the image is of %dx%d, the most accepted is %d megapixels",
                       p->width, p->height, IMAGE_MAX_PIXELS / 1000000);
    return true;
}

static bool check_claims(const AVStream *st, struct err *e)
{
    const AVCodecParameters *p = st->codecpar;

    if (p->codec_type == AVMEDIA_TYPE_VIDEO && !is_still(st)) {
        if (p->width > MEDIA_MAX_EDGE || p->height > MEDIA_MAX_EDGE ||
            (int64_t)p->width * p->height > MEDIA_MAX_PIXELS)
            return err_set(e, ERR_INVALID,
                           "too_many_pixels: the picture claims %dx%d, the largest accepted is "
                           "8192x4352",
                           p->width, p->height);
        if (st->avg_frame_rate.den > 0 && av_q2d(st->avg_frame_rate) > MAX_FPS)
            return err_set(e, ERR_INVALID,
                           "the file claims %.0f pictures a second, the most "
                           "accepted is %d",
                           av_q2d(st->avg_frame_rate), MAX_FPS);
    }
    if (p->codec_type == AVMEDIA_TYPE_AUDIO &&
        (p->sample_rate > MAX_SAMPLE_RATE || p->ch_layout.nb_channels > MAX_CHANNELS ||
         (p->sample_rate > 0 && p->sample_rate < MIN_SAMPLE_RATE)))
        return err_set(e, ERR_INVALID,
                       "the sound claims %d Hz and %d channels, accepted are %d to %d Hz and at "
                       "most %d channels",
                       p->sample_rate, p->ch_layout.nb_channels, MIN_SAMPLE_RATE, MAX_SAMPLE_RATE,
                       MAX_CHANNELS);
    return true;
}

static bool check_all_claims(const struct source *s, struct err *e)
{
    for (unsigned i = 0; i < s->fmt->nb_streams; i++) {
        const AVStream *st = s->fmt->streams[i];
        if (!(s->is_image ? check_image(st->codecpar, e) : check_claims(st, e)))
            return false;
    }
    return true;
}

/* libav opens decoders of its own here, so they get our limits through per-stream options. */
static bool find_streams(struct source *s, struct err *e)
{
    AVDictionary *options[MEDIA_MAX_STREAMS] = {0};
    unsigned n = s->fmt->nb_streams;
    int rc;

    if (n > MEDIA_MAX_STREAMS)
        return err_set(e, ERR_INVALID, "the file has %u streams, the most accepted is %d", n,
                       MEDIA_MAX_STREAMS);
    for (unsigned i = 0; i < n; i++) {
        av_dict_set_int(&options[i], "max_pixels",
                        s->is_image ? IMAGE_MAX_PIXELS : MEDIA_MAX_PIXELS, 0);
        av_dict_set(&options[i], "threads", "1", 0);
    }
    rc = avformat_find_stream_info(s->fmt, options);
    for (unsigned i = 0; i < n; i++)
        av_dict_free(&options[i]);
    if (source_interrupted(s, e))
        return false;
    return rc >= 0 ? true : fail_open(s, rc, "this file cannot be read", e);
}

/* --- Choosing --- */
static const AVCodec *find_decoder(enum AVCodecID id)
{
    void *iter = NULL;
    const AVCodec *c;

    while ((c = av_codec_iterate(&iter)))
        if (c->id == id && av_codec_is_decoder(c) && av_match_list(c->name, CODECS, ',') > 0)
            return c;
    return NULL;
}

/* How much we would like this stream; 0: not usable. */
static int64_t rate_video(const AVStream *st)
{
    const AVCodecParameters *p = st->codecpar;
    int64_t area = (int64_t)p->width * p->height;

    if (p->codec_type != AVMEDIA_TYPE_VIDEO || is_still(st) || area <= 0 ||
        !find_decoder(p->codec_id))
        return 0;
    return area * (st->nb_frames == 1 ? 1 : 4); /* a lone picture beside a video is a cover */
}

static int64_t rate_audio(const AVStream *st)
{
    const AVCodecParameters *p = st->codecpar;
    const int asides =
        AV_DISPOSITION_COMMENT | AV_DISPOSITION_VISUAL_IMPAIRED | AV_DISPOSITION_HEARING_IMPAIRED;
    int64_t rating;

    if (p->codec_type != AVMEDIA_TYPE_AUDIO || p->sample_rate <= 0 ||
        p->ch_layout.nb_channels <= 0 || !find_decoder(p->codec_id))
        return 0;
    rating = p->ch_layout.nb_channels * INT64_C(1000000) + p->sample_rate;
    if (st->disposition & AV_DISPOSITION_DEFAULT)
        rating += INT64_C(100000000);
    return st->disposition & asides ? 1 : rating;
}

static AVStream *choose(const struct source *s, int64_t (*rate)(const AVStream *))
{
    AVStream *best = NULL;
    int64_t best_rating = 0;

    for (unsigned i = 0; i < s->fmt->nb_streams; i++) {
        int64_t rating = rate(s->fmt->streams[i]);
        if (rating > best_rating) {
            best = s->fmt->streams[i];
            best_rating = rating;
        }
    }
    return best;
}

static bool is_foreign(const AVCodecParameters *p)
{
    return p->codec_id != AV_CODEC_ID_NONE && !find_decoder(p->codec_id);
}

static bool fail_foreign(const AVCodecParameters *p, struct err *e)
{
    return err_set(e, ERR_UNSUPPORTED, "the codec \"%s\" is not accepted; H.264 with AAC always is",
                   avcodec_get_name(p->codec_id));
}

static bool say_what_is_there(const struct source *s, struct err *e)
{
    if (s->is_image)
        return err_set(e, ERR_INVALID,
                       "the image cannot be decoded: it is damaged, too large or animated");
    for (unsigned i = 0; i < s->fmt->nb_streams; i++) {
        const AVCodecParameters *p = s->fmt->streams[i]->codecpar;
        if ((p->codec_type == AVMEDIA_TYPE_VIDEO && !is_still(s->fmt->streams[i])) ||
            p->codec_type == AVMEDIA_TYPE_AUDIO) {
            if (is_foreign(p))
                return fail_foreign(p, e);
            return err_set(e, ERR_INVALID,
                           "the file is damaged: its picture and sound cannot be "
                           "decoded");
        }
    }
    return err_set(e, ERR_INVALID, "the file holds neither pictures nor sound");
}

/* A film whose pictures cannot be decoded must not pass for mere sound. */
static bool check_no_picture_is_lost(const struct source *s, struct err *e)
{
    for (unsigned i = 0; i < s->fmt->nb_streams; i++) {
        const AVCodecParameters *p = s->fmt->streams[i]->codecpar;
        if (p->codec_type == AVMEDIA_TYPE_VIDEO && !is_still(s->fmt->streams[i]) && is_foreign(p))
            return fail_foreign(p, e);
    }
    return true;
}

static void find_origin(struct source *s)
{
    const AVStream *used[] = {s->video, s->audio};
    bool found = false;

    for (int i = 0; i < 2; i++) {
        int64_t start;

        if (!used[i] || used[i]->start_time == AV_NOPTS_VALUE)
            continue;
        start = av_ticks(used[i]->start_time, used[i]->time_base);
        if (!found || start < s->origin_ticks)
            s->origin_ticks = start;
        found = true;
    }
}

bool source_open(struct source *s, int fd, const struct cancel *cancel, struct err *e)
{
    AVIOContext *pb = NULL;

    *s = (struct source){0};
    if (!io_open_fd(s, fd, cancel, &pb, e))
        return false;
    source_deadline(s, OPEN_SECONDS);
    if (!open_container(s, pb, e)) {
        io_close(&pb);
        return false;
    }
    if (!check_all_claims(s, e) || !find_streams(s, e) || !check_all_claims(s, e))
        goto fail;
    s->video = choose(s, rate_video);
    s->audio = choose(s, rate_audio);
    if (!s->video && !s->audio) {
        say_what_is_there(s, e);
        goto fail;
    }
    if (!s->video && !check_no_picture_is_lost(s, e))
        goto fail;
    find_origin(s);
    source_use(s, s->video, s->audio);
    source_deadline(s, 0);
    return true;

fail:
    source_close(s);
    return false;
}

void source_close(struct source *s)
{
    AVIOContext *pb = s->fmt ? s->fmt->pb : NULL;

    avformat_close_input(&s->fmt);
    io_close(&pb);
    s->video = s->audio = NULL;
}

/* --- Reading --- */
void source_use(struct source *s, const AVStream *a, const AVStream *b)
{
    for (unsigned i = 0; i < s->fmt->nb_streams; i++) {
        AVStream *st = s->fmt->streams[i];
        st->discard = st == a || st == b ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
}

enum source_result source_read(struct source *s, AVPacket *pkt, struct err *e)
{
    for (int bad = 0; bad < MAX_BAD_READS;) {
        int rc = av_read_frame(s->fmt, pkt);

        if (source_interrupted(s, e)) {
            av_packet_unref(pkt);
            return SOURCE_FAILED;
        }
        if (rc == AVERROR_EOF)
            return SOURCE_END;
        if (rc < 0) {
            bad++;
            continue;
        }
        /* A file may grow streams while it is read; nobody asked for those. */
        if (s->fmt->streams[pkt->stream_index]->discard < AVDISCARD_ALL &&
            (s->fmt->streams[pkt->stream_index] == s->video ||
             s->fmt->streams[pkt->stream_index] == s->audio))
            return SOURCE_PACKET;
        av_packet_unref(pkt);
    }
    return SOURCE_END;
}

bool source_seek(struct source *s, const AVStream *st, int64_t t)
{
    return avformat_seek_file(s->fmt, st->index, INT64_MIN, t, t, 0) >= 0;
}

/* How often a picture may be halved before its longer side falls below min_edge. */
static int halvings(const AVCodec *codec, const AVCodecContext *dec, int min_edge)
{
    int longer = dec->width > dec->height ? dec->width : dec->height, n = 0;

    while (n < codec->max_lowres && longer >> (n + 1) >= min_edge)
        n++;
    return n;
}

/* min_edge 0: in full. */
static AVCodecContext *open_decoder(const struct source *s, const AVStream *st, int threads,
                                    int min_edge, struct err *e)
{
    const AVCodec *codec = find_decoder(st->codecpar->codec_id);
    AVCodecContext *dec = codec ? avcodec_alloc_context3(codec) : NULL;
    int rc = AVERROR(ENOMEM);

    if (!codec) {
        err_set(e, ERR_UNSUPPORTED, "the codec \"%s\" is not accepted",
                avcodec_get_name(st->codecpar->codec_id));
        return NULL;
    }
    if (dec)
        rc = avcodec_parameters_to_context(dec, st->codecpar);
    if (rc >= 0) {
        dec->pkt_timebase = st->time_base;
        dec->thread_count = threads;
        dec->max_pixels = s->is_image ? IMAGE_MAX_PIXELS : MEDIA_MAX_PIXELS;
        if (min_edge > 0) {
            dec->skip_loop_filter = AVDISCARD_NONREF;
            dec->lowres = halvings(codec, dec, min_edge);
        }
        rc = avcodec_open2(dec, codec, NULL);
    }
    if (rc < 0) {
        avcodec_free_context(&dec);
        av_fail(e, rc, "start the decoder");
    }
    return dec;
}

AVCodecContext *source_decoder(const struct source *s, const AVStream *st, int threads,
                               struct err *e)
{
    return open_decoder(s, st, threads, 0, e);
}

AVCodecContext *source_rough_decoder(const struct source *s, const AVStream *st, int min_edge,
                                     struct err *e)
{
    return open_decoder(s, st, 1, min_edge, e);
}

int64_t source_ticks(const struct source *s, const AVStream *st, int64_t t)
{
    return av_ticks(t, st->time_base) - s->origin_ticks;
}

int64_t source_pts(const struct source *s, const AVStream *st, int64_t ticks)
{
    return ticks_scale_floor(ticks + s->origin_ticks, st->time_base.den,
                             st->time_base.num * TICKS_PER_SECOND);
}

static struct source_turn turn_of_matrix(const int32_t *matrix)
{
    bool mirrored = (int64_t)matrix[0] * matrix[4] < (int64_t)matrix[1] * matrix[3];
    int32_t m[9];
    double degrees;

    memcpy(m, matrix, sizeof m);
    if (mirrored) { /* x to -x first, then what is left is a rotation */
        m[0] = m[0] == INT32_MIN ? INT32_MAX : -m[0];
        m[1] = m[1] == INT32_MIN ? INT32_MAX : -m[1];
    }
    degrees = av_display_rotation_get(m); /* counter-clockwise */
    if (!(degrees >= -360 && degrees <= 360))
        return (struct source_turn){0, false};
    return (struct source_turn){(int)(((lround(-degrees / 90) % 4) + 4) % 4) * 90, mirrored};
}

struct source_turn source_turn(const AVStream *st)
{
    size_t size = 0;
    const uint8_t *matrix = av_stream_get_side_data(st, AV_PKT_DATA_DISPLAYMATRIX, &size);

    if (!matrix || size < 9 * sizeof(int32_t))
        return (struct source_turn){0, false};
    return turn_of_matrix((const int32_t *)(const void *)matrix);
}

struct source_turn source_frame_turn(const AVFrame *f, struct source_turn of_stream)
{
    const AVFrameSideData *d = av_frame_get_side_data(f, AV_FRAME_DATA_DISPLAYMATRIX);

    if (!d || d->size < 9 * sizeof(int32_t))
        return of_stream;
    return turn_of_matrix((const int32_t *)(const void *)d->data);
}

AVRational source_sar(const struct source *s, AVFrame *frame)
{
    AVRational sar = av_guess_sample_aspect_ratio(s->fmt, s->video, frame);

    if (sar.num <= 0 || sar.den <= 0 || av_q2d(sar) < 0.1 || av_q2d(sar) > 10)
        return (AVRational){1, 1};
    return sar;
}
