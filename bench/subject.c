/* SPDX-License-Identifier: GPL-3.0-or-later
 * subject.c - what the search for the subject costs: CPU time a picture of 320x180 at 30 a second,
 * and at the end of a minute. Three kinds of film: nothing to see, a room that stands still, and
 * one where all of it moves. The last one is the dearest: everything in it may be a face.
 */
#include "analysis/subject.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDTH 320
#define HEIGHT 180
#define PICTURES 1800

static double cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Light and dark of all sizes, `shift` samples further to the left. */
static void draw(uint8_t *px, double shift)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            double v = 120, u = x + shift;
            for (int k = 1; k <= 16; k *= 2)
                v += 60.0 / k * sin(u * k / 37.0 + y * k / 53.0 * (k % 3 ? 1 : -1)) *
                     cos(y * k / 29.0 - u * k / 71.0);
            *px++ = (uint8_t)fmin(fmax(v, 16), 235);
        }
}

static void measure(const char *name, uint8_t *px, bool texture, double speed)
{
    struct err e = {0};
    struct small_picture p = {WIDTH,
                              HEIGHT,
                              {px, px + WIDTH * HEIGHT, px + WIDTH * HEIGHT * 5 / 4},
                              {WIDTH, WIDTH / 2, WIDTH / 2}};
    struct subject *s = subject_create(SUBJECT_DEFAULTS, &e);
    struct subject_path path = {0};
    double pushing = 0;
    memset(px, 128, WIDTH * HEIGHT * 3 / 2);
    if (texture)
        draw(px, 0);
    for (int i = 0; s && i < PICTURES; i++) {
        if (texture && speed > 0)
            draw(px, i * speed);
        double begun = cpu_ms();
        if (!subject_push(s, &p, i / 30.0, &e))
            break;
        pushing += cpu_ms() - begun;
    }
    double begun = cpu_ms();
    if (s && subject_finish(s, NULL, 0, &path, &e))
        printf("%-24s %6.3f ms a picture, %6.1f ms at the end of a minute\n", name,
               pushing / PICTURES, cpu_ms() - begun);
    subject_path_finish(&path);
    subject_destroy(s);
}

int main(void)
{
    uint8_t *px = malloc(WIDTH * HEIGHT * 3 / 2);
    if (!px)
        return 1;
    measure("grey", px, false, 0);
    measure("stands still", px, true, 0);
    measure("moves", px, true, 1.7);
    free(px);
    return 0;
}
