/* SPDX-License-Identifier: GPL-3.0-or-later
 * fonts.c - finding and loading fonts by the characters they must draw.
 *
 * DESIGN. fontconfig sorts all installed fonts once, by closeness to a sans serif in the
 * film's language. Each character takes the best of those that cover it, where "best" puts the
 * families made to go together (Noto Sans) before the rest and the wanted weight before others.
 * Only the fonts that some character chose are loaded.
 */
#include "render/fonts.h"

#include "core/files.h"
#include "core/utf8.h"
#include "render/caption_text.h"
#include "render/font_cmap.h"

#include <fcntl.h>
#include <fontconfig/fontconfig.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_TRUETYPE_TABLES_H
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CODE_POINTS 0x110000
#define MAX_FONTS 64 /* in one film */
#define MAX_FONT_BYTES (64u << 20)

struct fontset_needs {
    uint8_t bits[CODE_POINTS / 8];
};

struct fontset_needs *fontset_needs_create(struct err *e)
{
    struct fontset_needs *n = calloc(1, sizeof *n);
    if (!n)
        err_set(e, ERR_NO_MEMORY, "no memory to choose fonts");
    return n;
}

void fontset_needs_destroy(struct fontset_needs *n)
{
    free(n);
}

void fontset_needs_text(struct fontset_needs *n, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        uint32_t cp;
        size_t k = utf8_decode(text + at, len - at, &cp);
        if (k && cp > ' ')
            n->bits[cp / 8] |= (uint8_t)(1u << cp % 8);
        at += k ? k : 1;
    }
}

static bool needed(const struct fontset_needs *n, uint32_t cp)
{
    return n->bits[cp / 8] >> cp % 8 & 1;
}

static bool needs_any(const struct fontset_needs *n, uint32_t first, uint32_t last)
{
    for (uint32_t cp = first; cp <= last; cp++)
        if (needed(n, cp))
            return true;
    return false;
}

/* Han characters look different in Japanese, Korean and Chinese. Kana and Hangul tell. */
static const char *film_language(const struct fontset_needs *n)
{
    if (needs_any(n, 0x3041, 0x30ff))
        return "ja";
    if (needs_any(n, 0xac00, 0xd7a3))
        return "ko";
    return needs_any(n, 0x4e00, 0x9fff) ? "zh-cn" : "en";
}

/* --- The set -------------------------------------------------------------------------------- */

struct font_file {
    char *path;
    char *data;
    size_t size;
    char hash[65];
};

struct loaded {
    struct font font;
    char *family;
    FcCharSet *charset;
};

struct fontset {
    struct loaded fonts[MAX_FONTS]; /* best first */
    int count;
    struct font_file files[MAX_FONTS];
    int file_count;
};

struct candidate {

    FcCharSet *charset;
    const char *family, *path;
    int index; /* of the face in its file */
    int rank, order;
    bool chosen;
};

static bool has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static bool has_weight(FcPattern *p, bool bold)
{
    int weight = FC_WEIGHT_REGULAR;
    FcPatternGetInteger(p, FC_WEIGHT, 0, &weight);
    return bold ? weight >= FC_WEIGHT_BOLD && weight <= FC_WEIGHT_EXTRABOLD
                : weight >= FC_WEIGHT_BOOK && weight <= FC_WEIGHT_MEDIUM;
}

/* Noto Sans of that weight first, the family whose scripts are made to stand together; then other
 * sans serifs of it, then what merely has the characters. */
static int rank_of(FcPattern *p, const char *family, bool bold)
{
    int spacing = FC_PROPORTIONAL, slant = FC_SLANT_ROMAN, width = FC_WIDTH_NORMAL;
    FcPatternGetInteger(p, FC_SPACING, 0, &spacing);
    FcPatternGetInteger(p, FC_SLANT, 0, &slant);
    FcPatternGetInteger(p, FC_WIDTH, 0, &width);
    if (spacing != FC_PROPORTIONAL || slant != FC_SLANT_ROMAN || width != FC_WIDTH_NORMAL ||
        strstr(family, "Mono"))
        return 5;
    if (strstr(family, "Supplement")) /* has some letters of a script, but not what joins them */
        return 4;
    bool noto = has_prefix(family, "Noto Sans"), sans = strstr(family, "Sans");
    if (has_weight(p, bold))
        return noto ? 0 : sans ? 1 : 3;
    return noto ? 2 : 4;
}

/* False: a font that cannot be used here. */
static bool candidate_of(FcPattern *p, int order, bool bold, struct candidate *c)
{
    FcBool scalable = FcFalse, colour = FcFalse, variable = FcFalse;
    FcPatternGetBool(p, FC_SCALABLE, 0, &scalable);
    FcPatternGetBool(p, FC_COLOR, 0, &colour);
    FcPatternGetBool(p, FC_VARIABLE, 0, &variable);
    if (!scalable || colour || variable ||
        FcPatternGetCharSet(p, FC_CHARSET, 0, &c->charset) != FcResultMatch ||
        FcPatternGetString(p, FC_FAMILY, 0, (FcChar8 **)&c->family) != FcResultMatch ||
        FcPatternGetString(p, FC_FILE, 0, (FcChar8 **)&c->path) != FcResultMatch ||
        strpbrk(c->family, "\\{}"))
        return false;
    if (FcPatternGetInteger(p, FC_INDEX, 0, &c->index) != FcResultMatch)
        c->index = 0;
    c->rank = rank_of(p, c->family, bold);
    c->order = order;
    return true;
}

static FcFontSet *sort_fonts(const char *language, bool bold)
{
    FcPattern *want = FcPatternCreate();
    FcResult result;
    if (!want)
        return NULL;
    static const char *const families[] = {"Noto Sans", "DejaVu Sans", "sans-serif"};
    for (int i = 0; i < 3; i++)
        FcPatternAddString(want, FC_FAMILY, (const FcChar8 *)families[i]);
    FcPatternAddInteger(want, FC_WEIGHT, bold ? FC_WEIGHT_BOLD : FC_WEIGHT_REGULAR);
    FcPatternAddString(want, FC_LANG, (const FcChar8 *)language);
    FcConfigSubstitute(NULL, want, FcMatchPattern);
    FcDefaultSubstitute(want);
    FcFontSet *sorted = FcFontSort(NULL, want, FcFalse, NULL, &result);
    FcPatternDestroy(want);
    return sorted;
}

static int better_first(const void *x, const void *y)
{
    const struct candidate *a = x, *b = y;
    return a->rank != b->rank ? a->rank - b->rank : a->order - b->order;
}

static void choose_fonts(struct candidate *c, int n, const struct fontset_needs *needs)
{
    c[0].chosen = true; /* spaces, and whatever else nobody asked about */
    for (uint32_t cp = 0; cp < CODE_POINTS; cp++) {
        for (int i = 0; needed(needs, cp) && i < n; i++) {
            if (FcCharSetHasChar(c[i].charset, cp)) {
                c[i].chosen = true;
                break;
            }
        }
    }
}

/* --- Loading -------------------------------------------------------------------------------- */

static struct font_file *load_file(struct fontset *f, const char *path, struct err *e)
{
    for (int i = 0; i < f->file_count; i++)
        if (f->files[i].path && strcmp(f->files[i].path, path) == 0)
            return &f->files[i];

    struct font_file *file = &f->files[f->file_count];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        err_set(e, ERR_UNAVAILABLE, "cannot open font %s", path);
        return NULL;
    }
    bool ok = false, no_memory = false;
    int64_t size = file_size(fd);
    if (size <= 0 || size > MAX_FONT_BYTES || !file_hash(fd, file->hash, e))
        goto out;
    file->data = malloc((size_t)size);
    file->path = strdup(path);
    file->size = (size_t)size;
    no_memory = !file->data || !file->path;
    ok = !no_memory && pread(fd, file->data, file->size, 0) == size;
    if (ok)
        font_prefer_full_cmap((uint8_t *)file->data, file->size);

out:
    close(fd);
    if (!ok) {
        free(file->data);
        free(file->path);
        *file = (struct font_file){0};
        err_set(e, no_memory ? ERR_NO_MEMORY : ERR_UNAVAILABLE, "cannot read font %s", path);
        return NULL;
    }
    f->file_count++;
    return file;
}

/* The same metrics that libass takes: Windows' where the font has them. */
static double units_per_em(FT_Library ft, const struct font_file *file, int index)
{
    FT_Face face;
    double em = 1.36;
    if (FT_New_Memory_Face(ft, (const FT_Byte *)file->data, (FT_Long)file->size, index & 0xffff,
                           &face) != 0)
        return em;
    const TT_OS2 *os2 = FT_Get_Sfnt_Table(face, FT_SFNT_OS2);
    int height = os2 ? (short)os2->usWinAscent + (short)os2->usWinDescent : 0;
    if (height == 0)
        height = face->ascender - face->descender;
    if (height > 0 && face->units_per_EM > 0)
        em = (double)height / face->units_per_EM;
    FT_Done_Face(face);
    return em;
}

/* A font that cannot be read is left out; the others may still do. False: no memory. */
static bool load_font(struct fontset *f, FT_Library ft, const struct candidate *c)
{
    struct err e;
    const struct font_file *file = load_file(f, c->path, &e);
    if (!file)
        return e.code != ERR_NO_MEMORY;
    struct loaded *l = &f->fonts[f->count];
    l->family = strdup(c->family);
    l->charset = FcCharSetCopy(c->charset);
    if (!l->family || !l->charset) {
        free(l->family);
        FcCharSetDestroy(l->charset);
        *l = (struct loaded){0};
        return false;
    }
    l->font.family = l->family;
    memcpy(l->font.hash, file->hash, sizeof l->font.hash);
    l->font.em = units_per_em(ft, file, c->index);
    f->count++;
    return true;
}

static int list_candidates(const FcFontSet *sorted, bool bold, struct candidate *out)
{
    int n = 0;
    for (int i = 0; i < sorted->nfont; i++)
        if (candidate_of(sorted->fonts[i], i, bold, &out[n]))
            n++;
    qsort(out, (size_t)n, sizeof *out, better_first);
    return n;
}

struct fontset *fontset_create(const struct fontset_needs *needs, bool bold, struct err *e)
{
    FT_Library ft = NULL;
    struct candidate *list = NULL;
    bool no_memory = false;
    struct fontset *f = calloc(1, sizeof *f);
    FcFontSet *sorted = FcInit() ? sort_fonts(film_language(needs), bold) : NULL;
    if (!f || !sorted || FT_Init_FreeType(&ft) != 0)
        goto out;
    list = calloc((size_t)sorted->nfont + 1, sizeof *list);
    no_memory = !list;
    int n = list ? list_candidates(sorted, bold, list) : 0;
    if (n > 0)
        choose_fonts(list, n, needs);
    for (int i = 0; i < n && f->count < MAX_FONTS && !no_memory; i++)
        if (list[i].chosen)
            no_memory = !load_font(f, ft, &list[i]);

out:
    free(list);
    if (sorted)
        FcFontSetDestroy(sorted);
    if (ft)
        FT_Done_FreeType(ft);
    if (f && f->count > 0 && !no_memory)
        return f;
    if (!f || no_memory)
        err_set(e, ERR_NO_MEMORY, "no memory for fonts");
    else
        err_set(e, ERR_UNAVAILABLE,
                "no font is installed to draw captions with; "
                "install fonts-dejavu-core or fonts-noto-core");
    fontset_destroy(f);
    return NULL;
}

void fontset_drop_files(struct fontset *f)
{
    for (int i = 0; i < f->file_count; i++) {
        free(f->files[i].data);
        f->files[i].data = NULL;
    }
}

void fontset_destroy(struct fontset *f)
{
    if (!f)
        return;
    for (int i = 0; i < f->count; i++) {
        free(f->fonts[i].family);
        FcCharSetDestroy(f->fonts[i].charset);
    }
    fontset_drop_files(f);
    for (int i = 0; i < f->file_count; i++)
        free(f->files[i].path);
    free(f);
}

/* --- Choosing ------------------------------------------------------------------------------- */

static bool sticks(uint32_t cp)
{
    return cp == ' ' || text_is_mark(cp) || text_is_invisible(cp);
}

int fontset_pick(const struct fontset *f, uint32_t cp, int current)
{
    if (current >= 0 && sticks(cp) &&
        (text_is_invisible(cp) || FcCharSetHasChar(f->fonts[current].charset, cp)))
        return current;
    for (int i = 0; i < f->count; i++)
        if (FcCharSetHasChar(f->fonts[i].charset, cp))
            return i;
    return text_is_invisible(cp) || cp == ' ' ? 0 : -1;
}

static bool covers(const struct fontset *f, int font, const char *s, size_t n)
{
    for (size_t at = 0; at < n;) {
        uint32_t cp;
        size_t len = utf8_decode(s + at, n - at, &cp);
        if (len && !text_is_invisible(cp) && !FcCharSetHasChar(f->fonts[font].charset, cp))
            return false;
        at += len ? len : 1;
    }
    return true;
}

int fontset_pick_cluster(const struct fontset *f, const char *cluster, size_t len, int current)
{
    uint32_t cp = 0;
    size_t base = utf8_decode(cluster, len, &cp);
    int font = fontset_pick(f, cp, current);
    if (base == 0 || base == len || font < 0 || covers(f, font, cluster, len))
        return font;
    for (int i = 0; i < f->count; i++)
        if (covers(f, i, cluster, len))
            return i;
    return font;
}

const struct font *fontset_font(const struct fontset *f, int i)
{
    return &f->fonts[i].font;
}

const char *fontset_file(const struct fontset *f, int i, size_t *size)
{
    if (i >= f->file_count)
        return NULL;
    *size = f->files[i].size;
    return f->files[i].data;
}
