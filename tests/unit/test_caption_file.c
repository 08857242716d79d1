/* SPDX-License-Identifier: GPL-3.0-or-later
 * Caption files: nothing breaks out of a cue, and what others write is read. */
#include "check.h"
#include "speech/caption_file.h"
#include "timeline/timeline.h"
#include "timeline/tools.h"

#include <stdlib.h>

static bool write_srt(const struct cue *cues, size_t count, struct buf *out)
{
    return caption_format_find("srt")->write(cues, count, out);
}

static bool read_any(const char *text, size_t len, struct arena *a, struct cues *out, struct err *e)
{
    return caption_file_read(NULL, text, len, a, out, e);
}

static void test_write(void)
{
    static const struct {
        const char *name;
        struct cue cue;
        const char *want;
    } cases[] = {
        {"plain",
         {.start_s = 0.5, .end_s = 2.3, .text = "Hello world"},
         "1\n00:00:00,500 --> 00:00:02,300\nHello world\n\n"},
        {"rounded",
         {.start_s = 0.0004, .end_s = 1.9996, .text = "a"},
         "1\n00:00:00,000 --> 00:00:02,000\na\n\n"},
        {"too short to show",
         {.start_s = 1, .end_s = 1.0001, .text = "a"},
         "1\n00:00:01,000 --> 00:00:01,001\na\n\n"},
        {"over 99 hours",
         {.start_s = 360000, .end_s = 360001.25, .text = "a"},
         "1\n100:00:00,000 --> 100:00:01,250\na\n\n"},
        {"line ends",
         {.start_s = 0,
          .end_s = 1,
          .text = "a\r\nb\rc\x0b\x64\xe2\x80\xa8"
                  "e\xc2\x85"
                  "f"},
         "1\n00:00:00,000 --> 00:00:01,000\na\nb\nc\nd\ne\nf\n\n"},
        {"blank lines",
         {.start_s = 0, .end_s = 1, .text = "\n\na\n \t\n\xc2\xa0\nb\n\n"},
         "1\n00:00:00,000 --> 00:00:01,000\na\nb\n\n"},
        {"a forged cue",
         {.start_s = 0, .end_s = 1, .text = "a\n\n2\n00:00:01,000 --> 00:00:02,000\nowned"},
         "1\n00:00:00,000 --> 00:00:01,000\na\n2\n00:00:01,000 \xe2\x86\x92 00:00:02,000\nowned\n"
         "\n"},
        {"control characters",
         {.start_s = 0, .end_s = 1, .text = "a\x01\x1b[0mb\x7f"},
         "1\n00:00:00,000 --> 00:00:01,000\na[0mb\x7f\n\n"},
        {"an arrow in pieces",
         {.start_s = 0, .end_s = 1, .text = "00:00:01,000 --\x01> 00:00:02,000 -\xff->"},
         "1\n00:00:00,000 --> 00:00:01,000\n00:00:01,000 \xe2\x86\x92 00:00:02,000 "
         "\xe2\x86\x92\n\n"},
        {"nothing to show", {.start_s = 0, .end_s = 1, .text = " \n\t\n"}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct buf out;
        buf_init(&out, 1 << 16);
        CHECK(write_srt(&cases[i].cue, 1, &out));
        CHECK_STR(out.len ? out.data : "", cases[i].want);
        buf_finish(&out);
    }
    CHECK_CASE("numbers have no holes");
    static const struct cue cues[] = {{.start_s = 0, .end_s = 1, .text = "a"},
                                      {.start_s = 1, .end_s = 2, .text = "\n"},
                                      {.start_s = 2, .end_s = 3, .text = "b"}};
    struct buf out;
    buf_init(&out, 1 << 16);
    CHECK(write_srt(cues, 3, &out));
    CHECK(strstr(out.data, "\n\n2\n00:00:02,000") != NULL);
    buf_finish(&out);
    CHECK_CASE("full");
    buf_init(&out, 8);
    CHECK(!write_srt(cues, 3, &out));
    buf_finish(&out);
}

static void test_read(void)
{
    static const struct {
        const char *name, *text;
        const char *want; /* "start-end text|..." or the error */
    } cases[] = {
        {"SubRip",
         "1\n00:00:00,500 --> 00:00:02,300\nHello\nworld\n\n2\n01:00:03,000 --> "
         "01:00:04,000\nb\n",
         "0.500-2.300 Hello/world|3603.000-3604.000 b|"},
        {"BOM, CRLF, dots, no numbers",
         "\xef\xbb\xbf"
         "00:00:01.5 --> 00:00:02.25\r\na\r\n\r\n00:00:03 --> 00:00:04\r\nb",
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
        {"no blank line between",
         "1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:03,000 --> "
         "00:00:04,000\nb\n",
         "1.000-2.000 a|3.000-4.000 b|"},
        {"sorted", "00:00:03,000 --> 00:00:04,000\nb\n\n00:00:01,000 --> 00:00:02,000\na\n",
         "1.000-2.000 a|3.000-4.000 b|"},
        {"empty cues", "1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\nb\n",
         "3.000-4.000 b|"},

        {"WebVTT: times, cue settings, numeric entities, a region",
         "WEBVTT\n\nREGION\nid:a\n\n00:01.000 --> 00:03.000 position:10%,line-left align:left "
         "size:35%\n<c.loud>one</c> <00:01.500>two <00:02.250>three&#39;s<00:02.500>\n",
         "1.000-3.000 one two three's[one 1.000-1.500][two 1.500-2.250][three's 2.250-2.500]|"},
        {"WebVTT: a piece of several words shares its time",
         "WEBVTT\n\n00:01.000 --> 00:03.000\nab cd<00:02.000> ef\n",
         "1.000-3.000 ab cd ef[ab 1.000-1.400][cd 1.600-2.000][ef 2.000-3.000]|"},
        {"WebVTT: times that fall tell nothing",
         "WEBVTT\n\n00:01.000 --> 00:03.000\na <00:02.000>b <00:01.500>c\n", "1.000-3.000 a b c|"},
        {"WebVTT: signs of Han stay apart",
         "WEBVTT\n\n00:01.000 --> 00:03.000\n\xe6\x97\xa5<00:02.000>\xe6\x9c\xac\n",
         "1.000-3.000 \xe6\x97\xa5\xe6\x9c\xac[\xe6\x97\xa5 1.000-2.000][\xe6\x9c\xac "
         "2.000-3.000]|"},
        {"ASS",
         "[Script Info]\r\n; a comment\r\n[V4+ Styles]\r\nFormat: Name\r\n[Events]\r\n"
         "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r\n"
         "Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,no\r\n"
         "Dialogue: 0,0:00:03.00,0:00:04.25,Default,,0,0,0,,a{\\i1}, b\\Nc\\hd\\{e\\}\r\n",
         "3.000-4.250 a, b/c\xc2\xa0"
         "d{e}|"},
        {"ASS: another order of fields",
         "[Events]\nFormat: Text, End, Start\nDialogue: a,0:00:02.00,0:00:01.00\n",
         "1.000-2.000 a|"},
        {"ASS: drawings, events that last no time, other sections",
         "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,{\\p1}m 0 0 l 9 9{\\p0}a\n"
         "Dialogue: 0,0:00:01.00,0:00:01.00,D,,0,0,0,,b\n[Fonts]\nFormat: x\n",
         "1.000-2.000 a|"},
        {"ASS: karaoke",
         "[Events]\nDialogue: 0,0:00:01.00,0:00:03.00,D,,0,0,0,,{\\k50}syl{\\kf25}la{\\k25}ble "
         "{\\k10}{\\K40\\i1}two{\\k20}\n",
         "1.000-3.000 syllable two[syllable 1.000-2.000][two 2.100-2.500]|"},
        {"UTF-16", "", "1.000-2.000 h\xc3\xa9 \xf0\x9f\x8e\xac|"},

        {"ASS: too few fields", "[Events]\n\nDialogue: 0,0:00:01.00,0:00:02.00\n",
         "line 3: 3 fields, where the Format names 10"},
        {"ASS: a bad time", "[Events]\nDialogue: 0,0:00:01.00,soon,D,,0,0,0,,a\n",
         "line 2: End should look like 0:00:01.50"},
        {"ASS: backwards", "[Events]\nDialogue: 0,0:00:02.00,0:00:01.00,D,,0,0,0,,a\n",
         "line 2: the caption ends before it starts"},
        {"ASS: a format without times", "[Events]\nFormat: Layer, Text\n",
         "line 2: the Format of events must name Start, End and Text"},
        {"WebVTT: a bad time", "WEBVTT\n\n00:01.000 --> soon\na\n",
         "line 3: the times should look like 00:00:01.000 --> 00:00:02.500"},
        {"Latin-1", "1\r\n00:00:01,000 --> 00:00:02,000\r\nh\xe9\r\n",
         "line 3: byte 0xE9 is not UTF-8; the file is perhaps in Latin-1 (Windows-1252) or another "
         "old encoding: save it as UTF-8"},
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
        {"nothing", "", "no captions in it; SubRip, WebVTT and ASS files are read"},
        {"prose", "Dear reader,\n\nthis is no caption file.\n",
         "no captions in it; SubRip, WebVTT and ASS files are read"},
        {"not UTF-8", "1\n00:00:01,000 --> 00:00:02,000\n\xff\n",
         "line 3: byte 0xFF is not UTF-8; the file is perhaps in Latin-1 (Windows-1252) or another "
         "old encoding: save it as UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].name);
        struct arena a;
        struct cues cues = {0};
        struct err e = {0};
        struct buf got;
        arena_init(&a, 1 << 20);
        buf_init(&got, 1 << 16);
        static const char utf16[] = "\xff\xfe"
                                    "0\0"
                                    "0\0:\0"
                                    "0\0"
                                    "1\0 \0-\0-\0>\0 \0"
                                    "0\0"
                                    "0\0:\0"
                                    "0\0"
                                    "2\0\n\0h\0\xe9\0 \0\x3c\xd8\xac\xdf";
        bool wide = strcmp(cases[i].name, "UTF-16") == 0;
        if (!read_any(wide ? utf16 : cases[i].text, wide ? sizeof utf16 - 1 : strlen(cases[i].text),
                      &a, &cues, &e))
            buf_adds(&got, e.msg);
        for (size_t k = 0; k < cues.count; k++) {
            char *text = arena_strdup(&a, cues.items[k].text);
            for (char *p = text; *p; p++)
                *p = *p == '\n' ? '/' : *p;
            buf_printf(&got, "%.3f-%.3f %s", cues.items[k].start_s, cues.items[k].end_s, text);
            for (size_t w = 0; w < cues.items[k].word_count; w++)
                buf_printf(&got, "[%s %.3f-%.3f]", cues.items[k].words[w].text,
                           cues.items[k].words[w].start_s, cues.items[k].words[w].end_s);
            buf_addc(&got, '|');
        }
        CHECK_STR(got.data, cases[i].want);
        buf_finish(&got);
        arena_finish(&a);
    }
}

static void check_same(const struct cue *got, const struct cue *want, double unit, bool words)
{
    CHECK_STR(got->text, want->text);
    CHECK_NEAR(got->start_s, want->start_s, unit);
    CHECK_NEAR(got->end_s, want->end_s, unit);
    CHECK(got->word_count == (words ? want->word_count : 0));
    for (size_t k = 0; k < got->word_count && k < want->word_count; k++) {
        CHECK_STR(got->words[k].text, want->words[k].text);
        CHECK_NEAR(got->words[k].start_s, want->words[k].start_s, unit);
        CHECK_NEAR(got->words[k].end_s, want->words[k].end_s, unit);
    }
}

/* Any text comes back as it was, through every format that has escapes and from each to each; word
 * times where the format has them. */
static void test_between_formats(void)
{
    static const struct cue_word words[] = {
        {"One", 0.25, 0.5}, {"two,", 0.5, 0.75}, {"{three}", 1, 1.5}};
    static const struct cue_word signs[] = {{"\xe4\xbd\xa0\xe5\xa5\xbd", 2, 2.25},
                                            {"\xe4\xb8\x96\xe7\x95\x8c", 2.25, 2.5}};
    static const struct cue cues[] = {
        {.start_s = 0, .end_s = 2, .text = "One two,\n{three}", .words = words, .word_count = 3},
        {.start_s = 2,
         .end_s = 3,
         .text = "\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xb8\x96\xe7\x95\x8c",
         .words = signs,
         .word_count = 2},
        {.start_s = 3, .end_s = 4, .text = "<i>&amp; --> {\\an8} C:\\new\\ \\"},
        {.start_s = 4, .end_s = 5, .text = "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d NOTE\nDialogue: 0,0"},
    };
    static const char *const formats[] = {"vtt", "ass", "vtt"};
    struct arena a;
    struct buf out;
    struct cues at = {(struct cue *)cues, 4};
    struct err e = {0};
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        CHECK_CASE(formats[i]);
        buf_init(&out, 1 << 16);
        CHECK(caption_format_find(formats[i])->write(at.items, at.count, &out));
        if (!CHECK(caption_file_read(NULL, out.data, out.len, &a, &at, &e)))
            fprintf(stderr, "   %s\n", e.msg);
        CHECK(at.count == 4);
        for (size_t k = 0; k < at.count && k < 4; k++)
            check_same(&at.items[k], &cues[k], 0.0051, true);
        buf_finish(&out);
    }
    CHECK_CASE("srt has no words");
    buf_init(&out, 1 << 16);
    CHECK(write_srt(at.items, 2, &out) && read_any(out.data, out.len, &a, &at, &e));
    for (size_t k = 0; k < at.count && k < 2; k++)
        check_same(&at.items[k], &cues[k], 0.0051, false);
    buf_finish(&out);
    arena_finish(&a);
}

/* Each row of the table is sound, and found by what it is called. */
static void test_formats(void)
{
    for (const struct caption_format *f = caption_formats; f->name; f++) {
        CHECK_CASE(f->name);
        CHECK(f->title && f->read && f->write && f->aliases);
        CHECK(caption_format_find(f->name) == f && caption_format_of_type(f->media_type) == f);
        struct arena a;
        struct cues back;
        struct buf out;
        static const struct cue one = {.start_s = 1, .end_s = 2, .text = "a"};
        arena_init(&a, 1 << 16);
        buf_init(&out, 1 << 16);
        CHECK(f->write(&one, 1, &out));
        CHECK(!f->known || f->known(out.data, out.len));
        CHECK(caption_file_read(f, out.data, out.len, &a, &back, NULL) && back.count == 1);
        buf_finish(&out);
        arena_finish(&a);
    }
    CHECK(!caption_format_find("doc") && !caption_format_of_type("text/vttx"));
    CHECK(caption_format_of_type("Text/VTT; charset=utf-8") == caption_format_find("vtt"));
    struct err e = {0};
    struct cues none;
    struct arena a;
    arena_init(&a, 1 << 16);
    CHECK(!caption_file_read(caption_format_find("vtt"), "a", 1, &a, &none, &e));
    CHECK_STR(e.msg, "line 1: a WebVTT file begins with the word WEBVTT");
    arena_finish(&a);
}

/* What we write, we read back the same. */
static void test_round_trip(void)
{
    CHECK_CASE("round trip");
    static const struct cue cues[] = {
        {.start_s = 0, .end_s = 1.25, .text = "a\nb"},
        {.start_s = 1.25, .end_s = 7, .text = "\xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8e\xac"},
        {.start_s = 400000, .end_s = 400001, .text = "late"}};
    struct buf out;
    struct arena a;
    struct cues back;
    struct err e = {0};
    buf_init(&out, 1 << 16);
    arena_init(&a, 1 << 20);
    CHECK(write_srt(cues, 3, &out) && read_any(out.data, out.len, &a, &back, &e));
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
        {"the guide's captions",
         "{\"segments\":[{\"text\":\"Hello\",\"start\":0.5,\"end\":1.0},"
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
        const struct caption_srt_args *args =
            wire_read(&wire_caption_srt_args, cases[i].args, strlen(cases[i].args),
                      &wire_default_limits, &loc, &a, &errs);
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
    test_between_formats();
    test_formats();
    test_round_trip();
    test_tool();
    return check_done();
}
