/* SPDX-License-Identifier: GPL-3.0-or-later
 * cube.h - look-up tables of colours in the .cube format (Adobe, "Cube LUT Specification 1.0",
 * 2013).
 *
 * One table, 1D (a curve for each of red, green, blue) or 3D (a lattice, red fastest). Keywords
 * that grading programs add for the input range are read as the domain; other words are refused,
 * with the number of the line. The text is untrusted. Ownership: cube_parse() allocates,
 * cube_finish() frees. Pure functions.
 */
#ifndef AIVE_EFFECTS_CUBE_H
#define AIVE_EFFECTS_CUBE_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

#define CUBE_SIZE_MAX_1D 65536
#define CUBE_SIZE_MAX_3D 65

struct cube {
    bool is_3d;
    int size;                 /* points each way, >= 2 */
    double least[3], most[3]; /* of the domain: what the first and the last point stand for */
    float *values;            /* [size or size^3][3] */
};

/* ERR_INVALID "line 12: ...". */
bool cube_parse(const char *text, size_t len, struct cube *out, struct err *e);
void cube_finish(struct cube *c); /* accepts zeros */

/* Red, green, blue through the table. Between points of a lattice by tetrahedra, which keep greys
 * grey; outside the domain its nearest point counts. */
void cube_apply(const struct cube *c, const double in[3], double out[3]);

#endif
