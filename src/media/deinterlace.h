/* SPDX-License-Identifier: GPL-3.0-or-later
 * deinterlace.h - one whole picture out of the two fields of an interlaced one. Private to media.
 */
#ifndef AIVE_MEDIA_DEINTERLACE_H
#define AIVE_MEDIA_DEINTERLACE_H

#include "core/err.h"
#include "media/picture.h"

/* The picture at the time of p's first field: that field's lines as they are, the ones in between
 * made from the field before and after where nothing moves, else from the lines above and below.
 * before and after are the neighbouring pictures in time; either may be NULL, and one of another
 * size counts as NULL. Returns a new picture with p's times and colours; NULL without memory. */
struct picture *deinterlace(const struct picture *before, const struct picture *p,
                            const struct picture *after, bool top_first, struct err *e);

#endif
