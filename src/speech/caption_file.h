/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_file.h - caption files, read and written: one row of a table for each format.
 *
 *     struct cues cues;
 *     if (!caption_file_read(NULL, bytes, len, arena, &cues, e)) ...  "line 12: ends before it
 * starts" caption_format_find("vtt")->write(cues.items, cues.count, &out);
 *
 * Reading takes what is found in the wild and refuses what cannot be meant (ERR_INVALID, with the
 * line): UTF-8 with or without a byte order mark, UTF-16 with one; any line ends; markup is
 * removed, escapes and entities are resolved; cues come in the order of their start. Writing takes
 * any text: nothing of it can break out of its cue, and what the format can say comes back the
 * same.
 *
 * Units: seconds. Text is UTF-8 with '\n' between its lines. Ownership: what is read lives in the
 * arena. Threads: pure functions.
 */
#ifndef AIVE_SPEECH_CAPTION_FILE_H
#define AIVE_SPEECH_CAPTION_FILE_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

/* A word, or what is written without spaces and has a time of its own. */
struct cue_word {
    const char *text; /* as it stands in the cue's text, without blanks around it */
    double start_s, end_s;
};

struct cue {
    double start_s, end_s; /* 0 <= start < end */
    const char *text;
    const struct cue_word *words; /* in order; NULL: no times are known */
    size_t word_count;
    unsigned line; /* of the file, where its times stand; 0: it comes from no file */
};

struct cues {
    struct cue *items;
    size_t count;
};

#define CAPTION_FILE_MAX_CUES 100000
#define CAPTION_FILE_MAX_SECONDS 1e6

struct caption_reader; /* caption_parts.h */

struct caption_format {
    const char *name;           /* "srt": the suffix too, and what an API calls it */
    const char *title;          /* "SubRip" */
    const char *media_type;     /* of what is written */
    const char *const *aliases; /* other media types it is known by; NULL-ended */
    /* Do the first lines of a text (valid UTF-8) say that it is of this format? */
    bool (*known)(const char *text, size_t len);
    bool (*read)(struct caption_reader *r, struct err *e); /* through caption_file_read() */
    /* Cues without anything to show are left out; times are rounded to what the format has, and a
     * cue lasts at least one unit of it. false: out is full. */
    bool (*write)(const struct cue *cues, size_t count, struct buf *out);
};

extern const struct caption_format caption_formats[]; /* ended by a NULL name */

/* By name, or by a media type (parameters behind it do not matter); NULL: none. */
const struct caption_format *caption_format_find(const char *name);
const struct caption_format *caption_format_of_type(const char *media_type);

/* `format` is a hint, NULL: none; a text that begins as another format is read as that. */
bool caption_file_read(const struct caption_format *format, const char *bytes, size_t len,
                       struct arena *a, struct cues *out, struct err *e);

/* The bytes of a text file as UTF-8: without its mark, UTF-16 converted. NULL with the line and
 * what to do: Latin-1 and other encodings, and bytes that are no text. May give `bytes` back. */
const char *caption_text_decode(const char *bytes, size_t len, size_t *text_len, struct arena *a,
                                struct err *e);

#endif
