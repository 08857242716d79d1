/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Few rows (tokens as they come): each weight is read once from memory, multiplied with all
 * rows: gemv. Many: columns of 32 rows or positions are panels, and a task is 64 outputs of some
 * panels. It expands 64 x 192 weights to floats at a time, in any type and either direction, and
 * multiplies them with every panel's 192 numbers, which stay in the first cache meanwhile.
 * How work is cut never depends on the number of threads, so the sums do not either.
 */
#include "nn/block.h"
#include "nn/team.h"

#include <string.h>

#define TILE_OUT 64
#define TILE_IN 192
#define TILE_ROW (TILE_IN + 16) /* rows of a power of two would share the cache's sets */
#define TASK_PANELS 16
#define SLAB_PANELS 8 /* of rows at a time: their sums fit the scratch */
#define FEW_ROWS 16

static size_t weight_row_bytes(const struct linear *l)
{
    size_t numbers = (size_t)(l->across ? l->out : l->in);
    return numbers / dtype_block(l->dtype) * dtype_block_bytes(l->dtype);
}

/* ---- few rows ---- */

struct few {
    const struct crew *crew;
    struct gemv whole;
    bool across;
    enum then then;
    int step; /* outputs of a task */
};

static void few_part(void *user, int task, int thread)
{
    const struct few *f = user;
    const struct kernels *k = f->crew->kernels;
    struct gemv g = f->whole;
    const int first = task * f->step;
    const size_t number = dtype_block_bytes(g.dtype) / dtype_block(g.dtype);
    (void)thread;
    g.out = g.out - first < f->step ? g.out - first : f->step;
    g.w += f->across ? (size_t)first * number : (size_t)first * g.row_bytes;
    g.bias = g.bias ? g.bias + first : NULL;
    g.y += first;
    if (f->across)
        k->gemv_across(&g);
    else
        k->gemv(&g);
    if (f->then >= THEN_GELU_ERF) {
        for (int r = 0; r < g.rows; r++)
            k->gelu(f->then == THEN_GELU_ERF ? GELU_ERF : GELU_TANH, g.y + r * g.y_row,
                    (size_t)g.out);
    }
}

static void few_rows(const struct crew *c, const struct linear *l, const float *x, int x_row,
                     int rows, float *y, int y_row, enum then then)
{
    struct few f = {
        .crew = c,
        .whole = {.w = l->weight,
                  .dtype = l->dtype,
                  .row_bytes = weight_row_bytes(l),
                  .in = l->in,
                  .out = l->out,
                  .bias = l->bias,
                  .x = x,
                  .x_row = x_row,
                  .rows = rows,
                  .y = y,
                  .y_row = y_row,
                  .add = then == THEN_ADD},
        .across = l->across,
        .then = then,
        .step = l->across        ? 128
                : l->in > 2048   ? 32
                : l->out > 16384 ? 256
                                 : 64,
    };
    team_run(c->team, (l->out + f.step - 1) / f.step, few_part, &f);
}

/* ---- panels ---- */

struct many {
    const struct crew *crew;
    const struct linear *linear;
    const float *x; /* [panels][in][32] */
    int panels;
    enum then then;
    float *y; /* in panels: where output 0 of panel 0 goes; in rows: row 0 */
    size_t y_panel;
    int y_row, rows; /* rows > 0: y is [rows][y_row] */
};

/* tile[j][i] (across: tile[i][j]) = weights of outputs `first` on, inputs `from` on. */
static void expand(const struct many *m, int first, int outs, int from, int ins, float *tile)
{
    const struct linear *l = m->linear;
    const size_t row = weight_row_bytes(l), block = dtype_block(l->dtype);
    const size_t bytes = dtype_block_bytes(l->dtype);
    if (l->across) {
        for (int i = 0; i < ins; i++)
            m->crew->kernels->to_f32(l->dtype,
                                     l->weight + (size_t)(from + i) * row + (size_t)first * bytes,
                                     (size_t)outs, tile + (size_t)i * TILE_OUT);
    } else {
        for (int j = 0; j < outs; j++)
            m->crew->kernels->to_f32(
                l->dtype, l->weight + (size_t)(first + j) * row + (size_t)from / block * bytes,
                (size_t)ins, tile + (size_t)j * TILE_ROW);
    }
}

static void begin_sums(const struct linear *l, int first, int outs, bool add, float *c)
{
    for (int j = 0; j < outs; j++) {
        const float bias = l->bias ? l->bias[first + j] : 0;
        for (int i = 0; i < PANEL; i++)
            c[j * PANEL + i] = (add ? c[j * PANEL + i] : 0) + bias;
    }
}

static void end_sums(const struct many *m, int outs, float *c)
{
    if (m->then >= THEN_GELU_ERF)
        m->crew->kernels->gelu(m->then == THEN_GELU_ERF ? GELU_ERF : GELU_TANH, c,
                               (size_t)outs * PANEL);
}

/* c[panel] = outputs first .. first + outs of the panels from `panel` on; c of a panel is `step`
 * floats behind that of the one before. */
static void multiply(const struct many *m, int first, int outs, int panel, int panels, float *tile,
                     float *c, size_t step)
{
    const struct linear *l = m->linear;
    for (int from = 0; from < l->in; from += TILE_IN) {
        const int ins = l->in - from < TILE_IN ? l->in - from : TILE_IN;
        expand(m, first, outs, from, ins, tile);
        for (int p = 0; p < panels; p++) {
            float *sums = c + (size_t)p * step;
            if (from == 0)
                begin_sums(l, first, outs, m->then == THEN_ADD && m->rows == 0, sums);
            const struct product product = {
                .a = tile,
                .a_row = l->across ? 1 : TILE_ROW,
                .a_k = l->across ? TILE_OUT : 1,
                .a_block = PANEL * (l->across ? TILE_OUT : 1),
                .b = m->x + ((size_t)(panel + p) * (size_t)l->in + (size_t)from) * PANEL,
                .b_k = PANEL,
                .m = outs,
                .k = ins,
                .c = sums,
                .c_row = PANEL,
                .add = true,
            };
            m->crew->kernels->product(&product);
            if (from + ins == l->in)
                end_sums(m, outs, sums);
        }
    }
}

static void panels_part(void *user, int task, int thread)
{
    const struct many *m = user;
    const int tiles = (m->linear->out + TILE_OUT - 1) / TILE_OUT;
    const int first = task % tiles * TILE_OUT, panel = task / tiles * TASK_PANELS;
    const int outs = m->linear->out - first < TILE_OUT ? m->linear->out - first : TILE_OUT;
    const int panels = m->panels - panel < TASK_PANELS ? m->panels - panel : TASK_PANELS;
    multiply(m, first, outs, panel, panels, crew_scratch(m->crew, thread),
             m->y + (size_t)panel * m->y_panel + (size_t)first * PANEL, m->y_panel);
}

void linear_panels(const struct crew *c, const struct linear *l, const float *x, int panels,
                   float *y, int y_width, int first, enum then then)
{
    struct many m = {.crew = c,
                     .linear = l,
                     .x = x,
                     .panels = panels,
                     .then = then,
                     .y = y + (size_t)first * PANEL,
                     .y_panel = (size_t)y_width * PANEL};
    const int tiles = (l->out + TILE_OUT - 1) / TILE_OUT;
    team_run(c->team, tiles * ((panels + TASK_PANELS - 1) / TASK_PANELS), panels_part, &m);
}

/* ---- many rows ---- */

static void rows_part(void *user, int task, int thread)
{
    const struct many *m = user;
    const int first = task * TILE_OUT;
    const int outs = m->linear->out - first < TILE_OUT ? m->linear->out - first : TILE_OUT;
    float *tile = crew_scratch(m->crew, thread), *sums = tile + (size_t)TILE_OUT * TILE_ROW;
    multiply(m, first, outs, 0, m->panels, tile, sums, (size_t)TILE_OUT * PANEL);
    for (int r = 0; r < m->rows; r++) {
        const float *from = sums + ((size_t)(r / PANEL) * TILE_OUT) * PANEL + r % PANEL;
        float *y = m->y + (size_t)r * (size_t)m->y_row + first;
        for (int j = 0; j < outs; j++)
            y[j] = (m->then == THEN_ADD ? y[j] : 0) + from[j * PANEL];
    }
}

/* x [rows][x_row] as panels, zeros where rows end. */
static void pack(const float *x, int x_row, int rows, int width, float *out)
{
    for (int p = 0; p * PANEL < rows; p++) {
        const int some = rows - p * PANEL < PANEL ? rows - p * PANEL : PANEL;
        float *panel = out + (size_t)p * (size_t)width * PANEL;
        for (int r = 0; r < PANEL; r++) {
            const float *from =
                x + ((size_t)p * PANEL + (size_t)(r < some ? r : 0)) * (size_t)x_row;
            for (int i = 0; i < width; i++)
                panel[(size_t)i * PANEL + r] = r < some ? from[i] : 0;
        }
    }
}

static void slab(const struct crew *c, const struct linear *l, const float *x, int x_row, int rows,
                 float *y, int y_row, enum then then)
{
    const int panels = (rows + PANEL - 1) / PANEL;
    pack(x, x_row, rows, l->in, c->packed);
    struct many m = {.crew = c,
                     .linear = l,
                     .x = c->packed,
                     .panels = panels,
                     .then = then,
                     .y = y,
                     .y_row = y_row,
                     .rows = rows};
    team_run(c->team, (l->out + TILE_OUT - 1) / TILE_OUT, rows_part, &m);
}

void linear_rows(const struct crew *c, const struct linear *l, const float *x, int x_row, int rows,
                 float *y, int y_row, enum then then)
{
    const int most = rows > FEW_ROWS ? SLAB_PANELS * PANEL : GEMV_ROWS_MAX;
    for (int r = 0; r < rows; r += most) {
        const int some = rows - r < most ? rows - r : most;
        const float *from = x + (size_t)r * (size_t)x_row;
        float *to = y + (size_t)r * (size_t)y_row;
        if (most > GEMV_ROWS_MAX)
            slab(c, l, from, x_row, some, to, y_row, then);
        else
            few_rows(c, l, from, x_row, some, to, y_row, then);
    }
}
