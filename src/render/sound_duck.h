/* SPDX-License-Identifier: GPL-3.0-or-later
 * sound_duck.h - inside sound: turns music down while somebody speaks.
 *
 * Speech is told by the power between 300 and 3400 Hz against a floor that follows the quietest of
 * the last three seconds; while a caption is shown, less of it will do. It looks 50 ms ahead: music
 * goes down over the 50 ms before the first sound of a word, stays down 200 ms after the last one
 * and comes back over 250 ms.
 *
 * 48 kHz stereo in hops of 10 ms. Plain data, no allocation; one thread.
 */
#ifndef AIVE_RENDER_SOUND_DUCK_H
#define AIVE_RENDER_SOUND_DUCK_H

#include <stdbool.h>
#include <stdint.h>

#define DUCK_HOP 480 /* frames */
#define DUCK_AHEAD 5 /* hops: the attack */
#define DUCK_HOLD 20
#define DUCK_RELEASE 25
#define DUCK_FLOOR_SPANS 10
#define DUCK_FLOOR_HOPS 30 /* in a span */

struct duck_filter {
    double b0, b1, b2, a1, a2, z1, z2;
};

struct duck {
    double depth_db; /* < 0 */
    struct duck_filter band[4];
    double power;                      /* of the hop before */
    double quietest[DUCK_FLOOR_SPANS]; /* of each span, in dB; [0]: the one under way */
    int span_hops;
    int speech_left; /* hops during which it counts as speech, the looking ahead included */
    bool speaking;
    double db; /* gain at the end of the hop that was last given */
};

void duck_init(struct duck *d, double depth_db);

/* Hears the hop that lies DUCK_AHEAD hops ahead of the one whose gain it gives: *from at its start,
 * *to at its end, linear factors. `captioned`: a caption is seen during the hop that is heard. */
void duck_hop(struct duck *d, const float *ahead, bool captioned, float *from, float *to);

#endif
