/* SPDX-License-Identifier: GPL-3.0-or-later
 * tone.c - HDR and wide colours as bt709 SDR, through a table over Y, Cb and Cr.
 *
 * The curve, for each node of the table:
 *   - to light in nits: PQ after SMPTE ST 2084; HLG after BT.2100 with its OOTF for a display of
 *     1000 nits (gamma 1.2); SDR with bt2020 primaries by gamma 2.4 (BT.1886);
 *   - bt2020 to bt709 primaries (BT.2087);
 *   - the largest of R, G, B, in either primaries, goes through the EETF of BT.2390-8 section 5.4.1
 *     (no black lift) from the film's peak to WHITE_NITS, and all three are multiplied by what that
 *     does to it, so that hue and saturation stay and nothing is clipped. Below the knee (165 nits
 *     for a film of 1000) light stays as it is; diffuse white, 203 nits after BT.2408, comes to
 *     78..84 % of the signal;
 *   - what lies outside of bt709 moves towards the grey of its own luminance just as far as it
 * must;
 *   - to the signal by gamma 1/2.4, the inverse of BT.1886, and to bt709 YCbCr.
 * A film's peak is what it says of itself (MaxCLL, else the mastering display), rounded up to 1000,
 * 2000 or 4000 nits; 4000 where it says nothing.
 */
#include "media/tone.h"

#include "media/av.h"
#include "media/colour.h"

#include <libavutil/mastering_display_metadata.h>

#include <math.h>
#include <stdalign.h>
#include <stdlib.h>

/* Nodes stand 16 codes of luma and 32 codes of chroma apart (10 bits), the last one at 1024. */
#define Y_STEP_BITS 4
#define C_STEP_BITS 5
#define Y_NODES 65
#define C_NODES 33
#define COLUMNS (C_NODES * C_NODES)

/* Y, Cb and Cr of a node, 8-bit codes; the fourth is not used. */
typedef float node __attribute__((vector_size(16)));

#define WHITE_NITS 300.0
#define SDR_GAMMA 2.4

struct kind {
    int transfer; /* 16 PQ, 18 HLG, 0 SDR */
    int matrix;
    int peak_nits;
    bool wide; /* bt2020 primaries */
};

struct tone_mapper {
    struct kind kind; /* of the table; peak 0: none yet */
    node table[COLUMNS][Y_NODES];
};

struct rgb {
    double r, g, b;
};

struct tone_mapper *tone_mapper_create(struct err *e)
{
    struct tone_mapper *t = aligned_alloc(alignof(struct tone_mapper), sizeof *t);

    if (t)
        t->kind = (struct kind){0};
    else
        err_set(e, ERR_NO_MEMORY, "no memory to convert colours");
    return t;
}

void tone_mapper_destroy(struct tone_mapper *t)
{
    free(t);
}

/* --- What a picture is --- */
static int transfer_of(const struct picture *p)
{
    return p->colour_transfer == AVCOL_TRC_SMPTE2084 || p->colour_transfer == AVCOL_TRC_ARIB_STD_B67
               ? p->colour_transfer
               : 0;
}

bool tone_needed(const struct picture *p)
{
    return transfer_of(p) != 0 || p->colour_primaries == AVCOL_PRI_BT2020;
}

static double claimed_peak(const struct picture *p)
{
    const AVFrame *f = picture_frame(p);
    const AVFrameSideData *light, *master;

    light = f ? av_frame_get_side_data(f, AV_FRAME_DATA_CONTENT_LIGHT_LEVEL) : NULL;
    if (light && ((const AVContentLightMetadata *)(const void *)light->data)->MaxCLL > 0)
        return ((const AVContentLightMetadata *)(const void *)light->data)->MaxCLL;
    master = f ? av_frame_get_side_data(f, AV_FRAME_DATA_MASTERING_DISPLAY_METADATA) : NULL;
    if (master) {
        const AVMasteringDisplayMetadata *m = (const void *)master->data;
        if (m->has_luminance && m->max_luminance.num > 0 && m->max_luminance.den > 0)
            return av_q2d(m->max_luminance);
    }
    return 4000;
}

static struct kind kind_of(const struct picture *p)
{
    struct kind k = {.transfer = transfer_of(p), .matrix = colour_matrix_of(p)};
    double peak = k.transfer == AVCOL_TRC_SMPTE2084 ? claimed_peak(p) : 1000;

    k.peak_nits = peak <= 1000 ? 1000 : peak <= 2000 ? 2000 : 4000;
    /* HDR that does not name its primaries has those of BT.2100. */
    k.wide = p->colour_primaries == AVCOL_PRI_BT2020 ||
             (k.transfer != 0 && p->colour_primaries != AVCOL_PRI_BT709);
    return k;
}

static bool same_kind(const struct kind *a, const struct kind *b)
{
    return a->transfer == b->transfer && a->matrix == b->matrix && a->peak_nits == b->peak_nits &&
           a->wide == b->wide;
}

/* --- Light --- */
#define PQ_M1 (2610.0 / 16384)
#define PQ_M2 (2523.0 / 4096 * 128)
#define PQ_C1 (3424.0 / 4096)
#define PQ_C2 (2413.0 / 4096 * 32)
#define PQ_C3 (2392.0 / 4096 * 32)

static double nits_from_pq(double signal)
{
    double p = pow(signal, 1 / PQ_M2);

    return 10000 * pow(fmax(p - PQ_C1, 0) / (PQ_C2 - PQ_C3 * p), 1 / PQ_M1);
}

static double pq_from_nits(double nits)
{
    double y = pow(nits / 10000, PQ_M1);

    return pow((PQ_C1 + PQ_C2 * y) / (1 + PQ_C3 * y), PQ_M2);
}

/* BT.2100 table 5: scene light 0..1 of a signal. */
static double scene_from_hlg(double signal)
{
    const double a = 0.17883277, b = 0.28466892, c = 0.55991073;

    return signal <= 0.5 ? signal * signal / 3 : (exp((signal - c) / a) + b) / 12;
}

static struct rgb times(struct rgb x, double k)
{
    return (struct rgb){x.r * k, x.g * k, x.b * k};
}

static struct rgb each(struct rgb x, double (*f)(double))
{
    return (struct rgb){f(x.r), f(x.g), f(x.b)};
}

static double largest(struct rgb x)
{
    return fmax(x.r, fmax(x.g, x.b));
}

static double sdr_light(double signal)
{
    return pow(signal, SDR_GAMMA) * WHITE_NITS;
}

/* Signal 0..1 to nits on the display it was made for. */
static struct rgb light_of(const struct kind *k, struct rgb signal)
{
    struct rgb x;

    switch (k->transfer) {
    case AVCOL_TRC_SMPTE2084:
        return each(signal, nits_from_pq);
    case AVCOL_TRC_ARIB_STD_B67:
        x = each(signal, scene_from_hlg);
        return times(x, 1000 * pow(0.2627 * x.r + 0.6780 * x.g + 0.0593 * x.b, 0.2));
    default:
        return each(signal, sdr_light);
    }
}

/* BT.2390-8 section 5.4.1, without its black level lift. */
static double eetf(double nits, double peak)
{
    double scale = pq_from_nits(peak), top = pq_from_nits(WHITE_NITS) / scale;
    double knee = 1.5 * top - 0.5, e = fmin(pq_from_nits(nits) / scale, 1), t, t2, t3;

    if (e <= knee)
        return nits;
    t = (e - knee) / (1 - knee);
    t2 = t * t;
    t3 = t2 * t;
    e = (2 * t3 - 3 * t2 + 1) * knee + (t3 - 2 * t2 + t) * (1 - knee) + (-2 * t3 + 3 * t2) * top;
    return nits_from_pq(e * scale);
}

/* BT.2087 */
static struct rgb bt709_from_bt2020(struct rgb x)
{
    return (struct rgb){1.6605 * x.r - 0.5876 * x.g - 0.0728 * x.b,
                        -0.1246 * x.r + 1.1329 * x.g - 0.0083 * x.b,
                        -0.0182 * x.r - 0.1006 * x.g + 1.1187 * x.b};
}

/* How far x may go from grey before it leaves 0..1; 1: all the way. */
static double room(double x, double grey)
{
    if (x < 0)
        return grey / (grey - x);
    return x > 1 && x > grey ? (1 - grey) / (x - grey) : 1;
}

/* Moves x, 0..1 of white, towards the grey of its luminance until it is inside. */
static struct rgb into_gamut(struct rgb x)
{
    double grey = 0.2126 * x.r + 0.7152 * x.g + 0.0722 * x.b, keep;

    grey = fmin(fmax(grey, 0), 1);
    keep = fmin(room(x.r, grey), fmin(room(x.g, grey), room(x.b, grey)));
    return (struct rgb){grey + (x.r - grey) * keep, grey + (x.g - grey) * keep,
                        grey + (x.b - grey) * keep};
}

static double sdr_signal(double light)
{
    return pow(fmin(fmax(light, 0), 1), 1 / SDR_GAMMA);
}

/* A colour of the film, as signal, to the bt709 signal. */
static struct rgb map_colour(const struct kind *k, struct rgb signal)
{
    struct rgb x = light_of(k, signal);
    double most = largest(x);

    if (k->wide)
        x = bt709_from_bt2020(x);
    most = fmax(most, largest(x));
    if (k->transfer != 0 && most > 0)
        x = times(x, eetf(most, k->peak_nits) / most);
    return each(into_gamut(times(x, 1 / WHITE_NITS)), sdr_signal);
}

/* --- The table --- */
static double unit(double x)
{
    return fmin(fmax(x, 0), 1);
}

static struct rgb rgb_of(const struct colour_matrix *m, double y, double cb, double cr)
{
    double r = y + 2 * (1 - m->kr) * cr, b = y + 2 * (1 - m->kb) * cb;
    double g = (y - m->kr * r - m->kb * b) / (1 - m->kr - m->kb);

    return (struct rgb){unit(r), unit(g), unit(b)};
}

static void fill_node(struct tone_mapper *t, const struct colour_matrix *m, int column, int y_node)
{
    const struct colour_matrix *out = colour_find_matrix(AVCOL_SPC_BT709);
    double y = ((y_node << Y_STEP_BITS) - 64) / 876.0;
    double cb = ((column / C_NODES << C_STEP_BITS) - 512) / 896.0;
    double cr = ((column % C_NODES << C_STEP_BITS) - 512) / 896.0;
    struct rgb x = map_colour(&t->kind, rgb_of(m, y, cb, cr));
    double luma = out->kr * x.r + (1 - out->kr - out->kb) * x.g + out->kb * x.b;

    t->table[column][y_node] =
        (node){(float)(16 + 219 * luma), (float)(128 + 224 * (x.b - luma) / (2 * (1 - out->kb))),
               (float)(128 + 224 * (x.r - luma) / (2 * (1 - out->kr))), 0};
}

static void fill_table(struct tone_mapper *t, const struct kind *k)
{
    const struct colour_matrix *m = colour_find_matrix(k->matrix);

    t->kind = *k;
    for (int column = 0; column < COLUMNS; column++)
        for (int y = 0; y < Y_NODES; y++)
            fill_node(t, m, column, y);
}

/* --- Looking up --- */

/* The four columns around a chroma sample with their weights, and the last pair of nodes that was
 * mixed from them: neighbouring samples of luma mostly fall between the same two. */
struct place {
    const node (*column)[Y_NODES];
    float weight[4];
    int at; /* -1: none yet */
    node low, high;
};

static struct place find_place(const struct tone_mapper *t, int cb, int cr)
{
    const int one = 1 << C_STEP_BITS;
    int u = cb >> C_STEP_BITS, v = cr >> C_STEP_BITS;
    float fu = (float)(cb & (one - 1)) / (float)one, fv = (float)(cr & (one - 1)) / (float)one;

    return (struct place){.column = &t->table[u * C_NODES + v],
                          .weight = {(1 - fu) * (1 - fv), (1 - fu) * fv, fu * (1 - fv), fu * fv},
                          .at = -1};
}

static node mix(const struct place *p, int at)
{
    return p->column[0][at] * p->weight[0] + p->column[1][at] * p->weight[1] +
           p->column[C_NODES][at] * p->weight[2] + p->column[C_NODES + 1][at] * p->weight[3];
}

static node look_up(struct place *p, int luma)
{
    const int one = 1 << Y_STEP_BITS;
    int at = luma >> Y_STEP_BITS;
    float f = (float)(luma & (one - 1)) / (float)one;

    if (at != p->at) {
        p->at = at;
        p->low = mix(p, at);
        p->high = mix(p, at + 1);
    }
    return p->low + (p->high - p->low) * f;
}

/* Nodes are legal codes, so a mean of them is one too. */
static uint8_t code(float x)
{
    return (uint8_t)(int)(x + 0.5f);
}

static void map_rows(const struct tone_mapper *t, const struct picture *from, struct picture *to,
                     int row)
{
    bool last = 2 * row + 1 >= from->height;
    const uint16_t *y0 = (const void *)(from->data[0] + (ptrdiff_t)(2 * row) * from->stride[0]);
    const uint16_t *y1 = last ? y0 : (const void *)((const uint8_t *)y0 + from->stride[0]);
    const uint16_t *cb = (const void *)(from->data[1] + (ptrdiff_t)row * from->stride[1]);
    const uint16_t *cr = (const void *)(from->data[2] + (ptrdiff_t)row * from->stride[2]);
    uint8_t *to_y0 = to->data[0] + (ptrdiff_t)(2 * row) * to->stride[0];
    uint8_t *to_y1 = last ? to_y0 : to_y0 + to->stride[0];
    uint8_t *to_cb = to->data[1] + (ptrdiff_t)row * to->stride[1];
    uint8_t *to_cr = to->data[2] + (ptrdiff_t)row * to->stride[2];

    for (int x = 0; x < from->width; x += 2) {
        struct place p = find_place(t, cb[x / 2] & 1023, cr[x / 2] & 1023);
        int right = x + 1 < from->width ? x + 1 : x;
        int a = y0[x] & 1023, b = y0[right] & 1023, c = y1[x] & 1023, d = y1[right] & 1023;
        node chroma;

        to_y0[x] = code(look_up(&p, a)[0]);
        to_y0[right] = code(look_up(&p, b)[0]);
        to_y1[x] = code(look_up(&p, c)[0]);
        to_y1[right] = code(look_up(&p, d)[0]);
        chroma = look_up(&p, (a + b + c + d + 2) / 4);
        to_cb[x / 2] = code(chroma[1]);
        to_cr[x / 2] = code(chroma[2]);
    }
}

bool tone_map(struct tone_mapper *t, const struct picture *kind, const struct picture *from,
              struct picture *to, struct err *e)
{
    struct kind k = kind_of(kind);

    if (from->depth != 10 || from->width != to->width || from->height != to->height)
        return err_set(e, ERR_INTERNAL, "a picture of the wrong kind for tone mapping");
    if (!same_kind(&t->kind, &k))
        fill_table(t, &k);
    for (int row = 0; row < (from->height + 1) / 2; row++)
        map_rows(t, from, to, row);
    return true;
}
