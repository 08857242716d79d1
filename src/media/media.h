/* SPDX-License-Identifier: GPL-3.0-or-later
 * media.h - reading untrusted media: open, probe, pictures and sound by time.
 *
 * Sources are file descriptors, never names (the caller keeps the fd open and owns it; several
 * readers may share one fd, they read with pread). Opening follows the rules that stop a media file
 * from naming other files: own I/O, list of containers and codecs, no protocols (see media_open.c).
 *
 * Time: t = 0 is the earliest presentation time of the chosen streams, so sound and picture keep
 * their offset. All times are ticks (core/timebase.h).
 * Threads: a reader belongs to one thread. Blocking: yes, all of it; `cancel` ends it early.
 * Errors: ERR_UNSUPPORTED not a container or codec we take; ERR_INVALID broken or over a limit.
 */
#ifndef AIVE_MEDIA_MEDIA_H
#define AIVE_MEDIA_MEDIA_H

#include "core/cancel.h"
#include "core/err.h"
#include "media/picture.h"

#include <stdbool.h>
#include <stdint.h>

/* Once per process, before any cage closes: registers nothing, loads and touches what libav loads
 * lazily (codec tables, CPU flags, log callback that goes to stderr only at AIVE_LOG_LEVEL=debug).
 */
void media_init(void);

struct media_info {
    char container[32]; /* "mov,mp4,m4a,3gp,3g2,mj2" -> "mp4" */
    double duration;    /* seconds, measured by reading where the container does not say */
    int64_t duration_ticks;
    int64_t bit_rate; /* bits/s, 0 unknown */

    bool is_image; /* PNG, JPEG or WebP: has_video with one picture, duration 0, fps 0 */
    bool has_video;
    char video_codec[32], pixel_format[32];
    int width, height; /* upright and with square pixels: what a viewer sees */
    int coded_width, coded_height;
    int sar_num, sar_den, rotation;
    double fps; /* average; 0 unknown */
    int fps_num, fps_den;
    bool is_vfr; /* presentation intervals differ by more than a tick of the container */
    bool is_hdr; /* PQ or HLG transfer */
    int64_t video_start_ticks, video_end_ticks; /* on the source clock */

    bool has_audio;
    char audio_codec[32];
    int sample_rate, channels;
    int64_t audio_start_ticks, audio_end_ticks;
};

bool media_probe(int fd, struct media_info *out, const struct cancel *cancel, struct err *e);

/* --- Pictures --- */
struct video_reader;
struct video_reader *video_reader_create(int fd, const struct cancel *cancel, struct err *e);
/* The same with that many threads decoding: the same pictures, sooner, in more memory. For who wants
 * one picture and has nothing else to do meanwhile. */
struct video_reader *video_reader_create_threaded(int fd, int threads, const struct cancel *cancel,
                                                  struct err *e);
void video_reader_destroy(struct video_reader *r);

/* The picture on screen at t: the one with the largest PTS <= t (the first one for earlier t, the
 * last one for later t). Containers round times, so a PTS up to half a unit of its time base (at
 * most 0.5 ms) after t counts as <= t. Cheap when t moves forward: the decoder goes on and seeks
 * only when a key frame lies between. Returns a new reference; NULL with e->code on failure. Frames
 * that cannot be decoded are passed over. Interlaced pictures come progressive, alpha lies over
 * black, an image is one picture for all times (at most 4096 on its longer side). */
struct picture *video_reader_at(struct video_reader *r, int64_t t_ticks, struct err *e);

/* The same picture and the one after it, for blending between the two: *next is NULL at the end of
 * the film. Both are new references; on failure both are NULL and e says why. In either call, times
 * that go backwards in steps of up to half a second (or two pictures) cost about as much as forward
 * ones: up to 32 MiB of decoded pictures (or eight) are kept then. e may be NULL in all calls. */
bool video_reader_pair_at(struct video_reader *r, int64_t t_ticks, struct picture **now,
                          struct picture **next, struct err *e);

/* The next picture in presentation order, NULL with ERR_NONE at the end (for analysis). */
struct picture *video_reader_next(struct video_reader *r, struct err *e);

/* --- Sound --- */
struct audio_reader;

/* Not normalised: a down-mix of loud channels may pass 1.0. Delivers interleaved float at `rate`
 * with `channels` 1 or 2 (5.1 and others mixed down after ITU-R BS.775, LFE left out), gaps filled
 * with silence so that sample n is at time n / rate. */
struct audio_reader *audio_reader_create(int fd, int rate, int channels,
                                         const struct cancel *cancel, struct err *e);
void audio_reader_destroy(struct audio_reader *r);
/* Sample-exact where the container's times are (MP4, MOV, TS, WAV, FLAC, MP3); Matroska, WebM and
 * FLV tell times in milliseconds, and a seek lands within that rounding. Less than 2 s ahead is
 * read through instead, so sound that goes on stays seamless. */
bool audio_reader_seek(struct audio_reader *r, int64_t sample, struct err *e);
/* Reads up to n frames; returns how many, 0 at the end, -1 on failure. */
int audio_reader_read(struct audio_reader *r, float *out, int n, struct err *e);

/* --- Stills --- */
/* JPEG of a picture, upright, square pixels, at most max_edge on its longer side, written to fd. */
bool media_write_jpeg(const struct picture *p, int max_edge, int fd, struct err *e);
/* The same as "jpeg", "webp" or "png", at most max_width wide (0: as it is). */
bool media_write_still(const struct picture *p, const char *kind, int max_width, int fd,
                       struct err *e);
/* WebP of a chosen quality, 0 to 100, at most max_edge on its longer side. */
bool media_write_webp(const struct picture *p, int max_edge, int quality, int fd, struct err *e);

#endif
