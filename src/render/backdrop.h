/* SPDX-License-Identifier: GPL-3.0-or-later
 * backdrop.h - makes a picture the blurred, darker backdrop of itself, as `fit: blur` shows it.
 */
#ifndef AIVE_RENDER_BACKDROP_H
#define AIVE_RENDER_BACKDROP_H

#include "media/picture.h"

/* The backdrop is made so many times smaller than the frame that it fills. */
#define BACKDROP_REDUCTION 8

/* In place; at most 4096 samples wide and high. */
void backdrop_blur(struct picture *p);

#endif
