/* SPDX-License-Identifier: GPL-3.0-or-later
 * emoji.c - colour bitmaps (CBDT) by FreeType.
 */
#include "render/emoji.h"

#include "core/files.h"
#include "core/utf8.h"
#include "render/caption_text.h"

#include <fcntl.h>
#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include <hb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FONT_BYTES (64 << 20)
#define MAX_GLYPHS 8 /* of one cluster */
#define TEXT_STYLE 0xfe0e
#define EMOJI_STYLE 0xfe0f
#define KEYCAP 0x20e3
#define INK 0.96 /* of a picture's width; the rest parts it from its neighbours */

struct emoji_font {
    pthread_mutex_t lock;
    char *data;
    char hash[65];
    FT_Library ft;
    FT_Face face;
    hb_font_t *hb;
    hb_buffer_t *buffer;
};

/* --- Which characters ----------------------------------------------------------------------- */

/* Below U+1F000, what Unicode 15 shows as emoji without being asked (Emoji_Presentation). */
static const struct {
    uint32_t first, last;
} by_default[] = {
    {0x231a, 0x231b}, {0x23e9, 0x23ec}, {0x23f0, 0x23f0}, {0x23f3, 0x23f3}, {0x25fd, 0x25fe},
    {0x2614, 0x2615}, {0x2648, 0x2653}, {0x267f, 0x267f}, {0x2693, 0x2693}, {0x26a1, 0x26a1},
    {0x26aa, 0x26ab}, {0x26bd, 0x26be}, {0x26c4, 0x26c5}, {0x26ce, 0x26ce}, {0x26d4, 0x26d4},
    {0x26ea, 0x26ea}, {0x26f2, 0x26f3}, {0x26f5, 0x26f5}, {0x26fa, 0x26fa}, {0x26fd, 0x26fd},
    {0x2705, 0x2705}, {0x270a, 0x270b}, {0x2728, 0x2728}, {0x274c, 0x274c}, {0x274e, 0x274e},
    {0x2753, 0x2755}, {0x2757, 0x2757}, {0x2795, 0x2797}, {0x27b0, 0x27b0}, {0x27bf, 0x27bf},
    {0x2b1b, 0x2b1c}, {0x2b50, 0x2b50}, {0x2b55, 0x2b55},
};

static bool is_emoji_char(uint32_t cp)
{
    for (size_t i = 0; i < sizeof by_default / sizeof by_default[0]; i++)
        if (cp >= by_default[i].first && cp <= by_default[i].last)
            return true;
    return cp >= 0x1f000 && cp <= 0x1faff;
}

/* Whether the cluster asks to be shown as emoji. */
static bool wants_colour(const char *s, size_t len)
{
    bool first = true, colour = false;
    for (size_t at = 0; at < len;) {
        uint32_t cp;
        size_t n = utf8_decode(s + at, len - at, &cp);
        if (cp == TEXT_STYLE)
            return false;
        colour = colour || (first && is_emoji_char(cp)) || cp == EMOJI_STYLE || cp == KEYCAP;
        first = false;
        at += n ? n : 1;
    }
    return colour;
}

bool emoji_wanted(const char *text)
{
    size_t len = strlen(text);
    for (size_t at = 0; at < len;) {
        size_t n = text_cluster(text + at, len - at);
        if (wants_colour(text + at, n))
            return true;
        at += n;
    }
    return false;
}

/* --- The font ------------------------------------------------------------------------------- */

static char *find_path(void)
{
    char *path = NULL;
    FcResult result;
    FcChar8 *file;
    FcBool colour = FcFalse;
    FcPattern *want = FcInit() ? FcPatternCreate() : NULL;
    if (!want)
        return NULL;
    FcPatternAddString(want, FC_FAMILY, (const FcChar8 *)"Noto Color Emoji");
    FcPatternAddBool(want, FC_COLOR, FcTrue);
    FcConfigSubstitute(NULL, want, FcMatchPattern);
    FcDefaultSubstitute(want);
    FcPattern *got = FcFontMatch(NULL, want, &result);
    if (got && FcPatternGetBool(got, FC_COLOR, 0, &colour) == FcResultMatch && colour &&
        FcPatternGetString(got, FC_FILE, 0, &file) == FcResultMatch)
        path = strdup((const char *)file);
    if (got)
        FcPatternDestroy(got);
    FcPatternDestroy(want);
    return path;
}

/* False: it cannot be read, or *no_memory. */
static bool load(struct emoji_font *f, const char *path, size_t *size, bool *no_memory)
{
    struct err ignored;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int64_t n = fd >= 0 ? file_size(fd) : -1;
    bool fits = n > 0 && n <= MAX_FONT_BYTES && file_hash(fd, f->hash, &ignored);
    if (fits)
        f->data = malloc((size_t)n);
    *no_memory = fits && !f->data;
    bool ok = fits && f->data && pread(fd, f->data, (size_t)n, 0) == n;
    if (fd >= 0)
        close(fd);
    *size = (size_t)n;
    return ok;
}

static bool open_font(struct emoji_font *f, size_t size)
{
    if (FT_Init_FreeType(&f->ft) != 0 ||
        FT_New_Memory_Face(f->ft, (const FT_Byte *)f->data, (FT_Long)size, 0, &f->face) != 0 ||
        f->face->num_fixed_sizes < 1 || FT_Select_Size(f->face, 0) != 0)
        return false;
    hb_blob_t *blob = hb_blob_create(f->data, (unsigned)size, HB_MEMORY_MODE_READONLY, NULL, NULL);
    hb_face_t *face = hb_face_create(blob, 0);
    f->hb = hb_font_create(face);
    f->buffer = hb_buffer_create();
    hb_face_destroy(face);
    hb_blob_destroy(blob);
    return hb_buffer_allocation_successful(f->buffer);
}

bool emoji_font_create(struct emoji_font **out, struct err *e)
{
    *out = NULL;
    size_t size;
    char *path = find_path();
    if (!path)
        return true;
    struct emoji_font *f = calloc(1, sizeof *f);
    bool no_memory = !f;
    if (f)
        pthread_mutex_init(&f->lock, NULL);
    if (f && load(f, path, &size, &no_memory) && open_font(f, size))
        *out = f;
    else
        emoji_font_destroy(f);
    free(path);
    return no_memory ? err_set(e, ERR_NO_MEMORY, "no memory for emoji") : true;
}

void emoji_font_destroy(struct emoji_font *f)
{
    if (!f)
        return;
    if (f->buffer)
        hb_buffer_destroy(f->buffer);
    if (f->hb)
        hb_font_destroy(f->hb);
    if (f->face)
        FT_Done_Face(f->face);
    if (f->ft)
        FT_Done_FreeType(f->ft);
    free(f->data);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

const char *emoji_font_hash(const struct emoji_font *f)
{
    return f ? f->hash : "";
}

/* --- Drawing -------------------------------------------------------------------------------- */

/* Glyphs of a cluster; 0 when the font lacks one. */
static int shape(struct emoji_font *f, const char *s, size_t len, uint32_t glyphs[MAX_GLYPHS])
{
    hb_buffer_reset(f->buffer);
    hb_buffer_set_flags(f->buffer, HB_BUFFER_FLAG_REMOVE_DEFAULT_IGNORABLES);
    hb_buffer_add_utf8(f->buffer, s, (int)len, 0, (int)len);
    hb_buffer_set_direction(f->buffer, HB_DIRECTION_LTR);
    hb_buffer_set_script(f->buffer, HB_SCRIPT_COMMON);
    hb_shape(f->hb, f->buffer, NULL, 0);
    unsigned n;
    const hb_glyph_info_t *info = hb_buffer_get_glyph_infos(f->buffer, &n);
    int count = 0;
    for (unsigned i = 0; i < n && count < MAX_GLYPHS; i++) {
        if (info[i].codepoint == 0)
            return 0;
        glyphs[count++] = info[i].codepoint;
    }
    return count;
}

/* A glyph's bitmap, premultiplied RGBA. False: it has none. */
static bool load_bitmap(struct emoji_font *f, uint32_t glyph, struct raster *out)
{
    if (FT_Load_Glyph(f->face, glyph, FT_LOAD_COLOR) != 0)
        return false;
    const FT_Bitmap *b = &f->face->glyph->bitmap;
    if (b->pixel_mode != FT_PIXEL_MODE_BGRA || b->width == 0 || b->rows == 0 || b->width > 1024 ||
        b->rows > 1024 || !raster_create(out, 0, 0, (int)b->width, (int)b->rows, 4))
        return false;
    for (int y = 0; y < out->height; y++) {
        const uint8_t *in = b->buffer + (ptrdiff_t)y * b->pitch;
        uint8_t *px = out->pixels + (ptrdiff_t)y * out->width * 4;
        for (int x = 0; x < out->width; x++, in += 4, px += 4)
            memcpy(px, (const uint8_t[]){in[2], in[1], in[0], in[3]}, 4);
    }
    return true;
}

static bool has_bitmaps(struct emoji_font *f, const uint32_t *glyphs, int count)
{
    for (int i = 0; i < count; i++)
        if (FT_Load_Glyph(f->face, glyphs[i], FT_LOAD_COLOR | FT_LOAD_BITMAP_METRICS_ONLY) != 0)
            return false;
    return count > 0;
}

bool emoji_is(struct emoji_font *f, const char *cluster, size_t len, int *count)
{
    uint32_t glyphs[MAX_GLYPHS];
    if (!f || !wants_colour(cluster, len))
        return false;
    pthread_mutex_lock(&f->lock);
    int n = shape(f, cluster, len, glyphs);
    bool all = has_bitmaps(f, glyphs, n);
    pthread_mutex_unlock(&f->lock);
    if (count)
        *count = n;
    return all;
}

static void put(struct raster *to, const struct raster *from, int left)
{
    for (int y = 0; y < from->height; y++) {
        int ty = from->y + y;
        for (int x = 0; x < from->width && ty >= 0 && ty < to->height; x++) {
            int tx = left + from->x + x;
            if (tx >= 0 && tx < to->width)
                memcpy(to->pixels + 4 * ((ptrdiff_t)ty * to->width + tx),
                       from->pixels + 4 * ((ptrdiff_t)y * from->width + x), 4);
        }
    }
}

static bool draw_glyph(struct emoji_font *f, uint32_t glyph, double width, int left,
                       struct raster *out)
{
    struct raster bitmap, scaled = {0};
    if (!load_bitmap(f, glyph, &bitmap))
        return true;
    double wide = bitmap.width > bitmap.height ? bitmap.width : bitmap.height;
    bool ok = raster_scale(&scaled, &bitmap, width * INK / wide, bitmap.width / 2.0,
                           bitmap.height / 2.0, width / 2, width / 2);
    if (ok)
        put(out, &scaled, left);
    raster_finish(&bitmap);
    raster_finish(&scaled);
    return ok;
}

bool emoji_draw(struct emoji_font *f, const char *cluster, size_t len, double width,
                struct raster *out, struct err *e)
{
    uint32_t glyphs[MAX_GLYPHS];
    pthread_mutex_lock(&f->lock);
    int n = shape(f, cluster, len, glyphs), size = (int)(width + 0.999);
    bool ok = raster_create(out, 0, 0, size * (n ? n : 1), size, 4);
    for (int i = 0; i < n && ok; i++)
        ok = draw_glyph(f, glyphs[i], width, (int)(i * width), out);
    pthread_mutex_unlock(&f->lock);
    if (!ok) {
        raster_finish(out);
        return err_set(e, ERR_NO_MEMORY, "no memory for emoji");
    }
    raster_straighten(out);
    return true;
}
