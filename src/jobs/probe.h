/* SPDX-License-Identifier: GPL-3.0-or-later
 * probe.h - what a file is: the work-horse's first look at an upload, and its thumbnail.
 */
#ifndef AIVE_JOBS_PROBE_H
#define AIVE_JOBS_PROBE_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/cancel.h"
#include "core/err.h"
#include "core/wire.h"
#include "jobs/horse.h"

/* Numbers that are not known are null in JSON: NAN or INT64_MIN here. */
struct probe_report {
    const char *container;
    double duration; /* s */
    int64_t duration_ticks;
    int64_t bit_rate;

    int8_t has_video;
    const char *video_codec, *pixel_format;
    int64_t width, height; /* upright, square pixels */
    int64_t coded_width, coded_height, rotation;
    double fps;
    int64_t fps_num, fps_den;
    int8_t is_vfr, is_hdr;
    double video_start, video_end; /* s on the source clock */

    int8_t has_audio;
    const char *audio_codec;
    int64_t sample_rate, channels;
    double audio_start, audio_end;

    int8_t has_thumbnail; /* one was written */
    int8_t is_image;      /* a picture that does not move */
};
extern const struct wire_type wire_probe;
extern const struct horse_kind horse_probe;

/* Probes the media behind fd in a work-horse; writes a JPEG to thumbnail_fd unless that is -1.
 * NULL: e says what is wrong with the file. */
struct probe_report *probe_run(int fd, int thumbnail_fd, const struct cancel *cancel,
                               struct arena *a, struct err *e);

/* What an asset's row keeps of it: everything but path, size, hash and the report's own text. */
struct asset;
void asset_from_probe(const struct probe_report *p, struct asset *out);

/* One frame of the asset; 0: no picture, or its rate is not known. */
int64_t asset_frame_ticks(const struct asset *asset);

/* File ending for a container: ".mp4". */
const char *probe_extension(const struct probe_report *p);

/* --- A still at a time --- */
extern const struct horse_kind horse_still;
bool still_run(int fd, double time_s, int jpeg_fd, const struct cancel *cancel, struct err *e);

#endif
