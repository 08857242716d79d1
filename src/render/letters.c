/* SPDX-License-Identifier: GPL-3.0-or-later
 * letters.c - text into masks, by libass.
 */
#include "render/letters.h"

#include "core/buf.h"
#include "core/utf8.h"
#include "render/caption_text.h"

#include <ass/ass.h>
#include <ft2build.h>
#include FT_FREETYPE_H
#include <hb.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Widths are measured at one size, at which long words still fit libass's frame. */
#define MEASURE_EM 40.0
#define EVENT_MS 1000
#define MAX_EVENT_BYTES (4u << 20)

/* libass draws on a sheet twice as large as the frame, with the frame in its middle, because it
 * cuts off what is outside and words are moved later. */
#define SHEET 2

/* A line's stroke, in em from the baseline: the extent of letters without that of marks. */
#define LINE_ASCENT 0.78
#define LINE_DESCENT 0.22
#define PITCH_MAX 1.45 /* em; fonts of tall scripts ask for more than two */

/* Words that were measured. A word has one place; who comes later takes it. */
#define MEASURED 4096
struct measured {
    double width; /* at MEASURE_EM */
    uint8_t len;  /* 0: nothing here */
    char text[55];
};

struct letters {
    pthread_mutex_t lock;
    struct measured *measured; /* [MEASURED] */
    const struct fontset *fonts;
    struct emoji_font *emoji;
    ASS_Library *library;
    ASS_Renderer *renderer;
    ASS_Track *track;
    int width, height;
};

static void no_messages(int level, const char *fmt, va_list args, void *data)
{
    (void)level, (void)fmt, (void)args, (void)data;
}

/* Encoding -1 takes the base direction from the text itself. */
static ASS_Track *make_track(ASS_Library *library, bool bold, int width, int height)
{
    ASS_Track *t = ass_new_track(library);
    struct buf head;
    buf_init(&head, 4096);
    buf_printf(&head,
               "[Script Info]\nScriptType: v4.00+\nPlayResX: %d\nPlayResY: %d\nWrapStyle: 2\n"
               "ScaledBorderAndShadow: yes\nYCbCr Matrix: None\n\n[V4+ Styles]\n"
               "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, "
               "BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, "
               "BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n"
               "Style: Default,x,80,&H00FFFFFF,&H00FFFFFF,&H00FFFFFF,&H00000000,%d,0,0,0,100,100,"
               "0,0,1,0,0,5,0,0,0,-1\n",
               width, height, bold ? -1 : 0);
    if (t && !head.failed)
        ass_process_codec_private(t, head.data, (int)head.len);
    /* Order and shaping over font switches, so that a comma stays on the right side of Hebrew. */
    if (t) {
        ass_track_set_feature(t, ASS_FEATURE_WHOLE_TEXT_LAYOUT, 1);
        ass_track_set_feature(t, ASS_FEATURE_BIDI_BRACKETS, 1);
    }
    buf_finish(&head);
    return t;
}

struct letters *letters_create(const struct fontset *fonts, struct emoji_font *emoji, bool bold,
                               int width, int height, struct err *e)
{
    struct letters *l = calloc(1, sizeof *l);
    if (!l)
        goto fail;
    pthread_mutex_init(&l->lock, NULL);
    l->fonts = fonts;
    l->emoji = emoji;
    l->width = width;
    l->height = height;
    l->measured = calloc(MEASURED, sizeof *l->measured);
    l->library = ass_library_init();
    if (!l->library || !l->measured)
        goto fail;
    ass_set_message_cb(l->library, no_messages, NULL);
    ass_set_extract_fonts(l->library, 0);
    const char *data;
    size_t size;
    for (int i = 0; (data = fontset_file(fonts, i, &size)); i++)
        ass_add_font(l->library, "font", data, (int)size);
    l->renderer = ass_renderer_init(l->library);
    l->track = make_track(l->library, bold, SHEET * width, SHEET * height);
    if (!l->renderer || !l->track)
        goto fail;
    ass_set_frame_size(l->renderer, SHEET * width, SHEET * height);
    ass_set_storage_size(l->renderer, SHEET * width, SHEET * height);
    ass_set_cache_limits(l->renderer, 2000, 16);
    ass_set_fonts(l->renderer, NULL, fontset_font(fonts, 0)->family, ASS_FONTPROVIDER_NONE, NULL,
                  0);
    return l;

fail:
    letters_destroy(l);
    err_set(e, ERR_NO_MEMORY, "no memory to draw captions");
    return NULL;
}

void letters_destroy(struct letters *l)
{
    if (!l)
        return;
    if (l->track)
        ass_free_track(l->track);
    if (l->renderer)
        ass_renderer_done(l->renderer);
    if (l->library)
        ass_library_done(l->library);
    pthread_mutex_destroy(&l->lock);
    free(l->measured);
    free(l);
}

/* --- Text to an ASS event ------------------------------------------------------------------- */

/* What a colour stands for. Code 0 is nothing. */
struct code {
    enum { CODE_CELL = 1, CODE_EMOJI, CODE_LINE } what;
    size_t cell, line;
    const char *cluster; /* CODE_EMOJI */
    size_t len;
};

/* An event as it is written. */
struct script {
    const struct letters *l;
    const struct letters_style *style;
    const struct letters_text *text;
    struct buf out;
    struct code *codes; /* NULL: colours do not matter */
    size_t code_count;
    size_t cell, line; /* at which we are */
    int font;          /* in use, -1: none yet */
    double spacing;    /* the same */
};

static void set_code(struct script *s, struct code code)
{
    if (!s->codes)
        return;
    unsigned n = (unsigned)s->code_count + 1;
    code.cell = s->cell;
    code.line = s->line;
    s->codes[s->code_count++] = code;
    buf_printf(&s->out, "{\\1c&H%06X&\\3c&H%06X&}", n, n); /* libass gives it back byte-swapped */
}

static size_t code_of_colour(uint32_t colour)
{
    return (colour >> 24 & 255) | (colour >> 16 & 255) << 8 | (colour >> 8 & 255) << 16;
}

/* A rectangle that stands in the line like a letter. */
static void add_box(struct script *s, double width, double height, double descent)
{
    buf_printf(&s->out, "{\\pbo%.2f\\p1}m 0 0 l %.2f 0 %.2f %.2f 0 %.2f{\\p0}", descent, width,
               width, height, height);
}

static void begin_line(struct script *s)
{
    double em = s->style->em;
    if (!s->codes)
        return;
    set_code(s, (struct code){.what = CODE_LINE});
    add_box(s, 1, em * (LINE_ASCENT + LINE_DESCENT), em * LINE_DESCENT);
    set_code(s, (struct code){.what = CODE_CELL});
}

static void add_emoji(struct script *s, const char *cluster, size_t len, int pictures)
{
    double em = s->style->em;
    set_code(s, (struct code){.what = CODE_EMOJI, .cluster = cluster, .len = len});
    add_box(s, em * EMOJI_WIDTH * pictures, em * EMOJI_WIDTH, em * EMOJI_DESCENT);
    set_code(s, (struct code){.what = CODE_CELL});
}

/* Letters that stand by themselves: those of other scripts are joined to their neighbours. */
static bool stands_alone(uint32_t cp)
{
    return cp > ' ' && cp < 0x590 && !text_is_mark(cp);
}

static void set_spacing(struct script *s, double spacing)
{
    if (spacing != s->spacing)
        buf_printf(&s->out, "{\\fsp%.2f}", spacing);
    s->spacing = spacing;
}

/* What means something to ASS, made to mean itself. A word joiner keeps a backslash apart from what
 * follows it. */
static void add_literal(struct script *s, const char *c, size_t len)
{
    if (len == 1 && (c[0] == '{' || c[0] == '}'))
        buf_printf(&s->out, "\\%c", c[0]);
    else if (len == 1 && c[0] == '\\')
        buf_adds(&s->out, "\\\xe2\x81\xa0");
    else
        buf_add(&s->out, c, len);
}

static void add_cluster(struct script *s, const char *cluster, size_t len)
{
    uint32_t cp;
    int pictures;
    if (!utf8_decode(cluster, len, &cp))
        return;
    if (emoji_is(s->l->emoji, cluster, len, &pictures)) {
        set_spacing(s, 0);
        add_emoji(s, cluster, len, pictures);
        return;
    }
    int font = fontset_pick_cluster(s->l->fonts, cluster, len, s->font);
    if (font >= 0 && font != s->font) {
        const struct font *f = fontset_font(s->l->fonts, font);
        buf_printf(&s->out, "{\\fn%s\\fs%.3f}", f->family, s->style->em * f->em);
        s->font = font;
    }
    set_spacing(s, cp == ' ' ? s->style->space : stands_alone(cp) ? 2 * s->style->fat : 0);
    for (size_t at = 0; at < len;) {
        size_t n = utf8_decode(cluster + at, len - at, &cp);
        add_literal(s, cluster + at, n ? n : 1);
        at += n ? n : 1;
    }
}

static void add_text(struct script *s, const char *text, size_t n)
{
    const struct letters_text *t = s->text;
    begin_line(s);
    for (size_t at = 0; at < n;) {
        if (t && t->cells && s->cell + 1 < t->cell_count && at >= t->cells[s->cell + 1]) {
            s->cell++;
            set_code(s, (struct code){.what = CODE_CELL});
        }
        size_t len = text_cluster(text + at, n - at);
        if (text[at] == '\n') {
            buf_adds(&s->out, "\\N");
            s->line++;
            begin_line(s);
        } else {
            add_cluster(s, text + at, len);
        }
        at += len;
    }
}

/* The caller holds the lock. NULL when there is nothing to see (or no memory). */
static ASS_Image *render_event(struct letters *l, const char *ass_text)
{
    ass_flush_events(l->track);
    int i = ass_alloc_event(l->track);
    if (i < 0)
        return NULL;
    ASS_Event *ev = &l->track->events[i];
    ev->Duration = EVENT_MS;
    ev->Style = l->track->n_styles - 1; /* ours; libass puts one of its own first */
    ev->Text = strdup(ass_text);
    if (!ev->Text)
        return NULL;
    return ass_render_frame(l->renderer, l->track, EVENT_MS / 2, NULL);
}

/* --- Measuring ------------------------------------------------------------------------------ */

/* The columns of an image that have ink; libass leaves some empty. */
static void ink_columns(const ASS_Image *i, int *left, int *right)
{
    for (int y = 0; y < i->h; y++) {
        const uint8_t *row = i->bitmap + (ptrdiff_t)y * i->stride;
        for (int x = 0; x < i->w; x++) {
            if (row[x] == 0)
                continue;
            *left = i->dst_x + x < *left ? i->dst_x + x : *left;
            *right = i->dst_x + x >= *right ? i->dst_x + x + 1 : *right;
        }
    }
}

/* From one stroke in front of the text to another behind it: its advance, not only its ink. The
 * caller holds the lock. */
static double measure(struct letters *l, const char *text, size_t len)
{
    const struct letters_style style = {.em = MEASURE_EM};
    struct script s = {.l = l, .style = &style, .font = -1};
    int left = INT_MAX, right = INT_MIN;
    buf_init(&s.out, MAX_EVENT_BYTES);
    buf_printf(&s.out, "{\\an4\\pos(20,%d)\\bord0\\shad0}", l->height);
    add_box(&s, 1, MEASURE_EM / 2, 0);
    add_text(&s, text, len);
    add_box(&s, 1, MEASURE_EM / 2, 0);
    for (ASS_Image *i = s.out.failed ? NULL : render_event(l, s.out.data); i; i = i->next)
        ink_columns(i, &left, &right);
    buf_finish(&s.out);
    return left < right && right - left > 2 ? right - left - 2 : 0; /* no ink: no memory */
}

/* The place of a word among those that were measured; NULL for long ones. */
static struct measured *place_of(struct letters *l, const char *text, size_t len)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    if (len == 0 || len > sizeof l->measured->text)
        return NULL;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    return &l->measured[hash % MEASURED];
}

/* The room that is added between letters and words. */
static double added_width(const struct letters_style *style, const char *text, size_t len)
{
    double width = 0;
    for (size_t at = 0; at < len; at += text_cluster(text + at, len - at)) {
        uint32_t cp = 0;
        utf8_decode(text + at, len - at, &cp);
        width += cp == ' ' ? style->space : stands_alone(cp) ? 2 * style->fat : 0;
    }
    return width;
}

double letters_width(struct letters *l, const struct letters_style *style, const char *text,
                     size_t len)
{
    pthread_mutex_lock(&l->lock);
    struct measured *m = place_of(l, text, len);
    double width = 0;
    if (m && m->len == len && memcmp(m->text, text, len) == 0) {
        width = m->width;
    } else {
        width = measure(l, text, len);
        if (m) {
            m->width = width;
            m->len = (uint8_t)len;
            memcpy(m->text, text, len);
        }
    }
    pthread_mutex_unlock(&l->lock);
    return width * style->em / MEASURE_EM + added_width(style, text, len);
}

/* --- Drawing -------------------------------------------------------------------------------- */

static struct letters_part *add_part(struct letters_set *set, const struct code *code,
                                     enum letters_kind kind)
{
    struct letters_part *p = &set->parts[set->count++];
    p->cell = code->cell;
    p->line = code->line;
    p->kind = kind;
    return p;
}

/* A mask of libass's sheet as ours of the frame. */
static bool copy_mask(const struct letters *l, const ASS_Image *i, struct raster *r)
{
    if (!raster_create(r, i->dst_x - (SHEET - 1) * l->width / 2,
                       i->dst_y - (SHEET - 1) * l->height / 2, i->w, i->h, 1))
        return false;
    for (int y = 0; y < i->h; y++)
        memcpy(r->pixels + (ptrdiff_t)y * i->w, i->bitmap + (ptrdiff_t)y * i->stride, (size_t)i->w);
    raster_trim(r);
    return true;
}

static void take_line(struct letters_set *set, size_t line, const struct raster *r)
{
    set->lines[line] = (struct letters_box){
        .left = r->x, .right = r->x - 1, .top = r->y, .bottom = r->y + r->height};
}

static bool take_emoji(struct letters *l, struct letters_set *set, const struct code *code,
                       const struct raster *at, struct err *e)
{
    struct letters_part *p = add_part(set, code, LETTERS_PICTURE);
    if (!emoji_draw(l->emoji, code->cluster, code->len, (double)at->height, &p->raster, e))
        return false;
    p->raster.x = at->x + (at->width - p->raster.width) / 2;
    p->raster.y = at->y;
    return true;
}

/* `kind` is what a letter's own shape is to be. */
static bool take_image(struct letters *l, const struct script *s, const ASS_Image *i,
                       enum letters_kind kind, struct letters_set *set, struct err *e)
{
    size_t n = code_of_colour(i->color);
    struct raster mask;
    if (n == 0 || n > s->code_count || i->w < 1 || i->h < 1)
        return true;
    const struct code *code = &s->codes[n - 1];
    bool letter = code->what == CODE_CELL, box = i->type == IMAGE_TYPE_CHARACTER;
    if (i->type == IMAGE_TYPE_SHADOW || (!letter && (!box || kind == LETTERS_EDGE)))
        return true;
    if (!copy_mask(l, i, &mask))
        return err_set(e, ERR_NO_MEMORY, "no memory to draw a caption");
    if (letter) {
        add_part(set, code, kind)->raster = mask;
        return true;
    }
    bool ok = true;
    if (code->what == CODE_LINE)
        take_line(set, code->line, &mask);
    else
        ok = take_emoji(l, set, code, &mask, e);
    raster_finish(&mask);
    return ok;
}

/* Draws the text once, with an outline, of which `type` is taken as `kind`. */
static bool draw_pass(struct letters *l, const struct letters_style *style,
                      const struct letters_text *text, struct code *codes, double outline,
                      enum letters_kind kind, struct letters_set *set, struct err *e)
{
    struct script s = {.l = l, .style = style, .text = text, .codes = codes, .font = -1};
    bool ok = false;
    buf_init(&s.out, MAX_EVENT_BYTES);
    buf_printf(&s.out, "{\\an%d\\pos(%.2f,%.2f)\\shad0\\bord%.2f}", (int)style->anchor,
               style->x + (SHEET - 1) * l->width / 2.0, style->y + (SHEET - 1) * l->height / 2.0,
               outline);
    add_text(&s, text->text, strlen(text->text));
    if (s.out.failed) {
        buf_err(&s.out, ERR_INVALID, "a caption is too long", e);
        goto out;
    }
    int wanted = outline > 0 ? IMAGE_TYPE_OUTLINE : IMAGE_TYPE_CHARACTER;
    ASS_Image *images = render_event(l, s.out.data);
    size_t room = set->count;
    for (ASS_Image *i = images; i; i = i->next)
        room++;
    struct letters_part *more = realloc(set->parts, (room + 1) * sizeof *more);
    if (!more) {
        err_set(e, ERR_NO_MEMORY, "no memory to draw a caption");
        goto out;
    }
    set->parts = more;
    memset(more + set->count, 0, (room + 1 - set->count) * sizeof *more);
    ok = true;
    for (ASS_Image *i = images; i && ok; i = i->next) {
        size_t n = code_of_colour(i->color);
        bool letter = n && n <= s.code_count && codes[n - 1].what == CODE_CELL;
        if (!letter || (int)i->type == wanted)
            ok = take_image(l, &s, i, kind, set, e);
    }

out:
    buf_finish(&s.out);
    return ok;
}

static size_t count_lines(const char *s)
{
    size_t n = 1;
    for (; *s; s++)
        n += *s == '\n';
    return n;
}

/* Left and right of the lines' ink. */
static void widen_lines(struct letters_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct raster *r = &set->parts[i].raster;
        struct letters_box *line = &set->lines[set->parts[i].line];
        if (set->parts[i].kind == LETTERS_EDGE || r->width == 0)
            continue;
        bool empty = line->right < line->left;
        line->left = empty || r->x < line->left ? r->x : line->left;
        line->right = empty || r->x + r->width > line->right ? r->x + r->width : line->right;
    }
}

static void move_line(struct letters_set *set, size_t line, int dy)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->parts[i].line == line)
            set->parts[i].raster.y += dy;
    set->lines[line].top += dy;
    set->lines[line].bottom += dy;
}

/* Draws lines together that are too far apart, and puts the block where its anchor is. */
static void arrange_lines(struct letters_set *set, const struct letters_style *style)
{
    double most = PITCH_MAX * style->em;
    for (size_t i = 1; i < set->line_count; i++) {
        double pitch = set->lines[i].top - set->lines[i - 1].top;
        if (pitch > most)
            move_line(set, i, (int)lrint(most - pitch));
    }
    const struct letters_box *first = set->lines, *last = &set->lines[set->line_count - 1];
    double is = style->anchor == ANCHOR_CENTRE ? (first->top + last->bottom) / 2 : first->top;
    for (size_t i = 0; i < set->line_count; i++)
        move_line(set, i, (int)lrint(style->y - is));
}

bool letters_draw(struct letters *l, const struct letters_style *style,
                  const struct letters_text *text, struct letters_set *out, struct err *e)
{
    size_t lines = count_lines(text->text), len = strlen(text->text);
    struct code *codes = calloc(2 * len + 2 * lines + text->cell_count + 4, sizeof *codes);
    *out = (struct letters_set){.lines = calloc(lines, sizeof *out->lines), .line_count = lines};
    bool ok = codes && out->lines;
    if (!ok)
        err_set(e, ERR_NO_MEMORY, "no memory to draw a caption");
    pthread_mutex_lock(&l->lock);
    ok = ok && draw_pass(l, style, text, codes, style->fat, LETTERS_FACE, out, e);
    if (ok && style->outline > 0)
        ok = draw_pass(l, style, text, codes, style->fat + style->outline, LETTERS_EDGE, out, e);
    pthread_mutex_unlock(&l->lock);
    free(codes);
    if (ok) {
        widen_lines(out);
        arrange_lines(out, style);
    }
    return ok;
}

void letters_set_finish(struct letters_set *s)
{
    for (size_t i = 0; i < s->count; i++)
        raster_finish(&s->parts[i].raster);
    free(s->parts);
    free(s->lines);
    *s = (struct letters_set){0};
}

void letters_versions(char *out, size_t size)
{
    FT_Library ft;
    int major = 0, minor = 0, patch = 0;
    if (FT_Init_FreeType(&ft) == 0) {
        FT_Library_Version(ft, &major, &minor, &patch);
        FT_Done_FreeType(ft);
    }
    snprintf(out, size, "libass %x freetype %d.%d.%d harfbuzz %s", (unsigned)ass_library_version(),
             major, minor, patch, hb_version_string());
}
