/* SPDX-License-Identifier: GPL-3.0-or-later
 * media_open.h - opens an untrusted file the one safe way. Private to media.
 *
 * Usage:   struct source s;
 *          if (!source_open(&s, fd, cancel, e)) ...
 *          source_use(&s, s.video);   ... source_read(&s, packet, e) ...   source_close(&s);
 *
 * source_open() also chooses the picture and the sound, checks what they claim against the limits,
 * and finds the origin of the source's clock, so that every reader of a file agrees on t = 0.
 * The struct must not move while it is open. Threads: one at a time.
 */
#ifndef AIVE_MEDIA_MEDIA_OPEN_H
#define AIVE_MEDIA_MEDIA_OPEN_H

#include "core/cancel.h"
#include "core/err.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include <stdbool.h>
#include <stdint.h>

struct source_io {
    int fd;              /* borrowed */
    int64_t pos, size;   /* bytes */
    int64_t deadline_ns; /* CLOCK_MONOTONIC; 0 none */
    const struct cancel *cancel;
    int errnum; /* of a failed read; 0 none. libav says EIO of damaged files too */
};

struct source {
    struct source_io io;
    AVFormatContext *fmt;
    AVStream *video, *audio; /* the chosen ones; NULL where there is none */
    int64_t origin_ticks;    /* container time of t = 0 */
    bool is_image;           /* a file of one picture: PNG, JPEG, WebP */
};

bool source_open(struct source *s, int fd, const struct cancel *cancel, struct err *e);
void source_close(struct source *s); /* accepts a zeroed one */

/* Only these streams are read from now on (either may be NULL). */
void source_use(struct source *s, const AVStream *a, const AVStream *b);

/* A limit of time for what follows; 0 takes it away. */
void source_deadline(struct source *s, double seconds);

enum source_result { SOURCE_PACKET, SOURCE_END, SOURCE_FAILED };

/* The next packet of the streams in use. Damaged stretches are passed over; a file that is damaged
 * to its end, has ended. SOURCE_FAILED only for cancel, deadline and the machine's own errors. */
enum source_result source_read(struct source *s, AVPacket *pkt, struct err *e);

/* Moves to the last key frame at or before `t` (stream time base). False when the container cannot.
 */
bool source_seek(struct source *s, const AVStream *st, int64_t t);

/* A decoder of a stream, held to the same limits. */
AVCodecContext *source_decoder(const struct source *s, const AVStream *st, int threads,
                               struct err *e);

/* A decoder for who looks at pictures from afar: one thread, pictures that no other needs without
 * the finishing touch of their block edges, and reduced by halves where the codec knows how to,
 * down to no less than min_edge samples of the longer side. */
AVCodecContext *source_rough_decoder(const struct source *s, const AVStream *st, int min_edge,
                                     struct err *e);

/* Ticks on the source's clock. t must not be AV_NOPTS_VALUE. */
int64_t source_ticks(const struct source *s, const AVStream *st, int64_t t);
int64_t source_pts(const struct source *s, const AVStream *st, int64_t ticks); /* rounded down */

/* How to turn the pictures upright, from the display matrix: mirrored first, then so many degrees
 * clockwise. */
struct source_turn {
    int rotation; /* 0, 90, 180 or 270 */
    bool mirrored;
};
struct source_turn source_turn(const AVStream *st);

/* The same of one picture: a JPEG tells it with the picture, else it is the stream's. */
struct source_turn source_frame_turn(const AVFrame *f, struct source_turn of_stream);

/* Width of a sample to its height; 1/1 where the file does not say or talks nonsense. frame may be
 * NULL. */
AVRational source_sar(const struct source *s, AVFrame *frame);

/* Was it cancel, the deadline or the machine that ended a call? Sets e and returns true if so. */
bool source_interrupted(const struct source *s, struct err *e);

#endif
