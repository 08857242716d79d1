/* SPDX-License-Identifier: GPL-3.0-or-later
 * The template engine: what layout.h promises, for every template and any facts. */
#include "check.h"
#include "core/timebase.h"
#include "effects/effect.h"
#include "effects/transition.h"
#include "timeline/layout.h"

#include <stdlib.h>

#ifndef TEMPLATES_DIR
#error "TEMPLATES_DIR must name the folder of the templates"
#endif

static const char *const names[] = {"realistic_chaos", "clean_talk",  "beat_montage", "hype_reel",
                                    "documentary",     "podcast_clip", "product_demo"};
static const struct template_shelf shelf = {.shipped = TEMPLATES_DIR};
#define TEMPLATE_COUNT (sizeof names / sizeof *names)
#define ROUNDS 150 /* of each template, each with a length of its own */

static uint64_t state = 1;
static double uniform(double from, double to)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return from + (to - from) * (double)(state >> 11) * 0x1p-53;
}
static size_t below(size_t n)
{
    return (size_t)uniform(0, (double)n);
}

/* --- Facts ------------------------------------------------------------------------------------ */

struct sample {
    struct layout_facts facts;
    double beats[40000], downbeats[10000], sections[100];
    struct layout_drop drops[10];
    struct layout_shot shots[2000];
    struct layout_highlight highlights[40];
    struct layout_peak peaks[2000];
    struct layout_look looks[1000];
    struct layout_span pauses[2000], speech[2000];
    float levels[12000];
    struct caption captions[4000];
    struct caption_word words[12000];
};

static void add_beats(struct sample *s, double period, double jitter)
{
    struct layout_facts *f = &s->facts;
    for (double t = uniform(0, period); t < f->duration && f->beat_count < 40000; t += period) {
        if (f->beat_count % 4 == 0 && f->downbeat_count < 10000)
            s->downbeats[f->downbeat_count++] = t;
        s->beats[f->beat_count++] = t + uniform(-jitter, jitter);
    }
    f->tempo = 60 / period;
}

static void add_captions(struct sample *s, bool words)
{
    struct layout_facts *f = &s->facts;
    size_t w = 0;
    for (double t = uniform(0, 2); f->caption_count < 4000;) {
        struct caption *c = &s->captions[f->caption_count];
        double len = uniform(0.3, 6);
        if (t + len > f->duration)
            break;
        *c = (struct caption){.text = "some words", .start = t, .end = t + len};
        if (words && w + 3 <= 12000) {
            c->words = (struct wire_list){&s->words[w], 3};
            for (int i = 0; i < 3; i++, w++)
                s->words[w] = (struct caption_word){.text = "w", .start = t + i * len / 3,
                                                    .end = t + (i + 0.9) * len / 3};
        }
        f->caption_count++;
        t += len + (below(3) ? uniform(0, 0.3) : uniform(0.5, 4));
    }
}

static void add_pauses(struct sample *s)
{
    struct layout_facts *f = &s->facts;
    if (f->caption_count)
        for (size_t i = 1; i < f->caption_count && f->pause_count < 2000; i++) {
            struct layout_span p = {s->captions[i - 1].end, s->captions[i].start};
            if (p.end - p.start > 0.4)
                s->pauses[f->pause_count++] = p;
        }
    else
        for (double t = uniform(0, 5); t < f->duration && f->pause_count < 2000;
             t += uniform(2, 20))
            s->pauses[f->pause_count++] = (struct layout_span){t, t + uniform(0.1, 3)};
}

/* What was heard as speech, without words: the captions' times if there are any. */
static void add_speech(struct sample *s)
{
    struct layout_facts *f = &s->facts;
    for (double t = uniform(0, 4); f->speech_count < 2000;) {
        double len = uniform(0.3, 25);
        if (t + len > f->duration)
            break;
        s->speech[f->speech_count++] = (struct layout_span){t, t + len};
        t += len + uniform(0.2, 5);
    }
}

static void add_rest(struct sample *s)
{
    struct layout_facts *f = &s->facts;
    for (size_t i = below(40); i--;)
        s->peaks[f->peak_count++] = (struct layout_peak){uniform(0, f->duration), uniform(0, 1)};
    for (size_t i = below(60); i--;)
        s->shots[f->shot_count++] =
            (struct layout_shot){uniform(0, f->duration), below(4) ? 0 : uniform(0, 2)};
    for (size_t i = below(20); i--;) {
        double t = uniform(0, f->duration);
        s->highlights[f->highlight_count++] =
            (struct layout_highlight){t, t + uniform(0.5, 12), uniform(0.1, 1), "drop +9 dB"};
    }
    for (size_t i = below(8); i--;)
        s->sections[f->section_count++] = uniform(0, f->duration);
    for (size_t i = below(4); i--;)
        s->drops[f->drop_count++] =
            (struct layout_drop){uniform(0, f->duration), uniform(3, 20)};
}

static void add_levels(struct sample *s)
{
    struct layout_facts *f = &s->facts;
    f->level_step = f->duration / 12000;
    for (f->level_count = 0; f->level_count < 12000; f->level_count++)
        s->levels[f->level_count] = (float)uniform(-60, -5);
}

static void add_looks(struct sample *s)
{
    struct layout_facts *f = &s->facts;
    for (f->look_count = 0; f->look_count < 1000; f->look_count++)
        s->looks[f->look_count] = (struct layout_look){
            ((double)f->look_count + 0.5) * f->duration / 1000, uniform(-0.1, 1)};
}

static void init(struct sample *s, double duration)
{
    s->facts = (struct layout_facts){
        .duration = duration, .has_video = true, .tempo = NAN, .beats = s->beats,
        .downbeats = s->downbeats, .drops = s->drops, .shots = s->shots, .peaks = s->peaks,
        .pauses = s->pauses, .captions = s->captions, .speech = s->speech,
        .sections = s->sections, .looks = s->looks, .highlights = s->highlights, .levels = s->levels};
}

static void random_facts(struct sample *s)
{
    static const double durations[] = {0.1, 0.39, 0.5, 1, 2, 7, 30.5, 61, 200, 1800, 7200};
    init(s, durations[below(sizeof durations / sizeof *durations)] * uniform(0.9, 1.1));
    if (below(3))
        add_beats(s, uniform(0.27, 1.1), below(2) ? 0 : 0.02);
    if (below(2))
        add_captions(s, below(3));
    else if (below(2))
        add_speech(s);
    if (below(2))
        add_pauses(s);
    if (below(2))
        add_rest(s);
    if (below(2))
        add_levels(s);
    if (below(2))
        add_looks(s);
    s->facts.beat_confidence = below(3) ? 0 : 0.9;
    s->facts.has_video = below(8) != 0;
}

/* --- Properties ------------------------------------------------------------------------------- */

static double rate_of(const struct timeline_segment *s, struct arena *a)
{
    const struct wire_raw *fx = s->effects.items;
    struct effect_rate rate;
    struct effect_use uses[TIMELINE_MAX_EFFECTS];
    for (size_t i = 0; i < s->effects.count; i++)
        CHECK(effect_parse(fx[i].text, fx[i].len, a, &uses[i], NULL));
    CHECK(effect_total_rate(uses, s->effects.count, &rate, NULL));
    return (double)rate.num / (double)rate.den;
}

static double film_seconds(const struct timeline *tl, struct arena *a)
{
    double sum = 0;
    for (size_t i = 0; i < tl->segments.count; i++) {
        const struct timeline_segment *s = timeline_segments(tl) + i;
        sum += (s->end - s->start) / rate_of(s, a);
    }
    return sum;
}

static bool on_time(const double *times, size_t n, double t)
{
    for (size_t i = 0; i < n; i++)
        if (fabs(times[i] - t) < 1e-9)
            return true;
    return false;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The reason says "beat": then it is on one. */
static void check_beat_cuts(const struct sample *s, const struct timeline *tl)
{
    for (size_t i = 1; i < tl->segments.count; i++) {
        const struct timeline_segment *seg = timeline_segments(tl) + i;
        if (begins(seg->reason, "beat "))
            CHECK(on_time(s->beats, s->facts.beat_count, seg->start));
        if (begins(seg->reason, "downbeat "))
            CHECK(on_time(s->downbeats, s->facts.downbeat_count, seg->start));
    }
}

static bool inside(double t, double start, double end)
{
    return t > start + 1e-9 && t < end - 1e-9;
}

/* Borders of segments against captions or words, as the template keeps them. */
static void check_speech(const struct template *tpl, const struct sample *s,
                         const struct timeline *tl)
{
    for (size_t i = 0; i < tl->segments.count; i++) {
        const struct timeline_segment *seg = timeline_segments(tl) + i;
        for (size_t k = 0; k < s->facts.caption_count; k++) {
            const struct caption *c = &s->captions[k];
            if (tpl->keep_captions && c->text && c->end - c->start < 10)
                CHECK(!inside(seg->start, fmax(c->start, 0), c->end) &&
                      !inside(seg->end, c->start, c->end));
            const struct caption_word *w = c->words.items;
            for (size_t j = 0; j < c->words.count; j++)
                CHECK(!inside(seg->start, w[j].start, w[j].end) &&
                      !inside(seg->end, w[j].start, w[j].end));
        }
    }
}

/* On a beat or a shot border, or on a peak or the like that is as good as on it. */
static bool on_accent(const struct layout_facts *f, double t)
{
    const double close = 0.05 + 1e-9;
    for (size_t k = 0; k < f->beat_count; k++)
        if (fabs(f->beats[k] - t) < close)
            return true;
    for (size_t k = 0; k < f->downbeat_count; k++)
        if (fabs(f->downbeats[k] - t) < close)
            return true;
    for (size_t k = 0; k < f->shot_count; k++)
        if (fabs(f->shots[k].time - t) < close)
            return true;
    return false;
}

/* Without words: a cut in speech only where the two sides of it would be too long as one; or, where
 * the beats are sure, on a beat or a shot border of a song. */
static void check_unworded_speech(const struct template *tpl, const struct sample *s,
                                  const struct timeline *tl)
{
    const struct layout_facts *f = &s->facts;
    for (size_t i = 1; !f->caption_count && i < tl->segments.count; i++) {
        const struct timeline_segment *seg = timeline_segments(tl) + i;
        bool jump = seg->start != seg[-1].end;
        bool said = false;
        for (size_t k = 0; k < f->speech_count; k++)
            said = said || inside(seg->start, f->speech[k].start, f->speech[k].end);
        bool sung = f->beat_confidence > 0 && on_accent(f, seg->start);
        if (said && !jump && !sung)
            CHECK(seg->end - seg[-1].start > tpl->pace->longest - 1e-9);
    }
}

static void check_segments(const struct template *tpl, const struct sample *s,
                           const struct timeline *tl)
{
    double duration = s->facts.duration, before = -1;
    size_t longer_than_pace = 0;
    bool hook = !isnan(tpl->hook_seconds);
    for (size_t i = 0; i < tl->segments.count; i++) {
        const struct timeline_segment *seg = timeline_segments(tl) + i;
        CHECK(seg->start >= 0 && seg->end <= duration);
        if (seg->start < before) { /* a hook goes back once, at most */
            CHECK(hook);
            hook = false;
        }
        before = seg->end;
        CHECK(seg->end - seg->start >= fmin(TEMPLATE_SHORTEST_SEGMENT, duration) - 1e-9);
        CHECK(seg->name && *seg->name && seg->reason && *seg->reason);
        CHECK(s->facts.has_video || (seg->effects.count == 0 && !seg->transition.text));
        longer_than_pace += seg->end - seg->start > tpl->pace->longest * (1 + 1e-9);
    }
    if (!s->facts.caption_count && duration < 7000) /* only speech stretches a segment */
        CHECK(longer_than_pace == 0);
}

static bool same_effect(const struct timeline_segment *a, const struct timeline_segment *b,
                        size_t look, struct arena *arena)
{
    const struct wire_raw *fa = a->effects.items, *fb = b->effects.items;
    for (size_t i = 0; i + look < a->effects.count; i++)
        for (size_t k = 0; k + look < b->effects.count; k++) {
            struct effect_use x, y;
            if (effect_parse(fa[i].text, fa[i].len, arena, &x, NULL) &&
                effect_parse(fb[k].text, fb[k].len, arena, &y, NULL) && x.effect == y.effect)
                return true;
        }
    return false;
}

static bool has_effect(const struct timeline_segment *s, const char *name)
{
    const struct wire_raw *fx = s->effects.items;
    for (size_t i = 0; i < s->effects.count; i++)
        if (memmem(fx[i].text, fx[i].len, name, strlen(name)))
            return true;
    return false;
}

/* Nothing twice running, no zoom across a shot border, transitions where nobody speaks. */
static void check_style(const struct template *tpl, const struct sample *s,
                        const struct timeline *tl, struct arena *a)
{
    const struct layout_facts *f = &s->facts;
    for (size_t i = 0; i < tl->segments.count; i++) {
        const struct timeline_segment *seg = timeline_segments(tl) + i;
        CHECK(i == 0 || !same_effect(seg, seg - 1, tpl->look.count, a));
        for (size_t k = 0; k < f->shot_count; k++)
            CHECK(!inside(f->shots[k].time, seg->start + 0.05, seg->end - 0.05) ||
                  !(has_effect(seg, "\"zoom\"") || has_effect(seg, "\"punch_in\"")));
        if (!seg->transition.text)
            continue;
        struct transition_use t;
        CHECK(i > 0 && seg->start != seg[-1].end);
        if (!CHECK(transition_parse(seg->transition.text, seg->transition.len, a, &t, NULL)))
            continue;
        double half = ((const struct transition_base *)t.self)->duration / 2;
        for (size_t k = 0; k < f->caption_count; k++)
            if (f->captions[k].text)
                for (int side = 0; side < 2; side++) {
                    double at = side ? seg->start : seg[-1].end;
                    CHECK(!(f->captions[k].start < at + half - 1e-6 &&
                            f->captions[k].end > at - half + 1e-6));
                }
    }
}

/* Captions of a segment's own lie in it, and hold no more words than a page may. */
static void check_pages(const struct template *tpl, const struct timeline *tl)
{
    for (size_t i = 0; i < tl->segments.count; i++) {
        const struct timeline_segment *seg = timeline_segments(tl) + i;
        const struct caption *c = seg->captions.items;
        for (size_t k = 0; k < seg->captions.count; k++) {
            CHECK(c[k].start >= seg->start - 1e-9 && c[k].end <= seg->end + 1e-9);
            CHECK(!tpl->caption_words || (int64_t)c[k].words.count <= tpl->caption_words);
            CHECK(c[k].text && *c[k].text);
        }
    }
}

/* Writes it, reads it back strictly, checks it as a POST would be. */
static char *check_document(const struct sample *s, const struct timeline *tl, struct arena *a)
{
    struct buf out;
    struct err e = {0};
    struct wire_errors errs = {0};
    struct timeline_facts facts = {.duration_ticks = ticks_from_seconds(s->facts.duration)};
    buf_init(&out, 64 << 20);
    CHECK(timeline_write(tl, &out, &e));
    struct timeline *back = timeline_parse(out.data, out.len, NULL, a, &errs);
    if (!CHECK(back && timeline_check(back, &facts, NULL, NULL, a, &errs)))
        fprintf(stderr, "   %.500s\n", errs.list.data ? errs.list.data : "");
    wire_errors_finish(&errs);
    return buf_steal(&out, NULL);
}

static void check_round(const struct template *tpl, const struct sample *s, uint64_t seed)
{
    struct arena a;
    struct err e = {0};
    arena_init(&a, 256 << 20);
    struct timeline *tl = timeline_generate(tpl, &s->facts, seed, &a, &e);
    struct timeline *again = timeline_generate(tpl, &s->facts, seed, &a, &e);
    if (CHECK(tl && again)) {
        CHECK(tl->segments.count >= 1);
        CHECK_STR(timeline_segments(tl)->name, "intro");
        check_segments(tpl, s, tl);
        check_speech(tpl, s, tl);
        check_beat_cuts(s, tl);
        check_unworded_speech(tpl, s, tl);
        check_style(tpl, s, tl, &a);
        check_pages(tpl, tl);
        double film = film_seconds(tl, &a);
        CHECK(film <= tpl->film_seconds + 1e-6);
        /* Captions leave few places to cut, and pauses may be most of a source. */
        if (!s->facts.caption_count && (isnan(tpl->longest_pause) || !s->facts.pause_count))
            CHECK(film >= 0.85 * fmin(tpl->film_seconds, s->facts.duration) - 1e-6);
        char *text = check_document(s, tl, &a), *text_again = check_document(s, again, &a);
        CHECK(text && text_again && strcmp(text, text_again) == 0);
        free(text);
        free(text_again);
    }
    arena_finish(&a);
}

static struct template *load(const char *name, struct arena *a)
{
    struct err e = {0};
    struct template *t = template_load(&shelf, name, a, &e);
    if (!CHECK(t != NULL))
        fprintf(stderr, "   %s\n", e.msg);
    return t;
}

static void test_properties(void)
{
    static struct sample s;
    struct arena a;
    char label[80];
    arena_init(&a, 1 << 20);
    for (size_t k = 0; k < TEMPLATE_COUNT; k++) {
        struct template *tpl = load(names[k], &a);
        for (int i = 0; tpl && i < ROUNDS; i++) {
            snprintf(label, sizeof label, "%s, round %d", names[k], i);
            CHECK_CASE(label);
            static const char *const lengths[] = {"15", "30", "60", "full", "47.5"};
            struct template wished = *tpl;
            struct err e = {0};
            if (i % 6 < 5)
                CHECK(template_length(lengths[i % 6], &wished.film_seconds, &e));
            if (i % 4 == 0)
                wished.keep_captions = 0;
            random_facts(&s);
            check_round(&wished, &s, (uint64_t)i);
        }
    }
    arena_finish(&a);
}

/* --- Single promises -------------------------------------------------------------------------- */

static void test_beats_are_respected(void)
{
    static struct sample s;
    struct arena a;
    struct err e = {0};
    arena_init(&a, 64 << 20);
    struct template *tpl = load("realistic_chaos", &a);
    for (double bpm = 60; tpl && bpm <= 200; bpm += 20) {
        CHECK_CASE("beats only");
        init(&s, 45);
        add_beats(&s, 60 / bpm, 0);
        s.facts.downbeat_count = 0;
        struct timeline *tl = timeline_generate(tpl, &s.facts, 5, &a, &e);
        CHECK(tl && tl->segments.count > 12);
        for (size_t i = 1; tl && i < tl->segments.count; i++) {
            const struct timeline_segment *seg = timeline_segments(tl) + i;
            unsigned number = 0;
            CHECK(on_time(s.beats, s.facts.beat_count, seg->start));
            CHECK(sscanf(seg->reason, "beat %u, ", &number) == 1);
            CHECK(number >= 1 && s.beats[number - 1] == seg->start);
        }
        CHECK(tl && tl->tempo > 0 && tl->beats.count == s.facts.beat_count);
    }
    arena_finish(&a);
}

static void test_no_flash(void)
{
    CHECK_CASE("no cut hardly beside a shot border");
    static struct sample s;
    struct arena a;
    struct err e = {0};
    arena_init(&a, 64 << 20);
    struct template *tpl = load("realistic_chaos", &a);
    for (uint64_t seed = 0; tpl && seed < 20; seed++) {
        init(&s, 40);
        add_beats(&s, 0.5, 0);
        for (double t = s.beats[0] + 3.1; t < 39; t += 5) /* each 0.1 s behind a beat */
            s.shots[s.facts.shot_count++].time = t;
        struct timeline *tl = timeline_generate(tpl, &s.facts, seed, &a, &e);
        for (size_t i = 1; tl && i < tl->segments.count; i++)
            for (size_t k = 0; k < s.facts.shot_count; k++) {
                double away = fabs(timeline_segments(tl)[i].start - s.shots[k].time);
                CHECK(away < 1e-9 || away > 0.3);
            }
    }
    arena_finish(&a);
}

static void test_words_stay_whole(void)
{
    CHECK_CASE("words stay whole where captions may be cut");
    static struct sample s;
    struct arena a;
    struct err e = {0};
    arena_init(&a, 64 << 20);
    struct template *tpl = load("realistic_chaos", &a);
    if (tpl)
        tpl->keep_captions = 0;
    init(&s, 55);
    add_captions(&s, true);
    struct timeline *tl = tpl ? timeline_generate(tpl, &s.facts, 1, &a, &e) : NULL;
    bool one_inside_caption = false;
    for (size_t i = 0; tl && i < tl->segments.count; i++)
        for (size_t k = 0; k < s.facts.caption_count; k++) {
            const struct caption *c = &s.captions[k];
            const struct caption_word *w = c->words.items;
            double t = timeline_segments(tl)[i].start;
            one_inside_caption = one_inside_caption || inside(t, c->start, c->end);
            for (size_t j = 0; j < c->words.count; j++)
                CHECK(!inside(t, w[j].start, w[j].end));
        }
    CHECK(one_inside_caption);
    arena_finish(&a);
}

static void test_pauses_go(void)
{
    CHECK_CASE("long pauses are taken out, with a margin, and said so");
    static struct sample s;
    struct arena a;
    struct err e = {0};
    arena_init(&a, 64 << 20);
    struct template *tpl = load("clean_talk", &a);
    init(&s, 20);
    s.captions[0] = (struct caption){.text = "a", .start = 0.5, .end = 5};
    s.captions[1] = (struct caption){.text = "b", .start = 9, .end = 14};
    s.facts.caption_count = 2;
    s.pauses[0] = (struct layout_span){5, 9};
    s.facts.pause_count = 1;
    struct timeline *tl = tpl ? timeline_generate(tpl, &s.facts, 1, &a, &e) : NULL;
    double shown = 0;
    bool said = false;
    for (size_t i = 0; tl && i < tl->segments.count; i++) {
        const struct timeline_segment *seg = timeline_segments(tl) + i;
        CHECK(seg->end <= 5.2 + 1e-9 || seg->start >= 8.8 - 1e-9);
        shown += seg->end - seg->start;
        said = said || strstr(seg->reason, "pause 4000 ms, taken out");
    }
    CHECK_NEAR(shown, 20 - 3.6, 1e-9);
    CHECK(said);
    arena_finish(&a);
}

static void test_best_parts(void)
{
    CHECK_CASE("of a long source the loud parts are kept");
    static struct sample s;
    static float levels[3600];
    struct arena a;
    struct err e = {0};
    arena_init(&a, 64 << 20);
    struct template *tpl = load("clean_talk", &a);
    init(&s, 3600);
    for (size_t i = 0; i < 3600; i++)
        levels[i] = i >= 1000 && i < 1060 ? -10 : -40;
    s.facts.levels = levels;
    s.facts.level_count = 3600;
    s.facts.level_step = 1;
    struct timeline *tl = tpl ? timeline_generate(tpl, &s.facts, 1, &a, &e) : NULL;
    double loud = 0, all = 0;
    for (size_t i = 0; tl && i < tl->segments.count; i++) {
        const struct timeline_segment *seg = timeline_segments(tl) + i;
        all += seg->end - seg->start;
        loud += fmax(0, fmin(seg->end, 1060) - fmax(seg->start, 1000));
    }
    CHECK(all > 40 && all <= 60);
    CHECK(loud > 0.6 * all);
    arena_finish(&a);
}

static void test_effects_vary(void)
{
    CHECK_CASE("effects: some, not all, of several kinds; slow motion on drops; sounds apart");
    static struct sample s;
    struct arena a;
    struct err e = {0};
    arena_init(&a, 64 << 20);
    struct template *tpl = load("realistic_chaos", &a);
    size_t with = 0, all = 0, slow = 0, sounds = 0, kinds = 0;
    for (uint64_t seed = 0; tpl && seed < 20; seed++) {
        init(&s, 40);
        add_beats(&s, 0.5, 0);
        add_rest(&s);
        s.drops[s.facts.drop_count++] = (struct layout_drop){20, 9};
        struct timeline *tl = timeline_generate(tpl, &s.facts, seed, &a, &e);
        for (size_t i = 0; tl && i < tl->segments.count; i++) {
            const struct timeline_segment *seg = timeline_segments(tl) + i;
            bool is_slow = has_effect(seg, "slowmo");
            CHECK(!seg->effects.count || strstr(seg->reason, ": "));
            CHECK(!is_slow || strstr(seg->reason, "slowmo: the music sets in"));
            slow += is_slow;
            with += seg->effects.count > 0;
            sounds += seg->sfx != NULL;
            kinds |= (size_t)has_effect(seg, "zoom") | (size_t)has_effect(seg, "punch_in") << 1 |
                     (size_t)has_effect(seg, "shake") << 2 | (size_t)is_slow << 3;
            all++;
        }
    }
    CHECK(with > all / 4 && with < all);
    CHECK(slow > 5 && sounds > 0 && sounds < all / 2 && kinds == 15);
    arena_finish(&a);
}

static size_t cuts_on(const struct timeline *tl, const double *times, size_t n)
{
    size_t on = 0;
    for (size_t i = 1; i < tl->segments.count; i++)
        on += on_time(times, n, timeline_segments(tl)[i].start);
    return on;
}

/* How many segments of one film are in the other with the same effects. */
static size_t in_common(const struct timeline *one, const struct timeline *two)
{
    size_t n = 0;
    for (size_t i = 0; i < one->segments.count; i++)
        for (size_t k = 0; k < two->segments.count; k++) {
            const struct timeline_segment *x = timeline_segments(one) + i;
            const struct timeline_segment *y = timeline_segments(two) + k;
            const struct wire_raw *fx = x->effects.items, *fy = y->effects.items;
            n += x->start == y->start && x->end == y->end &&
                 x->effects.count == y->effects.count &&
                 (!x->effects.count ||
                  (fx->len == fy->len && memcmp(fx->text, fy->text, fx->len) == 0));
        }
    return n;
}

static void test_seeds(void)
{
    static struct sample s;
    struct arena a;
    struct err e = {0};
    arena_init(&a, 64 << 20);
    init(&s, 180);
    add_beats(&s, 0.5, 0);
    add_rest(&s);
    for (size_t i = 0; i < 4; i++) { /* those that cut on beats */
        static const char *const quick[] = {"realistic_chaos", "beat_montage", "hype_reel",
                                            "product_demo"};
        struct template *tpl = load(quick[i], &a);
        CHECK_CASE(quick[i]);
        struct timeline *one = timeline_generate(tpl, &s.facts, 1, &a, &e);
        struct timeline *two = timeline_generate(tpl, &s.facts, 2, &a, &e);
        size_t n1 = one->segments.count, n2 = two->segments.count;
        CHECK(in_common(one, two) < n1 * 2 / 3); /* another film */
        CHECK(n1 < 2 * n2 && n2 < 2 * n1);       /* of the same kind */
        if (i < 3) {
            double on1 = (double)cuts_on(one, s.beats, s.facts.beat_count) / (double)n1;
            double on2 = (double)cuts_on(two, s.beats, s.facts.beat_count) / (double)n2;
            CHECK(on1 > 0.4 && on2 > 0.4 && fabs(on1 - on2) < 0.3);
        }
        CHECK(one->seed == 1 && two->seed == 2);
        CHECK_STR(one->template_name, quick[i]);
    }
    CHECK_CASE("seeds of contents");
    CHECK(timeline_seed("abc") == timeline_seed("abc"));
    CHECK(timeline_seed("abc") != timeline_seed("abd"));
    CHECK(timeline_seed("") <= UINT32_MAX);
    arena_finish(&a);
}

static void test_bad_facts(void)
{
    CHECK_CASE("facts are not trusted");
    static struct sample s;
    struct arena a;
    struct err e = {0};
    arena_init(&a, 64 << 20);
    struct template *tpl = load("realistic_chaos", &a);
    static const double odd[] = {NAN, INFINITY, -INFINITY, -1, 0, 1e300, 3, 3, 2.5, 11};
    init(&s, 10);
    for (size_t i = 0; i < 10; i++) {
        s.beats[i] = s.downbeats[i] = s.sections[i] = odd[i];
        s.drops[i] = (struct layout_drop){odd[i], odd[9 - i]};
        s.shots[i] = (struct layout_shot){odd[i], odd[9 - i]};
        s.speech[i] = (struct layout_span){odd[9 - i], odd[i]};
        s.highlights[i] = (struct layout_highlight){odd[i], odd[9 - i], odd[(i + 3) % 10], NULL};
        s.peaks[i] = (struct layout_peak){odd[i], odd[9 - i]};
        s.pauses[i] = (struct layout_span){odd[i], odd[9 - i]};
        s.captions[i] = (struct caption){.text = i % 2 ? "x" : NULL, .start = odd[i],
                                         .end = odd[9 - i]};
    }
    s.facts.beat_count = s.facts.downbeat_count = s.facts.drop_count = s.facts.shot_count = 10;
    s.facts.peak_count = s.facts.pause_count = s.facts.caption_count = 10;
    s.facts.section_count = s.facts.speech_count = s.facts.highlight_count = 10;
    s.facts.tempo = INFINITY;
    for (size_t i = 0; i < TEMPLATE_COUNT; i++) {
        struct template *t = load(names[i], &a);
        if (t)
            t->film_seconds = 4;
        if (t)
            check_round(t, &s, i);
    }

    static const double lengths[] = {0, -5, NAN, INFINITY, 1e12};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        s.facts.duration = lengths[i];
        struct timeline *tl = timeline_generate(tpl, &s.facts, 1, &a, &e);
        CHECK(tl && tl->segments.count == 0);
    }
    arena_finish(&a);
}

static void test_unbroken_speech(void)
{
    CHECK_CASE("speech without a gap, longer than the film");
    static struct sample s;
    struct arena a;
    struct err e = {0};
    arena_init(&a, 64 << 20);
    struct template *tpl = load("clean_talk", &a);
    init(&s, 300);
    for (size_t i = 0; i < 60; i++) /* captions that overlap all the way */
        s.captions[i] = (struct caption){.text = "on and on", .start = 4.9 * (double)i,
                                         .end = 4.9 * (double)i + 6};
    s.facts.caption_count = 60;
    struct timeline *tl = tpl ? timeline_generate(tpl, &s.facts, 1, &a, &e) : NULL;
    CHECK(tl && tl->segments.count > 0 && film_seconds(tl, &a) <= 60 + 1e-6);
    arena_finish(&a);
}

static void test_no_memory(void)
{
    CHECK_CASE("short of memory: refused, whatever step it hits");
    static struct sample s;
    struct arena keep;
    arena_init(&keep, 1 << 20);
    struct template *tpl = load("realistic_chaos", &keep);
    init(&s, 600);
    add_beats(&s, 0.5, 0);
    add_captions(&s, true);
    add_pauses(&s);
    add_rest(&s);
    bool done = false;
    size_t refused = 0;
    for (size_t max = 100; tpl && !done && max < 64 << 20; max += max / 30 + 1) {
        struct arena a;
        struct err e = {0};
        arena_init(&a, max);
        done = timeline_generate(tpl, &s.facts, 1, &a, &e) != NULL;
        CHECK(done || e.code == ERR_NO_MEMORY);
        refused += !done;
        arena_finish(&a);
    }
    CHECK(done && refused > 50);
    arena_finish(&keep);
}

static void test_full_length(void)
{
    CHECK_CASE("ten hours at full length stay below the contract's number of segments");
    static struct sample s;
    struct arena a;
    struct err e = {0};
    arena_init(&a, 256 << 20);
    struct template *tpl = load("realistic_chaos", &a);
    init(&s, 36000);
    add_beats(&s, 1, 0);
    add_pauses(&s);
    if (tpl)
        tpl->film_seconds = 36000;
    struct timeline *tl = tpl ? timeline_generate(tpl, &s.facts, 1, &a, &e) : NULL;
    CHECK(tl && tl->segments.count > 3000 && tl->segments.count <= TIMELINE_MAX_SEGMENTS);
    arena_finish(&a);
}

int main(void)
{
    test_properties();
    test_beats_are_respected();
    test_no_flash();
    test_words_stay_whole();
    test_pauses_go();
    test_best_parts();
    test_effects_vary();
    test_seeds();
    test_bad_facts();
    test_unbroken_speech();
    test_no_memory();
    test_full_length();
    return check_done();
}
