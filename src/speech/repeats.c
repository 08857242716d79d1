/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/repeats.h"

#include <stdlib.h>
#include <zlib.h>

#define LENGTH_MAX 40   /* tokens of a sentence that is said again */
#define LOOP_TOKENS 12  /* that a loop has at least */

double compression_ratio(const char *text, size_t len)
{
    uLongf packed = compressBound((uLong)len);
    Bytef *out = len > 0 ? malloc(packed) : NULL;
    if (!out)
        return 0;
    int rc = compress(out, &packed, (const Bytef *)text, (uLong)len);
    free(out);
    return rc == Z_OK ? (double)len / (double)packed : 0;
}

struct repeat find_repeat(const int32_t *tokens, int n)
{
    struct repeat best = {0, n, 1};
    int covered = 0;
    for (int length = 1; length <= LENGTH_MAX && 2 * length <= n; length++) {
        int run = 0; /* tokens in a row that are those of `length` before */
        for (int i = length; i < n; i++) {
            run = tokens[i] == tokens[i - length] ? run + 1 : 0;
            int times = run / length + 1;
            if (times > 1 && times * length > covered) {
                covered = times * length;
                best = (struct repeat){i + 1 - length - run, length, times};
            }
        }
    }
    return best;
}

bool repeat_is_loop(const struct repeat *r)
{
    return r->times >= 4 && r->times * r->length >= LOOP_TOKENS;
}
