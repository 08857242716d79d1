/* SPDX-License-Identifier: GPL-3.0-or-later
 * gpt2_parts.h - what gpt2*.c share. */
#ifndef AIVE_NN_GPT2_PARTS_H
#define AIVE_NN_GPT2_PARTS_H

#include "nn/block.h"
#include "nn/gpt2.h"

struct gpt2_block {
    struct norm attend_norm, mlp_norm;
    struct linear attend_in, attend_out; /* in: queries, keys and values side by side */
    struct linear mlp_in, mlp_out;
};

struct gpt2 {
    struct gpt2_config config;
    struct floats floats;
    struct linear tokens; /* the embedding as the map to logits */
    const float *positions;
    struct gpt2_block *blocks;
    struct norm norm;
};

#endif
