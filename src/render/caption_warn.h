/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_warn.h - what will be wrong with a film's captions, without rendering it.
 *
 * Lays texts out as a render would, so it reads fonts and is not for the inside of the cage.
 * Threads: any. Blocking: some milliseconds for each text that stands in a place of its own.
 */
#ifndef AIVE_RENDER_CAPTION_WARN_H
#define AIVE_RENDER_CAPTION_WARN_H

#include "core/cancel.h"
#include "core/err.h"
#include "render/plan.h"

#include <stdbool.h>
#include <stddef.h>

enum caption_trouble {
    CAPTION_OUTSIDE, /* reaches beyond the safe zone: value is by how many pixels */
    CAPTION_FAST,    /* value is its speed, characters a second */
    CAPTION_NO_FONT, /* `characters` are drawn by no font and left out */
    CAPTION_CROWDED, /* lies over another: more are on screen than have room */
};

#define CAPTION_FAST_FROM 20.0 /* characters a second (Netflix' guide for adults) */

struct caption_warning {
    enum caption_trouble what;
    bool title; /* index is into plan.texts, otherwise into plan.captions */
    size_t index;
    double value;
    const char *characters; /* UTF-8; lives during the call */
};

/* Calls `see` for everything there is to say: titles first, then captions in their order, one that
 * several segments show only once. False: no fonts (ERR_UNAVAILABLE), a wrong style, canceled. */
bool caption_warn(const struct plan *plan, const struct cancel *cancel,
                  void (*see)(void *user, const struct caption_warning *w), void *user,
                  struct err *e);

/* Characters a second that a text asks its reader for, blanks included; Han, kana and Hangul count
 * twice, marks and emoji's joiners not. */
double caption_speed(const char *text, int64_t start_ticks, int64_t end_ticks);

#endif
