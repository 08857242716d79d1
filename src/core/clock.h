/* SPDX-License-Identifier: GPL-3.0-or-later
 * clock.h - wall time for what people and rows see, monotonic time for what must not jump.
 */
#ifndef AIVE_CORE_CLOCK_H
#define AIVE_CORE_CLOCK_H

#include <stdint.h>

#define CLOCK_ISO_SIZE 36

int64_t clock_now_us(void);  /* microseconds since 1970, UTC */
int64_t clock_mono_ms(void); /* milliseconds, never backwards, goes on in suspend (BOOTTIME) */
double clock_cpu_s(void);    /* CPU seconds of this process, user + system */

/* ISO 8601 in UTC as pydantic 2 writes it: 2026-11-22T06:12:21.236421Z, without the fraction when
 * it is zero. */
void clock_iso(int64_t us, char out[CLOCK_ISO_SIZE]);

/* 20261122_061221, for file names. */
void clock_stamp(int64_t us, char out[16]);

#endif
