/* SPDX-License-Identifier: GPL-3.0-or-later
 * toy_model.h - small random models for tests: tensors by name, and the safetensors file of them.
 */
#ifndef AIVE_TESTS_TOY_MODEL_H
#define AIVE_TESTS_TOY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct weights;

struct toy_tensor {
    char name[96];
    int dims[3], ndim;
    float *data; /* as the file will have it, so rounded to half where `half` */
    size_t count;
};

struct toy {
    struct toy_tensor tensors[512];
    int count;
    bool half; /* 2-D tensors are stored as F16 */
    uint64_t seed;
    uint8_t *file;
};

/* Adds a tensor of random numbers about +-size (plus `base`); dims end with 0. */
void toy_add(struct toy *t, const char *name, const int *dims, float size, float base);
const struct toy_tensor *toy_find(const struct toy *t,
                                  const char *name); /* exits if it is not there */
struct weights *toy_weights(struct toy *t);          /* of a file in memory */
void toy_finish(struct toy *t);

struct whisper_config;
struct gpt2_config;
void toy_whisper(struct toy *t, const struct whisper_config *c); /* with Hugging Face's names */
void toy_gpt2(struct toy *t, const struct gpt2_config *c);

#endif
