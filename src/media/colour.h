/* SPDX-License-Identifier: GPL-3.0-or-later
 * colour.h - matrices and ranges of YUV, ISO/IEC 23001-8 code points. Private to media.
 */
#ifndef AIVE_MEDIA_COLOUR_H
#define AIVE_MEDIA_COLOUR_H

#include "media/picture.h"

#include <stdbool.h>

/* Weights of red and blue in luma, ISO/IEC 23001-8 table 4. */
struct colour_matrix {
    int code;
    double kr, kb;
};

/* The row of a code point; NULL for those that are not a matrix of this kind. */
const struct colour_matrix *colour_find_matrix(int code);

/* The matrix that a picture uses: its own, or where it does not say, bt2020 with HDR or bt2020
 * primaries, else by its size as players take it: bt709 from 1280 samples or more than 576 lines
 * on, bt601 below. Always one of 1, 4, 5, 6, 7, 9, 10. */
int colour_matrix_of(const struct picture *p);

/* Are two matrices the same for our purpose? (5 and 6 differ in primaries only, 9 and 10 in how
 * they are meant.) */
bool colour_same_matrix(int a, int b);

/* Changes 8-bit 4:2:0 samples, limited or full range, between a matrix and bt709 limited, in place.
 */
void colour_to_bt709(struct picture *p, int from_matrix, bool from_full_range);
void colour_from_bt709(struct picture *p, int to_matrix);

#endif
