/* SPDX-License-Identifier: GPL-3.0-or-later
 * analyze_sound.c - the side of the work-horse that listens. */
#include "jobs/analyze_parts.h"

#include "analysis/silence.h"
#include "analysis/speech_activity.h"
#include "analysis/waveform.h"
#include "jobs/analyze.h"
#include "media/sound_thinner.h"
#include "render/loudness.h"

#include <math.h>
#include <stdlib.h>

#define LEVEL_STEP_S 0.25
#define LEVELS_MAX 20000 /* an hour and a half at that step; longer films get a coarser one */

static bool no_memory(struct err *e)
{
    return err_set(e, ERR_NO_MEMORY, "no memory for the analysis");
}

/* --- Beats, energy, pauses ---------------------------------------------------------------------- */

static void *create_beats(struct analyze_pass *p, struct err *e)
{
    (void)p;
    return beats_create(e);
}

static bool push_beats(void *self, const struct sound_block *b, struct err *e)
{
    return beats_push(self, b->mono, b->count, e);
}

static void destroy_beats(void *self)
{
    beats_destroy(self);
}

/* The loudness curve, thinned to LEVEL_STEP_S or what LEVELS_MAX allows. */
static bool fill_levels(const struct energy_meter *meter, struct arena *a,
                        struct analysis_report *r, struct err *e)
{
    size_t hops = meter->power.count;
    size_t every = (size_t)lround(LEVEL_STEP_S * HOPS_PER_SECOND);
    while (hops / every > LEVELS_MAX)
        every *= 2;
    float *db = malloc((hops + 1) * sizeof *db);
    double *levels = arena_array(a, hops / every + 1, sizeof *levels);
    if (!db || !levels) {
        free(db);
        return no_memory(e);
    }
    energy_db(meter, every / 2, db);
    size_t n = 0;
    for (size_t i = every / 2; i < hops; i += every)
        levels[n++] = analyze_rounded((double)db[i], 10);
    free(db);
    r->levels = (struct wire_list){levels, n};
    r->level_step = (double)every / HOPS_PER_SECOND;
    return true;
}

static bool fill_pauses(const struct energy_meter *meter, struct arena *a,
                        struct analysis_report *r, struct err *e)
{
    struct pauses pauses = {0};
    if (!silence_find(meter, &SILENCE_DEFAULTS, &pauses, e))
        return false;
    struct report_span *quiet = arena_array(a, pauses.count + 1, sizeof *quiet);
    for (size_t i = 0; quiet && i < pauses.count; i++)
        quiet[i] = (struct report_span){ANALYZE_MS(pauses.pauses[i].start_s),
                                        ANALYZE_MS(pauses.pauses[i].end_s)};
    r->pauses = (struct wire_list){quiet, pauses.count};
    silence_finish(&pauses);
    return quiet ? true : no_memory(e);
}

static bool fill_numbers(const double *from, size_t count, double steps, struct arena *a,
                         struct wire_list *out)
{
    double *to = arena_array(a, count + 1, sizeof *to);
    for (size_t i = 0; to && i < count; i++)
        to[i] = analyze_rounded(from[i], steps);
    *out = (struct wire_list){to, to ? count : 0};
    return to != NULL;
}

bool analyze_fill_beats(const struct beats_result *b, struct arena *a, struct analysis_report *r)
{
    if (b->count == 0)
        return true;
    const size_t n = sizeof b->candidates / sizeof *b->candidates;
    struct report_tempo *tempos = arena_array(a, n, sizeof *tempos);
    for (size_t i = 0; tempos && i < n; i++)
        tempos[i] = (struct report_tempo){analyze_rounded(b->candidates[i].bpm, 100),
                                          analyze_rounded(b->candidates[i].score, 1000)};
    r->tempo_candidates = (struct wire_list){tempos, n};
    r->tempo = analyze_rounded(b->tempo, 100);
    r->confidence = analyze_rounded(b->confidence, 1000);
    r->steady = b->steady;
    if (b->beats_per_bar > 0)
        r->beats_per_bar = b->beats_per_bar;
    return tempos && fill_numbers(b->beats_s, b->count, 1000, a, &r->beats) &&
           fill_numbers(b->tempo_curve, b->count, 100, a, &r->tempo_curve) &&
           fill_numbers(b->downbeats_s, b->downbeat_count, 1000, a, &r->downbeats);
}

static bool fill_marks(const struct energy_marks *m, struct arena *a, struct analysis_report *r)
{
    struct report_peak *peaks = arena_array(a, m->peak_count + 1, sizeof *peaks);
    struct report_drop *drops = arena_array(a, m->drop_count + 1, sizeof *drops);
    struct report_section *parts = arena_array(a, m->section_count + 1, sizeof *parts);
    if (!peaks || !drops || !parts)
        return false;
    for (size_t i = 0; i < m->peak_count; i++)
        peaks[i] = (struct report_peak){ANALYZE_MS(m->peaks[i].time_s),
                                        analyze_rounded(m->peaks[i].score, 1000)};
    for (size_t i = 0; i < m->drop_count; i++)
        drops[i] = (struct report_drop){ANALYZE_MS(m->drops[i].time_s),
                                        analyze_rounded(m->drops[i].rise_db, 10)};
    for (size_t i = 0; i < m->section_count; i++)
        parts[i] = (struct report_section){ANALYZE_MS(m->sections[i].start_s),
                                           ANALYZE_MS(m->sections[i].end_s),
                                           analyze_rounded(m->sections[i].level_db, 10)};
    r->energy = (struct wire_list){peaks, m->peak_count};
    r->drops = (struct wire_list){drops, m->drop_count};
    r->drop = m->drop_count ? drops[0].time : NAN;
    r->sections = (struct wire_list){parts, m->section_count};
    return true;
}

static bool finish_beats(void *self, struct analyze_side *s, struct err *e)
{
    struct beats_result found = {0};
    bool ok = beats_finish(self, &found, e);
    if (ok && (!analyze_fill_beats(&found, s->arena, s->report) ||
               !fill_marks(&found.energy, s->arena, s->report)))
        ok = no_memory(e);
    const struct energy_meter *meter = beats_meter(self);
    ok = ok && fill_levels(meter, s->arena, s->report, e) &&
         fill_pauses(meter, s->arena, s->report, e);
    beats_result_finish(&found);
    return ok;
}

static const struct sound_analyser beats_analyser = {
    .name = "beats",
    .makes = ANALYZE_REPORT,
    .create = create_beats,
    .push = push_beats,
    .finish = finish_beats,
    .destroy = destroy_beats,
};

/* --- Speech ------------------------------------------------------------------------------------- */

static void *create_speech(struct analyze_pass *p, struct err *e)
{
    (void)p;
    return speech_activity_create(e);
}

static bool push_speech(void *self, const struct sound_block *b, struct err *e)
{
    return speech_activity_push(self, b->mono, b->count, e);
}

static bool finish_speech(void *self, struct analyze_side *s, struct err *e)
{
    struct speech_spans found = {0};
    if (!speech_activity_finish(self, &speech_defaults, &found, e))
        return false;
    struct report_span *spans = arena_array(s->arena, found.count + 1, sizeof *spans);
    for (size_t i = 0; spans && i < found.count; i++)
        spans[i] = (struct report_span){ANALYZE_MS(found.spans[i].start_s),
                                        ANALYZE_MS(fmin(found.spans[i].end_s, s->end_s))};
    s->report->speech = (struct wire_list){spans, found.count};
    speech_spans_finish(&found);
    return spans ? true : no_memory(e);
}

static void destroy_speech(void *self)
{
    speech_activity_destroy(self);
}

static const struct sound_analyser speech_analyser = {
    .name = "speech",
    .makes = ANALYZE_REPORT,
    .create = create_speech,
    .push = push_speech,
    .finish = finish_speech,
    .destroy = destroy_speech,
};

/* --- Loudness ----------------------------------------------------------------------------------- */

static void *create_loudness(struct analyze_pass *p, struct err *e)
{
    (void)p;
    return loudness_create_plain(e);
}

static bool push_loudness(void *self, const struct sound_block *b, struct err *e)
{
    (void)e;
    loudness_add(self, b->stereo, b->frames);
    return true;
}

static double finite_or_nan(double x)
{
    return isfinite(x) ? analyze_rounded(x, 10) : NAN;
}

static bool finish_loudness(void *self, struct analyze_side *s, struct err *e)
{
    struct report_loudness *l = arena_alloc(s->arena, sizeof *l);
    if (!l)
        return no_memory(e);
    l->integrated = finite_or_nan(loudness_integrated(self));
    l->true_peak = finite_or_nan(loudness_true_peak_db(self));
    s->report->loudness = l;
    return true;
}

static void destroy_loudness(void *self)
{
    loudness_destroy(self);
}

static const struct sound_analyser loudness_analyser = {
    .name = "loudness",
    .makes = ANALYZE_REPORT,
    .create = create_loudness,
    .push = push_loudness,
    .finish = finish_loudness,
    .destroy = destroy_loudness,
};

/* --- Waveform ----------------------------------------------------------------------------------- */

static void *create_waveform(struct analyze_pass *p, struct err *e)
{
    (void)p;
    return waveform_create(e);
}

static bool push_waveform(void *self, const struct sound_block *b, struct err *e)
{
    return waveform_push(self, b->mono, b->count, e);
}

static bool finish_waveform(void *self, struct analyze_side *s, struct err *e)
{
    struct waveform w = {0};
    struct buf dat;
    buf_init(&dat, WAVEFORM_MAX_BYTES);
    bool ok = waveform_finish(self, &w, e);
    if (ok && !waveform_write_dat(&w, 16, &dat))
        ok = no_memory(e);
    ok = ok && analyze_put(s->pass->h, WAVEFORM_FILE, dat.data, dat.len, e);
    buf_finish(&dat);
    waveform_free(&w);
    return ok;
}

static void destroy_waveform(void *self)
{
    waveform_destroy(self);
}

static const struct sound_analyser waveform_analyser = {
    .name = "waveform",
    .makes = ANALYZE_WAVEFORM,
    .create = create_waveform,
    .push = push_waveform,
    .finish = finish_waveform,
    .destroy = destroy_waveform,
};

const struct sound_analyser *const sound_analysers[] = {
    &beats_analyser, &speech_analyser, &loudness_analyser, &waveform_analyser, NULL,
};

/* --- Listening ---------------------------------------------------------------------------------- */

struct ears {
    struct analyze_side *side;
    void *self[ANALYSERS_MAX]; /* NULL: nobody wants it */
    struct audio_reader *reader;
    struct sound_thinner *thinner;
    float stereo[2 * THINNER_BLOCK], mono[THINNER_BLOCK];
};

/* Analyser i cannot go on. True: the others can. */
static bool drop(struct ears *x, int i, const struct err *why, struct err *e)
{
    const struct sound_analyser *k = sound_analysers[i];
    k->destroy(x->self[i]);
    x->self[i] = NULL;
    return analyze_forgive(x->side->pass, k->name, k->makes, why, e);
}

static bool hear(struct ears *x, const struct sound_block *b, struct err *e)
{
    struct err why = {0};
    for (int i = 0; sound_analysers[i]; i++)
        if (x->self[i] && !sound_analysers[i]->push(x->self[i], b, &why) &&
            !drop(x, i, &why, e))
            return false;
    return true;
}

/* All of the stream. False with *broken set when it could not be read any further. */
static bool listen(struct ears *x, bool *broken, struct err *e)
{
    int64_t done = 0;
    for (;;) {
        int frames = audio_reader_read(x->reader, x->stereo, THINNER_BLOCK, e);
        *broken = frames < 0;
        int n = *broken       ? -1
                : frames == 0 ? sound_thinner_end(x->thinner, x->mono, e)
                              : sound_thinner_push(x->thinner, x->stereo, frames, x->mono, e);
        struct sound_block b = {x->mono, (size_t)(n > 0 ? n : 0), x->stereo,
                                frames > 0 ? frames : 0};
        if (n < 0 || !hear(x, &b, e))
            return false;
        if (frames == 0)
            return true;
        done += frames;
        x->side->end_s = (double)done / THINNER_IN_RATE;
        analyze_progress(x->side->pass, ANALYZE_SOUND, x->side->end_s);
    }
}

static bool open_ears(struct ears *x, struct err *e)
{
    struct analyze_pass *p = x->side->pass;
    struct err why = {0};
    for (int i = 0; sound_analysers[i]; i++)
        if (sound_analysers[i]->makes & p->make &&
            !(x->self[i] = sound_analysers[i]->create(p, &why)) && !drop(x, i, &why, e))
            return false;
    x->thinner = sound_thinner_create(e);
    return x->thinner != NULL;
}

static bool finish_ears(struct ears *x, struct err *e)
{
    struct err why = {0};
    for (int i = 0; sound_analysers[i]; i++)
        if (x->self[i] && !sound_analysers[i]->finish(x->self[i], x->side, &why) &&
            !drop(x, i, &why, e))
            return false;
    return true;
}

static void close_ears(struct ears *x)
{
    for (int i = 0; sound_analysers[i]; i++)
        sound_analysers[i]->destroy(x->self[i]);
    sound_thinner_destroy(x->thinner);
    audio_reader_destroy(x->reader);
    free(x);
}

bool analyze_sound(struct analyze_side *s, struct err *e)
{
    struct ears *x = calloc(1, sizeof *x);
    if (!x)
        return no_memory(e);
    x->side = s;
    struct err why = {0};
    bool broken = false, ok = open_ears(x, e);
    if (ok) {
        x->reader = audio_reader_create(s->pass->fd, THINNER_IN_RATE, 2, NULL, &why);
        broken = !x->reader;
    }
    if (ok && !broken && !listen(x, &broken, &why) && !broken) {
        *e = why;
        ok = false;
    }
    if (broken)
        analyze_warn(s, "sound", &why);
    ok = ok && finish_ears(x, e);
    close_ears(x);
    return ok;
}
