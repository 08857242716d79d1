/* SPDX-License-Identifier: GPL-3.0-or-later
 * waveform.h - the outline of a sound: its lowest and highest sample in each short stretch, as
 * front ends draw it (peaks.js, wavesurfer.js), in the two formats of BBC's audiowaveform.
 *
 *     struct waveform_meter *m = waveform_create(e);
 *     while (...) waveform_push(m, mono, n, e);          22,050 Hz, as all sound analysers hear it
 *     waveform_finish(m, &w, e);                         the finest zoom there is
 *     waveform_zoom(&w, 1024, &z, e);                    any coarser one, exactly
 *     waveform_write_dat(&z, 8, out);  waveform_write_json(&z, 8, out);
 *
 * A stretch ("pixel") is samples_per_pixel samples; the last one may have fewer. A meter keeps
 * WAVEFORM_FINEST samples a pixel and halves its resolution whenever WAVEFORM_MAX_PIXELS are full
 * (at 3.4, 6.8, ... hours), so that any length takes at most 8 MiB.
 * Ownership: waveform_free() what finish, zoom and read filled. Threads: none shared.
 *
 * Formats: audiowaveform, doc/DataFormat.md, version 2, one channel. 16 bits are the samples as
 * they are, 8 bits those divided by 256 towards zero, as that program does.
 */
#ifndef AIVE_ANALYSIS_WAVEFORM_H
#define AIVE_ANALYSIS_WAVEFORM_H

#include "core/buf.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAVEFORM_VERSION 1   /* part of what the file is kept under */
#define WAVEFORM_RATE 22050  /* Hz */
#define WAVEFORM_FINEST 128  /* samples a pixel: 5.8 ms */
#define WAVEFORM_MAX_PIXELS ((size_t)1 << 21)
#define WAVEFORM_MAX_BYTES (24 + 4 * WAVEFORM_MAX_PIXELS) /* of the largest .dat */

struct waveform {
    int rate_hz;
    int samples_per_pixel;
    size_t length;  /* pixels */
    int16_t *pairs; /* lowest, highest; lowest, highest; ... */
};

void waveform_free(struct waveform *w); /* accepts a zeroed one */

struct waveform_meter;
struct waveform_meter *waveform_create(struct err *e);
void waveform_destroy(struct waveform_meter *m); /* accepts NULL */
/* Samples beyond -1..1 are clipped; NaN counts as not there. */
bool waveform_push(struct waveform_meter *m, const float *mono, size_t n, struct err *e);
bool waveform_finish(struct waveform_meter *m, struct waveform *out, struct err *e);

/* The same sound with at least that many samples a pixel (up to 2^24): the next multiple of what w
 * has. What would have been measured at that zoom, exactly. */
bool waveform_zoom(const struct waveform *w, int samples_per_pixel, struct waveform *out,
                   struct err *e);

/* bits: 8 or 16. False: the buffer failed. */
bool waveform_write_dat(const struct waveform *w, int bits, struct buf *out);
bool waveform_write_json(const struct waveform *w, int bits, struct buf *out);

/* A .dat of one channel and 16 bits, version 2: what waveform_write_dat() made. */
bool waveform_read_dat(const void *data, size_t size, struct waveform *out, struct err *e);

#endif
