/* SPDX-License-Identifier: GPL-3.0-or-later
 * config.json of Whisper and GPT-2 models: whatever is accepted has sizes that can be. */
#include "nn/gpt2.h"
#include "nn/whisper.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct whisper_config w;
    struct gpt2_config g;
    struct err e;
    if (whisper_config_from_json((const char *)data, size, &w, &e) &&
        (w.text_width % w.text_heads || w.audio_layers < 1 || w.audio_layers > 256))
        abort();
    if (gpt2_config_from_json((const char *)data, size, &g, &e) &&
        (g.width % g.heads || g.layers < 1 || !(g.epsilon > 0)))
        abort();
    return 0;
}
