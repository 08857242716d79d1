/* SPDX-License-Identifier: GPL-3.0-or-later
 * Input: lines "Range", "If-Range", "If-None-Match", "If-Modified-Since" in this order. A range
 * that is granted must lie inside the file, whatever its size.
 */
#include "api/range.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t sizes[] = {0, 1, 100, UINT64_MAX / 2};
    struct arena a;
    arena_init(&a, 1 << 22);
    char *lines[4] = {0}, *rest = arena_strndup(&a, (const char *)data, size);
    for (size_t i = 0; i < 4 && rest; i++)
        lines[i] = strsep(&rest, "\n");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint64_t first = 0, last = 0;
        if (range_parse(lines[0], sizes[i], &first, &last) == RANGE_ONE &&
            (first > last || last >= sizes[i]))
            abort();
    }
    if (lines[1] && lines[2] && lines[3]) {
        bool strong = etag_listed(lines[2], "\"e1\"", false);
        if (strong && !etag_listed(lines[2], "\"e1\"", true))
            abort();
        char text[30];
        time_t t = http_date_parse(lines[3]);
        if (t != (time_t)-1)
            http_date(t, text);
    }
    arena_finish(&a);
    return 0;
}
