/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_parts.h - what the formats of caption_file.h share. Private to caption_*.c.
 */
#ifndef AIVE_SPEECH_CAPTION_PARTS_H
#define AIVE_SPEECH_CAPTION_PARTS_H

#include "speech/caption_file.h"

#include <stdint.h>
#include <string.h>

struct line {
    const char *at;
    size_t len;
};

/* Of the reader: the format's read() takes lines and adds cues. */
struct caption_reader {
    const char *at, *end; /* what is left of the text */
    unsigned number;      /* of the line given last, from 1 */
    bool vtt;             /* caption_cues.c: which of its two formats it is */
    struct arena *arena;
    struct buf list;  /* struct cue */
    struct buf text;  /* of the cue being read */
    struct buf marks; /* struct caption_mark: where in `text` a time was said */
};

/* From this byte of the text on, this is the time. */
struct caption_mark {
    size_t at;
    double time_s;
};

/* The next line without its end ("\n", "\r\n", "\r"); false: no more. */
bool caption_line(struct caption_reader *r, struct line *out);

static inline bool line_starts(struct line s, const char *word)
{
    size_t n = strlen(word);
    return s.len >= n && memcmp(s.at, word, n) == 0;
}
bool line_blank(struct line s);
struct line line_trim(struct line s);

/* "1:02:03,450", "02:03.450", "00:02:03"; blanks in front are passed over. Hours may be left out
 * when `short_ok`. */
bool caption_clock(const char **p, const char *end, bool short_ok, double *out);

/* Begins a cue's text, marks a time in it, and adds the cue with the words that the marks part; one
 * without text is left out. */
void caption_text_begin(struct caption_reader *r);
void caption_text_mark(struct caption_reader *r, double time_s);
bool caption_cue_add(struct caption_reader *r, double start_s, double end_s, unsigned line,
                     struct err *e);

/* --- Writing ---------------------------------------------------------------------------------- */

/* How the text of a cue is put into a file. */
struct caption_writer {
    struct buf *out;
    const char *newline; /* between the lines of one cue */
    /* What stands for the character there; NULL: it does. */
    const char *(*escape)(const char *at);
    bool no_arrows; /* "-->" would begin a cue, and has no escape */
    /* Called where a word begins, and where one ends before the next begins: what follows lasts
     * from .. to. NULL: no times. */
    void (*time)(struct caption_writer *w, double from_s, double to_s);
    int64_t at, end; /* for `time`: how far the cue has come, in units of the format */
};

/* The lines of a cue that show anything; control characters go. False: nothing to show, and
 * nothing was written. */
bool caption_write_text(struct caption_writer *w, const struct cue *cue);

/* Units of 1/per_second, at least one long. */
struct caption_span {
    int64_t start, end;
};
struct caption_span caption_round(const struct cue *cue, int per_second);

/* --- The formats ------------------------------------------------------------------------------ */

bool vtt_known(const char *text, size_t len);
bool ass_known(const char *text, size_t len);
bool srt_read(struct caption_reader *r, struct err *e);
bool vtt_read(struct caption_reader *r, struct err *e);
bool ass_read(struct caption_reader *r, struct err *e);
bool srt_write(const struct cue *cues, size_t count, struct buf *out);
bool vtt_write(const struct cue *cues, size_t count, struct buf *out);
bool ass_write(const struct cue *cues, size_t count, struct buf *out);

#endif
