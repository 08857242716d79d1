/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "render/sound_duck.h"

#include <math.h>
#include <string.h>

#define LOW_HZ 300.0
#define HIGH_HZ 3400.0
#define RATE 48000.0

/* In dB (full scale sine: -3). Power may be so far above the floor without being speech; the floor
 * itself is looked for only between these two. */
#define ABOVE_FLOOR 10.0
#define ABOVE_FLOOR_CAPTIONED 5.0
#define STAYS_ABOVE 4.0 /* less once it is speech */
#define FLOOR_MIN (-65.0)
#define FLOOR_MAX (-42.0)

/* Butterworth of second order by the bilinear transform (R. Bristow-Johnson's cookbook). */
static struct duck_filter filter_of(double hz, bool high_pass)
{
    double w = 2 * M_PI * hz / RATE, alpha = sin(w) / M_SQRT2, c = cos(w), a0 = 1 + alpha;
    double side = (high_pass ? 1 + c : 1 - c) / 2;
    return (struct duck_filter){.b0 = side / a0,
                                .b1 = (high_pass ? -2 : 2) * side / a0,
                                .b2 = side / a0,
                                .a1 = -2 * c / a0,
                                .a2 = (1 - alpha) / a0};
}

void duck_init(struct duck *d, double depth_db)
{
    memset(d, 0, sizeof *d);
    d->depth_db = depth_db;
    for (int i = 0; i < 4; i++)
        d->band[i] = filter_of(i < 2 ? LOW_HZ : HIGH_HZ, i < 2);
    for (int i = 0; i < DUCK_FLOOR_SPANS; i++)
        d->quietest[i] = FLOOR_MAX;
}

static double band_power(struct duck *d, const float *x)
{
    double sum = 0;
    for (int i = 0; i < DUCK_HOP; i++) {
        double v = 0.5 * ((double)x[2 * i] + (double)x[2 * i + 1]);
        for (int k = 0; k < 4; k++) {
            struct duck_filter *f = &d->band[k];
            double y = f->b0 * v + f->z1;
            f->z1 = f->b1 * v - f->a1 * y + f->z2;
            f->z2 = f->b2 * v - f->a2 * y;
            v = y;
        }
        sum += v * v;
    }
    return sum / DUCK_HOP;
}

/* The quietest of the last seconds. */
static double floor_of(struct duck *d, double db)
{
    double floor = FLOOR_MAX;
    if (d->span_hops == DUCK_FLOOR_HOPS) {
        memmove(d->quietest + 1, d->quietest, (DUCK_FLOOR_SPANS - 1) * sizeof *d->quietest);
        d->quietest[0] = FLOOR_MAX;
        d->span_hops = 0;
    }
    d->span_hops++;
    d->quietest[0] = fmin(d->quietest[0], db);
    for (int i = 0; i < DUCK_FLOOR_SPANS; i++)
        floor = fmin(floor, d->quietest[i]);
    return fmax(floor, FLOOR_MIN);
}

static bool is_speech(struct duck *d, const float *x, bool captioned)
{
    double power = band_power(d, x), db = 10 * log10((power + d->power) / 2 + 1e-12);
    d->power = power;
    double above = db - floor_of(d, db);
    double enough = captioned ? ABOVE_FLOOR_CAPTIONED : ABOVE_FLOOR;
    d->speaking = above > (d->speaking ? enough - STAYS_ABOVE : enough);
    return d->speaking;
}

void duck_hop(struct duck *d, const float *ahead, bool captioned, float *from, float *to)
{
    if (is_speech(d, ahead, captioned))
        d->speech_left = DUCK_AHEAD + DUCK_HOLD;
    else if (d->speech_left > 0)
        d->speech_left--;
    *from = (float)pow(10, d->db / 20);
    if (d->speech_left > 0)
        d->db = fmax(d->depth_db, d->db + d->depth_db / DUCK_AHEAD);
    else
        d->db = fmin(0, d->db - d->depth_db / DUCK_RELEASE);
    *to = (float)pow(10, d->db / 20);
}
