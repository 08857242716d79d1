/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_now_us(void)
{
    return read_ns(CLOCK_REALTIME) / 1000;
}

int64_t clock_mono_ms(void)
{
    return read_ns(CLOCK_BOOTTIME) / 1000000;
}

double clock_cpu_s(void)
{
    return (double)read_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
}

static struct tm split(int64_t us, int *fraction)
{
    int64_t s = us / 1000000, f = us % 1000000;
    if (f < 0) {
        f += 1000000;
        s--;
    }
    time_t t = (time_t)s;
    struct tm tm;
    gmtime_r(&t, &tm);
    *fraction = (int)f;
    return tm;
}

void clock_iso(int64_t us, char out[CLOCK_ISO_SIZE])
{
    int fraction;
    struct tm tm = split(us, &fraction);
    size_t n = strftime(out, CLOCK_ISO_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    if (fraction)
        n += (size_t)snprintf(out + n, CLOCK_ISO_SIZE - n, ".%06d", fraction);
    snprintf(out + n, CLOCK_ISO_SIZE - n, "Z");
}

void clock_stamp(int64_t us, char out[16])
{
    int fraction;
    struct tm tm = split(us, &fraction);
    strftime(out, 16, "%Y%m%d_%H%M%S", &tm);
}
