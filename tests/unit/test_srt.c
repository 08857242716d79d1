/* SPDX-License-Identifier: GPL-3.0-or-later
 * Caption files: nothing breaks out of a cue, and what others write is read. */
#include "check.h"
#include "speech/srt.h"
#include "timeline/timeline.h"
#include "timeline/tools.h"

#include <stdlib.h>

static void test_write(void)
{
    static const struct {
        const char *name;
        struct cue cue;
        const char *want;
    } cases[] = {
        {"plain", {0.5, 2.3, "Hello world"}, "1\n00:00:00,500 --> 00:00:02,300\nHello world\n\n"},
        {"rounded", {0.0004, 1.9996, "a"}, "1\n00:00:00,000 --> 00:00:02,000\na\n\n"},
        {"too short to show", {1, 1.0001, "a"}, "1\n00:00:01,000 --> 00:00:01,001\na\n\n"},
        {"over 99 hours", {360000, 360001.25, "a"}, "1\n100:00:00,000 --> 100:00:01,250\na\n\n"},
        {"line ends", {0, 1, "a\r\nb\rc\x0b\x64\xe2\x80\xa8" "e\xc2\x85" "f"},
         "1\n00:00:00,000 --> 00:00:01,000\na\nb\nc\nd\ne\nf\n\n"},
        {"blank lines", {0, 1, "\n\na\n \t\n\xc2\xa0\nb\n\n"},
         "1\n00:00:00,000 --> 00:00:01,000\na\nb\n\n"},
        {"a forged cue", {0, 1, "a\n\n2\n00:00:01,000 --> 00:00:02,000\nowned"},
         "1\n00:00:00,000 --> 00:00:01,000\na\n2\n00:00:01,000 \xe2\x86\x92 00:00:02,000\nowned\n"
         "\n"},
        {"control characters", {0, 1, "a\x01\x1b[0mb\x7f"},
         "1\n00:00:00,000 --> 00:00:01,000\na[0mb\x7f\n\n"},
        {"an arrow in pieces", {0, 1, "00:00:01,000 --\x01> 00:00:02,000 -\xff->"},
         "1\n00:00:00,000 --> 00:00:01,000\n00:00:01,000 \xe2\x86\x92 00:00:02,000 "
         "\xe2\x86\x92\n\n"},
        {"nothing to show", {0, 1, " \n\t\n"}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct buf out;
        buf_init(&out, 1 << 16);
        CHECK(srt_write(&cases[i].cue, 1, &out));
        CHECK_STR(out.len ? out.data : "", cases[i].want);
        buf_finish(&out);
    }
    CHECK_CASE("numbers have no holes");
    static const struct cue cues[] = {{0, 1, "a"}, {1, 2, "\n"}, {2, 3, "b"}};
    struct buf out;
    buf_init(&out, 1 << 16);
    CHECK(srt_write(cues, 3, &out));
    CHECK(strstr(out.data, "\n\n2\n00:00:02,000") != NULL);
    buf_finish(&out);
    CHECK_CASE("full");
    buf_init(&out, 8);
    CHECK(!srt_write(cues, 3, &out));
    buf_finish(&out);
}

static void test_read(void)
{
    static const struct {
        const char *name, *text;
        const char *want; /* "start-end text|..." or the error */
    } cases[] = {
        {"SubRip", "1\n00:00:00,500 --> 00:00:02,300\nHello\nworld\n\n2\n01:00:03,000 --> "
                   "01:00:04,000\nb\n", "0.500-2.300 Hello/world|3603.000-3604.000 b|"},
        {"BOM, CRLF, dots, no numbers",
         "\xef\xbb\xbf" "00:00:01.5 --> 00:00:02.25\r\na\r\n\r\n00:00:03 --> 00:00:04\r\nb",
         "1.500-2.250 a|3.000-4.000 b|"},
        {"WebVTT",
         "WEBVTT - title\nkind: captions\n\nNOTE a comment\nof two lines\n\nSTYLE\n::cue{}\n\n"
         "intro\n00:01.000 --> 00:02.000 align:start line:0\n<v Ann>Tom &amp; <b>Jerry</b>\n",
         "1.000-2.000 Tom & Jerry|"},
        {"header without a blank line", "WEBVTT\n00:01.000 --> 00:02.000\na\n", "1.000-2.000 a|"},
        {"markup of SubRip",
         "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>a</i> <font color=\"red\">b</font> 1 < 2 "
         "&amp;\n",
         "1.000-2.000 a b 1 < 2 &amp;|"},
        {"no blank line between", "1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:03,000 --> "
                                  "00:00:04,000\nb\n", "1.000-2.000 a|3.000-4.000 b|"},
        {"sorted", "00:00:03,000 --> 00:00:04,000\nb\n\n00:00:01,000 --> 00:00:02,000\na\n",
         "1.000-2.000 a|3.000-4.000 b|"},
        {"empty cues", "1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\nb\n",
         "3.000-4.000 b|"},

        {"backwards", "1\n00:00:02,000 --> 00:00:01,000\na\n",
         "line 2: the caption ends before it starts"},
        {"bad time", "1\n00:00:0x,000 --> 00:00:01,000\na\n",
         "line 2: the times should look like 00:00:01,000 --> 00:00:02,500"},
        {"minutes over 59", "00:60:00,000 --> 01:00:01,000\na\n",
         "line 1: the times should look like 00:00:01,000 --> 00:00:02,500"},
        {"negative", "-00:00:01,000 --> 00:00:01,000\na\n",
         "line 1: the times should look like 00:00:01,000 --> 00:00:02,500"},
        {"too many digits", "99999999999999999999:00:00,000 --> 00:00:01,000\na\n",
         "line 1: the times should look like 00:00:01,000 --> 00:00:02,500"},
        {"nothing", "", "no captions in it; SubRip and WebVTT files are read"},
        {"prose", "Dear reader,\n\nthis is no caption file.\n",
         "no captions in it; SubRip and WebVTT files are read"},
        {"not UTF-8", "1\n00:00:01,000 --> 00:00:02,000\n\xff\n",
         "a caption file should be UTF-8 text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct arena a;
        struct cues cues = {0};
        struct err e = {0};
        struct buf got;
        arena_init(&a, 1 << 20);
        buf_init(&got, 1 << 16);
        if (!srt_read(cases[i].text, strlen(cases[i].text), &a, &cues, &e))
            buf_adds(&got, e.msg);
        for (size_t k = 0; k < cues.count; k++) {
            char *text = arena_strdup(&a, cues.items[k].text);
            for (char *p = text; *p; p++)
                *p = *p == '\n' ? '/' : *p;
            buf_printf(&got, "%.3f-%.3f %s|", cues.items[k].start_s, cues.items[k].end_s, text);
        }
        CHECK_STR(got.data, cases[i].want);
        buf_finish(&got);
        arena_finish(&a);
    }
}

/* What we write, we read back the same. */
static void test_round_trip(void)
{
    CHECK_CASE("round trip");
    static const struct cue cues[] = {
        {0, 1.25, "a\nb"},
        {1.25, 7, "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8e\xac"},
        {400000, 400001, "late"}};
    struct buf out;
    struct arena a;
    struct cues back;
    struct err e = {0};
    buf_init(&out, 1 << 16);
    arena_init(&a, 1 << 20);
    CHECK(srt_write(cues, 3, &out) && srt_read(out.data, out.len, &a, &back, &e));
    CHECK(back.count == 3);
    for (size_t i = 0; i < back.count && i < 3; i++) {
        CHECK_STR(back.items[i].text, cues[i].text);
        CHECK_NEAR(back.items[i].start_s, cues[i].start_s, 1e-9);
        CHECK_NEAR(back.items[i].end_s, cues[i].end_s, 1e-9);
    }
    arena_finish(&a);
    buf_finish(&out);
}

static void test_tool(void)
{
    static const struct {
        const char *name, *args;
        const char *want; /* part of the SRT text or of the errors */
    } cases[] = {
        {"the guide's captions", "{\"segments\":[{\"text\":\"Hello\",\"start\":0.5,\"end\":1.0},"
                                 "{\"text\":\"World\",\"start\":1.5,\"end\":2}]}",
         "1\\n00:00:00,500 --> 00:00:01,000\\nHello\\n\\n2\\n00:00:01,500 --> 00:00:02,000\\n"
         "World\\n"},
        {"none", "{\"segments\":[]}", "{\"srt\":\"\"}"},
        {"missing", "{}", "\"loc\":[\"body\",\"args\",\"segments\"]"},
        {"negative", "{\"segments\":[{\"text\":\"a\",\"start\":-1,\"end\":1}]}",
         "\"loc\":[\"body\",\"args\",\"segments\",0,\"start\"]"},
        {"backwards", "{\"segments\":[{\"text\":\"a\",\"start\":2,\"end\":1}]}",
         "\"loc\":[\"body\",\"args\",\"segments\",0,\"end\"]"},
    };
    static const struct wire_loc body = {.key = "body"}, loc = {.up = &body, .key = "args"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct arena a;
        struct wire_errors errs = {0};
        struct caption_srt_result result;
        struct buf out;
        arena_init(&a, 1 << 20);
        buf_init(&out, 1 << 16);
        const struct caption_srt_args *args = wire_read(
            &wire_caption_srt_args, cases[i].args, strlen(cases[i].args), &wire_default_limits,
            &loc, &a, &errs);
        if (args && tool_caption_srt(args, &result, &loc, &a, &errs))
            wire_write(&wire_caption_srt_result, &result, &out);
        else
            wire_errors_json(&errs, &out);
        if (!CHECK(out.data && strstr(out.data, cases[i].want)))
            fprintf(stderr, "   got: %s\n", out.data);
        wire_errors_finish(&errs);
        buf_finish(&out);
        arena_finish(&a);
    }
}

int main(void)
{
    test_write();
    test_read();
    test_round_trip();
    test_tool();
    return check_done();
}
