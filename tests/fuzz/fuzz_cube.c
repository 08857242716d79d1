/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a table of colours: whatever is taken gives finite colours for colours in and out of
 * its domain. */
#include "effects/cube.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const double colours[][3] = {{0, 0, 0},       {1, 1, 1},      {0.3, 0.7, 0.1},
                                        {0.9, 0.2, 0.4}, {-1e9, 5, 1e9}, {0.1, 0.5, 0.8}};
    struct cube c;
    struct err e = {0};
    if (!cube_parse((const char *)data, size, &c, &e)) {
        if (e.code == ERR_NONE || c.values)
            abort();
        return 0;
    }
    for (size_t i = 0; i < sizeof colours / sizeof colours[0]; i++) {
        double out[3];
        cube_apply(&c, colours[i], out);
        for (int k = 0; k < 3; k++)
            if (!isfinite(out[k]) || fabs(out[k]) > 2e6)
                abort();
    }
    cube_finish(&c);
    return 0;
}
