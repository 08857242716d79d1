/* SPDX-License-Identifier: GPL-3.0-or-later
 * audio_reader.c - the sound of a file on its own clock, sample by sample.
 *
 * DESIGN. Decoded frames go through a resampler in runs. A run is a stretch of frames whose times
 * follow each other; it starts on the grid of instants where a sample of the input and a sample of
 * the output coincide (zeros fill up to the first frame), so that output sample n of any run, also
 * after a seek, is computed for exactly n / rate. When a frame's time differs from where the run
 * stands by more than DRIFT_TICKS, the run ends: the resampler is emptied and a new run starts at
 * the frame's own time. Output then goes by sample number: a gap between what is delivered and
 * where a run begins is silence, an overlap is dropped.
 */
#include "media/av.h"
#include "media/media.h"
#include "media/media_open.h"

#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

#include <stdlib.h>
#include <string.h>

#define DRIFT_TICKS (TICKS_PER_SECOND / 50)
/* Vorbis changes the length of its blocks, and some muxers' times are off by half the difference
 * (measured: 20 ms either way in WebM files of 2048-sample blocks): the samples still follow on. */
#define VORBIS_DRIFT_TICKS (TICKS_PER_SECOND / 10)
/* Decoders need some frames before the target to be in swing (Opus asks for 80 ms, MP3 for its bit
 * reservoir). */
#define PREROLL_TICKS (TICKS_PER_SECOND / 4)
/* A seek this far ahead is read through instead. */
#define NEAR_TICKS (2 * TICKS_PER_SECOND)
#define MAX_CHANNELS 64
/* Full scale is 1; files of floats may hold anything, also what is no number. */
#define LOUDEST 16.0f

struct audio_reader {
    int fd;
    const struct cancel *cancel;
    int rate, channels;
    struct source src;
    AVCodecContext *dec;
    AVPacket *pkt;
    AVFrame *frame;
    struct SwrContext *swr;
    int in_rate, in_format; /* what swr is set up for; 0 none */
    AVChannelLayout in_layout;

    float *fifo;            /* output of the resampler, interleaved */
    int fifo_len, fifo_cap; /* frames */
    int64_t fifo_start;     /* sample number of fifo[0] */
    int64_t run_in;         /* input sample number (source clock) that the run has reached */
    bool in_run;
    int64_t pos;            /* next sample number to deliver */
    int64_t last_end_ticks; /* where the last frame ended, for frames without a time */
    bool holds_frame;       /* r->frame waits to be taken in */
    bool draining, ended;
};

/* --- Down-mix, ITU-R BS.775: centre and surrounds at -3 dB, no LFE --- */
#define MINUS_3_DB 0.70710678118654752

struct downmix {
    enum AVChannel channel;
    double left, right;
};

static const struct downmix downmix_table[] = {
    {AV_CHAN_FRONT_LEFT, 1, 0},
    {AV_CHAN_FRONT_RIGHT, 0, 1},
    {AV_CHAN_FRONT_CENTER, MINUS_3_DB, MINUS_3_DB},
    {AV_CHAN_LOW_FREQUENCY, 0, 0},
    {AV_CHAN_LOW_FREQUENCY_2, 0, 0},
    {AV_CHAN_BACK_LEFT, MINUS_3_DB, 0},
    {AV_CHAN_BACK_RIGHT, 0, MINUS_3_DB},
    {AV_CHAN_SIDE_LEFT, MINUS_3_DB, 0},
    {AV_CHAN_SIDE_RIGHT, 0, MINUS_3_DB},
    {AV_CHAN_BACK_CENTER, 0.5, 0.5},
    {AV_CHAN_FRONT_LEFT_OF_CENTER, MINUS_3_DB, 0},
    {AV_CHAN_FRONT_RIGHT_OF_CENTER, 0, MINUS_3_DB},
    {AV_CHAN_TOP_FRONT_LEFT, MINUS_3_DB, 0},
    {AV_CHAN_TOP_FRONT_RIGHT, 0, MINUS_3_DB},
    {AV_CHAN_TOP_BACK_LEFT, MINUS_3_DB, 0},
    {AV_CHAN_TOP_BACK_RIGHT, 0, MINUS_3_DB},
    {AV_CHAN_STEREO_LEFT, 1, 0},
    {AV_CHAN_STEREO_RIGHT, 0, 1},
};

static void channel_gains(const AVChannelLayout *layout, int i, double *left, double *right)
{
    enum AVChannel channel = av_channel_layout_channel_from_index(layout, (unsigned)i);

    *left = *right = 0;
    if (layout->nb_channels == 1) { /* mono is as loud as it was */
        *left = *right = 1;
        return;
    }
    for (size_t k = 0; k < sizeof downmix_table / sizeof downmix_table[0]; k++) {
        if (downmix_table[k].channel == channel) {
            *left = downmix_table[k].left;
            *right = downmix_table[k].right;
        }
    }
}

/* Rows are output channels, as swr_set_matrix() wants them. */
static void fill_matrix(double *m, const AVChannelLayout *in, int out_channels)
{
    for (int i = 0; i < in->nb_channels; i++) {
        double left, right;
        channel_gains(in, i, &left, &right);
        if (out_channels == 1) {
            m[i] = (left + right) / 2;
        } else {
            m[i] = left;
            m[in->nb_channels + i] = right;
        }
    }
}

/* --- The resampler --- */
static bool describe_input(const AVFrame *f, AVChannelLayout *layout)
{
    int n = f->ch_layout.nb_channels;

    av_channel_layout_uninit(layout);
    if (n < 1 || n > MAX_CHANNELS)
        return false;
    /* Channels without names: take the usual order of that many. */
    if (f->ch_layout.order == AV_CHANNEL_ORDER_NATIVE)
        return av_channel_layout_copy(layout, &f->ch_layout) >= 0;
    av_channel_layout_default(layout, n);
    return true;
}

static bool open_resampler(struct audio_reader *r, const AVFrame *f, struct err *e)
{
    double matrix[2 * MAX_CHANNELS] = {0};
    AVChannelLayout out;
    int rc = -1;

    swr_free(&r->swr);
    av_channel_layout_default(&out, r->channels);
    if (describe_input(f, &r->in_layout))
        rc = swr_alloc_set_opts2(&r->swr, &out, AV_SAMPLE_FMT_FLT, r->rate, &r->in_layout,
                                 f->format, f->sample_rate, 0, NULL);
    if (rc >= 0) {
        fill_matrix(matrix, &r->in_layout, r->channels);
        rc = swr_set_matrix(r->swr, matrix, r->in_layout.nb_channels);
    }
    if (rc >= 0)
        rc = swr_init(r->swr);
    if (rc < 0)
        return err_set(e, ERR_INVALID, "sound of %d channels at %d Hz cannot be converted",
                       f->ch_layout.nb_channels, f->sample_rate);
    r->in_rate = f->sample_rate;
    r->in_format = f->format;
    return true;
}

static bool same_input(const struct audio_reader *r, const AVFrame *f)
{
    return r->swr && r->in_rate == f->sample_rate && r->in_format == f->format &&
           r->in_layout.nb_channels == f->ch_layout.nb_channels;
}

/* --- Output waiting to be read --- */
static float *fifo_room(struct audio_reader *r, int frames, struct err *e)
{
    if (r->fifo_len + frames > r->fifo_cap) {
        int cap = (r->fifo_len + frames) * 2;
        float *p = realloc(r->fifo, (size_t)cap * (size_t)r->channels * sizeof *p);
        if (!p) {
            err_set(e, ERR_NO_MEMORY, "no memory for sound");
            return NULL;
        }
        r->fifo = p;
        r->fifo_cap = cap;
    }
    return r->fifo + (size_t)r->fifo_len * (size_t)r->channels;
}

static void fifo_drop(struct audio_reader *r, int frames)
{
    size_t ch = (size_t)r->channels;

    memmove(r->fifo, r->fifo + (size_t)frames * ch,
            (size_t)(r->fifo_len - frames) * ch * sizeof *r->fifo);
    r->fifo_len -= frames;
    r->fifo_start += frames;
}

static void tame(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float v = x[i] == x[i] ? x[i] : 0;
        x[i] = v > LOUDEST ? LOUDEST : v < -LOUDEST ? -LOUDEST : v;
    }
}

/* data NULL: empty the resampler. */
static bool resample(struct audio_reader *r, const uint8_t **data, int n, struct err *e)
{
    int room = swr_get_out_samples(r->swr, n);
    float *samples = room >= 0 ? fifo_room(r, room + 1, e) : NULL;
    uint8_t *out = (uint8_t *)samples;
    int got;

    if (!out)
        return room >= 0 ? false : err_set(e, ERR_NO_MEMORY, "no memory for sound");
    got = swr_convert(r->swr, &out, room + 1, data, n);
    if (got < 0)
        return err_set(e, ERR_NO_MEMORY, "no memory for sound");
    tame(samples, (size_t)got * (size_t)r->channels);
    r->fifo_len += got;
    return true;
}

/* --- Runs --- */
static bool end_run(struct audio_reader *r, struct err *e)
{
    if (!r->in_run)
        return true;
    r->in_run = false;
    return resample(r, NULL, 0, e);
}

static int64_t gcd(int64_t a, int64_t b)
{
    return b ? gcd(b, a % b) : a;
}

static bool feed_zeros(struct audio_reader *r, int n, struct err *e)
{
    bool ok;
    uint8_t **zeros = NULL;

    if (n == 0)
        return true;
    if (av_samples_alloc_array_and_samples(&zeros, NULL, r->in_layout.nb_channels, n, r->in_format,
                                           0) < 0)
        return err_set(e, ERR_NO_MEMORY, "no memory for sound");
    av_samples_set_silence(zeros, 0, n, r->in_layout.nb_channels, r->in_format);
    ok = resample(r, (const uint8_t **)zeros, n, e);
    av_freep(&zeros[0]);
    av_freep(&zeros);
    return ok;
}

/* Starts a run whose first real input sample has the number `in`. The fifo must be empty. */
static bool begin_run(struct audio_reader *r, const AVFrame *f, int64_t in, struct err *e)
{
    int64_t common = gcd(f->sample_rate, r->rate);
    int64_t step =
        f->sample_rate / common; /* input samples from one point of the grid to the next */
    int64_t cell = in >= 0 ? in / step : -((step - 1 - in) / step);

    if (!open_resampler(r, f, e))
        return false;
    r->in_run = true;
    r->run_in = in;
    r->fifo_start = cell * (r->rate / common);
    return feed_zeros(r, (int)(in - cell * step), e);
}

/* --- Decoding --- */
static bool feed(struct audio_reader *r, struct err *e)
{
    switch (source_read(&r->src, r->pkt, e)) {
    case SOURCE_FAILED:
        return false;
    case SOURCE_END:
        r->draining = true;
        avcodec_send_packet(r->dec, NULL);
        return true;
    case SOURCE_PACKET:
        break;
    }
    avcodec_send_packet(r->dec, r->pkt); /* what cannot be decoded leaves a gap, which is silence */
    av_packet_unref(r->pkt);
    return true;
}

/* Decodes into r->frame; false at the end (e->code ERR_NONE) and on failure. */
static bool decode(struct audio_reader *r, struct err *e)
{
    e->code = ERR_NONE;
    while (!r->ended) {
        int rc = avcodec_receive_frame(r->dec, r->frame);

        if (rc >= 0 && r->frame->nb_samples > 0 && r->frame->sample_rate > 0)
            return true;
        if (rc == AVERROR_EOF || (rc < 0 && r->draining))
            r->ended = true;
        else if (rc < 0 && !feed(r, e))
            return false;
    }
    return false;
}

static int64_t frame_ticks(const struct audio_reader *r)
{
    int64_t t = r->frame->best_effort_timestamp;

    return t == AV_NOPTS_VALUE ? r->last_end_ticks : source_ticks(&r->src, r->src.audio, t);
}

/* Does the frame not continue the run? */
static bool breaks_run(const struct audio_reader *r)
{
    int64_t limit = r->dec->codec_id == AV_CODEC_ID_VORBIS ? VORBIS_DRIFT_TICKS : DRIFT_TICKS;
    int64_t drift;

    if (!same_input(r, r->frame))
        return true;
    drift = frame_ticks(r) - av_ticks(r->run_in, (AVRational){1, r->in_rate});
    return drift >= limit || drift <= -limit;
}

/* Takes in r->frame. */
static bool take_frame(struct audio_reader *r, struct err *e)
{
    AVFrame *f = r->frame;
    int64_t at = frame_ticks(r);
    bool ok = true;

    r->holds_frame = false;
    if (!r->in_run)
        ok = begin_run(r, f, ticks_scale(at, f->sample_rate, TICKS_PER_SECOND), e);
    ok = ok && resample(r, (const uint8_t **)f->extended_data, f->nb_samples, e);
    r->run_in += f->nb_samples;
    r->last_end_ticks = at + av_ticks(f->nb_samples, (AVRational){1, f->sample_rate});
    av_frame_unref(f);
    return ok;
}

/* Brings sound into the empty fifo, if there is any left. A frame that starts a new run is held
 * back until the old run has been read. */
static bool fill(struct audio_reader *r, struct err *e)
{
    while (r->fifo_len == 0) {
        if (!r->holds_frame && !decode(r, e)) {
            if (e->code != ERR_NONE)
                return false;
            if (!r->in_run)
                return true;
            if (!end_run(r, e))
                return false;
            continue;
        }
        r->holds_frame = true;
        if (r->in_run && breaks_run(r)) {
            if (!end_run(r, e))
                return false;
        } else if (!take_frame(r, e)) {
            return false;
        }
    }
    return true;
}

/* --- The reader --- */
static void forget_position(struct audio_reader *r, int64_t pos)
{
    if (r->dec)
        avcodec_flush_buffers(r->dec);
    av_frame_unref(r->frame);
    r->holds_frame = r->in_run = r->draining = r->ended = false;
    r->fifo_len = 0;
    r->last_end_ticks = 0;
    r->pos = pos;
}

/* Opens the file anew, at its start. */
static bool restart(struct audio_reader *r, int64_t pos, struct err *e)
{
    avcodec_free_context(&r->dec);
    forget_position(r, pos);
    source_close(&r->src);
    if (!source_open(&r->src, r->fd, r->cancel, e))
        return false;
    if (!r->src.audio)
        return err_set(e, ERR_INVALID, "the file holds no sound");
    source_use(&r->src, r->src.audio, NULL);
    r->dec = source_decoder(&r->src, r->src.audio, 1, e);
    return r->dec != NULL;
}

struct audio_reader *audio_reader_create(int fd, int rate, int channels,
                                         const struct cancel *cancel, struct err *e)
{
    struct audio_reader *r;

    if (rate < 1000 || rate > 192000 || channels < 1 || channels > 2) {
        err_set(e, ERR_INTERNAL, "sound at %d Hz with %d channels was asked for", rate, channels);
        return NULL;
    }
    r = calloc(1, sizeof *r);
    if (r) {
        r->fd = fd;
        r->rate = rate;
        r->channels = channels;
        r->cancel = cancel;
        r->pkt = av_packet_alloc();
        r->frame = av_frame_alloc();
    }
    if (!r || !r->pkt || !r->frame) {
        err_set(e, ERR_NO_MEMORY, "no memory for an audio reader");
        goto fail;
    }
    if (!restart(r, 0, e))
        goto fail;
    return r;

fail:
    audio_reader_destroy(r);
    return NULL;
}

void audio_reader_destroy(struct audio_reader *r)
{
    if (!r)
        return;
    free(r->fifo);
    swr_free(&r->swr);
    av_channel_layout_uninit(&r->in_layout);
    av_frame_free(&r->frame);
    av_packet_free(&r->pkt);
    avcodec_free_context(&r->dec);
    source_close(&r->src);
    free(r);
}

/* Seeks to before t and decodes one frame. *found: that frame is early enough for `wanted`. */
static bool land(struct audio_reader *r, int64_t t, int64_t wanted, bool *found, struct err *e)
{
    *found = false;
    if (!source_seek(&r->src, r->src.audio, source_pts(&r->src, r->src.audio, t)))
        return true;
    forget_position(r, r->pos);
    if (!decode(r, e))
        return e->code == ERR_NONE;
    r->holds_frame = true;
    *found = frame_ticks(r) <= wanted;
    return true;
}

bool audio_reader_seek(struct audio_reader *r, int64_t sample, struct err *e)
{
    int64_t t = ticks_scale(sample, TICKS_PER_SECOND, r->rate);
    int64_t ahead = t - ticks_scale(r->pos, TICKS_PER_SECOND, r->rate);

    if (ahead >= 0 && ahead < NEAR_TICKS) {
        r->pos = sample; /* reading drops what lies before */
        return true;
    }
    r->pos = sample;
    for (int64_t back = PREROLL_TICKS; t - back > 0; back *= 8) {
        bool found;
        if (!land(r, t - back, t - PREROLL_TICKS / 2, &found, e))
            return false;
        if (found)
            return true;
    }
    return restart(r, sample, e);
}

/* Silence before what waits in the fifo; returns frames written. */
static int read_gap(struct audio_reader *r, float *out, int n)
{
    int64_t gap = r->fifo_start - r->pos;
    int frames = gap < n ? (int)gap : n;

    memset(out, 0, (size_t)frames * (size_t)r->channels * sizeof *out);
    return frames;
}

static int read_fifo(struct audio_reader *r, float *out, int n)
{
    int frames = r->fifo_len < n ? r->fifo_len : n;

    memcpy(out, r->fifo, (size_t)frames * (size_t)r->channels * sizeof *out);
    fifo_drop(r, frames);
    return frames;
}

int audio_reader_read(struct audio_reader *r, float *out, int n, struct err *e)
{
    int done = 0;

    while (done < n) {
        int64_t late = r->pos - r->fifo_start;

        if (r->fifo_len == 0) {
            if (!fill(r, e))
                return -1;
            if (r->fifo_len == 0)
                break;
        } else if (late > 0) {
            fifo_drop(r, late < r->fifo_len ? (int)late : r->fifo_len);
        } else {
            float *to = out + (size_t)done * (size_t)r->channels;
            int got = late < 0 ? read_gap(r, to, n - done) : read_fifo(r, to, n - done);
            done += got;
            r->pos += got;
        }
    }
    return done;
}
