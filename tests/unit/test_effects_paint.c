/* SPDX-License-Identifier: GPL-3.0-or-later
 * What effects paint, measured on drawn pictures. */
#include "effect_pictures.h"

#include "effects/blur.h"

static struct arena arena;
static struct effect_desk *desk;
static const char *cube_text; /* what the desk reads */

static bool read_cube(void *user, int source, struct buf *out, struct err *e)
{
    (void)user;
    if (source != 0)
        return err_set(e, ERR_NOT_FOUND, "no such source");
    buf_adds(out, cube_text);
    return true;
}

static const double beats[] = {0.5, 1};

static struct effect_moment moment(double t, int64_t frame)
{
    return (struct effect_moment){
        .t = t, .length = 2, .u = t / 2, .frame = frame, .beats = beats, .beat_count = 2};
}

/* false: the effect shows nothing at t. */
static bool look_at(const char *json, double t, int64_t frame, struct effect_use *use,
                    struct effect_look *look)
{
    struct err e = {0};
    struct effect_moment m = moment(t, frame);
    *look = (struct effect_look){.file = 0};
    if (!CHECK(effect_parse(json, strlen(json), &arena, use, &e)))
        return false;
    return use->effect->look(use->self, &m, look);
}

static bool paint(const char *json, double t, struct picture *p)
{
    struct effect_use use;
    struct effect_look look;
    struct err e = {0};
    if (!look_at(json, t, 0, &use, &look))
        return false;
    bool ok = use.effect->paint(&look, p, desk, &e);
    if (!CHECK(ok))
        fprintf(stderr, "%s\n", e.msg);
    return ok;
}

/* --- Nothing to be done --------------------------------------------------------------------- */

static const struct {
    const char *json;
    double t;
} neutral[] = {
    {"{\"name\":\"flash\",\"amount\":0}", 0},
    {"\"flash\"", 0.4},
    {"{\"name\":\"flash\",\"on\":\"beats\"}", 0.4},
    {"\"fade_in\"", 0.5},
    {"\"fade_in\"", 1},
    {"{\"name\":\"fade_in\",\"duration\":0}", 0},
    {"\"fade_out\"", 1.5},
    {"{\"name\":\"blur\",\"radius\":0}", 0},
    {"{\"name\":\"blur\",\"ramp\":\"in\"}", 0},
    {"{\"name\":\"blur\",\"ramp\":\"out\",\"duration\":1}", 1.5},
    {"{\"name\":\"vignette\",\"amount\":0}", 0},
    {"{\"name\":\"grayscale\",\"amount\":0}", 0},
    {"\"color\"", 0},
    {"{\"name\":\"lut\",\"file\":\"a.cube\",\"amount\":0}", 0},
    {"{\"name\":\"rgb_split\",\"amount\":0}", 0},
    {"{\"name\":\"rgb_split\",\"on\":\"beats\"}", 0.2},
    {"{\"name\":\"glitch\",\"amount\":0}", 0},
    {"{\"name\":\"glitch\",\"on\":\"start\"}", 1},
    {"{\"name\":\"film_grain\",\"amount\":0}", 0},
    {"{\"name\":\"letterbox\",\"size\":0}", 0},
    {"{\"name\":\"letterbox\",\"duration\":1}", 0},
};

static void shows_nothing_when_neutral(void)
{
    for (size_t i = 0; i < sizeof neutral / sizeof neutral[0]; i++) {
        struct effect_use use;
        struct effect_look look;
        CHECK_CASE(neutral[i].json);
        CHECK(!look_at(neutral[i].json, neutral[i].t, 0, &use, &look));
    }
}

/* Almost nothing is not much. */
static void starts_from_the_picture_itself(void)
{
    static const char *const faint[] = {
        "{\"name\":\"blur\",\"radius\":0.00002}",
        "{\"name\":\"vignette\",\"amount\":0.000001}",
        "{\"name\":\"rgb_split\",\"amount\":0.000001}",
        "{\"name\":\"film_grain\",\"amount\":0.0001}",
        "{\"name\":\"letterbox\",\"size\":0.000001}",
        "{\"name\":\"color\",\"brightness\":0.0001}",
        "{\"name\":\"glitch\",\"amount\":0.000001}",
    };
    for (size_t i = 0; i < sizeof faint / sizeof faint[0]; i++) {
        struct picture p = picture_make(66, 98), before = picture_make(66, 98);
        CHECK_CASE(faint[i]);
        picture_noise(&p, 5);
        picture_noise(&before, 5);
        CHECK(paint(faint[i], 0, &p));
        CHECK(picture_same(&p, &before));
        picture_drop(&p);
        picture_drop(&before);
    }
}

/* --- Everything on every size --------------------------------------------------------------- */

static const char *const strong[] = {
    "\"flash\"",
    "{\"name\":\"fade_in\",\"color\":\"#ff8000\"}",
    "{\"name\":\"fade_out\",\"duration\":10}",
    "\"blur\"",
    "{\"name\":\"blur\",\"radius\":0.2}",
    "{\"name\":\"vignette\",\"amount\":1,\"radius\":0}",
    "\"grayscale\"",
    "{\"name\":\"color\",\"contrast\":2,\"saturation\":3,\"temperature\":-1,\"brightness\":0.2}",
    "{\"name\":\"lut\",\"file\":\"a.cube\"}",
    "\"rgb_split\"",
    "{\"name\":\"rgb_split\",\"amount\":0.1}",
    "{\"name\":\"glitch\",\"amount\":1}",
    "{\"name\":\"film_grain\",\"amount\":1,\"size\":6}",
    "{\"name\":\"letterbox\",\"size\":0.45}",
};
static const int sizes[][2] = {{2, 2}, {4, 2}, {2, 38}, {66, 2}, {18, 32}, {130, 70}, {540, 960}};

static void same_every_time(const char *json, int width, int height)
{
    struct picture a = picture_make(width, height), b = picture_make(width, height);
    struct picture before = picture_make(width, height);
    struct effect_desk *mine = desk;
    CHECK_CASE(json);
    picture_noise(&before, 7);
    picture_noise(&a, 7);
    picture_noise(&b, 7);
    CHECK(paint(json, 0, &a));
    desk = effect_desk_create(read_cube, NULL, NULL); /* a fresh one */
    CHECK(paint(json, 0, &b));
    effect_desk_destroy(desk);
    desk = mine;
    CHECK(picture_same(&a, &b));
    CHECK(width < 100 || !picture_same(&a, &before));
    picture_drop(&a);
    picture_drop(&b);
    picture_drop(&before);
}

static void every_size(void)
{
    cube_text = "LUT_3D_SIZE 2\n0 0 0\n.5 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n";
    for (size_t i = 0; i < sizeof strong / sizeof strong[0]; i++)
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++)
            same_every_time(strong[i], sizes[k][0], sizes[k][1]);
}

/* --- Towards a colour ----------------------------------------------------------------------- */

static void fades_to_colours(void)
{
    struct picture p = picture_make(32, 32);
    CHECK_CASE("fade_in");
    picture_fill(&p, 180, 90, 160);
    CHECK(paint("\"fade_in\"", 0, &p));
    CHECK(picture_at(&p, 0, 3, 3) == 16 && picture_at(&p, 1, 3, 3) == 128);
    picture_fill(&p, 180, 90, 160);
    CHECK(paint("\"fade_in\"", 0.25, &p));
    CHECK(picture_at(&p, 0, 9, 9) == 98 && picture_at(&p, 1, 9, 9) == 109);
    CHECK_CASE("fade_out to red");
    CHECK(paint("{\"name\":\"fade_out\",\"color\":\"#ff0000\"}", 2, &p));
    CHECK(picture_at(&p, 0, 0, 0) == 63 && picture_at(&p, 1, 0, 0) == 102 &&
          picture_at(&p, 2, 0, 0) == 240);
    CHECK_CASE("flash");
    picture_fill(&p, 100, 100, 160);
    CHECK(paint("\"flash\"", 0, &p));
    CHECK(picture_at(&p, 0, 0, 0) == 181); /* 60 % of the way to 235 */
    CHECK_CASE("grayscale");
    picture_noise(&p, 3);
    double mean = picture_mean(&p, 0);
    CHECK(paint("\"grayscale\"", 0, &p));
    CHECK_NEAR(picture_mean(&p, 0), mean, 0);
    CHECK(picture_mean(&p, 1) == 128 && picture_deviation(&p, 2) == 0);
    picture_fill(&p, 100, 28, 228);
    CHECK(paint("{\"name\":\"grayscale\",\"amount\":0.5}", 0, &p));
    CHECK(picture_at(&p, 1, 0, 0) == 78 && picture_at(&p, 2, 0, 0) == 178);
    picture_drop(&p);
}

static void letterboxes(void)
{
    struct picture p = picture_make(20, 100);
    CHECK_CASE("letterbox");
    picture_fill(&p, 216, 60, 60);
    CHECK(paint("{\"name\":\"letterbox\",\"size\":0.105}", 0, &p));
    CHECK(picture_at(&p, 0, 5, 9) == 16 && picture_at(&p, 0, 5, 10) == 116 &&
          picture_at(&p, 0, 5, 11) == 216);
    CHECK(picture_at(&p, 0, 5, 90) == 16 && picture_at(&p, 0, 5, 89) == 116);
    CHECK(picture_at(&p, 1, 5, 4) == 128 && picture_at(&p, 1, 5, 6) == 60);
    picture_drop(&p);
}

/* --- Light ---------------------------------------------------------------------------------- */

static void vignettes(void)
{
    struct picture p = picture_make(90, 160);
    CHECK_CASE("vignette");
    picture_fill(&p, 216, 68, 188);
    CHECK(paint("{\"name\":\"vignette\",\"amount\":1}", 0, &p));
    CHECK(picture_at(&p, 0, 45, 80) == 216 && picture_at(&p, 1, 22, 40) == 68);
    CHECK(picture_at(&p, 0, 0, 0) <= 18 && abs(picture_at(&p, 1, 0, 0) - 128) <= 2);
    bool even = true, falls = true;
    for (int y = 0; y < 160; y++)
        for (int x = 0; x < 90; x++)
            even = even && picture_at(&p, 0, x, y) == picture_at(&p, 0, 89 - x, y) &&
                   picture_at(&p, 0, x, y) == picture_at(&p, 0, x, 159 - y);
    for (int x = 46; x < 90; x++)
        falls = falls && picture_at(&p, 0, x, 10) <= picture_at(&p, 0, x - 1, 10);
    CHECK(even && falls);
    picture_drop(&p);
}

static int luma_after(const char *json, int y)
{
    struct picture p = picture_make(2, 2);
    picture_fill(&p, y, 128, 128);
    CHECK(paint(json, 0, &p));
    int v = picture_at(&p, 0, 1, 1);
    picture_drop(&p);
    return v;
}

static void colours(void)
{
    struct picture p = picture_make(16, 16);
    CHECK_CASE("brightness");
    CHECK(luma_after("{\"name\":\"color\",\"brightness\":0.1}", 100) == 122);
    CHECK(luma_after("{\"name\":\"color\",\"brightness\":1}", 100) == 235);
    CHECK(luma_after("{\"name\":\"color\",\"brightness\":-1}", 100) == 16);
    CHECK_CASE("contrast");
    CHECK(luma_after("{\"name\":\"color\",\"contrast\":2}", 100) == 75); /* about 125.5 */
    CHECK(luma_after("{\"name\":\"color\",\"contrast\":0}", 30) == 126);
    CHECK_CASE("saturation");
    picture_fill(&p, 100, 108, 158);
    CHECK(paint("{\"name\":\"color\",\"saturation\":1.5}", 0, &p));
    CHECK(picture_at(&p, 0, 0, 0) == 100 && picture_at(&p, 1, 0, 0) == 98 &&
          picture_at(&p, 2, 0, 0) == 173);
    CHECK_CASE("temperature");
    picture_fill(&p, 16, 128, 128);
    CHECK(paint("{\"name\":\"color\",\"temperature\":1}", 0, &p)); /* black stays black */
    CHECK(picture_at(&p, 1, 0, 0) == 128 && picture_at(&p, 2, 0, 0) == 128);
    picture_fill(&p, 235, 128, 128);
    CHECK(paint("{\"name\":\"color\",\"temperature\":1}", 0, &p));
    /* Red 1.25, green 1, blue 0.75 with luma kept: Cb and Cr of it, computed by hand. */
    CHECK(picture_at(&p, 0, 0, 0) == 235);
    CHECK_NEAR(picture_at(&p, 1, 0, 0), 128 + 224 * (0.75 / 1.0351 - 1) / 1.8556, 0.6);
    CHECK_NEAR(picture_at(&p, 2, 0, 0), 128 + 224 * (1.25 / 1.0351 - 1) / 1.5748, 0.6);
    picture_drop(&p);
}

/* --- Blur ----------------------------------------------------------------------------------- */

/* Variance of the luma around its centre, across, of a picture that was one bright column. */
static double spread(const struct picture *p, int y, double *sum)
{
    double mean = 0, var = 0;
    *sum = 0;
    for (int x = 0; x < p->width; x++) {
        double v = picture_at(p, 0, x, y) - 16;
        *sum += v;
        mean += v * x;
    }
    mean /= *sum;
    for (int x = 0; x < p->width; x++)
        var += (picture_at(p, 0, x, y) - 16) * (x - mean) * (x - mean);
    return var / *sum;
}

/* A blurred edge's differences are the kernel. Its mean place is told relative to the sharp edge.
 */
static double edge_variance(double sigma, int edge, double *place)
{
    enum { W = 800 };
    struct picture p = picture_make(W, 4);
    picture_fill(&p, 16, 128, 128);
    for (int y = 0; y < 4; y++)
        memset(p.data[0] + y * W + edge, 235, (size_t)(W - edge));
    CHECK(blur_picture(&p, sigma, 0, desk, NULL));
    double sum = 0, mean = 0, var = 0;
    for (int x = 1; x < W; x++) {
        double d = picture_at(&p, 0, x, 2) - picture_at(&p, 0, x - 1, 2);
        sum += d;
        mean += d * x;
        var += d * (x - edge) * (x - edge);
    }
    picture_drop(&p);
    *place = mean / sum - edge;
    return var / sum;
}

/* Over all places of the edge; each one keeps its place, and none is far from the mean width. */
static double edge_deviation(double sigma)
{
    double total = 0, place;
    for (int i = 0; i < 16; i++) {
        double v = edge_variance(sigma, 400 + i, &place);
        total += v;
        CHECK_NEAR(place, 0, 0.1 + sigma / 50);
        CHECK_NEAR(sqrt(v), sigma, 0.4 + sigma / 25);
    }
    return sqrt(total / 16);
}

static void blurs_as_wide_as_asked(void)
{
    double before = 0;
    CHECK_CASE("blur");
    for (double sigma = 0.4; sigma < 60; sigma *= 1.07) {
        double got = edge_deviation(sigma);
        CHECK_NEAR(got, sigma, 0.05 + 0.01 * sigma);
        CHECK(got > before);
        before = got;
    }
    struct picture p = picture_make(101 * 2, 60);
    double sum, was;
    picture_fill(&p, 16, 128, 128);
    for (int y = 0; y < 60; y++)
        memset(p.data[0] + y * p.stride[0] + 90, 216, 20);
    spread(&p, 30, &was);
    CHECK(blur_picture(&p, 6, 6, desk, NULL));
    CHECK_NEAR(sqrt(spread(&p, 30, &sum)), sqrt(36 + (400 - 1) / 12.0), 0.3);
    CHECK_NEAR(sum, was, was * 0.01); /* no light is lost */
    picture_noise(&p, 3);
    double mean = picture_mean(&p, 0);
    CHECK(paint("{\"name\":\"blur\",\"radius\":0.2}", 0, &p));
    CHECK_NEAR(picture_mean(&p, 0), mean, 2);
    CHECK(picture_deviation(&p, 0) < 8);
    picture_fill(&p, 77, 99, 201);
    CHECK(paint("\"blur\"", 0, &p));
    CHECK(picture_deviation(&p, 0) == 0 && picture_mean(&p, 0) == 77 && picture_mean(&p, 2) == 201);
    picture_drop(&p);
}

/* A blur that grows slowly never takes a step: frame to frame a picture changes by little. */
static void blur_grows_smoothly(void)
{
    struct picture a = picture_make(160, 160), b = picture_make(160, 160);
    double largest = 0;
    CHECK_CASE("blur ramp");
    for (int i = 0; i < 400; i++) {
        struct picture *p = i % 2 ? &a : &b, *q = i % 2 ? &b : &a;
        for (int y = 0; y < 160; y++)
            for (int x = 0; x < 160; x++)
                p->data[0][y * 160 + x] = x / 20 % 2 ^ y / 20 % 2 ? 200 : 50;
        memset(p->data[1], 128, 80 * 80);
        memset(p->data[2], 128, 80 * 80);
        CHECK(blur_picture(p, i * 0.025, i * 0.025, desk, NULL));
        for (int k = 0; i > 0 && k < 160 * 160; k++)
            largest = fmax(largest, abs(p->data[0][k] - q->data[0][k]));
    }
    CHECK(largest <= 5);
    picture_drop(&a);
    picture_drop(&b);
}

/* --- RGB split ------------------------------------------------------------------------------ */

static void to_rgb(double y, double u, double v, double rgb[3])
{
    double l = (y - 16) / 219 * 255, cb = (u - 128) / 224 * 255, cr = (v - 128) / 224 * 255;
    rgb[0] = l + 1.5748 * cr;
    rgb[2] = l + 1.8556 * cb;
    rgb[1] = (l - 0.2126 * rgb[0] - 0.0722 * rgb[2]) / 0.7152;
}

/* A grey picture, dark on the left and bright on the right: red's edge goes right by d, blue's
 * left, green's stays. */
static void splits_red_and_blue(void)
{
    const int w = 200, d = 20;
    struct picture p = picture_make(w, 8);
    CHECK_CASE("rgb_split");
    picture_fill(&p, 50, 128, 128);
    for (int y = 0; y < 8; y++)
        memset(p.data[0] + y * w + w / 2, 200, (size_t)w / 2);
    CHECK(paint("{\"name\":\"rgb_split\",\"amount\":0.1}", 0, &p));
    double dark = (50 - 16) / 219.0 * 255, bright = (200 - 16) / 219.0 * 255;
    for (int x = 0; x < w; x++) {
        double rgb[3];
        to_rgb(picture_at(&p, 0, x, 3), picture_at(&p, 1, x / 2, 1), picture_at(&p, 2, x / 2, 1),
               rgb);
        CHECK_NEAR(rgb[0], x < w / 2 + d ? dark : bright, 3);
        CHECK_NEAR(rgb[1], x < w / 2 ? dark : bright, 3);
        CHECK_NEAR(rgb[2], x < w / 2 - d ? dark : bright, 3);
    }
    picture_fill(&p, 90, 70, 180);
    CHECK(paint("{\"name\":\"rgb_split\",\"amount\":0.1}", 0, &p)); /* no edge, no change */
    CHECK(picture_deviation(&p, 0) == 0 && picture_mean(&p, 0) == 90 && picture_mean(&p, 1) == 70 &&
          picture_mean(&p, 2) == 180);
    picture_drop(&p);
}

/* --- Chance --------------------------------------------------------------------------------- */

static double grain_at(int level, double *mean)
{
    struct picture p = picture_make(400, 1920);
    picture_fill(&p, level, 110, 150);
    CHECK(paint("{\"name\":\"film_grain\",\"amount\":0.5}", 0, &p));
    CHECK(picture_deviation(&p, 1) == 0 && picture_mean(&p, 1) == 110);
    double v = picture_deviation(&p, 0);
    *mean = picture_mean(&p, 0);
    picture_drop(&p);
    return v;
}

static void grains(void)
{
    double mean;
    CHECK_CASE("film_grain");
    CHECK_NEAR(grain_at(125, &mean), 9, 0.5);
    CHECK_NEAR(mean, 125, 0.3);
    CHECK_NEAR(grain_at(60, &mean), 9 * (60 - 16) * (235 - 60) / (109.5 * 109.5), 0.5);
    CHECK_NEAR(mean, 60, 0.3);
    CHECK_NEAR(grain_at(16, &mean), 0, 0);
    CHECK_NEAR(grain_at(235, &mean), 0, 0);
    struct effect_use use;
    struct effect_look a, b;
    CHECK(look_at("\"film_grain\"", 0, 3, &use, &a) && look_at("\"film_grain\"", 0, 4, &use, &b));
    CHECK(memcmp(&a, &b, sizeof a) != 0); /* another frame, another grain */
}

/* Rows only move: what a row holds stays in it. */
static void glitches(void)
{
    struct picture p = picture_make(108, 192), before = picture_make(108, 192);
    CHECK_CASE("glitch");
    int moved = 0;
    picture_noise(&before, 9);
    for (int slot = 0; slot < 12; slot++) {
        picture_noise(&p, 9);
        CHECK(paint("{\"name\":\"glitch\",\"amount\":1}", slot / 12.0 + 0.01, &p));
        for (int i = 0; i < 3; i++)
            CHECK_NEAR(picture_mean(&p, i), picture_mean(&before, i), 0);
        for (int y = 0; y < 192; y++)
            moved += memcmp(plane_row(&p, 0, y), plane_row(&before, 0, y), 108) != 0;
    }
    CHECK(moved > 12 * 192 / 50 && moved < 12 * 192 / 2);
    picture_drop(&p);
    picture_drop(&before);
}

/* --- Tables of colours ---------------------------------------------------------------------- */

static char *lattice_text(int n, void (*map)(const double in[3], double out[3]))
{
    struct buf b;
    buf_init(&b, 8 << 20);
    buf_printf(&b, "TITLE \"made here\"\nLUT_3D_SIZE %d\n", n);
    for (int i = 0; i < n * n * n; i++) {
        double in[3] = {i % n / (n - 1.0), i / n % n / (n - 1.0), i / n / n / (n - 1.0)}, out[3];
        map(in, out);
        buf_printf(&b, "%.7f %.7f %.7f\n", out[0], out[1], out[2]);
    }
    return b.data; /* of malloc */
}

static void same(const double in[3], double out[3])
{
    memcpy(out, in, 3 * sizeof *in);
}

static void swapped(const double in[3], double out[3])
{
    out[0] = in[2];
    out[1] = in[1];
    out[2] = in[0];
}

static void inverted(const double in[3], double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = 1 - in[i];
}

static void with_fresh_desk(const char *text, const char *json, struct picture *p)
{
    struct effect_desk *mine = desk;
    cube_text = text;
    desk = effect_desk_create(read_cube, NULL, NULL);
    CHECK(paint(json, 0, p));
    effect_desk_destroy(desk);
    desk = mine;
}

static int largest_difference(const struct picture *a, const struct picture *b, int plane)
{
    int most = 0;
    for (int k = 0; k < a->stride[plane] * plane_height(a, plane); k++) {
        int d = abs(a->data[plane][k] - b->data[plane][k]);
        most = d > most ? d : most;
    }
    return most;
}

#define LUT "{\"name\":\"lut\",\"file\":\"a.cube\"}"

static void lut_identity(void)
{
    struct picture p = picture_make(256, 256), before = picture_make(256, 256);
    CHECK_CASE("lut identity");
    for (int n = 2; n <= 33; n += 31) { /* any bytes, also those no colour has */
        char *text = lattice_text(n, same);
        picture_noise(&p, 4);
        picture_noise(&before, 4);
        with_fresh_desk(text, LUT, &p);
        for (int i = 0; i < 3; i++)
            CHECK(largest_difference(&p, &before, i) <= 1);
        free(text);
    }
    picture_noise(&p, 4);
    with_fresh_desk("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n", LUT, &p);
    for (int i = 0; i < 3; i++)
        CHECK(largest_difference(&p, &before, i) <= 1);
    picture_drop(&p);
    picture_drop(&before);
}

/* Flat patches of real colours through tables whose outcome is known. */
static void lut_known_values(void)
{
    static const struct {
        void (*map)(const double in[3], double out[3]);
        const char *json;
        double share;
    } cases[] = {
        {swapped, LUT, 1},
        {inverted, LUT, 1},
        {inverted, "{\"name\":\"lut\",\"file\":\"a.cube\",\"amount\":0.5}", 0.5},
    };
    static const uint32_t patches[] = {0x000000, 0xffffff, 0x808080, 0xff0000, 0x00ff00,
                                       0x0000ff, 0xc86432, 0x1e90ff, 0x808000, 0xffc0cb};
    struct picture p = picture_make(4, 4);
    CHECK_CASE("lut values");
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        char *text = lattice_text(17, cases[c].map);
        for (size_t i = 0; i < sizeof patches / sizeof patches[0]; i++) {
            uint8_t yuv[3], want_yuv[3];
            double in[3], out[3];
            plane_colour(patches[i], yuv);
            for (int k = 0; k < 3; k++)
                in[k] = (patches[i] >> (16 - 8 * k) & 255) / 255.0;
            cases[c].map(in, out);
            uint32_t want = 0;
            for (int k = 0; k < 3; k++)
                want =
                    want << 8 | (uint32_t)lround(255 * (in[k] + (out[k] - in[k]) * cases[c].share));
            plane_colour(want, want_yuv);
            picture_fill(&p, yuv[0], yuv[1], yuv[2]);
            with_fresh_desk(text, cases[c].json, &p);
            for (int k = 0; k < 3; k++)
                CHECK_NEAR(picture_at(&p, k, 1, 1), want_yuv[k], 2);
        }
        free(text);
    }
    picture_drop(&p);
}

static void lut_says_what_is_wrong(void)
{
    struct effect_use use;
    struct effect_look look;
    struct picture p = picture_make(4, 4);
    CHECK_CASE("lut errors");
    picture_fill(&p, 100, 100, 100);
    CHECK(look_at(LUT, 0, 0, &use, &look));
    for (int again = 0; again < 2; again++) { /* the second time too */
        struct err e = {0};
        cube_text = "LUT_3D_SIZE 2\n0 0 x\n";
        effect_desk_destroy(desk);
        desk = effect_desk_create(read_cube, NULL, NULL);
        CHECK(!use.effect->paint(&look, &p, desk, &e));
        CHECK(!use.effect->paint(&look, &p, desk, &e));
        CHECK_STR(e.msg, "the .cube file of effect lut: line 2: a colour is three numbers");
    }
    struct err e = {0};
    look.file = 5;
    CHECK(!use.effect->paint(&look, &p, desk, &e) && e.code == ERR_NOT_FOUND);
    picture_drop(&p);
}

int main(void)
{
    arena_init(&arena, 1 << 20);
    desk = effect_desk_create(read_cube, NULL, NULL);
    shows_nothing_when_neutral();
    every_size();
    starts_from_the_picture_itself();
    fades_to_colours();
    letterboxes();
    vignettes();
    colours();
    blurs_as_wide_as_asked();
    blur_grows_smoothly();
    splits_red_and_blue();
    grains();
    glitches();
    lut_identity();
    lut_known_values();
    lut_says_what_is_wrong();
    effect_desk_destroy(desk);
    arena_finish(&arena);
    return check_done();
}
