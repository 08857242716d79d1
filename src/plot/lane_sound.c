/* SPDX-License-Identifier: GPL-3.0-or-later
 * lane_sound.c - what is heard: waveform and beats, energy, tempo, speech. */
#include "plot/page.h"

#include <math.h>

#define NEAREST_PX 3.0 /* ticks nearer to each other than that say nothing */

/* --- Waveform, beats and bars ----------------------------------------------------------------- */

static bool waveform_shown(const struct page *p)
{
    return (p->plot->waveform && p->plot->waveform->length > 0) ||
           p->plot->report->levels.count > 0 || p->plot->report->beats.count > 0;
}

/* 32768 at the loudest, so that quiet sound is seen too. */
static double loudest(const struct waveform *w)
{
    int top = 1;
    for (size_t i = 0; i < w->length; i++) {
        int low = -w->pairs[2 * i], high = w->pairs[2 * i + 1];
        top = low > top ? low : high > top ? high : top;
    }
    return top;
}

static void draw_waveform(struct page *p, const struct box *b)
{
    const struct waveform *w = p->plot->waveform;
    double pixel_s = (double)w->samples_per_pixel / w->rate_hz;
    double middle = b->y + b->height / 2, scale = b->height / 2 / loudest(w);
    size_t i = 0;
    page_ink(p, INK_GREY, 1);
    for (double x = floor(p->left); x < p->right && i < w->length; x++) {
        double until = (x + 1 - p->left) / (p->right - p->left) * p->duration;
        int low = w->pairs[2 * i], high = w->pairs[2 * i + 1];
        do {
            low = w->pairs[2 * i] < low ? w->pairs[2 * i] : low;
            high = w->pairs[2 * i + 1] > high ? w->pairs[2 * i + 1] : high;
        } while ((double)(i + 1) * pixel_s < until && ++i < w->length);
        double top = middle - high * scale, bottom = middle - low * scale;
        cairo_rectangle(p->cr, x, top, 1, fmax(bottom - top, 1));
    }
    cairo_fill(p->cr);
}

/* Without a waveform: how loud it is, as an outline. */
static void draw_outline(struct page *p, const struct box *b)
{
    const struct analysis_report *r = p->plot->report;
    const double *db = r->levels.items;
    double loudest_db = -INFINITY, step = r->level_step;
    for (size_t i = 0; i < r->levels.count; i++)
        loudest_db = fmax(loudest_db, db[i]);
    page_ink(p, INK_GREY, 1);
    for (size_t i = 0; i < r->levels.count; i++) {
        double height = b->height * fmin(pow(10, (db[i] - loudest_db) / 20), 1);
        page_bar(p, page_x(p, (double)i * step), page_x(p, (double)(i + 1) * step),
                 b->y + (b->height - height) / 2, height);
    }
}

static double spacing_px(const struct page *p, const struct wire_list *times)
{
    const double *t = times->items;
    if (times->count < 2)
        return INFINITY;
    return (page_x(p, t[times->count - 1]) - page_x(p, t[0])) / (double)(times->count - 1);
}

static void draw_ticks(const struct page *p, const struct wire_list *times, double top,
                       double bottom, double width)
{
    const double *t = times->items;
    if (spacing_px(p, times) < NEAREST_PX)
        return;
    for (size_t i = 0; i < times->count; i++)
        page_line(p, page_x(p, t[i]), top, page_x(p, t[i]), bottom, width);
}

static void waveform_draw(struct page *p, const struct box *b)
{
    const struct analysis_report *r = p->plot->report;
    if (p->plot->waveform && p->plot->waveform->length > 0)
        draw_waveform(p, b);
    else
        draw_outline(p, b);
    page_ink(p, INK_BLUE, 0.8);
    draw_ticks(p, &r->beats, b->y + b->height - 14, b->y + b->height, 1.2);
    page_ink(p, INK_RED, 0.85);
    draw_ticks(p, &r->downbeats, b->y, b->y + b->height, 1.2);
    if (r->beats.count > 0 && spacing_px(p, &r->beats) < NEAREST_PX)
        page_text(p, b->x + 4, b->y + 12, FONT_SMALL, INK_SOFT, b->width,
                  "beats are too close to each other to be drawn");
}

const struct lane lane_waveform = {
    .title = "Sound",
    .keys = {{"waveform", INK_GREY}, {"beat", INK_BLUE}, {"bar begins", INK_RED}},
    .height = 104,
    .shown = waveform_shown,
    .draw = waveform_draw,
};

/* --- Energy ----------------------------------------------------------------------------------- */

#define QUIETEST_DB (-60.0)
#define PEAK_PX 9.0

static bool energy_shown(const struct page *p)
{
    const struct analysis_report *r = p->plot->report;
    return r->levels.count > 0 || r->energy.count > 0 || r->sections.count > 0;
}

static double level_share(double db)
{
    return db <= QUIETEST_DB ? 0 : 1 - db / QUIETEST_DB;
}

static void trace_levels(struct page *p, const struct box *b)
{
    const struct analysis_report *r = p->plot->report;
    const double *db = r->levels.items;
    size_t count = r->levels.count;
    struct curve c;
    curve_begin(&c, p, b);
    curve_add(&c, 0, level_share(db[0]));
    for (size_t i = 0; i < count; i++)
        curve_add(&c, ((double)i + 0.5) * r->level_step, level_share(db[i]));
    curve_add(&c, (double)count * r->level_step, level_share(db[count - 1]));
    curve_end(&c);
}

static void draw_levels(struct page *p, const struct box *b)
{
    const struct analysis_report *r = p->plot->report;
    if (r->levels.count == 0)
        return;
    trace_levels(p, b);
    cairo_line_to(p->cr, page_x(p, (double)r->levels.count * r->level_step), b->y + b->height);
    cairo_line_to(p->cr, p->left, b->y + b->height);
    cairo_close_path(p->cr);
    page_ink(p, INK_SKY, 0.35);
    cairo_fill(p->cr);
    trace_levels(p, b);
    page_ink(p, INK_SKY, 1);
    cairo_set_line_width(p->cr, 1.2);
    cairo_stroke(p->cr);
}

static void draw_sections(struct page *p, const struct box *b)
{
    const struct report_section *s = p->plot->report->sections.items;
    page_ink(p, INK_BLUE, 0.9);
    for (size_t i = 0; i < p->plot->report->sections.count; i++) {
        double y = page_y(b, level_share(s[i].level));
        page_line(p, page_x(p, s[i].start) + 1, y, page_x(p, s[i].end) - 1, y, 2.5);
    }
}

static void draw_peaks(struct page *p, const struct box *b)
{
    const struct report_peak *m = p->plot->report->energy.items;
    size_t count = p->plot->report->energy.count;
    page_ink(p, INK_RED, 1);
    for (size_t i = 0, best; i < count; i++) { /* of those that would touch, the highest */
        double first = page_x(p, m[i].time);
        for (best = i; i + 1 < count && page_x(p, m[i + 1].time) - first < PEAK_PX; i++)
            best = m[i + 1].score > m[best].score ? i + 1 : best;
        page_triangle(p, page_x(p, m[best].time), b->y + 1,
                      4 + 5 * fmin(fmax(m[best].score, 0), 1), true);
    }
}

static void draw_drops(struct page *p, const struct box *b)
{
    const struct report_drop *d = p->plot->report->drops.items;
    for (size_t i = 0; i < p->plot->report->drops.count && i < 12; i++) {
        double x = page_x(p, d[i].time);
        const char *words = arena_printf(p->arena, "+%.0f dB", d[i].rise);
        page_ink(p, INK_PINK, 1);
        page_line(p, x, b->y, x, b->y + b->height, 2.5);
        if (words)
            page_text(p, fmin(x + 5, p->right - 40), b->y + b->height - 5, FONT_SMALL, INK_TEXT,
                      60, words);
    }
}

static void energy_draw(struct page *p, const struct box *b)
{
    draw_levels(p, b);
    draw_sections(p, b);
    draw_drops(p, b);
    draw_peaks(p, b);
}

const struct lane lane_energy = {
    .title = "Energy",
    .keys = {{"loudness", INK_SKY}, {"section", INK_BLUE}, {"peak", INK_RED}, {"drop", INK_PINK}},
    .height = 78,
    .shown = energy_shown,
    .draw = energy_draw,
};

/* --- Tempo ------------------------------------------------------------------------------------ */

static bool tempo_shown(const struct page *p)
{
    const struct analysis_report *r = p->plot->report;
    return r->tempo_curve.count > 1 && r->tempo_curve.count <= r->beats.count && r->steady != 1;
}

static void tempo_draw(struct page *p, const struct box *b)
{
    const struct analysis_report *r = p->plot->report;
    const double *bpm = r->tempo_curve.items, *beats = r->beats.items;
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < r->tempo_curve.count; i++) {
        low = fmin(low, bpm[i]);
        high = fmax(high, bpm[i]);
    }
    low -= 5; /* so that a nearly steady tempo does not look wild */
    high += 5;
    struct curve c;
    curve_begin(&c, p, b);
    for (size_t i = 0; i < r->tempo_curve.count; i++)
        curve_add(&c, beats[i], (bpm[i] - low) / (high - low));
    curve_end(&c);
    page_ink(p, INK_GREEN, 1);
    cairo_set_line_width(p->cr, 1.5);
    cairo_stroke(p->cr);
    const char *words = arena_printf(p->arena, "%.0f to %.0f BPM", low + 5, high - 5);
    if (words)
        page_text(p, b->x + 4, b->y + 12, FONT_SMALL, INK_SOFT, b->width, words);
}

const struct lane lane_tempo = {
    .title = "Tempo",
    .keys = {{"beats a minute", INK_GREEN}},
    .height = 36,
    .shown = tempo_shown,
    .draw = tempo_draw,
};

/* --- Speech and pauses ------------------------------------------------------------------------ */

static bool speech_shown(const struct page *p)
{
    return p->plot->report->speech.count > 0 || p->plot->report->pauses.count > 0;
}

static void draw_spans(struct page *p, const struct wire_list *list, double y, double height)
{
    const struct report_span *s = list->items;
    for (size_t i = 0; i < list->count; i++)
        page_bar(p, page_x(p, s[i].start), page_x(p, s[i].end), y, height);
}

static void speech_draw(struct page *p, const struct box *b)
{
    double half = b->height / 2;
    page_ink(p, INK_GREEN, 0.85);
    draw_spans(p, &p->plot->report->speech, b->y + 2, half - 3);
    page_ink(p, INK_GREY, 0.9);
    draw_spans(p, &p->plot->report->pauses, b->y + half + 1, half - 3);
}

const struct lane lane_speech = {
    .title = "Speech",
    .keys = {{"somebody speaks", INK_GREEN}, {"pause", INK_GREY}},
    .height = 40,
    .shown = speech_shown,
    .draw = speech_draw,
};
