/* SPDX-License-Identifier: GPL-3.0-or-later
 * Sources that are easily forgotten, by every template: stills, crumbs, one long shot, silence,
 * nothing but speech or music; a cost that grows with the source, not with its square; hooks, songs,
 * natural endings, and the words of reasons. What holds for any facts is in test_templates.c. */
#include "check.h"
#include "core/timebase.h"
#include "timeline/layout.h"
#include "timeline/layout_parts.h"

#include <math.h>

#ifndef TEMPLATES_DIR
#error "TEMPLATES_DIR must name the folder of the templates"
#endif

static const char *const names[] = {"realistic_chaos", "clean_talk",  "beat_montage", "hype_reel",
                                    "documentary",     "podcast_clip", "product_demo"};
static const struct template_shelf shelf = {.shipped = TEMPLATES_DIR};
#define TEMPLATE_COUNT (sizeof names / sizeof *names)

static struct template *load(const char *name, struct arena *a)
{
    struct err e = {0};
    struct template *t = template_load(&shelf, name, a, &e);
    if (!CHECK(t != NULL))
        fprintf(stderr, "   %s\n", e.msg);
    return t;
}

/* As if it were POSTed: written, read back strictly, checked against the source. */
static void check_posted(const struct timeline *tl, double duration, struct arena *a)
{
    struct buf out;
    struct err e = {0};
    struct wire_errors errs = {0};
    struct timeline_facts facts = {.duration_ticks = ticks_from_seconds(duration)};
    buf_init(&out, 64 << 20);
    CHECK(timeline_write(tl, &out, &e));
    struct timeline *back = timeline_parse(out.data, out.len, NULL, a, &errs);
    if (!CHECK(back && timeline_check(back, &facts, NULL, NULL, a, &errs)))
        fprintf(stderr, "   %.500s\n", errs.list.data ? errs.list.data : "");
    wire_errors_finish(&errs);
    buf_finish(&out);
}

static double shown_seconds(const struct timeline *tl)
{
    double sum = 0;
    for (size_t i = 0; i < tl->segments.count; i++)
        sum += timeline_segments(tl)[i].end - timeline_segments(tl)[i].start;
    return sum;
}

/* --- Sources ---------------------------------------------------------------------------------- */

#define BEATS 20000
#define LEVELS 60000

struct source {
    struct layout_facts facts;
    double beats[BEATS], downbeats[BEATS / 4];
    struct layout_span speech[2000], pauses[2000];
    struct layout_shot shots[3000];
    struct layout_peak peaks[3000];
    float levels[LEVELS];
};

static void init(struct source *s, double duration)
{
    s->facts = (struct layout_facts){
        .duration = duration, .has_video = true, .tempo = NAN, .beats = s->beats,
        .downbeats = s->downbeats, .speech = s->speech, .pauses = s->pauses, .shots = s->shots,
        .peaks = s->peaks, .levels = s->levels};
}

static void add_music(struct source *s, double confidence)
{
    struct layout_facts *f = &s->facts;
    for (double t = 0.3; t < f->duration && f->beat_count < BEATS; t += 0.48) {
        if (f->beat_count % 4 == 0)
            s->downbeats[f->downbeat_count++] = t;
        s->beats[f->beat_count++] = t;
    }
    f->tempo = 125;
    f->beat_confidence = confidence;
}

static void add_speech(struct source *s, double length, double gap)
{
    struct layout_facts *f = &s->facts;
    for (double t = 0.4; t + length < f->duration && f->speech_count < 2000; t += length + gap) {
        s->speech[f->speech_count++] = (struct layout_span){t, t + length};
        if (gap > 0.3)
            s->pauses[f->pause_count++] = (struct layout_span){t + length, t + length + gap};
    }
}

static void add_shots(struct source *s, double apart)
{
    struct layout_facts *f = &s->facts;
    for (double t = 0; t < f->duration && f->shot_count < 3000; t += apart)
        s->shots[f->shot_count++] = (struct layout_shot){t, 0};
}

static void add_levels(struct source *s)
{
    struct layout_facts *f = &s->facts;
    f->level_step = 0.25;
    f->level_count = (size_t)(f->duration / 0.25);
    for (size_t i = 0; i < f->level_count && i < LEVELS; i++)
        s->levels[i] = (float)(-30 + 12 * sin((double)i / 37));
}

static void still(struct source *s) { init(s, 5); }
static void crumb(struct source *s) { init(s, 0.5); }

static void one_long_shot(struct source *s)
{
    init(s, 300);
    add_shots(s, 1000);
    add_levels(s);
}

static void mute(struct source *s)
{
    init(s, 40);
    add_shots(s, 4.3);
}

static void silence(struct source *s)
{
    init(s, 40);
    add_shots(s, 4.3);
    s->pauses[s->facts.pause_count++] = (struct layout_span){0, 40};
    s->facts.level_step = 0.25;
    s->facts.level_count = 160;
    for (size_t i = 0; i < 160; i++)
        s->levels[i] = -INFINITY;
}

static void talk(struct source *s)
{
    init(s, 120);
    add_speech(s, 3.7, 0.6);
    add_levels(s);
    s->facts.has_video = false;
}

static void music(struct source *s)
{
    init(s, 90);
    add_music(s, 0.9);
    add_levels(s);
    s->facts.has_video = false;
}

static void two_hours(struct source *s)
{
    init(s, 7200);
    add_music(s, 0.9);
    add_speech(s, 4.1, 0.8);
    add_shots(s, 5.7);
    add_levels(s);
}

static const struct {
    const char *name;
    void (*make)(struct source *s);
    double least; /* share of what could be shown that is */
} cases[] = {
    {"a still image", still, 1},          {"half a second", crumb, 1},
    {"one long shot", one_long_shot, 0.8}, {"no sound", mute, 0.8},
    {"silence", silence, 0.8},            {"only speech", talk, 0.7},
    {"only music", music, 0.8},           {"two hours", two_hours, 0.7},
};

static void check_case(const struct template *tpl, const struct source *s, double least)
{
    const struct layout_facts *f = &s->facts;
    struct arena a;
    struct err e = {0};
    arena_init(&a, 256 << 20);
    struct timeline *tl = timeline_generate(tpl, f, 7, &a, &e);
    if (CHECK(tl && tl->segments.count > 0)) {
        const struct timeline_segment *seg = timeline_segments(tl);
        double shown = shown_seconds(tl), most = fmin(f->duration, tpl->film_seconds);
        CHECK(shown <= fmax(f->duration, tpl->film_seconds) + 1e-6 && shown >= least * most - 1e-6);
        for (size_t i = 0; i < tl->segments.count; i++)
            CHECK(seg[i].start >= 0 && seg[i].start < seg[i].end && seg[i].end <= f->duration &&
                  seg[i].reason && *seg[i].reason);
        if (f->duration > 10) /* none is a monolith */
            CHECK(shown / (double)tl->segments.count <= tpl->pace->longest + 1e-9);
        check_posted(tl, f->duration, &a);
    }
    arena_finish(&a);
}

static void test_cases(void)
{
    static struct source s;
    static const char *const lengths[] = {"15", "full", NULL};
    char label[120];
    struct arena a;
    arena_init(&a, 4 << 20);
    for (size_t k = 0; k < TEMPLATE_COUNT; k++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
            for (size_t n = 0; n < 3; n++) {
                struct template *tpl = load(names[k], &a);
                struct err e = {0};
                snprintf(label, sizeof label, "%s, %s, %s", cases[i].name, names[k],
                         lengths[n] ? lengths[n] : "as the template says");
                CHECK_CASE(label);
                if (tpl && lengths[n])
                    CHECK(template_length(lengths[n], &tpl->film_seconds, &e));
                cases[i].make(&s);
                if (tpl)
                    check_case(tpl, &s, cases[i].least);
            }
    CHECK_CASE("");
    arena_finish(&a);
}

/* --- Cost ------------------------------------------------------------------------------------- */

/* The linker sends these here: how often lengths are weighed, and sorted times searched, is what
 * laying out costs, whatever the clock says. */
double __wrap_log2(double x);
double __real_log2(double x);
size_t __wrap_times_from(const struct times *x, double t);
size_t __real_times_from(const struct times *x, double t);

static size_t steps;

double __wrap_log2(double x)
{
    steps++;
    return __real_log2(x);
}

size_t __wrap_times_from(const struct times *x, double t)
{
    steps++;
    return __real_times_from(x, t);
}

static size_t steps_for(const struct template *tpl, struct source *s, double duration)
{
    struct arena a;
    struct err e = {0};
    struct template whole = *tpl;
    whole.film_seconds = duration;
    two_hours(s);
    s->facts.duration = duration;
    arena_init(&a, 256 << 20);
    steps = 0;
    CHECK(timeline_generate(&whole, &s->facts, 1, &a, &e) != NULL);
    arena_finish(&a);
    return steps;
}

static void test_cost(void)
{
    static struct source s;
    struct arena a;
    arena_init(&a, 4 << 20);
    for (size_t k = 0; k < TEMPLATE_COUNT; k++) {
        struct template *tpl = load(names[k], &a);
        CHECK_CASE(names[k]);
        size_t half = steps_for(tpl, &s, 3600), whole = steps_for(tpl, &s, 7200);
        CHECK(half > 1000 && (double)whole < 2.3 * (double)half);
        CHECK(whole < 2000000); /* of some ten nanoseconds each */
    }
    CHECK_CASE("");
    arena_finish(&a);
}

/* --- What an editor would do ------------------------------------------------------------------ */

static struct timeline *laid_out(struct source *s, const char *name, double film, uint64_t seed,
                                 struct arena *a)
{
    struct err e = {0};
    struct template *tpl = load(name, a);
    if (!tpl)
        return NULL;
    tpl->film_seconds = film;
    struct timeline *tl = timeline_generate(tpl, &s->facts, seed, a, &e);
    CHECK(tl != NULL);
    return tl;
}

static bool near_one(const double *times, size_t n, double t)
{
    for (size_t i = 0; i < n; i++)
        if (fabs(times[i] - t) < 1e-6)
            return true;
    return false;
}

static void test_songs_are_cut(void)
{
    CHECK_CASE("a song is cut on its beats, also while somebody sings; talk over a beat is not");
    static struct source s;
    struct arena a;
    arena_init(&a, 64 << 20);
    size_t inside[2] = {0, 0}, cuts[2] = {0, 0};
    for (int sure = 0; sure < 2; sure++) {
        init(&s, 60);
        add_music(&s, sure ? 0.9 : 0.2);
        add_speech(&s, 3.5, 1.5);
        struct timeline *tl = laid_out(&s, "realistic_chaos", 60, 3, &a);
        for (size_t i = 1; tl && i < tl->segments.count; i++) {
            const struct timeline_segment *seg = timeline_segments(tl) + i;
            bool said = false;
            for (size_t k = 0; k < s.facts.speech_count; k++)
                said = said || (seg->start > s.speech[k].start && seg->start < s.speech[k].end);
            if (said && seg->start == seg[-1].end) {
                inside[sure]++;
                CHECK(near_one(s.beats, s.facts.beat_count, seg->start));
            }
            cuts[sure]++;
        }
    }
    CHECK(inside[0] == 0 && inside[1] > 5 && cuts[1] > cuts[0]);
    arena_finish(&a);
}

static void test_hook_is_the_moment(void)
{
    CHECK_CASE("the hook is where most happens in the best highlight, not where that begins");
    static struct source s;
    struct arena a;
    static const struct layout_highlight best = {60, 80, 0.9, "the goal"};
    static const struct layout_drop drop = {72.3, 12};
    arena_init(&a, 64 << 20);
    init(&s, 120);
    add_music(&s, 0.9);
    add_levels(&s);
    s.peaks[s.facts.peak_count++] = (struct layout_peak){61, 0.3};
    s.peaks[s.facts.peak_count++] = (struct layout_peak){72.8, 1};
    s.facts.highlights = &best;
    s.facts.highlight_count = 1;
    s.facts.drops = &drop;
    s.facts.drop_count = 1;
    static const char *const hooked[] = {"realistic_chaos", "hype_reel", "podcast_clip"};
    for (size_t i = 0; i < 3; i++) {
        struct timeline *tl = laid_out(&s, hooked[i], 30, 1, &a);
        const struct timeline_segment *first = tl ? timeline_segments(tl) : NULL;
        CHECK(first && strncmp(first->reason, "hook, the best moment first: the goal", 37) == 0);
        CHECK(first && fabs(first->start - 72.3) < 1e-9);
    }
    arena_finish(&a);
}

static void test_hook_is_seen(void)
{
    CHECK_CASE("a hook does not begin with a black picture, and a film shows little of one");
    static struct source s;
    struct arena a;
    static struct layout_look looks[120];
    static const struct layout_highlight best = {60, 80, 0.9, "the goal"};
    arena_init(&a, 64 << 20);
    for (int dark = 0; dark < 2; dark++) {
        init(&s, 120);
        add_music(&s, 0.9);
        s.peaks[s.facts.peak_count++] = (struct layout_peak){64, 1};
        s.peaks[s.facts.peak_count++] = (struct layout_peak){75, 0.7};
        s.facts.highlights = &best;
        s.facts.highlight_count = 1;
        for (int i = 0; i < 120; i++)
            looks[i] = (struct layout_look){i + 0.5, dark && i >= 61 && i < 67 ? 0.01 : 0.6};
        s.facts.looks = looks;
        s.facts.look_count = 120;
        struct timeline *tl = laid_out(&s, "hype_reel", 25, 1, &a);
        double start = tl ? timeline_segments(tl)[0].start : NAN;
        CHECK(dark ? start > 67 && start <= 75 : start > 60 && start <= 64);
        double shown = 0;
        for (size_t i = 0; tl && i < tl->segments.count; i++)
            shown += fmax(0, fmin(timeline_segments(tl)[i].end, 67) -
                                 fmax(timeline_segments(tl)[i].start, 61));
        CHECK(dark ? shown < 2 : shown > 2);
    }
    arena_finish(&a);
}

/* A film that was cut to length ends with a bar or a shot, not where its seconds are used up. */
static void test_natural_end(void)
{
    CHECK_CASE("the last thing shown ends on a downbeat, a shot border or with the source; if these "
               "are too far away, on a beat");
    static struct source s;
    struct arena a;
    size_t natural = 0;
    arena_init(&a, 64 << 20);
    for (uint64_t seed = 0; seed < 20; seed++) {
        init(&s, 100);
        add_music(&s, 0.9);
        add_levels(&s);
        add_shots(&s, 7.1);
        struct timeline *tl = laid_out(&s, "beat_montage", 20, seed, &a);
        if (!tl)
            break;
        double end = timeline_segments(tl)[tl->segments.count - 1].end;
        bool shot = false;
        for (size_t i = 0; i < s.facts.shot_count; i++)
            shot = shot || fabs(s.shots[i].time - end) < 1e-6;
        natural += shot || end == s.facts.duration ||
                   near_one(s.downbeats, s.facts.downbeat_count, end);
        CHECK(shot || end == s.facts.duration || near_one(s.beats, s.facts.beat_count, end));
    }
    CHECK(natural >= 9);
    arena_finish(&a);
}

/* Two strong rules do not take turns through the film. */
static void test_no_turns(void)
{
    CHECK_CASE("the same effect is rarely used again two segments later");
    static struct source s;
    struct arena a;
    size_t again = 0, all = 0;
    arena_init(&a, 256 << 20);
    for (uint64_t seed = 0; seed < 30; seed++) {
        init(&s, 25);
        add_levels(&s);
        struct timeline *tl = laid_out(&s, "hype_reel", 25, seed, &a);
        for (size_t i = 2; tl && i < tl->segments.count; i++, all++) {
            const struct timeline_segment *seg = timeline_segments(tl) + i;
            const struct wire_raw *one = seg->effects.items, *two = seg[-2].effects.items;
            again += seg->effects.count > 2 && seg->effects.count == seg[-2].effects.count &&
                     one->len == two->len && memcmp(one->text, two->text, one->len) == 0;
        }
    }
    CHECK(all > 300 && again < all / 5);
    arena_finish(&a);
}

static void test_silence_is_no_mark(void)
{
    CHECK_CASE("a cut in a long silence comes just before what follows");
    static struct source s;
    struct arena a;
    arena_init(&a, 64 << 20);
    init(&s, 30);
    s.pauses[s.facts.pause_count++] = (struct layout_span){8, 12};
    struct template *tpl = load("documentary", &a);
    struct err e = {0};
    if (tpl)
        tpl->longest_pause = NAN;
    struct timeline *tl = tpl ? timeline_generate(tpl, &s.facts, 1, &a, &e) : NULL;
    bool found = false;
    for (size_t i = 1; tl && i < tl->segments.count; i++) {
        const struct timeline_segment *seg = timeline_segments(tl) + i;
        if (strncmp(seg->reason, "pause 4000 ms", 13) == 0) {
            found = true;
            CHECK_NEAR(seg->start, 12 - BREATH_SECONDS, 1e-9);
        }
    }
    CHECK(found);
    arena_finish(&a);
}

/* Reasons are read by people. */
static void test_reasons(void)
{
    CHECK_CASE("reasons are words");
    static struct source s;
    struct arena a;
    arena_init(&a, 64 << 20);
    init(&s, 200);
    add_music(&s, 0.9);
    add_levels(&s);
    add_shots(&s, 5.31);
    size_t paced = 0, both = 0;
    for (size_t k = 0; k < TEMPLATE_COUNT; k++) {
        struct timeline *tl = laid_out(&s, names[k], 100, 1, &a);
        for (size_t i = 1; tl && i < tl->segments.count; i++) {
            const char *why = timeline_segments(tl)[i].reason;
            const char *away = strstr(why, " s later than the pace asks");
            paced += strstr(why, "the pace asks") != NULL;
            both += strstr(why, " ms from ") || strstr(why, " with ");
            CHECK(!away || (away - why > 3 && away[-2] == '.')); /* "1.1 s", no milliseconds */
            CHECK(!strstr(why, " 0 ms") && !strstr(why, "border") && !strstr(why, "nan"));
        }
    }
    CHECK(paced > 20 && both > 3);
    arena_finish(&a);
}

int main(void)
{
    test_cases();
    test_cost();
    test_songs_are_cut();
    test_hook_is_the_moment();
    test_hook_is_seen();
    test_natural_end();
    test_no_turns();
    test_silence_is_no_mark();
    test_reasons();
    return check_done();
}
