/* SPDX-License-Identifier: GPL-3.0-or-later
 * sfx.h - the sound effects that come with aive.
 *
 * They are synthesised when aive is built (sfx_synth.c) and carried in the program; the same sounds
 * lie as WAV files in share/aive/sfx for people to hear. Read-only: any thread.
 */
#ifndef AIVE_RENDER_SFX_H
#define AIVE_RENDER_SFX_H

#include <stddef.h>
#include <stdint.h>

#define SFX_RATE 48000

struct sfx {
    const char *name;  /* stable: stored in timelines */
    const char *title; /* for people */
    const char *help;  /* one line: what it sounds like, what it is for */
    double gain_db;    /* on top of the gain a film gives all of its effects */
    int lead_samples;  /* how long before the cut that it marks it should start */
    int sample_count;
    const int16_t *samples; /* mono, SFX_RATE, peak -3 dBFS */
};

extern const struct sfx sfx_table[]; /* ended by a NULL name */

/* By name ("whoosh") or by a path whose file has that name ("/path/to/whoosh.mp3"), as the guide
 * writes it. NULL: unknown. */
const struct sfx *sfx_find(const char *name);

/* "whoosh, pop, ding": for messages; writes at most size bytes. */
void sfx_names(char *out, size_t size);

#endif
