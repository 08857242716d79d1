/* SPDX-License-Identifier: GPL-3.0-or-later
 * The page of everything: drawn for what is short, long, silent, blind, empty or absurd; both
 * formats; names in any letters or none. What it looks like is for people to judge; here it is
 * checked that each lane leaves its colour where it should. */
#include "check.h"
#include "plot/plot.h"

#include <cairo.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define LIST(a) {a, COUNT(a)}

static struct arena arena;

static struct analysis_report empty(double duration)
{
    return (struct analysis_report){.duration = duration, .tempo = NAN, .confidence = NAN,
                                    .steady = -1, .beats_per_bar = INT64_MIN, .drop = NAN,
                                    .level_step = 0.25, .thumbnail = NAN};
}

/* A film with something in every lane. */
static struct analysis_report full(double duration)
{
    static struct report_peak peaks[20];
    static struct report_drop drops[1];
    static struct report_section sections[2];
    static struct report_span speech[2], pauses[2];
    static struct report_shot shots[3];
    static struct report_crop crop[4];
    static struct report_face faces[50];
    static struct report_quality quality[400];
    static struct report_highlight highlights[1];
    static struct report_loudness loudness = {-14.2, -1.03};
    static const char *reasons[] = {"drop +9 dB at 5.0 s"};
    static double beats[200], downbeats[50], curve[200], levels[400];
    double d = duration;
    for (int i = 0; i < 200; i++) {
        beats[i] = d * i / 200;
        curve[i] = 120 + i % 7;
        downbeats[i / 4] = beats[i / 4 * 4];
    }
    for (int i = 0; i < 400; i++) {
        levels[i] = -40 + i % 30;
        quality[i] = (struct report_quality){d * (i + 0.5) / 400, 0.5, 0.8, 1, 0.3};
    }
    for (int i = 0; i < 20; i++)
        peaks[i] = (struct report_peak){d * i / 20, i / 20.0};
    for (int i = 0; i < 50; i++)
        faces[i] = (struct report_face){d * i / 50, 0.4, 0.5, 0.1, 0.2};
    drops[0] = (struct report_drop){d / 2, 9};
    sections[0] = (struct report_section){0, d / 2, -30};
    sections[1] = (struct report_section){d / 2, d, -12};
    speech[0] = (struct report_span){0, d / 4};
    speech[1] = (struct report_span){d / 2, d * 3 / 4};
    pauses[0] = (struct report_span){d / 4, d / 2};
    pauses[1] = (struct report_span){d * 3 / 4, d};
    shots[0] = (struct report_shot){0, d / 3, "start", 0, "still"};
    shots[1] = (struct report_shot){d / 3, d * 2 / 3, "fade", d / 20, "pan"};
    shots[2] = (struct report_shot){d * 2 / 3, d, "dissolve", d / 20, "track"};
    crop[0] = (struct report_crop){0, 0.3, 0.5, 1};
    crop[1] = (struct report_crop){d / 3, 0.5, 0.5, 1};
    crop[2] = (struct report_crop){d / 3, 0.8, 0.5, 1};
    crop[3] = (struct report_crop){d, 0.8, 0.5, 1};
    highlights[0] = (struct report_highlight){d / 3, d / 2, 0.8, LIST(reasons)};
    struct analysis_report r = empty(duration);
    r.tempo = 124;
    r.confidence = 0.8;
    r.steady = 0;
    r.beats_per_bar = 4;
    r.beats = (struct wire_list)LIST(beats);
    r.tempo_curve = (struct wire_list)LIST(curve);
    r.downbeats = (struct wire_list)LIST(downbeats);
    r.energy = (struct wire_list)LIST(peaks);
    r.drops = (struct wire_list)LIST(drops);
    r.sections = (struct wire_list)LIST(sections);
    r.speech = (struct wire_list)LIST(speech);
    r.pauses = (struct wire_list)LIST(pauses);
    r.level_step = d / 400;
    r.levels = (struct wire_list)LIST(levels);
    r.loudness = &loudness;
    r.shots = (struct wire_list)LIST(shots);
    r.crop = (struct wire_list)LIST(crop);
    r.faces = (struct wire_list)LIST(faces);
    r.quality = (struct wire_list)LIST(quality);
    r.thumbnail = d / 2;
    r.highlights = (struct wire_list)LIST(highlights);
    return r;
}

static struct timeline *some_segments(double duration)
{
    struct err e = {0};
    struct timeline *tl = timeline_empty(&arena);
    static struct timeline_segment segs[60];
    static struct wire_raw effects[] = {{"\"zoom\"", 6}, {"\"no such effect\"", 16}};
    for (int i = 0; i < 60; i++)
        segs[i] = (struct timeline_segment){
            .name = "s", .start = duration * (i % 30) / 30, .end = duration * (i % 30 + 1) / 30,
            .effects = {effects, (size_t)i % 3}, .asset_id = i == 7 ? 3 : INT64_MIN,
            .reason = i % 2 ? "downbeat 34, 20 ms away" : NULL};
    CHECK(tl || err_set(&e, ERR_NO_MEMORY, "no memory"));
    if (tl)
        tl->segments = (struct wire_list)LIST(segs);
    return tl;
}

struct image {
    cairo_surface_t *surface;
    int width, height;
};

struct bytes {
    const struct buf *b;
    size_t at;
};

static cairo_status_t read_bytes(void *closure, unsigned char *data, unsigned int n)
{
    struct bytes *in = closure;
    if (n > in->b->len - in->at)
        return CAIRO_STATUS_READ_ERROR;
    memcpy(data, in->b->data + in->at, n);
    in->at += n;
    return CAIRO_STATUS_SUCCESS;
}

static struct image drawn(const struct plot *p)
{
    struct image image = {0};
    struct buf b;
    struct err e = {0};
    buf_init(&b, PLOT_MAX_BYTES);
    if (!CHECK(plot_draw(p, PLOT_PNG, &b, &e)))
        fprintf(stderr, "  %s\n", e.msg);
    struct bytes in = {&b, 0};
    image.surface = cairo_image_surface_create_from_png_stream(read_bytes, &in);
    CHECK(cairo_surface_status(image.surface) == CAIRO_STATUS_SUCCESS);
    image.width = cairo_image_surface_get_width(image.surface);
    image.height = cairo_image_surface_get_height(image.surface);
    buf_finish(&b);
    return image;
}

/* Pixels of exactly that colour. */
static int pixels_of(const struct image *image, unsigned rgb)
{
    const unsigned char *data = cairo_image_surface_get_data(image->surface);
    int stride = cairo_image_surface_get_stride(image->surface), n = 0;
    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            uint32_t pixel;
            memcpy(&pixel, data + (size_t)y * (size_t)stride + (size_t)x * 4, 4);
            n += (pixel & 0xffffff) == rgb;
        }
    return n;
}

static void check_svg(const struct plot *p)
{
    struct buf b;
    struct err e = {0};
    buf_init(&b, PLOT_MAX_BYTES);
    CHECK(plot_draw(p, PLOT_SVG, &b, &e));
    CHECK(b.len > 200 && strncmp(b.data, "<?xml", 5) == 0 && strstr(b.data, "<svg"));
    CHECK(strcmp(b.data + b.len - 7, "</svg>\n") == 0);
    CHECK(!strstr(b.data, "nan") && !strstr(b.data, "inf\""));
    buf_finish(&b);
}

static void test_lengths(void)
{
    static const double durations[] = {0.04, 2, 64, 7200, 400000};
    for (size_t i = 0; i < COUNT(durations); i++) {
        struct analysis_report r = full(durations[i]);
        struct plot p = {.name = "clip.mp4", .report = &r, .timeline = some_segments(durations[i])};
        struct image image = drawn(&p);
        CHECK(image.width == PLOT_WIDTH && image.height > 600 && image.height < 1400);
        CHECK(pixels_of(&image, 0xd55e00) > 100 && pixels_of(&image, 0x009e73) > 100);
        cairo_surface_destroy(image.surface);
        check_svg(&p);
    }
}

/* Each thing makes the page higher, and leaves its colour. */
static void test_lanes(void)
{
    static const struct {
        const char *name;
        size_t list;
        unsigned rgb;
    } lanes[] = {
#define ROW(member, rgb) {#member, offsetof(struct analysis_report, member), rgb}
        ROW(beats, 0x0072b2),  ROW(levels, 0x56b4e9), ROW(speech, 0x009e73), ROW(shots, 0x000000),
        ROW(crop, 0xd55e00),   ROW(quality, 0xe69f00), ROW(highlights, 0xe69f00),
        ROW(pauses, 0x9a9a9a), ROW(faces, 0x0072b2),
#undef ROW
    };
    struct analysis_report all = full(64), none = empty(64);
    struct plot bare = {.report = &none};
    struct image before = drawn(&bare);
    for (size_t i = 0; i < COUNT(lanes); i++) {
        CHECK_CASE(lanes[i].name);
        struct analysis_report r = empty(64);
        memcpy((char *)&r + lanes[i].list, (const char *)&all + lanes[i].list,
               sizeof(struct wire_list));
        struct plot p = {.report = &r};
        struct image image = drawn(&p);
        CHECK(image.height > before.height);
        CHECK(pixels_of(&image, lanes[i].rgb) > pixels_of(&before, lanes[i].rgb) + 20);
        cairo_surface_destroy(image.surface);
    }
    CHECK_CASE("");
    cairo_surface_destroy(before.surface);
}

static void test_waveform(void)
{
    static int16_t pairs[2 * 1000];
    for (int i = 500; i < 1000; i++) {
        pairs[2 * i] = -300; /* quiet, and yet to be seen */
        pairs[2 * i + 1] = 300;
    }
    struct waveform w = {22050, 441, 1000, pairs};
    struct analysis_report r = empty(20);
    struct plot p = {.report = &r, .waveform = &w};
    struct image image = drawn(&p);
    CHECK(pixels_of(&image, 0x9a9a9a) > 50000); /* half of a lane 1448 pixels wide, 104 high */
    cairo_surface_destroy(image.surface);
    check_svg(&p);
}

/* Ten pictures, each of a colour of its own, in their order from left to right. */
static void test_strip(void)
{
    static uint8_t rgb[10 * 80 * 45 * 3];
    for (size_t i = 0; i < sizeof rgb; i += 3) {
        rgb[i] = 200;
        rgb[i + 1] = (uint8_t)(10 + i / (80 * 45 * 3));
        rgb[i + 2] = 77;
    }
    struct strip strip = {80, 45, 10, 2, rgb};
    struct analysis_report r = empty(20);
    struct plot p = {.report = &r, .strip = &strip};
    struct image image = drawn(&p);
    for (unsigned i = 0; i < 10; i++)
        CHECK(pixels_of(&image, 0xc8004d | (10 + i) << 8) > 1500);
    cairo_surface_destroy(image.surface);
    check_svg(&p);
    strip.interval_s = 1e-9; /* hardly any film for so many pictures, and the other way round */
    check_svg(&p);
    strip.interval_s = 1e9;
    check_svg(&p);
}

static void test_absurd(void)
{
    static double times[] = {-1e300, NAN, 3, INFINITY, 1e300};
    static struct report_face faces[] = {{NAN, NAN, NAN, 0, 0}, {1, 1e9, -4, 0, 0}};
    static struct report_crop crop[] = {{NAN, NAN, 0, 0}, {-5, 1e300, 0, 0}};
    static struct report_shot shots[] = {{NAN, -1, NULL, NAN, NULL}, {5, 2, "fade", 1e300, "x"}};
    static struct report_peak peaks[] = {{NAN, NAN}, {1e300, -1e300}};
    static struct report_highlight highlights[] = {{NAN, 1e300, NAN, {NULL, 0}}};
    static const double durations[] = {NAN, 0, -3, 1e-300, 5, 1e300};
    struct analysis_report r = empty(5);
    r.beats = r.downbeats = r.levels = (struct wire_list)LIST(times);
    r.tempo_curve = (struct wire_list)LIST(times);
    r.faces = (struct wire_list)LIST(faces);
    r.crop = (struct wire_list)LIST(crop);
    r.shots = (struct wire_list)LIST(shots);
    r.energy = (struct wire_list)LIST(peaks);
    r.highlights = (struct wire_list)LIST(highlights);
    for (size_t i = 0; i < COUNT(durations); i++) {
        r.duration = durations[i];
        struct plot p = {.report = &r};
        struct image image = drawn(&p);
        cairo_surface_destroy(image.surface);
        check_svg(&p);
    }
}

static void test_names(void)
{
    static char endless[5000];
    memset(endless, 'w', sizeof endless - 1);
    static const struct {
        const char *what, *name;
    } names[] = {{"none", NULL},
                 {"empty", ""},
                 {"Greek and Cyrillic", "\xce\x94\xd0\x96.mp4"},
                 {"Japanese", "\xe6\xb5\xb7\xe8\xbe\xba\xe3\x81\xae\xe4\xbc\x91\xe6\x97\xa5"},
                 {"Arabic", "\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7"},
                 {"emoji", "\xf0\x9f\x8e\xac party"},
                 {"not UTF-8", "caf\xe9 \xff\xfe \xe6\xb5"},
                 {"control characters", "a\nb\tc\x1b[31m"},
                 {"endless", endless}};
    struct analysis_report r = empty(5);
    for (size_t i = 0; i < COUNT(names); i++) {
        CHECK_CASE(names[i].what);
        struct plot p = {.name = names[i].name, .report = &r, .width = 800};
        struct image image = drawn(&p);
        CHECK(image.width == 800);
        cairo_surface_destroy(image.surface);
        check_svg(&p);
    }
    CHECK_CASE("");
}

static void test_limits(void)
{
    static const int asked[][2] = {{0, PLOT_WIDTH}, {-5, PLOT_WIDTH}, {1, PLOT_MIN_WIDTH},
                                   {1000, 1000},    {1 << 30, PLOT_MAX_WIDTH}};
    struct analysis_report r = full(30);
    for (size_t i = 0; i < COUNT(asked); i++) {
        struct plot p = {.report = &r, .width = asked[i][0]};
        struct image image = drawn(&p);
        CHECK(image.width == asked[i][1]);
        cairo_surface_destroy(image.surface);
    }
    for (int format = PLOT_PNG; format <= PLOT_SVG; format++) {
        struct plot p = {.report = &r};
        struct err e = {0};
        struct buf small;
        buf_init(&small, 1000);
        CHECK(!plot_draw(&p, format, &small, &e) && e.code == ERR_TOO_LARGE);
        buf_finish(&small);
    }
}

int main(void)
{
    arena_init(&arena, 16 << 20);
    test_lengths();
    test_lanes();
    test_waveform();
    test_strip();
    test_absurd();
    test_names();
    test_limits();
    arena_finish(&arena);
    return check_done();
}
