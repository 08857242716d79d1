/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a model writes in pieces becomes text in whole characters, up to the stop. */
#include "check.h"
#include "jobs/text_flow.h"

#include <stdlib.h>

struct heard {
    char text[512];
    size_t len;
    int pieces;
    bool broken; /* a piece was not whole characters */
};

static void hear(void *user, const char *text, size_t len)
{
    struct heard *h = user;
    if (len == 0 || h->len + len >= sizeof h->text || ((unsigned char)text[0] & 0xc0) == 0x80)
        h->broken = true;
    else
        memcpy(h->text + h->len, text, len);
    h->len += len;
    h->pieces++;
}

static const char *const stops[] = {"\nPerson:", "\nAssistant:", "END"};

/* In pieces of n bytes. True: it stopped by itself. */
static bool flow(const char *text, size_t n, struct heard *h)
{
    struct text_flow f;
    bool over = false;
    *h = (struct heard){0};
    text_flow_init(&f, stops, 3, hear, h);
    for (size_t at = 0, len = strlen(text); at < len && !over; at += n)
        over = text_flow_add(&f, text + at, len - at < n ? len - at : n);
    if (!over)
        text_flow_end(&f);
    text_flow_finish(&f);
    return over;
}

static void test_texts(void)
{
    static const struct {
        const char *text, *want;
        bool stops;
    } cases[] = {
        {"Hello there.", "Hello there.", false},
        {"  \n Hello \n", "Hello", false},
        {" Cut on the beat.\nPerson: and then", "Cut on the beat.", true},
        {"One.\nTwo.\n\nAssistant: x", "One.\nTwo.", true},
        {"\nPersons like it.\nPers", "Persons like it.\nPers", false},
        {"\nPerson: nothing", "", true},
        {"THE ENDING", "THE", true},
        {"na\xc3\xafve \xf0\x9f\x8e\xac \xe6\x97\xa5", "na\xc3\xafve \xf0\x9f\x8e\xac \xe6\x97\xa5",
         false},
        {"a\xff\xc3(b", "a\xef\xbf\xbd\xef\xbf\xbd(b", false},
        {"cut \xf0\x9f\x8e", "cut \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", false},
        {"a\x01\x1b[2Jb\x7f\xc2\x9b", "a[2Jb", false},
        {"a\tb", "a\tb", false},
        {"", "", false},
        {" \n ", "", false},
        {"EN", "EN", false},
        {"ENEND", "EN", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].text);
        for (size_t n = 1; n <= 7; n++) {
            struct heard h;
            CHECK(flow(cases[i].text, n, &h) == cases[i].stops);
            CHECK_STR(h.text, cases[i].want);
            CHECK(!h.broken);
        }
    }
}

static void test_at_once(void)
{
    CHECK_CASE("what cannot be a stop or a part of a character is not held back");
    struct heard h = {0};
    struct text_flow f;
    text_flow_init(&f, stops, 3, hear, &h);
    text_flow_add(&f, " Hel", 4);
    CHECK_STR(h.text, "Hel");
    text_flow_add(&f, "lo\n", 3);
    CHECK_STR(h.text, "Hello"); /* a line break begins a stop, and may be the last word */
    text_flow_add(&f, "Pi", 2);
    CHECK_STR(h.text, "Hello\nPi");
    CHECK(h.pieces == 3);
    text_flow_finish(&f);
}

static void test_endless(void)
{
    CHECK_CASE("a text that never ends is ended");
    static struct {
        struct heard h;
        size_t len;
    } sink;
    struct text_flow f;
    text_flow_init(&f, NULL, 0, hear, &sink.h);
    bool over = false;
    for (int i = 0; i < 1000 && !over; i++)
        over = text_flow_add(&f, "0123456789abcdef", 16) || sink.h.len > TEXT_FLOW_MAX + 1000;
    CHECK(!over);
    char *block = calloc(1, TEXT_FLOW_MAX + 1);
    memset(block, ' ', TEXT_FLOW_MAX);
    CHECK(text_flow_add(&f, block, TEXT_FLOW_MAX) || text_flow_add(&f, block, TEXT_FLOW_MAX));
    free(block);
    text_flow_finish(&f);
}

int main(void)
{
    test_texts();
    test_at_once();
    test_endless();
    return check_done();
}
