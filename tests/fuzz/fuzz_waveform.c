/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a waveform: what is taken is written back as the same bytes, and can be zoomed. */
#include "analysis/waveform.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct waveform w, z;
    struct buf b;
    if (!waveform_read_dat(data, size, &w, NULL))
        return 0;
    buf_init(&b, size + 64);
    if (!waveform_write_dat(&w, 16, &b) || b.len != size || memcmp(b.data, data, size) != 0)
        abort();
    if (waveform_zoom(&w, 4096, &z, NULL)) {
        if (z.length > w.length || z.samples_per_pixel % w.samples_per_pixel != 0)
            abort();
        waveform_free(&z);
    }
    buf_finish(&b);
    waveform_free(&w);
    return 0;
}
