/* SPDX-License-Identifier: GPL-3.0-or-later
 * letters.c - text into bitmaps, by libass.
 */
#include "render/letters.h"

#include "core/buf.h"
#include "core/utf8.h"
#include "render/caption_text.h"

#include <ass/ass.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Widths are measured at a fraction of the size, so that wide lines still fit libass's frame. */
#define MEASURE_SCALE 4
#define EVENT_MS 1000
#define MAX_EVENT_BYTES (1u << 20)

struct letters {
    pthread_mutex_t lock;
    const struct fontset *fonts;
    ASS_Library *library;
    ASS_Renderer *renderer;
    ASS_Track *track;
    int width, height;
};

static void no_messages(int level, const char *fmt, va_list args, void *data)
{
    (void)level, (void)fmt, (void)args, (void)data;
}

/* White with a dark outline; Encoding -1 takes the base direction from the text itself. */
static ASS_Track *make_track(ASS_Library *library, int width, int height)
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
               "Style: Default,x,80,&H00FFFFFF,&H00FFFFFF,&H00141414,&H80000000,-1,0,0,0,100,100,"
               "0,0,1,0,0,5,0,0,0,-1\n",
               width, height);
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

struct letters *letters_create(const struct fontset *fonts, int width, int height, struct err *e)
{
    struct letters *l = calloc(1, sizeof *l);
    if (!l)
        goto fail;
    pthread_mutex_init(&l->lock, NULL);
    l->fonts = fonts;
    l->width = width;
    l->height = height;
    l->library = ass_library_init();
    if (!l->library)
        goto fail;
    ass_set_message_cb(l->library, no_messages, NULL);
    ass_set_extract_fonts(l->library, 0);
    const char *data;
    size_t size;
    for (int i = 0; (data = fontset_file(fonts, i, &size)); i++)
        ass_add_font(l->library, "font", data, (int)size);
    l->renderer = ass_renderer_init(l->library);
    l->track = make_track(l->library, width, height);
    if (!l->renderer || !l->track)
        goto fail;
    ass_set_frame_size(l->renderer, width, height);
    ass_set_storage_size(l->renderer, width, height);
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
    free(l);
}

/* --- Text to an ASS event ------------------------------------------------------------------- */

/* What means something to ASS, made to mean itself. A word joiner keeps a backslash apart from what
 * follows it. */
static void add_literal(struct buf *b, const char *s, size_t len)
{
    if (len == 1 && s[0] == '\n')
        buf_adds(b, "\\N");
    else if (len == 1 && (s[0] == '{' || s[0] == '}'))
        buf_printf(b, "\\%c", s[0]);
    else if (len == 1 && s[0] == '\\')
        buf_adds(b, "\\\xe2\x81\xa0");
    else
        buf_add(b, s, len);
}

static void add_text(const struct letters *l, struct buf *b, double em, const char *text, size_t n)
{
    int current = -1;
    for (size_t at = 0; at < n;) {
        uint32_t cp;
        size_t cluster = text_cluster(text + at, n - at), end = at + cluster;
        if (!utf8_decode(text + at, n - at, &cp)) {
            at = end;
            continue;
        }
        int font = fontset_pick(l->fonts, cp == '\n' ? ' ' : cp, current);
        if (font >= 0 && font != current) {
            const struct font *f = fontset_font(l->fonts, font);
            buf_printf(b, "{\\fn%s\\fs%.3f}", f->family, em * f->em);
            current = font;
        }
        while (at < end) {
            size_t len = utf8_decode(text + at, n - at, &cp);
            len = len ? len : 1;
            add_literal(b, text + at, len);
            at += len;
        }
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

struct box {
    int left, top, right, bottom;
};

static bool bounds(const ASS_Image *img, struct box *b)
{
    bool any = false;
    for (; img; img = img->next) {
        if (img->w == 0 || img->h == 0)
            continue;
        struct box i = {img->dst_x, img->dst_y, img->dst_x + img->w, img->dst_y + img->h};
        if (!any)
            *b = i;
        b->left = i.left < b->left ? i.left : b->left;
        b->top = i.top < b->top ? i.top : b->top;
        b->right = i.right > b->right ? i.right : b->right;
        b->bottom = i.bottom > b->bottom ? i.bottom : b->bottom;
        any = true;
    }
    return any;
}

double letters_width(struct letters *l, const struct letters_style *style, const char *text,
                     size_t len)
{
    struct buf b;
    struct box box = {0};
    buf_init(&b, MAX_EVENT_BYTES);
    buf_printf(&b, "{\\an4\\pos(0,%d)\\bord0\\shad0}", l->height / 2);
    add_text(l, &b, style->em / MEASURE_SCALE, text, len);
    bool any = false;
    if (!b.failed) {
        pthread_mutex_lock(&l->lock);
        any = bounds(render_event(l, b.data), &box);
        pthread_mutex_unlock(&l->lock);
    }
    buf_finish(&b);
    return any ? (double)(box.right - box.left) * MEASURE_SCALE : 0;
}

static struct overlay *paint(const ASS_Image *images, int alpha, struct err *e)
{
    struct box box;
    if (!bounds(images, &box))
        return NULL;
    struct overlay *o =
        overlay_create(box.left, box.top, box.right - box.left, box.bottom - box.top, e);
    if (!o)
        return NULL;
    for (const ASS_Image *i = images; i; i = i->next)
        overlay_paint(o, i->bitmap, i->stride, i->dst_x, i->dst_y, i->w, i->h, i->color >> 8,
                      255 - (int)(i->color & 255));
    overlay_finish(o, alpha);
    return o;
}

bool letters_draw(struct letters *l, const struct letters_style *style, const char *text,
                  struct overlay **out, struct err *e)
{
    struct buf b;
    *out = NULL;
    buf_init(&b, MAX_EVENT_BYTES);
    buf_printf(&b, "{\\an%d\\pos(%.2f,%.2f)\\bord%.2f\\shad%.2f", (int)style->anchor, style->x,
               style->y, style->outline, style->shadow);
    buf_adds(&b, "}");
    add_text(l, &b, style->em, text, strlen(text));
    struct err why = {0};
    if (b.failed) {
        err_set(&why, ERR_NO_MEMORY, "no memory to draw a caption");
    } else {
        pthread_mutex_lock(&l->lock);
        *out = paint(render_event(l, b.data), style->alpha, &why);
        pthread_mutex_unlock(&l->lock);
    }
    buf_finish(&b);
    if (why.code == ERR_NONE)
        return true;
    if (e)
        *e = why;
    return false;
}

int letters_version(void)
{
    return ass_library_version();
}
