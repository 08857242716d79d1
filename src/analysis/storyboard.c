/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/storyboard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TILES (STORYBOARD_TILES * STORYBOARD_MAX_SHEETS)
#define UNKNOWN_INTERVAL_S 10
#define BLACK_LUMA 16
#define GREY_CHROMA 128

struct storyboard {
    storyboard_sheet_fn *on_sheet;
    void *user;
    struct storyboard_info info;
    struct small_picture seen; /* size of the first picture; planes are not ours */
    uint8_t *plane[3];         /* the sheet at work: the tiles of plane 0, 1, 2 */
    struct strip_maker strip;
};

double storyboard_interval(double duration_s)
{
    static const double steps[] = {1, 2, 3, 5, 10, 15, 20, 30};
    const size_t count = sizeof steps / sizeof *steps;
    const double most = 4 * STORYBOARD_TILES;
    if (!(duration_s > 0) || isinf(duration_s))
        return UNKNOWN_INTERVAL_S;
    for (size_t i = 0; i < count; i++)
        if (duration_s <= most * steps[i])
            return steps[i];
    return ceil(duration_s / most / 60) * 60;
}

struct storyboard *storyboard_create(double duration_s, storyboard_sheet_fn *on_sheet, void *user,
                                     struct err *e)
{
    struct storyboard *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NO_MEMORY, "no memory for the storyboard");
        return NULL;
    }
    s->on_sheet = on_sheet;
    s->user = user;
    s->info.interval_s = storyboard_interval(duration_s);
    return s;
}

void storyboard_destroy(struct storyboard *s)
{
    for (int i = 0; s && i < 3; i++)
        free(s->plane[i]);
    if (s)
        strip_finish(&s->strip);
    free(s);
}

/* --- Places on a sheet ------------------------------------------------------------------------ */

static int plane_part(int size, int plane)
{
    return plane == 0 ? size : size / 2; /* tiles and sheets have even sizes */
}

static int sheet_stride(const struct storyboard *s, int plane)
{
    return plane_part(s->info.tile_width, plane) * STORYBOARD_COLUMNS;
}

/* Where tile `slot` of the sheet begins. */
static uint8_t *tile_at(struct storyboard *s, int slot, int plane)
{
    int row = slot / STORYBOARD_COLUMNS, column = slot % STORYBOARD_COLUMNS;
    ptrdiff_t y = row * plane_part(s->info.tile_height, plane);
    return s->plane[plane] + y * sheet_stride(s, plane) +
           column * plane_part(s->info.tile_width, plane);
}

/* --- Making tiles ----------------------------------------------------------------------------- */

static int even(double x)
{
    int n = (int)lround(x / 2) * 2;
    return n < 2 ? 2 : n;
}

static bool begin(struct storyboard *s, const struct small_picture *p, struct err *e)
{
    double scale = fmin(1, fmin((double)STORYBOARD_WIDTH / p->width,
                                (double)STORYBOARD_HEIGHT / p->height));
    s->seen = *p;
    s->info.tile_width = even(p->width * scale);
    s->info.tile_height = even(p->height * scale);
    for (int i = 0; i < 3; i++) {
        int height = plane_part(s->info.tile_height, i) * STORYBOARD_ROWS;
        s->plane[i] = malloc((size_t)sheet_stride(s, i) * (size_t)height);
        if (!s->plane[i])
            return err_set(e, ERR_NO_MEMORY, "no memory for the storyboard");
    }
    return true;
}

struct area { /* samples of a row or column of the source that one sample of the tile covers */
    int first, last;
    float first_part, last_part; /* of those two; the ones between count whole */
};

static struct area area_of(int i, int to, int from)
{
    double a = (double)i * from / to, b = (double)(i + 1) * from / to;
    struct area r = {.first = (int)a, .last = (int)ceil(b) - 1};
    r.last = r.last < from ? r.last : from - 1;
    r.first_part = (float)(r.first == r.last ? b - a : r.first + 1 - a);
    r.last_part = (float)(b - r.last);
    return r;
}

static float part_of(const struct area *r, int i)
{
    return i == r->first ? r->first_part : i == r->last ? r->last_part : 1;
}

static uint8_t mean_of(const uint8_t *from, int stride, const struct area *x, const struct area *y)
{
    float sum = 0, weight = 0;
    for (int j = y->first; j <= y->last; j++) {
        for (int i = x->first; i <= x->last; i++) {
            float w = part_of(x, i) * part_of(y, j);
            sum += w * from[(ptrdiff_t)j * stride + i];
            weight += w;
        }
    }
    return (uint8_t)(sum / weight + 0.5f);
}

/* Every sample of the tile is the mean of what it covers. */
static void draw_tile(struct storyboard *s, const struct small_picture *p, int slot)
{
    for (int k = 0; k < 3; k++) {
        int width = plane_part(s->info.tile_width, k), height = plane_part(s->info.tile_height, k);
        int from_width = k ? (p->width + 1) / 2 : p->width;
        int from_height = k ? (p->height + 1) / 2 : p->height;
        for (int j = 0; j < height; j++) {
            uint8_t *row = tile_at(s, slot, k) + (ptrdiff_t)j * sheet_stride(s, k);
            struct area y = area_of(j, height, from_height);
            for (int i = 0; i < width; i++) {
                struct area x = area_of(i, width, from_width);
                row[i] = mean_of(p->plane[k], p->stride[k], &x, &y);
            }
        }
    }
}

static void copy_tile(struct storyboard *s, int from, int to)
{
    for (int k = 0; k < 3; k++)
        for (int j = 0; j < plane_part(s->info.tile_height, k); j++) {
            ptrdiff_t row = (ptrdiff_t)j * sheet_stride(s, k);
            memmove(tile_at(s, to, k) + row, tile_at(s, from, k) + row,
                    (size_t)plane_part(s->info.tile_width, k));
        }
}

static void blank_tile(struct storyboard *s, int slot)
{
    for (int k = 0; k < 3; k++)
        for (int j = 0; j < plane_part(s->info.tile_height, k); j++)
            memset(tile_at(s, slot, k) + (ptrdiff_t)j * sheet_stride(s, k),
                   k ? GREY_CHROMA : BLACK_LUMA, (size_t)plane_part(s->info.tile_width, k));
}

/* --- Sheets ----------------------------------------------------------------------------------- */

/* A sheet of which the first `used` tiles are drawn: as many rows as they need, and as many columns
 * where one row is enough. */
static bool hand_over(struct storyboard *s, int used, struct err *e)
{
    int columns = used < STORYBOARD_COLUMNS ? used : STORYBOARD_COLUMNS;
    int rows = (used + STORYBOARD_COLUMNS - 1) / STORYBOARD_COLUMNS;
    struct storyboard_sheet sheet = {.number = s->info.sheets,
                                     .width = columns * s->info.tile_width,
                                     .height = rows * s->info.tile_height};
    for (int slot = used; slot < rows * STORYBOARD_COLUMNS; slot++)
        blank_tile(s, slot);
    for (int k = 0; k < 3; k++) {
        sheet.plane[k] = s->plane[k];
        sheet.stride[k] = sheet_stride(s, k);
    }
    s->info.sheets++;
    return s->on_sheet(s->user, &sheet, e);
}

static bool add_to_strip(struct storyboard *s, int slot, struct err *e)
{
    uint8_t *plane[3];
    int stride[3];
    for (int k = 0; k < 3; k++) {
        plane[k] = tile_at(s, slot, k);
        stride[k] = sheet_stride(s, k);
    }
    return strip_add(&s->strip, plane, stride, s->info.tile_width, s->info.tile_height) ||
           err_set(e, ERR_NO_MEMORY, "no memory for the storyboard");
}

/* One tile more: the picture, or with NULL the tile before again. */
static bool add_tile(struct storyboard *s, const struct small_picture *p, struct err *e)
{
    int slot = s->info.tiles % STORYBOARD_TILES;
    if (p)
        draw_tile(s, p, slot);
    else
        copy_tile(s, (slot + STORYBOARD_TILES - 1) % STORYBOARD_TILES, slot);
    s->info.tiles++;
    if (!add_to_strip(s, slot, e))
        return false;
    return slot + 1 < STORYBOARD_TILES || hand_over(s, STORYBOARD_TILES, e);
}

bool storyboard_push(struct storyboard *s, const struct small_picture *p, double time_s,
                     struct err *e)
{
    double place = floor(time_s / s->info.interval_s + 1e-6); /* the tile that time_s belongs to */
    if (place < s->info.tiles || s->info.tiles == MAX_TILES)
        return true;
    if (!s->plane[0] && !begin(s, p, e))
        return false;
    if (p->width != s->seen.width || p->height != s->seen.height)
        return err_set(e, ERR_INTERNAL, "a storyboard of pictures of several sizes");
    bool first = s->info.tiles == 0; /* a film that begins late: shown from the beginning */
    while (s->info.tiles < place && s->info.tiles < MAX_TILES)
        if (!add_tile(s, first ? p : NULL, e))
            return false;
    return s->info.tiles == MAX_TILES || add_tile(s, p, e);
}

bool storyboard_finish(struct storyboard *s, struct storyboard_info *info, struct err *e)
{
    int used = s->info.tiles % STORYBOARD_TILES;
    bool ok = used == 0 || hand_over(s, used, e);
    *info = s->info;
    return ok;
}

bool storyboard_strip(const struct storyboard *s, struct buf *out)
{
    return strip_write(&s->strip, s->info.interval_s, out);
}

/* --- WebVTT ----------------------------------------------------------------------------------- */

static void write_time(double seconds, struct buf *out)
{
    long long ms = llround(seconds * 1000);
    buf_printf(out, "%02lld:%02lld:%02lld.%03lld", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60,
               ms % 1000);
}

bool storyboard_vtt(const struct storyboard_info *info, double duration_s, struct buf *out)
{
    buf_adds(out, "WEBVTT\n");
    for (int i = 0; i < info->tiles; i++) {
        double start = i * info->interval_s, end = start + info->interval_s;
        int slot = i % STORYBOARD_TILES;
        if (i == info->tiles - 1 && duration_s > start)
            end = duration_s;
        buf_adds(out, "\n");
        write_time(start, out);
        buf_adds(out, " --> ");
        write_time(end, out);
        buf_printf(out, "\nstoryboard-%d.jpg#xywh=%d,%d,%d,%d\n", i / STORYBOARD_TILES,
                   slot % STORYBOARD_COLUMNS * info->tile_width,
                   slot / STORYBOARD_COLUMNS * info->tile_height, info->tile_width,
                   info->tile_height);
    }
    return !out->failed;
}
