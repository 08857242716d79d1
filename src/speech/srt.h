/* SPDX-License-Identifier: GPL-3.0-or-later
 * srt.h - caption files: SubRip is written, SubRip and WebVTT are read.
 *
 *     struct cues cues;
 *     if (!srt_read(text, len, arena, &cues, e)) ...   "line 12: ends before it starts"
 *     srt_write(cues.items, cues.count, &out);
 *
 * Units: seconds. Text is UTF-8 with '\n' between its lines. Ownership: what is read lives in the
 * arena. Threads: pure functions.
 */
#ifndef AIVE_SPEECH_SRT_H
#define AIVE_SPEECH_SRT_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

struct cue {
    double start_s, end_s; /* 0 <= start < end */
    const char *text;
};

struct cues {
    struct cue *items;
    size_t count;
};

#define SRT_MAX_CUES 100000
#define SRT_MAX_SECONDS 1e6

/* Writes SubRip. No text can break out of its cue: every kind of line end becomes one '\n', blank
 * lines and control characters go, "-->" becomes an arrow. Cues without text are left out. Times
 * are rounded to the millisecond, and a cue lasts at least one. false: out is full. */
bool srt_write(const struct cue *cues, size_t count, struct buf *out);

/* Reads SubRip or WebVTT (which of them, the text says). Taken: a BOM, any line ends, missing or
 * odd numbers, ',' or '.' before the milliseconds, hours left out, cue settings, NOTE, STYLE and
 * REGION blocks; markup is removed, the entities of WebVTT are resolved. Cues are given in order of
 * their start. Refused (ERR_INVALID with the line): text that is not UTF-8, malformed times, a cue
 * that ends before it starts, too many cues, no cue at all. */
bool srt_read(const char *text, size_t len, struct arena *a, struct cues *out, struct err *e);

#endif
