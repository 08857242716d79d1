/* SPDX-License-Identifier: GPL-3.0-or-later
 * radial.c - the blur of a picture that rushes towards the viewer.
 *
 * DESIGN. Done on a plane halved twice: what is left sharp is too near to the middle to be seen.
 * The mean of 16 scales r^0 .. r^15 takes four passes: each adds the plane to itself scaled by r,
 * r^2, r^4, r^8. A blur that reaches less than a few samples in the corners mixes with the sharp
 * picture.
 */
#include "effects/radial.h"

#include "effects/planes.h"
#include "effects/pyramid.h"

#include <math.h>

#define PASSES 4
#define LEVELS 2
#define FULL_REACH 24.0 /* luma samples in the corners from which on nothing sharp is mixed in */
#define PART 64         /* steps between two samples */

/* Where output i is found: the sample before it and the share of the next one. */
struct step {
    int whole;
    uint16_t part; /* of PART */
};

static void make_steps(struct step *s, int n, double scale)
{
    double middle = n / 2.0;
    for (int i = 0; i < n; i++) {
        double at = middle + (i + 0.5 - middle) / scale - 0.5;
        at = at > 0 ? at < n - 1 ? at : n - 1 : 0;
        long fixed = lround(at * PART);
        s[i] = (struct step){(int)(fixed / PART), (uint16_t)(fixed % PART)};
        if (s[i].whole > n - 2 && n > 1)
            s[i] = (struct step){n - 2, PART};
    }
}

/* A row between two rows, with two bits of its fraction off, so that the rest fits 16 bits. */
static void between(const uint16_t *restrict a, const uint16_t *restrict b, unsigned part, int n,
                    uint16_t *restrict out)
{
    uint16_t w = (uint16_t)part, v = (uint16_t)(PART - part);
    for (int x = 0; x < n; x++)
        out[x] = (uint16_t)(((uint32_t)a[x] * v + (uint32_t)b[x] * w + PART / 2) / PART);
}

/* to = the mean of `from` and of itself scaled. */
static void add_scaled(const struct small_plane *from, const struct step *xs, const struct step *ys,
                       uint16_t *line, struct small_plane *to)
{
    int n = from->width, next = n > 1;
    to->width = n;
    to->height = from->height;
    for (int y = 0; y < from->height; y++) {
        const uint16_t *a = from->data + (size_t)ys[y].whole * (size_t)n;
        const uint16_t *b = from->height > 1 ? a + n : a,
                       *same = from->data + (size_t)y * (size_t)n;
        uint16_t *out = to->data + (size_t)y * (size_t)n;
        between(a, b, ys[y].part, n, line);
        for (int x = 0; x < n; x++) {
            const uint16_t *s = line + xs[x].whole;
            unsigned v = s[0] * (unsigned)(PART - xs[x].part) + s[next] * (unsigned)xs[x].part;
            out[x] = (uint16_t)((same[x] + v / PART + 1) / 2);
        }
    }
}

struct radial_room {
    struct small_plane a, b;
    struct step *xs, *ys;
    uint16_t *line;
};

static bool make_room(struct effect_desk *desk, int width, int height, struct radial_room *r,
                      struct err *e)
{
    struct {
        char word[8];
        int32_t size[2];
    } key = {"radial", {width, height}};
    bool fresh;
    size_t plane = ((size_t)width / 2 + 1) * ((size_t)height / 2 + 1);
    size_t steps = (size_t)width + (size_t)height;
    struct step *room = effect_desk_table(
        desk, &key, sizeof key,
        steps * sizeof *room + 2 * plane * sizeof(uint16_t) + PYRAMID_LINE(width), &fresh, e);
    if (!room)
        return false;
    uint16_t *data = (uint16_t *)(room + steps);
    *r = (struct radial_room){.a = {.data = data},
                              .b = {.data = data + plane},
                              .xs = room,
                              .ys = room + width,
                              .line = data + 2 * plane};
    return true;
}

static void swap(struct radial_room *r)
{
    struct small_plane t = r->a;
    r->a = r->b;
    r->b = t;
}

static void blur_plane(struct radial_room *r, uint8_t *data, int stride, int width, int height,
                       double amount, int weight)
{
    pyramid_from_bytes(data, stride, width, height, true, true, &r->a);
    pyramid_halve(&r->a, true, true, &r->b);
    swap(r);
    double step = amount / ((1 << PASSES) - 1), scale = 1 + step;
    for (int i = 0; i < PASSES; i++) {
        make_steps(r->xs, r->a.width, scale);
        make_steps(r->ys, r->a.height, scale);
        add_scaled(&r->a, r->xs, r->ys, r->line, &r->b);
        swap(r);
        scale *= scale;
    }
    pyramid_double(&r->a, true, true, pyramid_side(width, 1), pyramid_side(height, 1), r->line,
                   &r->b);
    pyramid_to_bytes(&r->b, true, true, weight, r->line, data, stride, width, height);
}

bool radial_blur(struct picture *p, double amount, struct effect_desk *desk, struct err *e)
{
    struct radial_room r;
    double reach = amount * (p->width + p->height) / 4;
    int weight = plane_weight(reach / FULL_REACH);
    if (weight == 0)
        return true;
    if (!make_room(desk, p->width, p->height, &r, e))
        return false;
    for (int i = 0; i < 3; i++)
        blur_plane(&r, p->data[i], p->stride[i], plane_width(p, i), plane_height(p, i), amount,
                   weight);
    return true;
}
