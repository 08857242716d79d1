/* SPDX-License-Identifier: GPL-3.0-or-later
 * Styles, words and their times, what a frame shows, emoji, titles, warnings, hostile texts. */
#include "caption_frames.h"
#include "core/wire.h"
#include "effects/caption_style.h"
#include "render/caption_sheet.h"
#include "render/caption_text.h"
#include "render/caption_warn.h"
#include "render/emoji.h"
#include "render/raster.h"
#include "render/safe_zone.h"
#include "render/spoken.h"

static struct arena arena;
static struct segmenter *segmenter;

static struct wire_raw json(const char *text)
{
    return (struct wire_raw){text, strlen(text)};
}

static int64_t ms(int64_t t)
{
    return t * (TICKS_PER_SECOND / 1000);
}

/* --- Styles --------------------------------------------------------------------------------- */

static void reads_styles(void)
{
    static const struct {
        const char *json, *error; /* NULL: it is right */
    } cases[] = {
        {"\"clean\"", NULL},
        {"\"minimal\"", NULL},
        {"{\"name\": \"bold_pop\", \"color\": \"#00ff7F\", \"size\": 120, \"uppercase\": false}",
         NULL},
        {"{\"size\": 40, \"name\": \"karaoke\", \"animation\": \"pill\"}", NULL},
        {"\"wobble\"", "unknown caption style \"wobble\"; there are: clean, bold_pop, karaoke, "
                       "word_highlight, box, typewriter, minimal"},
        {"{\"name\": \"box\", \"colour\": \"#ffffff\"}", "has no parameter \"colour\""},
        {"{\"name\": \"box\", \"size\": 4}", "size must be a number from 16 to 400"},
        {"{\"name\": \"box\", \"size\": 1e999}", "size must be a number"},
        {"{\"name\": \"box\", \"color\": \"red\"}", "color must be a colour"},
        {"{\"name\": \"box\", \"animation\": \"spin\"}", "animation must be one of: none, pop"},
        {"{\"color\": \"#ffffff\"}", "with \"name\""},
        {"7", "a caption style is a name"},
        {"null", "a caption style is a name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct caption_style s;
        struct err e = {0};
        CHECK_CASE(cases[i].json);
        bool ok = caption_style_parse(cases[i].json, strlen(cases[i].json), &arena, &s, &e);
        CHECK(ok == !cases[i].error);
        CHECK(!cases[i].error || strstr(e.msg, cases[i].error));
    }
    struct caption_style s;
    CHECK(caption_style_parse(cases[2].json, strlen(cases[2].json), &arena, &s, NULL));
    CHECK(s.color == 0x00ff7f && s.size == 120 && !s.uppercase && s.active_color == 0xffe600);
    CHECK(caption_style_parse(NULL, 0, &arena, &s, NULL) &&
          memcmp(&s, caption_style_find(CAPTION_STYLE_DEFAULT), sizeof s) == 0);
}

/* Every row holds what its own table allows, is told apart from all others, and is readable. */
static void styles_are_sound(void)
{
    struct buf text[2];
    for (size_t i = 0; caption_style_name(i); i++) {
        CHECK_CASE(caption_style_name(i));
        const struct caption_style *s = caption_style_find(caption_style_name(i));
        CHECK(s && strlen(caption_style_help(i)) > 10);
        for (const struct param *p = caption_style_params; s && p->name; p++) {
            const void *at = (const char *)s + p->offset;
            CHECK(strlen(p->help) > 5);
            if (p->kind == PARAM_NUMBER)
                CHECK(*(const double *)at >= p->min && *(const double *)at <= p->max);
        }
        CHECK(s && (s->box > 0.6 || (s->outline > 0.04 && s->shadow > 0.3)));
        for (size_t k = 0; k < i; k++) {
            buf_init(&text[0], 4096);
            buf_init(&text[1], 4096);
            caption_style_canonical(s, &text[0]);
            caption_style_canonical(caption_style_find(caption_style_name(k)), &text[1]);
            CHECK(strcmp(text[0].data, text[1].data) != 0);
            buf_finish(&text[0]);
            buf_finish(&text[1]);
        }
    }
}

/* --- Safe zones ----------------------------------------------------------------------------- */

static void knows_safe_zones(void)
{
    static const struct {
        const char *name, *format;
        struct safe_zone want;
    } cases[] = {
        {"universal", "vertical", {65, 270, 910, 1440}}, {NULL, "vertical", {65, 270, 910, 1440}},
        {"reels", "vertical", {65, 269, 1015, 1248}},    {"none", "vertical", {0, 0, 1080, 1920}},
        {"tiktok", "vertical", {60, 250, 910, 1480}},    {"shorts", "square", {54, 54, 1026, 1026}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_CASE(cases[i].name);
        const struct plan_format *f = plan_format_find(cases[i].format);
        if (!f)
            continue;
        struct safe_zone z = safe_zone_find(cases[i].name, f);
        CHECK_NEAR(z.left, cases[i].want.left, 0.5);
        CHECK_NEAR(z.top, cases[i].want.top, 0.5);
        CHECK_NEAR(z.right, cases[i].want.right, 0.5);
        CHECK_NEAR(z.bottom, cases[i].want.bottom, 0.5);
    }
    /* "universal" lies inside of each of the others, but for the foot of "reels". */
    struct safe_zone all = safe_zone_find("universal", &plan_formats[0]);
    for (size_t i = 1; safe_zone_name(i); i++) {
        struct safe_zone z = safe_zone_find(safe_zone_name(i), &plan_formats[0]);
        CHECK_CASE(safe_zone_name(i));
        CHECK(z.left <= all.left && z.top <= all.top && z.right >= all.right);
        CHECK(z.bottom >= all.bottom || strcmp(safe_zone_name(i), "reels") == 0);
    }
}

/* --- Words without spaces ------------------------------------------------------------------- */

static void breaks_words_by_dictionary(void)
{
    static const struct {
        const char *text, *units; /* parted by | */
    } cases[] = {
        {"\u4e16\u754c\u4e0a\u6700\u597d\u7684\u5496\u5561\uff0c\u4f60",
         "\u4e16\u754c\u4e0a|\u6700\u597d\u7684|\u5496\u5561\uff0c|\u4f60"},
        {"\u4e00\u756a\u304a\u3044\u3057\u3044\u30b3\u30fc\u30d2\u30fc\u3002",
         "\u4e00\u756a|\u304a\u3044\u3057\u3044|\u30b3\u30fc\u30d2\u30fc\u3002"},
        {"\u0e01\u0e32\u0e41\u0e1f\u0e17\u0e35\u0e48\u0e14\u0e35",
         "\u0e01\u0e32\u0e41\u0e1f|\u0e17\u0e35\u0e48|\u0e14\u0e35"},
        {"two words", "two|words"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct text_unit *u;
        char got[400] = "";
        size_t n = text_units(cases[i].text, segmenter, &u, &arena);
        for (size_t k = 0; k < n && n != SIZE_MAX; k++)
            snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.*s", k ? "|" : "",
                     (int)u[k].len, u[k].text);
        CHECK_CASE(cases[i].text);
        CHECK_STR(got, cases[i].units);
    }
}

static void makes_capitals(void)
{
    CHECK_CASE("capitals");
    CHECK_STR(text_uppercase("stra\u00dfe \u00e9\u00ff\u0142\u017e", &arena),
              "STRA\u00dfE \u00c9\u0178\u0141\u017d");
    CHECK_STR(text_uppercase("\u03ba\u03b1\u03bb\u03ae \u03bc\u03ad\u03c1\u03b1\u03c2", &arena),
              "\u039a\u0391\u039b\u0397 \u039c\u0395\u03a1\u0391\u03a3");
    CHECK_STR(text_uppercase("\u0451\u0436\u0438\u043a \u4e2d", &arena),
              "\u0401\u0416\u0418\u041a \u4e2d");
}

/* --- Words and their times ------------------------------------------------------------------ */

/* Writes "from-to:text" of each word, in ms. */
static const char *spoken_text(const char *text, const struct plan_word *words, size_t n)
{
    static char out[600];
    struct spoken s;
    out[0] = '\0';
    if (!spoken_of(text, words, n, ms(1000), ms(2000), segmenter, &arena, &s))
        return "no memory";
    for (size_t i = 0; i < s.count; i++)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%zu-%zu@%lld-%lld", i ? " " : "",
                 s.words[i].first_char, s.words[i].end_char, (long long)(s.words[i].start / ms(1)),
                 (long long)(s.words[i].end / ms(1)));
    return out;
}

static void finds_when_words_are_spoken(void)
{
    const struct plan_word said[] = {
        {"Hello", ms(100), ms(300)}, {"brave", ms(300), ms(500)}, {"world", ms(600), ms(900)}};
    static const struct {
        const char *name, *text, *want;
    } cases[] = {
        {"as said", "Hello brave world", "0-5@100-300 5-10@300-500 10-15@600-900"},
        {"punctuation and case", "\u201cHELLO, brave (world)!\u201d",
         "0-7@100-300 7-12@300-500 12-21@600-900"},
        {"a word was added", "Hello very brave world", "0-9@100-300 9-14@300-500 14-19@600-900"},
        {"a word was taken out", "Hello world", "0-5@100-300 5-10@600-900"},
        {"another text altogether", "ab cd ef gh",
         "0-2@100-300 2-4@300-500 4-6@500-700 6-8@700-900"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_CASE(cases[i].name);
        CHECK_STR(spoken_text(cases[i].text, said, 3), cases[i].want);
    }
    CHECK_CASE("nobody said when");
    CHECK_STR(spoken_text("abc d", NULL, 0), "0-3@1000-1750 3-4@1750-2000");
    const struct plan_word wild[] = {{"a", ms(900), ms(100)}, {"b", ms(200), ms(5000)}};
    CHECK_CASE("times out of order");
    CHECK_STR(spoken_text("a b", wild, 2), "0-1@900-900 1-2@900-5000");
    CHECK_STR(spoken_text("", wild, 2), "");
}

/* --- What a frame shows --------------------------------------------------------------------- */

static double ones(void *user, const char *text, size_t len)
{
    (void)user;
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xc0) != 0x80;
    return (double)n;
}

static struct sheet sheet_of(const char *text, const struct plan_word *words, size_t n, int motion,
                             double width)
{
    static struct caption_style style;
    struct sheet s = {0};
    style = *caption_style_find("clean");
    style.animation = motion;
    struct caption_ruler r = {.max_width = width, .space_width = 1, .lines = 2, .width = ones};
    struct sheet_source from = {.text = text,
                                .words = words,
                                .word_count = n,
                                .whole_end = ms(3000),
                                .fps_num = 30,
                                .fps_den = 1};
    CHECK(sheet_make(&from, &style, &r, &arena, &s, NULL));
    return s;
}

static void words_change_when_spoken(void)
{
    const struct plan_word said[] = {
        {"one", ms(200), ms(500)}, {"two", ms(600), ms(1000)}, {"six", ms(2000), ms(2400)}};
    static const struct {
        int motion;
        int64_t frame;
        int cell, step;
    } cases[] = {
        {CAPTION_STILL, 40, -1, 0}, {CAPTION_POP, 5, -1, 0}, /* not yet */
        {CAPTION_POP, 6, 0, 1},     {CAPTION_POP, 9, 0, 7},
        {CAPTION_POP, 10, 0, 8},    {CAPTION_POP, 17, 0, 8}, /* a gap of 100 ms is closed */
        {CAPTION_POP, 18, 1, 1},    {CAPTION_POP, 31, 1, 8},
        {CAPTION_POP, 32, -1, 0}, /* one of a second is not: 80 ms longer */
        {CAPTION_POP, 60, 2, 1},    {CAPTION_PILL, 6, 0, 8}, /* it comes from nowhere */
        {CAPTION_PILL, 18, 1, 1},   {CAPTION_PILL, 60, 2, 8},
        {CAPTION_SWEEP, 5, -1, 0},  {CAPTION_SWEEP, 6, 0, 2},
        {CAPTION_SWEEP, 14, 0, 24}, {CAPTION_SWEEP, 50, 1, 24}, /* what was sung stays */
        {CAPTION_TYPE, 5, -1, 0},   {CAPTION_TYPE, 6, 0, 0},
        {CAPTION_TYPE, 9, 1, 0},    {CAPTION_TYPE, 12, 2, 0},
        {CAPTION_TYPE, 59, 5, 0},   {CAPTION_TYPE, 89, 8, 0},
    };
    char name[60];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sheet s = sheet_of("one two six", said, 3, cases[i].motion, 20);
        snprintf(name, sizeof name, "motion %d, frame %d", cases[i].motion, (int)cases[i].frame);
        CHECK_CASE(name);
        struct sheet_look look = sheet_at(&s, cases[i].frame);
        CHECK(look.page == 0 && look.cell == cases[i].cell && look.step == cases[i].step);
    }
}

static void pages_turn_with_their_words(void)
{
    const struct plan_word said[] = {
        {"aaaa", ms(0), ms(100)}, {"bbbb", ms(100), ms(200)}, {"cccc", ms(1500), ms(1600)}};
    struct sheet s = sheet_of("aaaa bbbb cccc", said, 3, CAPTION_STILL, 4);
    CHECK_CASE("pages");
    CHECK(s.page_count == 2 && sheet_at(&s, 44).page == 0 && sheet_at(&s, 45).page == 1);
    s = sheet_of("aaaa bbbb cccc", NULL, 0, CAPTION_STILL, 4);
    CHECK(s.page_count == 2 && sheet_at(&s, 59).page == 0 && sheet_at(&s, 60).page == 1);
    /* A word longer than a line is two cells that share its time. */
    s = sheet_of("aaaaaaaa", NULL, 0, CAPTION_POP, 4);
    CHECK(s.page_count == 1 && s.pages[0].cell_count == 2 && s.pages[0].cells[1].first == 45);
}

/* --- Raster --------------------------------------------------------------------------------- */

static void scales_and_blurs(void)
{
    struct raster r, out;
    CHECK_CASE("raster");
    CHECK(raster_create(&r, 10, 20, 9, 9, 1));
    memset(r.pixels + 3 * 9 + 3, 255, 3);
    memset(r.pixels + 4 * 9 + 3, 255, 3);
    memset(r.pixels + 5 * 9 + 3, 255, 3);
    CHECK(raster_scale(&out, &r, 1, 0, 0, 5, -3));
    struct raster trimmed;
    CHECK(raster_copy(&trimmed, &out));
    raster_trim(&trimmed);
    CHECK(trimmed.x == 18 && trimmed.y == 20 && trimmed.width == 3 && trimmed.height == 3);
    CHECK(trimmed.pixels[0] == 255 && trimmed.pixels[8] == 255);
    raster_finish(&trimmed);
    raster_finish(&out);
    /* Twice as large around its middle. */
    CHECK(raster_scale(&out, &r, 2, 14.5, 24.5, 14.5, 24.5));
    double sum = 0, mx = 0;
    for (int y = 0; y < out.height; y++)
        for (int x = 0; x < out.width; x++) {
            sum += out.pixels[y * out.width + x];
            mx += out.pixels[y * out.width + x] * (out.x + x + 0.5);
        }
    CHECK_NEAR(sum / 255, 36, 0.6);
    CHECK_NEAR(mx / sum, 14.5, 0.05);
    raster_finish(&out);
    CHECK(raster_blur(&r, 1));
    CHECK(r.pixels[4 * 9 + 4] > r.pixels[4 * 9 + 2] && r.pixels[4 * 9 + 2] > 0);
    raster_finish(&r);
    CHECK(raster_create(&r, 0, 0, 20, 20, 1));
    raster_round_box(&r, 2, 2, 18, 18, 8);
    CHECK(r.pixels[10 * 20 + 10] == 255 && r.pixels[2 * 20 + 2] == 0 && r.pixels[1 * 20 + 10] == 0);
    CHECK(r.pixels[2 * 20 + 10] > 240 && r.pixels[3 * 20 + 10] == 255);
    raster_finish(&r);
}

/* --- Drawn ---------------------------------------------------------------------------------- */

static struct picture *draw(struct captions *c, int64_t frame)
{
    struct caption_painter *painter = caption_painter_create(c, NULL);
    struct picture *p = grey_frame(1080, 1920);
    CHECK(painter && p && caption_paint(painter, frame, p, NULL));
    caption_painter_destroy(painter);
    return p;
}

static bool same_rows(const struct picture *a, const struct picture *b, int x, int width)
{
    for (int y = 0; y < a->height; y++)
        if (memcmp(a->data[0] + (ptrdiff_t)y * a->stride[0] + x,
                   b->data[0] + (ptrdiff_t)y * b->stride[0] + x, (size_t)width) != 0)
            return false;
    return true;
}

static struct plan_caption three_words(struct plan_word words[3])
{
    struct plan_caption cap = caption("one two six", 0, 3);
    words[0] = (struct plan_word){"one", ms(200), ms(500)};
    words[1] = (struct plan_word){"two", ms(1000), ms(1400)};
    words[2] = (struct plan_word){"six", ms(2000), ms(2400)};
    cap.words = words;
    cap.word_count = 3;
    return cap;
}

/* In every style: frames with equal states are equal, pixel for pixel, whoever draws them and in
 * whatever order; and with different ones in animated styles they differ. */
static void equal_states_are_equal_pixels(void)
{
    static const int64_t frames[] = {0, 6, 7, 12, 14, 25, 30, 33, 44, 60, 63, 72, 89};
    enum { N = sizeof frames / sizeof frames[0] };
    for (size_t s = 0; caption_style_name(s); s++) {
        struct plan_word words[3];
        struct plan_caption cap = three_words(words);
        char name[60];
        snprintf(name, sizeof name, "\"%s\"", caption_style_name(s));
        struct wire_raw style = json(name);
        struct plan p = plan_of(&cap, 1, NULL);
        p.caption_style = &style;
        struct captions *c = captions_create(&p, NULL);
        struct caption_painter *painter = caption_painter_create(c, NULL);
        struct picture *pictures[N];
        int64_t states[N];
        CHECK_CASE(name);
        for (int i = N; i-- > 0;) {
            pictures[i] = i % 2 ? draw(c, frames[i]) : grey_frame(1080, 1920);
            CHECK(i % 2 || caption_paint(painter, frames[i], pictures[i], NULL));
            CHECK(caption_state(painter, frames[i], &states[i], NULL));
        }
        for (int i = 0; i < N; i++)
            for (int k = 0; k < i; k++)
                CHECK((states[i] == states[k]) == same_rows(pictures[i], pictures[k], 0, 1080));
        for (int i = 0; i < N; i++)
            picture_unref(&pictures[i]);
        caption_painter_destroy(painter);
        captions_destroy(c);
    }
}

/* Whichever word is spoken, the others stay where they are. */
static void the_block_stands_still(void)
{
    struct plan_word words[3];
    struct plan_caption cap = three_words(words);
    struct wire_raw style = json("{\"name\":\"bold_pop\",\"size\":60}");
    struct plan p = plan_of(&cap, 1, NULL);
    p.caption_style = &style;
    struct captions *c = captions_create(&p, NULL);
    struct picture *none = draw(c, 0), *first = draw(c, 13), *last = draw(c, 70);
    CHECK_CASE("block");
    struct box b = painted(none);
    int right = b.left + (b.right - b.left) * 6 / 10, left = b.left + (b.right - b.left) * 4 / 10;
    CHECK(!same_rows(none, first, 0, 540) && same_rows(none, first, right, 1080 - right));
    CHECK(!same_rows(none, last, 540, 540) && same_rows(none, last, 0, left));
    picture_unref(&none);
    picture_unref(&first);
    picture_unref(&last);
    captions_destroy(c);
}

static char *described(const struct plan *p, int64_t first, int64_t end)
{
    struct captions *c = captions_create(p, NULL);
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_adds(&b, "");
    captions_describe(c, first, end, &b);
    captions_destroy(c);
    char *text = arena_strdup(&arena, b.data);
    buf_finish(&b);
    return text;
}

/* A key holds what changes a pixel of its chunk, and nothing else. */
static void keys_hold_what_is_seen(void)
{
    static const struct {
        const char *style;
        bool changes[3]; /* chunk 0: before the word; 1: where it is; 2: after it */
    } cases[] = {
        {"\"clean\"", {false, false, false}},
        {"\"bold_pop\"", {false, true, false}},
        {"\"karaoke\"", {false, true, false}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plan_word words[2][3];
        struct plan_caption caps[2] = {three_words(words[0]), three_words(words[1])};
        words[1][1].start += ms(100);
        struct wire_raw style = json(cases[i].style);
        struct plan p[2];
        for (int k = 0; k < 2; k++) {
            p[k] = plan_of(&caps[k], 1, NULL);
            p[k].caption_style = &style;
        }
        CHECK_CASE(cases[i].style);
        for (int chunk = 0; chunk < 3; chunk++)
            CHECK((strcmp(described(&p[0], chunk * 30, chunk * 30 + 30),
                          described(&p[1], chunk * 30, chunk * 30 + 30)) != 0) ==
                  cases[i].changes[chunk]);
    }
    CHECK_CASE("a style's number");
    struct plan_caption cap = caption("word", 0, 1);
    struct wire_raw a = json("\"box\""), b = json("{\"name\":\"box\",\"radius\":0.1}");
    struct plan p = plan_of(&cap, 1, NULL), q = p;
    p.caption_style = &a;
    q.caption_style = &b;
    CHECK(strcmp(described(&p, 0, 30), described(&q, 0, 30)) != 0);
    CHECK_STR(described(&p, 30, 60), described(&q, 30, 60));
    CHECK_CASE("the safe zone");
    q = p;
    p.watermark = q.watermark = "mark";
    q.safe_zone = "reels";
    CHECK(strcmp(described(&p, 0, 30), described(&q, 0, 30)) != 0);
    CHECK_STR(described(&p, 30, 60), described(&q, 30, 60));
    CHECK_CASE("a pause that is as long somewhere else");
    struct plan_caption moved = caption("word", 2, 3);
    q = plan_of(&moved, 1, "mark");
    q.caption_style = &a;
    CHECK_STR(described(&q, 60, 90), described(&p, 0, 30));
}

static void emoji_have_colours(void)
{
    struct emoji_font *f = NULL;
    CHECK(emoji_font_create(&f, NULL));
    if (!f) {
        printf("skipped emoji: no colour font is installed\n");
        return;
    }
    static const struct {
        const char *text;
        bool emoji;
        int pictures;
    } cases[] = {
        {"\U0001f525", true, 1},
        {"\u2764", false, 0}, /* text, unless asked for */
        {"\u2764\ufe0f", true, 1},
        {"\U0001f600\ufe0e", false, 0},
        {"1\ufe0f\u20e3", true, 1},
        {"1", false, 0},
        {"\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", true, 1},
        {"\U0001f44d\U0001f3fd", true, 1},
        {"\U0001f1e9\U0001f1ea", true, 1},
        {"\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", true, 1},
        {"\U0001f525\u200d\U0001f355", true, 2}, /* no such sequence */
        {"a", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int n = 0;
        CHECK_CASE(cases[i].text);
        CHECK(text_cluster(cases[i].text, strlen(cases[i].text)) == strlen(cases[i].text));
        CHECK(emoji_is(f, cases[i].text, strlen(cases[i].text), &n) == cases[i].emoji);
        CHECK(!cases[i].emoji || n == cases[i].pictures);
    }
    emoji_font_destroy(f);

    /* Fire in the frame is orange, where the letters are not. */
    struct plan_caption cap = caption("aaa \U0001f525 bbb", 0, 1);
    struct plan p = plan_of(&cap, 1, NULL);
    struct captions *c = captions_create(&p, NULL);
    struct picture *pic = draw(c, 0);
    struct box b = painted(pic);
    int red = 0, left = 1080, right = 0;
    for (int y = b.top / 2; y <= b.bottom / 2; y++)
        for (int x = b.left / 2; x <= b.right / 2; x++)
            if (sample(pic, 2, x, y) > 170 && sample(pic, 1, x, y) < 110) {
                red++;
                left = 2 * x < left ? 2 * x : left;
                right = 2 * x > right ? 2 * x : right;
            }
    CHECK_CASE("fire");
    CHECK(red > 300);
    CHECK_NEAR((left + right) / 2.0, 540, 12);
    CHECK(right - left > 40 && right - left < 100);
    CHECK_STR(captions_left_out(c), "");
    picture_unref(&pic);
    captions_destroy(c);
}

static void titles_stand_where_they_are_put(void)
{
    struct wire_raw style = json("\"clean\"");
    struct plan_text texts[] = {{.text = "Title",
                                 .style = &style,
                                 .out_end = ms(2000),
                                 .fade_in = ms(500),
                                 .x = 0.5,
                                 .y = 0.25,
                                 .size = 0.05,
                                 .opacity = 1},
                                {.text = "low",
                                 .style = &style,
                                 .out_start = ms(1000),
                                 .out_end = ms(2000),
                                 .x = 0.3,
                                 .y = 0.9,
                                 .size = 0.03,
                                 .opacity = 0.5}};
    struct plan_caption cap = caption("caption", 1, 2);
    struct plan p = plan_of(&cap, 1, NULL);
    p.texts = texts;
    p.text_count = 2;
    struct captions *c = captions_create(&p, NULL);
    struct box one = paint_at(c, 20), all = paint_at(c, 45);
    CHECK_CASE("titles");
    CHECK_NEAR((one.left + one.right) / 2.0, 540, 8);
    CHECK_NEAR((one.top + one.bottom) / 2.0, 480, 25);
    CHECK(one.bottom - one.top > 60 && one.bottom - one.top < 130);
    CHECK(all.top == one.top && all.bottom > 1700 && all.bottom < 1800);
    CHECK(paint_at(c, 60).right < 0);
    struct caption_painter *painter = caption_painter_create(c, NULL);
    int64_t a, b, d;
    CHECK(caption_state(painter, 3, &a, NULL) && caption_state(painter, 6, &b, NULL) && a != b);
    CHECK(caption_state(painter, 20, &a, NULL) && caption_state(painter, 25, &d, NULL) && a == d);
    caption_painter_destroy(painter);
    struct picture *faint = draw(c, 1), *full = draw(c, 20), *half = draw(c, 45);
    int most[3] = {0};
    for (int y = 0; y < 1920; y++)
        for (int x = 0; x < 1080; x++) {
            most[0] =
                y < 900 && sample(faint, 0, x, y) > most[0] ? sample(faint, 0, x, y) : most[0];
            most[1] = y < 900 && sample(full, 0, x, y) > most[1] ? sample(full, 0, x, y) : most[1];
            most[2] = y > 1600 && sample(half, 0, x, y) > most[2] ? sample(half, 0, x, y) : most[2];
        }
    CHECK(most[0] > 105 && most[0] < 130);
    CHECK_NEAR(most[1], 235, 1);
    CHECK_NEAR(most[2], (235 + 100) / 2.0, 3);
    picture_unref(&faint);
    picture_unref(&full);
    picture_unref(&half);
    captions_destroy(c);
}

static void captions_are_stacked(void)
{
    struct plan_caption caps[] = {caption("first", 0, 4), caption("second", 1, 3),
                                  caption("third", 3.9, 6)};
    struct plan p = plan_of(caps, 3, NULL);
    struct captions *c = captions_create(&p, NULL);
    struct box first = paint_at(c, 10), both = paint_at(c, 60), again = paint_at(c, 100);
    struct box third = paint_at(c, 118);
    CHECK_CASE("stacked");
    CHECK(both.bottom == first.bottom && both.top < first.top - 80);
    CHECK(again.top == first.top && again.left == first.left);
    /* The last one overlaps by a tenth of a second only: it takes its turn. */
    CHECK(third.bottom < 1320 && third.top > 1180);
    captions_destroy(c);
}

/* --- Warnings ------------------------------------------------------------------------------- */

struct seen {
    int count[4];
    double speed;
    char characters[40];
};

static void note(void *user, const struct caption_warning *w)
{
    struct seen *s = user;
    s->count[w->what]++;
    if (w->what == CAPTION_FAST)
        s->speed = w->value;
    if (w->what == CAPTION_NO_FONT)
        snprintf(s->characters, sizeof s->characters, "%s", w->characters);
}

static void warns(void)
{
    struct wire_raw low = json("{\"name\":\"clean\",\"y\":0.95}");
    struct plan_caption caps[] = {
        caption("quiet", 0, 1),
        caption("far too many letters for one single second", 1, 2),
        caption("no \U000f1234 font", 2, 4),
        caption("at the foot of the frame", 4, 7),
        caption("quiet again", 7, 9),
    };
    caps[3].style = &low;
    struct plan_text title = {
        .text = "corner", .out_end = ms(3000), .x = 0.02, .y = 0.5, .size = 0.04, .opacity = 1};
    struct plan p = plan_of(caps, 5, NULL);
    p.texts = &title;
    p.text_count = 1;
    struct seen s = {0};
    CHECK_CASE("warnings");
    CHECK(caption_warn(&p, NULL, note, &s, NULL));
    CHECK(s.count[CAPTION_FAST] == 1 && s.count[CAPTION_NO_FONT] == 1);
    CHECK(s.count[CAPTION_OUTSIDE] == 2 && s.count[CAPTION_CROWDED] == 0);
    CHECK_NEAR(s.speed, 42, 0.01);
    CHECK_STR(s.characters, "\U000f1234");
    CHECK_NEAR(caption_speed("\u4e2d\u6587", 0, ms(1000)), 4, 1e-9);
    CHECK_NEAR(caption_speed("e\u0301\U0001f468\u200d\U0001f469", 0, ms(2000)), 1, 1e-9);
}

/* --- Hostile texts -------------------------------------------------------------------------- */

static char *repeated(const char *piece, size_t times)
{
    size_t n = strlen(piece);
    char *s = arena_alloc(&arena, n * times + 1);
    for (size_t i = 0; s && i < times; i++)
        memcpy(s + i * n, piece, n);
    return s;
}

/* Nothing crashes, nothing takes for ever, nothing leaves the frame's memory. */
static void bears_anything(void)
{
    const char *const texts[] = {
        repeated("a", 10000),
        repeated("word ", 2000),
        repeated("\U0001f525", 2500),
        repeated("\u0301", 5000),
        repeated("e\u0301\u0302\u0303", 1500),
        repeated("\u0915\u094d", 1500), /* one endless conjunct */
        repeated("\U0001f468\u200d", 1500),
        repeated("\u0e01", 3000),
        repeated("\u4e2d", 3000),
        repeated("\n", 5000),
        repeated("{\\fs999\\p1}", 500),
        "\u202e\u202d\u2066\u2067abc\u202c",
        "\u200d\u200d\u200d",
        "\ufe0f",
        "",
        " ",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct plan_caption caps[] = {caption(texts[i], 0, 3), caption(texts[i], 3, 3)};
        caps[1].out_end = caps[1].whole_end = caps[1].out_start + 1;
        struct plan_word words[] = {{texts[i], 0, 1}, {"", ms(5000), -ms(5000)}};
        caps[0].words = i % 2 ? words : NULL;
        caps[0].word_count = i % 2 ? 2 : 0;
        char name[60];
        snprintf(name, sizeof name, "\"%s\"", caption_style_name(i % 7));
        struct wire_raw style = json(name);
        struct plan p = plan_of(caps, 2, i % 3 ? NULL : texts[i]);
        p.caption_style = &style;
        struct err e = {0};
        struct captions *c = captions_create(&p, &e);
        struct caption_painter *painter = c ? caption_painter_create(c, &e) : NULL;
        struct picture *pic = grey_frame(1080, 1920);
        snprintf(name, sizeof name, "hostile text %zu", i);
        CHECK_CASE(name);
        CHECK(c && painter);
        for (int64_t f = 0; painter && f < 91; f += 13) {
            int64_t state;
            CHECK(caption_state(painter, f, &state, &e) && caption_paint(painter, f, pic, &e));
        }
        struct buf key;
        buf_init(&key, 64 << 20);
        captions_describe(c, 0, 30, &key);
        CHECK(!key.failed);
        buf_finish(&key);
        picture_unref(&pic);
        caption_painter_destroy(painter);
        captions_destroy(c);
    }
}

int main(void)
{
    arena_init(&arena, 256 << 20);
    segmenter = segmenter_create();
    reads_styles();
    styles_are_sound();
    knows_safe_zones();
    breaks_words_by_dictionary();
    makes_capitals();
    finds_when_words_are_spoken();
    words_change_when_spoken();
    pages_turn_with_their_words();
    scales_and_blurs();
    if (fonts_installed()) {
        equal_states_are_equal_pixels();
        the_block_stands_still();
        keys_hold_what_is_seen();
        emoji_have_colours();
        titles_stand_where_they_are_put();
        captions_are_stacked();
        warns();
        bears_anything();
    }
    segmenter_destroy(segmenter);
    arena_finish(&arena);
    return check_done();
}
