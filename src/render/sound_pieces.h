/* SPDX-License-Identifier: GPL-3.0-or-later
 * sound_pieces.h - inside sound: the store as the shelf of encoded pieces, and how loud they get.
 *
 * A piece is kept under a hash of the very samples that were encoded, so whatever changes a moment
 * of a film's sound, all other moments are found again. Beside its packets lies the highest peak
 * that was heard when it was decoded: a piece that is found needs no decoding.
 * Ownership: the caller's memory, which must stay where it is while a writer uses the shelf.
 */
#ifndef AIVE_RENDER_SOUND_PIECES_H
#define AIVE_RENDER_SOUND_PIECES_H

#include "media/encode.h"
#include "render/key.h"
#include "render/loudness_peak.h"
#include "render/render.h"

struct sound_pieces {
    struct sound_shelf shelf; /* for sound_writer_use_shelf() */
    const struct render_store *store;
    int bit_rate;
    float peak;      /* the highest of all that was found or heard, >= 0 */
    int made, found; /* pieces */

    char key[KEY_SIZE]; /* of the piece that was looked for last */
    struct peak_meter meter;
    int unsure;        /* frames of which the meter does not know what was before */
    float recent_peak; /* of what was heard without a break */
};

void sound_pieces_init(struct sound_pieces *s, const struct render_store *store, int bit_rate);

#endif
