/* SPDX-License-Identifier: GPL-3.0-or-later
 * colour.h - matrices of YUV, ISO/IEC 23001-8 code points. Private to media.
 */
#ifndef AIVE_MEDIA_COLOUR_H
#define AIVE_MEDIA_COLOUR_H

#include "media/picture.h"

#include <stdbool.h>

/* The matrix that a picture uses: its own, or where it does not say, bt709 from 720 lines on and
 * bt601 below, as players take it. Always one of 1, 4, 5, 6, 7, 9, 10. */
int colour_matrix_of(const struct picture *p);

/* Are two matrices the same for our purpose? (5 and 6 differ in primaries only, 9 and 10 in how
 * they are meant.) */
bool colour_same_matrix(int a, int b);

/* Changes 8-bit 4:2:0 limited-range samples from a matrix to bt709, in place. */
void colour_to_bt709(struct picture *p, int from_matrix);

#endif
