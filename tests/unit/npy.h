/* SPDX-License-Identifier: GPL-3.0-or-later
 * npy.h - the float32 arrays that numpy saves, for tests. */
#ifndef AIVE_TESTS_NPY_H
#define AIVE_TESTS_NPY_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The numbers of a file of format 1, malloc()ed; NULL: not there. */
static inline float *npy_read(const char *path, size_t *count)
{
    FILE *f = fopen(path, "rb");
    unsigned char head[10];
    float *data = NULL;
    *count = 0;
    if (f && fread(head, 1, sizeof head, f) == sizeof head) {
        long at = 10 + head[8] + 256 * head[9];
        fseek(f, 0, SEEK_END);
        *count = (size_t)(ftell(f) - at) / sizeof *data;
        data = malloc(*count * sizeof *data);
        fseek(f, at, SEEK_SET);
        if (data && fread(data, sizeof *data, *count, f) != *count)
            *count = 0;
    }
    if (f)
        fclose(f);
    return data;
}

#endif
