/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "caption_frames.h"
#include "core/utf8.h"
#include "render/caption_layout.h"
#include "render/caption_text.h"
#include "render/font_cmap.h"
#include "render/overlay.h"

static struct arena arena;

/* --- Text ----------------------------------------------------------------------------------- */

static bool no_a_acute(void *user, uint32_t cp)
{
    (void)user;
    return cp != 0xe1 && cp != 0x1f600 && cp != 0x301;
}

static bool only_hearts(void *user, const char *cluster, size_t len)
{
    (void)user;
    return len == 6 && memcmp(cluster, "\xe2\x9d\xa4\xef\xb8\x8f", 6) == 0;
}
static const struct text_glyphs some_glyphs = {no_a_acute, only_hearts, NULL};

static void cleans(void)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"plain", "plain"},
        {"  a \t  b  ", "a b"},
        {"a\r\n\n b\r", "a\nb"},
        {"a\x01\x7f\x1b"
         "b",
         "ab"},
        {"\xef\xbb\xbf"
         "bom",
         "bom"},
        {"x\xe2\x80\xae"
         "y",
         "xy"},                                                   /* right-to-left override */
        {"\xe2\x9d\xa4\xef\xb8\x8f", "\xe2\x9d\xa4\xef\xb8\x8f"}, /* in colour */
        {"\xe2\x98\x80\xef\xb8\x8f", "\xe2\x98\x80"}, /* no colour: no variation selector */
        {"o\xcc\x80\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86\xcc\x87\xcc\x88\xcc\x89",
         "o\xcc\x80\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86"}, /* a pile of marks */
        {"{\\an8}\\N{", "{\\an8}\\N{"},                        /* literal: nothing is ASS here */
        {"a\xc3\xa1"
         "b",
         "ab"},             /* refused by the font */
        {"e\xcc\x81", "e"}, /* its mark is */
        {"hi \xf0\x9f\x98\x80 !", "hi !"},
        {"\xf0\x9f\x98\x80", ""},
        {"\xe2\x80\xa8line\xe2\x80\xa9separators", "line\nseparators"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_CASE(cases[i].in);
        CHECK_STR(text_clean(cases[i].in, &some_glyphs, &arena), cases[i].out);
    }
}

static void keeps_clusters_whole(void)
{
    static const struct {
        const char *name, *text;
        size_t len;
    } cases[] = {
        {"a letter", "ab", 1},
        {"a letter with a mark", "e\xcc\x81x", 3},
        {"Devanagari with a vowel sign", "\xe0\xa4\xa8\xe0\xa4\xbf\xe0\xa4\xa8", 6},
        {"Devanagari conjunct", "\xe0\xa4\x95\xe0\xa5\x8d\xe0\xa4\xb7\xe0\xa4\xa8", 9},
        {"a family", "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9x", 11},
        {"a flag and half of another", "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xa9", 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_CASE(cases[i].name);
        CHECK(text_cluster(cases[i].text, strlen(cases[i].text)) == cases[i].len);
    }
}

/* --- Layout, with a ruler on which every code point is 1 wide ----------------------------------
 */

static double ones(void *user, const char *text, size_t len)
{
    (void)user;
    return (double)utf8_length(text, len);
}

static void breaks_lines(void)
{
    static const struct {
        const char *name, *text;
        double width;
        const char *pages[6];
    } cases[] = {
        {"nothing", "", 10, {NULL}},
        {"one line", "hello you", 10, {"hello you"}},
        {"even lines", "green apples yellow pears", 17, {"green apples\nyellow pears"}},
        {"before a conjunction", "green apples and pears", 17, {"green apples\nand pears"}},
        {"not behind an article", "he has eaten the apple", 17, {"he has eaten\nthe apple"}},
        {"not behind a preposition", "\u00e4pfel von der birne", 14, {"\u00e4pfel\nvon der birne"}},
        {"not behind a number", "it cost us 20 euros", 14, {"it cost us\n20 euros"}},
        {"a word longer than the line", "abcdefghijklmno", 10, {"abcdefg\nhijklmno"}},
        {"never inside a word that fits", "aa bbbbbbbbbb", 10, {"aa\nbbbbbbbbbb"}},
        {"the author's own line", "aa\nbb", 10, {"aa\nbb"}},
        {"pages",
         "aaaaaaaa bbbbbbbb cccccccc dddddddd",
         10,
         {"aaaaaaaa\nbbbbbbbb", "cccccccc\ndddddddd"}},
        {"at the end of a clause", "aaaa bbbb, cccc dddd", 15, {"aaaa bbbb,\ncccc dddd"}},
        {"ideographs",
         "\u4e2d\u6587\u4e2d\u6587\u3002\u4e2d\u6587\u4e2d\u6587",
         5,
         {"\u4e2d\u6587\u4e2d\u6587\u3002\n\u4e2d\u6587\u4e2d\u6587"}},
        {"no full stop at a line's start",
         "\u4e2d\u6587\u4e2d\u6587\u3002",
         4,
         {"\u4e2d\u6587\u4e2d\n\u6587\u3002"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct caption_ruler r = {
            .max_width = cases[i].width, .space_width = 1, .lines = 2, .width = ones};
        struct caption_page *pages;
        size_t n;
        CHECK_CASE(cases[i].name);
        CHECK(caption_layout(cases[i].text, &r, &arena, &pages, &n, NULL));
        size_t want = 0;
        while (cases[i].pages[want])
            want++;
        CHECK(n == want);
        for (size_t k = 0; k < n && k < want; k++)
            CHECK_STR(pages[k].text, cases[i].pages[k]);
    }
}

static void drop_blanks(char *s)
{
    char *to = s;
    for (; *s; s++)
        if (*s > ' ')
            *to++ = *s;
    *to = '\0';
}

/* Whatever the text: no line too wide, no more than two on a page, and nothing lost. */
static void loses_nothing(void)
{
    unsigned seed = 7;
    CHECK_CASE("random texts");
    for (int round = 0; round < 300; round++) {
        char text[400] = "", got[400] = "";
        int words = 1 + rand_r(&seed) % 25;
        for (int w = 0; w < words; w++) {
            if (w)
                strcat(text, rand_r(&seed) % 9 ? " " : "\n");
            for (int k = 1 + rand_r(&seed) % 12; k > 0; k--)
                strcat(text, rand_r(&seed) % 6 ? "x" : "y");
        }
        struct caption_ruler r = {.max_width = 9, .space_width = 1, .lines = 2, .width = ones};
        struct caption_page *pages;
        size_t n;
        CHECK(caption_layout(text, &r, &arena, &pages, &n, NULL));
        for (size_t k = 0; k < n; k++) {
            int lines = 1, width = 0, widest = 0;
            for (const char *s = pages[k].text; *s; s++) {
                lines += *s == '\n';
                width = *s == '\n' ? 0 : width + 1;
                widest = width > widest ? width : widest;
            }
            CHECK(lines <= 2 && widest <= 9);
            strcat(got, pages[k].text);
        }
        drop_blanks(text);
        drop_blanks(got);
        CHECK_STR(got, text);
    }
}

/* --- Overlays -------------------------------------------------------------------------------- */

static void blends(void)
{
    CHECK_CASE("overlay");
    uint8_t mask[64];
    memset(mask, 255, sizeof mask);
    struct picture *p = grey_frame(64, 64);
    struct overlay *o = overlay_create(11, 7, 8, 8, NULL);
    overlay_paint(o, mask, 8, 11, 7, 8, 8, 0xffffff, 255);
    overlay_finish(o, 255);
    overlay_blend(o, p);
    CHECK(sample(p, 0, 11, 7) == 235 && sample(p, 0, 18, 14) == 235);
    CHECK(sample(p, 0, 10, 7) == 100 && sample(p, 0, 19, 14) == 100 && sample(p, 0, 12, 6) == 100);
    CHECK(sample(p, 1, 7, 5) == 128);
    overlay_destroy(o);

    /* Red in bt709 limited range, half solid, partly outside of the frame. */
    o = overlay_create(-4, 60, 8, 8, NULL);
    overlay_paint(o, mask, 8, -4, 60, 8, 8, 0xff0000, 255);
    overlay_finish(o, 128);
    overlay_blend(o, p);
    CHECK_NEAR(sample(p, 0, 0, 60), (63 + 100) / 2.0, 1);
    CHECK_NEAR(sample(p, 1, 0, 30), (102 + 128) / 2.0, 1);
    CHECK_NEAR(sample(p, 2, 0, 30), (240 + 128) / 2.0, 1);
    CHECK(sample(p, 0, 4, 60) == 100);
    overlay_destroy(o);
    picture_unref(&p);
}

static void blends_pictures(void)
{
    CHECK_CASE("overlay of RGBA");
    uint8_t rgba[8 * 8 * 4];
    for (int i = 0; i < 64; i++) /* red above green; the right half half clear */
        memcpy(rgba + 4 * i,
               (uint8_t[]){i < 32 ? 255 : 0, i < 32 ? 0 : 255, 0, i % 8 < 4 ? 255 : 128}, 4);
    struct picture *p = grey_frame(64, 64);
    struct overlay *o = overlay_create(20, 20, 8, 8, NULL);
    overlay_paint_rgba(o, rgba, 32, 20, 20, 8, 8, 255);
    overlay_finish(o, 255);
    overlay_blend(o, p);
    CHECK(sample(p, 0, 20, 20) == 63 && sample(p, 0, 20, 27) == 173);
    CHECK_NEAR(sample(p, 0, 26, 20), (63 + 100) / 2.0, 1);
    CHECK_NEAR(sample(p, 2, 10, 10), 240, 1);
    CHECK_NEAR(sample(p, 1, 10, 13), 42, 1);
    CHECK(sample(p, 0, 19, 20) == 100 && sample(p, 0, 28, 27) == 100);
    picture_unref(&p);

    /* Fading: nothing, all, and the middle between. */
    p = grey_frame(64, 64);
    overlay_blend_faded(o, p, 0);
    CHECK(sample(p, 0, 20, 20) == 100);
    overlay_blend_faded(o, p, 128);
    CHECK_NEAR(sample(p, 0, 20, 20), (63 + 100) / 2.0, 1);
    CHECK_NEAR(sample(p, 0, 26, 20), 100 - 37 / 4.0, 1);
    overlay_blend_faded(o, p, 255);
    CHECK(sample(p, 0, 20, 20) == 63);
    overlay_destroy(o);
    picture_unref(&p);
}

/* --- Fonts ------------------------------------------------------------------------------------ */

static void relabels_character_maps(void)
{
    CHECK_CASE("cmap");
    /* One table, two maps: Microsoft BMP, then Microsoft full. */
    uint8_t font[64] = {0, 1, 0, 0, 0, 1, 0, 0,  0, 0, 0, 0,  'c', 'm', 'a', 'p',
                        0, 0, 0, 0, 0, 0, 0, 28, 0, 0, 0, 20, 0,   0,   0,   2,
                        0, 3, 0, 1, 0, 0, 0, 0,  0, 3, 0, 10, 0,   0,   0,   0};
    uint8_t before[64];
    memcpy(before, font, sizeof font);
    font_prefer_full_cmap(font, sizeof font);
    CHECK(font[33] == 0 && font[35] == 3 && font[41] == 3 && font[43] == 10);
    memcpy(font, before, sizeof font);
    font[43] = 1; /* no full map: nothing to prefer */
    memcpy(before, font, sizeof font);
    font_prefer_full_cmap(font, sizeof font);
    CHECK(memcmp(font, before, sizeof font) == 0);
    unsigned seed = 1;
    for (int i = 0; i < 20000; i++) { /* broken files: under the sanitizers, nothing is touched */
        uint8_t junk[64];
        memcpy(junk, before, sizeof junk);
        memcpy(junk, i % 2 ? "ttcf" : "\0\1\0\0", 4);
        for (int k = 0; k < 4; k++)
            junk[4 + rand_r(&seed) % 60] = (uint8_t)rand_r(&seed);
        font_prefer_full_cmap(junk, 12 + (size_t)(rand_r(&seed) % 52));
    }
}

/* --- On the frame ------------------------------------------------------------------------------
 */

static void stays_in_the_safe_zone(void)
{
    static const char *const texts[] = {
        "Hello",
        "A caption that is a good deal longer than one line of it can hold",
        "Donaudampfschifffahrtsgesellschaftskapitaenspatentverlaengerung",
        ("\u0645\u0631\u062d\u0628\u0627 \u0628\u0643\u0645 \u0641\u064a \u0647\u0630\u0627 "
         "\u0627\u0644\u0641\u064a\u0644\u0645"),
        "\u5927\u5bb6\u597d\uff0c\u6b22\u8fce\u89c2\u770b\u8fd9\u90e8\u5173\u4e8e\u76f8\u673a",
        "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
        "{\\an8\\fs300\\pos(0,0)}top",
        "{\\p1}m 0 0 l 900 0 900 900{\\p0}",
        "a\\Nb\\nc\\hd",
        "one\ntwo\nthree\nfour",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct plan_caption cap = caption(texts[i], 0, 10);
        struct plan p = plan_of(&cap, 1, NULL);
        struct captions *c = captions_create(&p, NULL);
        CHECK_CASE(texts[i]);
        for (int64_t f = 0; f < 300; f += 60) {
            struct box b = paint_at(c, f);
            CHECK(b.right > b.left);
            CHECK(b.left >= 170 - 16 && b.right <= 910 + 16); /* only the soft shadow is beyond */
            CHECK(b.top >= 1000 && b.bottom < 1440);
            CHECK_NEAR((b.left + b.right) / 2.0, 540, 20);
        }
        captions_destroy(c);
    }
}

static void shows_them_when_they_are_due(void)
{
    struct plan_caption caps[] = {
        caption("first", 1, 2),
        caption("long one under another", 3, 6),
        caption("over", 4, 5),
    };
    struct plan p = plan_of(caps, 3, NULL);
    struct captions *c = captions_create(&p, NULL);
    struct caption_painter *painter = caption_painter_create(c, NULL);
    int64_t state, none, under = 0, over = 0;
    CHECK_CASE("times");
    static const struct {
        int64_t frame;
        bool seen;
    } cases[] = {{0, false},  {29, false}, {30, true},  {59, true},  {60, false},
                 {89, false}, {90, true},  {179, true}, {180, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct box b = paint_at(c, cases[i].frame);
        CHECK((b.right > b.left) == cases[i].seen);
        CHECK(caption_state(painter, cases[i].frame, &state, NULL));
        CHECK((state >= 0) == cases[i].seen);
    }
    CHECK(caption_state(painter, 0, &none, NULL) && caption_state(painter, 100, &under, NULL) &&
          caption_state(painter, 130, &over, NULL) && caption_state(painter, 160, &state, NULL));
    CHECK(under != over && state == under && none != under);
    caption_painter_destroy(painter);
    captions_destroy(c);
}

static void pages_take_turns(void)
{
    struct plan_caption whole =
        caption("alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu", 0, 6);
    struct plan_caption clipped = whole;
    clipped.out_start = 4 * TICKS_PER_SECOND;
    struct plan p = plan_of(&whole, 1, NULL), q = plan_of(&clipped, 1, NULL);
    struct captions *c = captions_create(&p, NULL), *d = captions_create(&q, NULL);
    struct caption_painter *a = caption_painter_create(c, NULL),
                           *b = caption_painter_create(d, NULL);
    int64_t last = -1, state, other, changes = 0;
    CHECK_CASE("pages");
    for (int64_t f = 0; f < 180; f++) {
        CHECK(caption_state(a, f, &state, NULL));
        changes += state != last;
        last = state;
        /* Cut in the middle, it shows the words of that moment. */
        if (f >= 120) {
            CHECK(caption_state(b, f, &other, NULL) && other == state);
        }
    }
    CHECK(changes >= 2 && changes <= 6);
    caption_painter_destroy(a);
    caption_painter_destroy(b);
    captions_destroy(c);
    captions_destroy(d);
}

static void marks_the_film(void)
{
    struct plan p = plan_of(NULL, 0, "my {\\fs400}mark");
    struct captions *c = captions_create(&p, NULL);
    struct box b = paint_at(c, 17);
    CHECK_CASE("watermark");
    CHECK(b.left >= 60 && b.left <= 75 && b.top >= 285 && b.bottom < 350 && b.right < 540);
    captions_destroy(c);
}

static void leaves_out_what_no_font_has(void)
{
    struct plan_caption caps[] = {caption("a\U000f1234b", 0, 1), caption("\U000f1234", 1, 2)};
    struct plan p = plan_of(caps, 2, NULL);
    struct captions *c = captions_create(&p, NULL);
    CHECK_CASE("no glyph");
    CHECK_STR(captions_left_out(c), "\U000f1234");
    CHECK(paint_at(c, 0).right > 0);
    struct box b = paint_at(c, 40);
    CHECK(b.right < b.left);
    captions_destroy(c);
}

static void describes_what_changes_pixels(void)
{
    struct plan_caption caps[] = {caption("one", 0, 1), caption("two", 3, 4)};
    struct plan_caption edit[] = {caption("one", 0, 1), caption("2!", 3, 4)};
    struct plan p = plan_of(caps, 2, NULL), q = plan_of(edit, 2, NULL);
    struct captions *c = captions_create(&p, NULL), *d = captions_create(&q, NULL);
    struct buf a, b;
    buf_init(&a, 1 << 20);
    buf_init(&b, 1 << 20);
    CHECK_CASE("describe");
    static const struct {
        int64_t first, end;
        bool same;
    } cases[] = {
        {0, 60, true}, {60, 120, false}, {120, 180, true}, {30, 90, true}, {89, 91, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_clear(&a);
        buf_clear(&b);
        captions_describe(c, cases[i].first, cases[i].end, &a);
        captions_describe(d, cases[i].first, cases[i].end, &b);
        CHECK((strcmp(a.data, b.data) == 0) == cases[i].same);
    }
    buf_finish(&a);
    buf_finish(&b);
    captions_destroy(c);
    captions_destroy(d);
}

int main(void)
{
    arena_init(&arena, 256 << 20);
    cleans();
    keeps_clusters_whole();
    breaks_lines();
    loses_nothing();
    blends();
    blends_pictures();
    relabels_character_maps();
    if (fonts_installed()) {
        stays_in_the_safe_zone();
        shows_them_when_they_are_due();
        pages_take_turns();
        marks_the_film();
        leaves_out_what_no_font_has();
        describes_what_changes_pixels();
    }
    arena_finish(&arena);
    return check_done();
}
