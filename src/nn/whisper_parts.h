/* SPDX-License-Identifier: GPL-3.0-or-later
 * whisper_parts.h - what whisper_*.c share. */
#ifndef AIVE_NN_WHISPER_PARTS_H
#define AIVE_NN_WHISPER_PARTS_H

#include "nn/block.h"
#include "nn/whisper.h"

#define WHISPER_EPSILON 1e-5f
#define WHISPER_MLP 4 /* times the width */

struct whisper_attention {
    struct norm norm;
    struct linear query, key, value, out;
};

struct whisper_block {
    struct whisper_attention self, cross; /* cross: the decoder's only */
    struct norm mlp_norm;
    struct linear mlp_in, mlp_out;
};

struct whisper_conv {      /* three positions wide */
    const uint8_t *weight; /* [out][in][3] */
    enum dtype dtype;
    int in, out;
    const float *bias;
};

struct whisper {
    struct whisper_config config;
    const struct weights *weights;
    struct floats floats;
    bool half; /* keys and values are kept in f16 */
    struct whisper_conv conv1, conv2;
    const float *audio_positions; /* [audio_ctx][audio_width] */
    struct whisper_block *encoder, *decoder;
    struct norm encoder_norm, decoder_norm;
    struct linear tokens;        /* the embedding as the map to logits */
    const float *text_positions; /* [text_ctx][text_width] */
};

/* Keys of a layer: [head][panel][head width][32 positions]; values:
 * [head][head width / 32][position][32]. So both of a head's products run over memory in order. */
struct whisper_cross {
    void *keys, *values;
};

struct whisper_capture { /* of attention weights, for whisper_attention() */
    const struct whisper_head *heads;
    int count;
    float *weights;
};

struct whisper_run {
    const struct whisper *model;
    struct crew crew;
    int beams;

    int positions, panels;       /* of the last whisper_encode(); 0: none */
    float *x, *h, *wide;         /* encoder: [panels][width or 4 * width][32] */
    float *features;             /* [audio_ctx][audio_width] */
    struct whisper_cross *cross; /* [text_layers] */

    struct cache *self; /* [text_layers] */
    int sequences, length;
    size_t *at[WHISPER_BEAMS_MAX];       /* [text_ctx], of each sequence: where in `self` */
    size_t *other_at[WHISPER_BEAMS_MAX]; /* spare ones, for whisper_fork() */
    float *rows_x, *rows_h, *rows_wide;  /* decoder: [text_ctx][width or 4 * width] */
    struct attend_row *rows;             /* [text_ctx] */
    struct whisper_capture capture;
};

bool whisper_load(struct whisper *m, const struct weights *w, struct err *e);
bool whisper_config_check(const struct whisper_config *c, struct err *e);

int whisper_head_width_padded(const struct whisper *m); /* of the decoder, to whole panels */
int whisper_panels_max(const struct whisper_config *c);
size_t whisper_encoder_scratch(const struct whisper *m); /* floats for each thread */
size_t whisper_decoder_scratch(const struct whisper *m);
size_t whisper_wide_size(const struct whisper_config *c); /* floats of run->wide */

#endif
