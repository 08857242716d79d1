/* SPDX-License-Identifier: GPL-3.0-or-later
 * caption_sheet.c - pages, cells and their times.
 */
#include "render/caption_sheet.h"

#include "core/timebase.h"
#include "core/utf8.h"
#include "render/caption_text.h"
#include "render/spoken.h"

#include <string.h>

/* A word counts as spoken until the next one when that follows closely, else a little longer than
 * it is. */
#define CLOSE_TICKS (TICKS_PER_SECOND * 150 / 1000)
#define LINGER_TICKS (TICKS_PER_SECOND * 80 / 1000)
#define MOVE_S 0.14 /* of growing, of a box's way to the next word */

struct maker {
    const struct sheet_source *from;
    struct spoken spoken;
    size_t word;     /* we are in */
    size_t char_at;  /* characters of the text so far */
    bool by_cluster; /* each a cell */
    size_t *at;
    struct sheet_cell *cells;
    size_t count;
};

static int64_t to_frame(const struct sheet_source *from, int64_t ticks)
{
    return ticks_scale(ticks, from->fps_num, TICKS_PER_SECOND * from->fps_den);
}

/* The instant at which a character of a word is reached. */
static int64_t reached(const struct spoken_word *w, size_t at)
{
    size_t length = w->end_char - w->first_char;
    return w->start + ticks_scale(w->end - w->start, (int64_t)(at - w->first_char),
                                  length ? (int64_t)length : 1);
}

static int64_t shown_until(const struct spoken *s, size_t word)
{
    int64_t end = s->words[word].end;
    bool close = word + 1 < s->count && s->words[word + 1].start - end < CLOSE_TICKS;
    return close ? s->words[word + 1].start : end + LINGER_TICKS;
}

static bool first_strong_rtl(const char *s, size_t n)
{
    for (size_t at = 0; at < n;) {
        uint32_t cp;
        size_t len = utf8_decode(s + at, n - at, &cp);
        if (len && !text_is_punctuation(cp) && !(cp >= '0' && cp <= '9'))
            return text_is_rtl(cp);
        at += len ? len : 1;
    }
    return false;
}

static void begin_cell(struct maker *m, const char *text, size_t at)
{
    const struct spoken_word *w = &m->spoken.words[m->word];
    m->at[m->count] = at;
    m->cells[m->count++] =
        (struct sheet_cell){.first = to_frame(m->from, reached(w, m->char_at)),
                            .rtl = first_strong_rtl(text + at, strlen(text + at))};
}

static void end_cell(struct maker *m)
{
    if (m->count == 0)
        return;
    const struct spoken_word *w = &m->spoken.words[m->word];
    struct sheet_cell *c = &m->cells[m->count - 1];
    c->end = to_frame(m->from, reached(w, m->char_at));
    c->until =
        m->char_at < w->end_char ? c->end : to_frame(m->from, shown_until(&m->spoken, m->word));
}

/* Cuts a page into cells: at words, at lines, for by_cluster everywhere. */
static void cut_page(struct maker *m, const char *text)
{
    size_t len = strlen(text);
    bool fresh = true;
    for (size_t at = 0; at < len;) {
        size_t n = text_cluster(text + at, len - at);
        if (text[at] == ' ' || text[at] == '\n') {
            fresh = fresh || text[at] == '\n';
            at += n;
            continue;
        }
        bool next_word = m->char_at >= m->spoken.words[m->word].end_char;
        if (fresh || next_word || m->by_cluster) {
            end_cell(m);
            while (m->word + 1 < m->spoken.count && m->char_at >= m->spoken.words[m->word].end_char)
                m->word++;
            begin_cell(m, text, at);
        }
        fresh = false;
        m->char_at += utf8_length(text + at, n);
        at += n;
    }
    end_cell(m);
}

static bool make_page(struct maker *m, const struct caption_page *in, bool still, struct arena *a,
                      struct sheet_page *out)
{
    size_t room = strlen(in->text) + 1;
    m->count = 0;
    m->at = arena_array(a, room, sizeof *m->at);
    m->cells = arena_array(a, room, sizeof *m->cells);
    if (!m->at || !m->cells)
        return false;
    cut_page(m, in->text);
    if (m->count)
        m->at[0] = 0;
    *out = (struct sheet_page){.text = in->text,
                               .at = m->at,
                               .cells = m->cells,
                               .cell_count = still || m->count == 0 ? 1 : m->count,
                               .first = m->cells[0].first};
    return true;
}

bool sheet_make(const struct sheet_source *from, const struct caption_style *style,
                const struct caption_ruler *ruler, struct arena *a, struct sheet *out,
                struct err *e)
{
    struct caption_page *in;
    struct sheet_page *pages = NULL;
    struct maker m = {.from = from, .by_cluster = style->animation == CAPTION_TYPE};
    *out = (struct sheet){.motion = (enum caption_motion)style->animation,
                          .fps = (double)from->fps_num / from->fps_den};
    if (!caption_layout(from->text, ruler, a, &in, &out->page_count, e))
        return false;
    bool ok = spoken_of(from->text, from->words, from->word_count, from->whole_start,
                        from->whole_end, ruler->segmenter, a, &m.spoken) &&
              (pages = arena_array(a, out->page_count + 1, sizeof *pages));
    for (size_t i = 0; ok && i < out->page_count; i++)
        ok = make_page(&m, &in[i], style->animation == CAPTION_STILL, a, &pages[i]);
    out->pages = pages;
    return ok ? true : err_set(e, ERR_NO_MEMORY, "no memory for a caption");
}

/* --- What a frame shows --------------------------------------------------------------------- */

/* How far something is that began with the frame `first` and takes `seconds`; 0: not yet. */
static int step_of(const struct sheet *s, int64_t frame, int64_t first, double seconds, int steps)
{
    double u = (double)(frame - first + 1) / (s->fps * seconds);
    return u >= 1 ? steps : (int)(u * steps);
}

static int sweep_step(const struct sheet_cell *c, int64_t frame)
{
    int64_t length = c->end > c->first ? c->end - c->first : 1, done = frame - c->first + 1;
    return done >= length ? SHEET_SWEEP_STEPS : (int)(done * SHEET_SWEEP_STEPS / length);
}

static void look_at_cell(const struct sheet *s, const struct sheet_page *p, int64_t frame,
                         struct sheet_look *look)
{
    const struct sheet_cell *c = &p->cells[look->cell];
    bool follows = look->cell > 0 && c[-1].until >= c->first;
    switch (s->motion) {
    case CAPTION_STILL:
        look->cell = -1;
        break;
    case CAPTION_POP:
    case CAPTION_PILL:
        if (frame >= c->until)
            look->cell = -1;
        else if (s->motion == CAPTION_POP || follows)
            look->step = step_of(s, frame, c->first, MOVE_S, SHEET_STEPS);
        else
            look->step = SHEET_STEPS;
        break;
    case CAPTION_SWEEP:
        look->step = sweep_step(c, frame);
        break;
    case CAPTION_TYPE:
        break;
    }
}

struct sheet_look sheet_at(const struct sheet *s, int64_t frame)
{
    struct sheet_look look = {.cell = -1};
    while (look.page + 1 < s->page_count && s->pages[look.page + 1].first <= frame)
        look.page++;
    const struct sheet_page *p = &s->pages[look.page];
    while (look.cell + 1 < (int)p->cell_count && p->cells[look.cell + 1].first <= frame)
        look.cell++;
    if (look.cell >= 0)
        look_at_cell(s, p, frame, &look);
    return look;
}

void sheet_describe_page(const struct sheet_page *p, struct buf *out)
{
    buf_printf(out, "%zu:%s cells", strlen(p->text), p->text);
    for (size_t i = 0; i < p->cell_count; i++)
        buf_printf(out, " %zu%s", p->at[i], p->cells[i].rtl ? "r" : "");
    buf_adds(out, "\n");
}
