/* SPDX-License-Identifier: GPL-3.0-or-later
 * scene.h - two drawn scenes with something moving, to show effects on. Nothing is copied from
 * anywhere.
 */
#ifndef AIVE_TOOLS_SCENE_H
#define AIVE_TOOLS_SCENE_H

#include "effects/effect.h"
#include "media/picture.h"

enum scene { SCENE_SUNSET, SCENE_CITY };

/* Fills an 8-bit 4:2:0 picture of 9:16 with what is seen of the scene at t seconds through a view.
 */
void scene_draw(enum scene which, double t, const struct effect_view *view, struct picture *p);

#endif
