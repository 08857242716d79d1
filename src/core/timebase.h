/* SPDX-License-Identifier: GPL-3.0-or-later
 * timebase.h - exact time. Inside aive a time or a duration is a whole number of ticks.
 *
 * 1 s = 705,600,000 ticks: 24, 25, 30, 50, 60, 90, 100 and 120 fps, 44.1, 48 and 96 kHz and
 * the 90 kHz clock of MPEG all divide it, and 1000/1001 rates are off by less than a nanosecond a
 * frame (the unit is known as a "flick"). Names end in _ticks. Seconds as doubles live only in
 * JSON. Range: +-414 years.
 */
#ifndef AIVE_CORE_TIMEBASE_H
#define AIVE_CORE_TIMEBASE_H

#include <math.h>
#include <stdint.h>

#define TICKS_PER_SECOND INT64_C(705600000)

/* Products of ticks need 128 bits. */
__extension__ typedef __int128 ticks_wide;

/* a * num / den, rounded to nearest (half away from zero), exact in between; den > 0. */
static inline int64_t ticks_scale(int64_t a, int64_t num, int64_t den)
{
    ticks_wide x = (ticks_wide)a * num;
    ticks_wide half = den / 2;
    return (int64_t)((x >= 0 ? x + half : x - half) / den);
}

/* The same rounded down (towards minus infinity). */
static inline int64_t ticks_scale_floor(int64_t a, int64_t num, int64_t den)
{
    ticks_wide x = (ticks_wide)a * num;
    ticks_wide q = x / den;
    return (int64_t)(x % den < 0 ? q - 1 : q);
}

static inline int64_t ticks_from_seconds(double s)
{
    return (int64_t)llround(s * (double)TICKS_PER_SECOND);
}

static inline double ticks_to_seconds(int64_t t)
{
    return (double)t / (double)TICKS_PER_SECOND;
}

#endif
