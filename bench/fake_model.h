/* SPDX-License-Identifier: GPL-3.0-or-later
 * fake_model.h - model files of true size with random weights, for what only size and shape matter
 * to. Each is written to an open file. */
#ifndef AIVE_BENCH_FAKE_MODEL_H
#define AIVE_BENCH_FAKE_MODEL_H

#include "nn/dtype.h"

#include <stdbool.h>
#include <stdio.h>

struct fake_speech {
    const char *name;
    int width, heads, layers, vocab, mels;
};

bool fake_whisper(FILE *f, const struct fake_speech *s,
                  enum dtype dtype);                                /* F32, F16, Q8_0, Q5_1 */
bool fake_gpt2(FILE *f, int width, int layers, int vocab, int ctx); /* F16 */

#endif
