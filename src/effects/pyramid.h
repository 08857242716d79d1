/* SPDX-License-Identifier: GPL-3.0-or-later
 * pyramid.h - planes made smaller and larger by twos, with 6 bits of fraction: what blurs are made
 * of.
 *
 * Each way (across, down) is halved or doubled on its own. Halving averages two samples; doubling
 * joins the middles of samples by straight lines, so a picture that is halved and doubled again
 * stays where it was. Samples beyond the border repeat the border.
 */
#ifndef AIVE_EFFECTS_PYRAMID_H
#define AIVE_EFFECTS_PYRAMID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PYRAMID_BITS 6

struct small_plane {
    uint16_t *data; /* rows lie together; values 0 .. 255 << PYRAMID_BITS */
    int width, height;
};

/* One side after n halvings. */
int pyramid_side(int side, int n);

/* Bytes that a `line` of a width needs: a row of 16 bits with one more at each end, and a row of
 * bytes. */
#define PYRAMID_LINE(width) (((size_t)(width) + 2) * 2 + (size_t)(width))

/* These set the width and height of `to`, whose data has room; from and to differ. */
void pyramid_from_bytes(const uint8_t *from, int stride, int width, int height, bool across,
                        bool down, struct small_plane *to);
void pyramid_halve(const struct small_plane *from, bool across, bool down, struct small_plane *to);
void pyramid_double(const struct small_plane *from, bool across, bool down, int width, int height,
                    uint16_t *line, struct small_plane *to);

/* The last doubling, into bytes: they move by `weight` of 256 towards the result. */
void pyramid_to_bytes(const struct small_plane *from, bool across, bool down, int weight,
                      uint16_t *line, uint8_t *to, int stride, int width, int height);

#endif
