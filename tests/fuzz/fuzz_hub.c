/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a hub's list of files: what is taken of it has plain names and sizes that add up. */
#include "core/files.h"
#include "models/hub.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct hub_model m;
    int64_t sum = 0;
    arena_init(&a, 64 << 20);
    if (hub_model_read((const char *)data, size, &a, &m, NULL)) {
        for (size_t i = 0; i < m.count; i++) {
            if (!file_name_ok(m.files[i].name) || m.files[i].size < 0)
                abort();
            sum += m.files[i].size;
        }
        if (m.count < 2 || sum != m.bytes)
            abort();
    }
    arena_finish(&a);
    return 0;
}
