/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/whisper.h"

#include "nn/whisper_parts.h"

#include <stdlib.h>

struct whisper *whisper_open(const struct weights *w, const struct whisper_config *c, struct err *e)
{
    if (!whisper_config_check(c, e))
        return NULL;
    struct whisper *m = calloc(1, sizeof *m);
    if (m) {
        m->config = *c;
        m->weights = w;
        m->encoder = calloc((size_t)c->audio_layers, sizeof *m->encoder);
        m->decoder = calloc((size_t)c->text_layers, sizeof *m->decoder);
    }
    if (!m || !m->encoder || !m->decoder)
        err_set(e, ERR_NO_MEMORY, "no memory for a speech model");
    else if (whisper_load(m, w, e))
        return m;
    whisper_destroy(m);
    return NULL;
}

void whisper_destroy(struct whisper *m)
{
    if (!m)
        return;
    floats_finish(&m->floats);
    free(m->encoder);
    free(m->decoder);
    free(m);
}

const struct whisper_config *whisper_config(const struct whisper *m)
{
    return &m->config;
}

static float *floats(size_t a, size_t b)
{
    return calloc(a * b, sizeof(float));
}

static bool alloc_audio(struct whisper_run *run)
{
    const struct whisper_config *c = &run->model->config;
    const size_t columns = (size_t)whisper_panels_max(c) * PANEL, width = (size_t)c->audio_width;
    const size_t padded = (size_t)whisper_head_width_padded(run->model) * (size_t)c->text_heads;
    const size_t number = run->model->half ? 2 : sizeof(float);
    run->x = floats(columns, width);
    run->h = floats(columns, width);
    run->wide = floats(whisper_wide_size(c), 1);
    run->features = floats((size_t)c->audio_ctx, width);
    run->cross = calloc((size_t)c->text_layers, sizeof *run->cross);
    bool ok = run->x && run->h && run->wide && run->features && run->cross;
    for (int i = 0; ok && i < c->text_layers; i++) {
        run->cross[i].keys = calloc(columns * (size_t)c->text_width, number);
        run->cross[i].values = calloc(columns * padded, number);
        ok = run->cross[i].keys && run->cross[i].values;
    }
    return ok;
}

static bool alloc_text(struct whisper_run *run, struct err *e)
{
    const struct whisper_config *c = &run->model->config;
    const size_t rows = (size_t)c->text_ctx, width = (size_t)c->text_width;
    run->rows_x = floats(rows, width);
    run->rows_h = floats(rows, width);
    run->rows_wide = floats(rows, WHISPER_MLP * width);
    run->rows = calloc(rows, sizeof *run->rows);
    run->self = calloc((size_t)c->text_layers, sizeof *run->self);
    bool ok = run->rows_x && run->rows_h && run->rows_wide && run->rows && run->self;
    for (int i = 0; ok && i < run->beams; i++) {
        run->at[i] = calloc(rows, sizeof **run->at);
        run->other_at[i] = calloc(rows, sizeof **run->other_at);
        ok = run->at[i] && run->other_at[i];
    }
    for (int i = 0; ok && i < c->text_layers; i++)
        ok = cache_init(&run->self[i], c->text_ctx, run->beams, c->text_width, run->model->half, e);
    return ok;
}

struct whisper_run *whisper_run_create(const struct whisper *m, struct team *team, int beams,
                                       struct err *e)
{
    const struct whisper_config *c = &m->config;
    if (beams < 1 || beams > WHISPER_BEAMS_MAX) {
        err_set(e, ERR_INVALID, "%d beams: 1 to %d are possible", beams, WHISPER_BEAMS_MAX);
        return NULL;
    }
    size_t encoder = whisper_encoder_scratch(m), decoder = whisper_decoder_scratch(m);
    struct whisper_run *run = calloc(1, sizeof *run);
    if (run) {
        run->model = m;
        run->beams = beams;
        if (crew_init(&run->crew, team, encoder > decoder ? encoder : decoder,
                      WHISPER_MLP * c->text_width, e) &&
            alloc_audio(run) && alloc_text(run, e))
            return run;
    }
    whisper_run_destroy(run);
    err_set(e, ERR_NO_MEMORY, "no memory to run a speech model");
    return NULL;
}

void whisper_run_destroy(struct whisper_run *run)
{
    if (!run)
        return;
    for (int i = 0; i < run->model->config.text_layers; i++) {
        if (run->cross) {
            free(run->cross[i].keys);
            free(run->cross[i].values);
        }
        if (run->self)
            cache_finish(&run->self[i]);
    }
    for (int i = 0; i < run->beams; i++) {
        free(run->at[i]);
        free(run->other_at[i]);
    }
    free(run->x);
    free(run->h);
    free(run->wide);
    free(run->features);
    free(run->cross);
    free(run->rows_x);
    free(run->rows_h);
    free(run->rows_wide);
    free(run->rows);
    free(run->self);
    crew_finish(&run->crew);
    free(run);
}
