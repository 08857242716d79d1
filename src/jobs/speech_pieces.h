/* SPDX-License-Identifier: GPL-3.0-or-later
 * speech_pieces.h - the spoken parts of a sound as plain samples, in pieces that a server takes.
 *
 * A work-horse decodes; silence is left out, and pieces begin and end in pauses. The samples lie
 * one piece behind the other in a file: 16 kHz mono, signed 16-bit, little-endian.
 */
#ifndef AIVE_JOBS_SPEECH_PIECES_H
#define AIVE_JOBS_SPEECH_PIECES_H

#include "core/arena.h"
#include "core/cancel.h"
#include "core/wire.h"
#include "jobs/horse.h"

#define PIECE_RATE 16000 /* SPEECH_RATE */
#define PIECE_MAX_SECONDS 300 /* 9.6 MB; the protocol takes 25 MB */

struct speech_piece {
    int64_t start, samples; /* in the source */
};

struct speech_pieces {
    double duration;         /* s, of the whole sound */
    struct wire_list pieces; /* struct speech_piece, ascending */
};

struct pieces_ask {
    int fd;      /* the source */
    int out_fd;  /* an empty file */
    int seconds; /* at most */
    const struct cancel *cancel;
    void (*progress)(void *user, double percent, const char *stage);
    void *user;
};

extern const struct horse_kind horse_speech_pieces;

/* In the arena; checked against what is in the file. */
struct speech_pieces *speech_pieces_run(const struct pieces_ask *ask, struct arena *a,
                                        struct err *e);

#endif
