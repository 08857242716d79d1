/* SPDX-License-Identifier: GPL-3.0-or-later
 * picture.h - a decoded or composed picture, without libav's types.
 *
 * Planar YUV only. Pictures are reference-counted: picture_ref() is cheap and lets one decoded
 * frame be shown twice. A picture that others may hold must not be written to; the composer writes
 * only into pictures it has just taken from a pool.
 * Threads: reference counts are atomic; the samples belong to whoever writes them.
 */
#ifndef AIVE_MEDIA_PICTURE_H
#define AIVE_MEDIA_PICTURE_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct picture {
    int width, height;                  /* samples of plane 0 */
    uint8_t *data[4];                   /* Y, U, V, alpha (NULL when there is none) */
    int stride[4];                      /* bytes */
    int chroma_shift_x, chroma_shift_y; /* 1, 1 for 4:2:0 */
    int depth;                          /* bits a sample: 8, 10, 12; above 8 stored as uint16_t */
    bool full_range;
    int colour_matrix;   /* ISO/IEC 23001-8 code point: 1 bt709, 5/6 bt601, 9 bt2020, 2 unknown */
    int colour_transfer; /* ISO/IEC 23001-8: 16 PQ, 18 HLG, ... */
    int colour_primaries;
    int sar_num, sar_den;   /* sample aspect ratio, 1/1 when unknown */
    int rotation;           /* degrees clockwise to turn it upright: 0, 90, 180, 270 */
    bool mirrored;          /* left and right are swapped before it is turned */
    int64_t pts_ticks;      /* time on the source's own clock that starts at 0 */
    int64_t duration_ticks; /* 0 when unknown */
    void *owner;            /* media's private reference (an AVFrame) */
};

/* A new reference to the same samples; NULL without memory. */
struct picture *picture_ref(const struct picture *p);
void picture_unref(struct picture **p); /* sets *p to NULL; accepts NULL */

/* How samples are to be seen: colours, shape, rotation. The matrix is named, because one that is not
 * is guessed from the size, which may be another. */
void picture_copy_looks(struct picture *to, const struct picture *from);

/* A pool of same-sized 8-bit 4:2:0 pictures for the composer; pictures go back on the last unref.
 */
struct picture_pool;
struct picture_pool *picture_pool_create(int width, int height, struct err *e);
struct picture *picture_pool_take(struct picture_pool *pool, struct err *e);
void picture_pool_destroy(struct picture_pool *pool); /* pictures still out stay valid */

/* For scratch pictures whose size may change: takes from *pool, which is made anew when it is NULL
 * or of another size. The pool is the caller's to destroy. */
struct picture *picture_pool_take_sized(struct picture_pool **pool, int width, int height,
                                        struct err *e);

#endif
