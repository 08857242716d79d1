/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_lines.h - timed words to captions that can be read.
 *
 *     struct cues cues;
 *     caption_lines(words, n, caption_profile_find("subtitle"), "en", arena, &cues, e);
 *
 * A profile is a row of numbers: how wide, how long, how fast. Where captions and lines part is
 * what costs least over the whole text: best after a sentence or in a pause, then after a comma,
 * before a conjunction or preposition, and as badly as can be inside a name or between an article
 * and its noun. Every word comes once and in order, captions never overlap, and no limit of the
 * profile is passed unless a single word does so (a caption may be shorter than `least_s` where it
 * cannot be joined with its neighbours).
 *
 * Widths are columns as terminals count them: marks have none, Han, kana and Hangul two. Words of
 * scripts without blanks (Han, kana, Thai, Lao, Khmer, Burmese) are joined without; where any word
 * brings its own blank in front (as Whisper's do), blanks are where they are brought.
 *
 * Units: seconds. Ownership: the arena. Threads: pure.
 */
#ifndef AIVE_SPEECH_CAPTION_LINES_H
#define AIVE_SPEECH_CAPTION_LINES_H

#include "speech/caption_file.h"

struct caption_profile {
    const char *name, *help;
    int columns;      /* of a line */
    int wide_columns; /* of a line with signs of two columns in it */
    int lines;        /* 1 or 2 */
    int words;        /* of a caption; 0: any number */
    double least_s, most_s;
    double gap_s;    /* between two captions, at least */
    double join_s;   /* less silence than this is closed down to gap_s */
    double linger_s; /* how long one stays behind its last word to be read */
    double speed;    /* columns a second that can be read; 0: it follows the voice */
    double pause_s;  /* silence inside of a caption, at most */
};

/* "subtitle": caption files, by what broadcasters ask for; "social": few words at a time on upright
 * films. Ended by a NULL name. */
extern const struct caption_profile caption_profiles[];
const struct caption_profile *caption_profile_find(const char *name); /* NULL: none */

/* `language`: "en", "pt-BR"; NULL: told from the words. Word times may overlap or stand still, they
 * are put in order; empty words are left out. No words: no cues. ERR_NO_MEMORY only. */
bool caption_lines(const struct cue_word *words, size_t count, const struct caption_profile *p,
                   const char *language, struct arena *a, struct cues *out, struct err *e);

/* The same from cues, in any way they are parted now. Words without times share their cue's. */
bool caption_lines_again(const struct cues *cues, const struct caption_profile *p,
                         const char *language, struct arena *a, struct cues *out, struct err *e);

#endif
