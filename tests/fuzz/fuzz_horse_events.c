/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a work-horse may say: any bytes, cut anywhere. What becomes an event must be sound, and
 * where a read ends must not change it.
 */
#include "core/json.h"
#include "core/utf8.h"
#include "jobs/horse_proto.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    int count;
    double percents;
    size_t letters;
};

static void must(bool sound)
{
    if (!sound)
        abort();
}

static size_t check_written(const struct horse_event *ev)
{
    must(utf8_valid(ev->text ? ev->text : "", ev->text_len));
    for (size_t i = 0; i < ev->text_len; i++)
        must((unsigned char)ev->text[i] >= 0x20 || ev->text[i] == '\n' || ev->text[i] == '\t');
    return ev->text_len;
}

static size_t check_text(const char *text)
{
    size_t n = text ? strlen(text) : 0;
    must(utf8_valid(text ? text : "", n));
    for (size_t i = 0; i < n; i++)
        must((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
    return n;
}

static bool check_event(void *user, const struct horse_event *ev, struct err *e)
{
    (void)e;
    struct seen *seen = user;
    must(ev->kind >= HORSE_PROGRESS && ev->kind <= HORSE_TEXT);
    must(ev->percent >= 0 && ev->percent <= 100);
    if (ev->kind == HORSE_RESULT) {
        struct json_reader r;
        must(strlen(ev->result) == ev->result_len);
        json_reader_init(&r, ev->result, ev->result_len, 60);
        must(json_skip(&r) && json_at_end(&r));
    }
    if (ev->kind == HORSE_ERROR)
        must(ev->error.code != ERR_NONE && ev->error.code != ERR_CANCELED);
    seen->count++;
    seen->percents += ev->percent;
    seen->letters += check_text(ev->stage) + check_text(ev->line) + check_text(ev->error.msg) +
                     check_written(ev);
    return true;
}

/* Feeds the bytes in pieces of that many. */
static bool feed(const char *bytes, size_t size, size_t piece, struct seen *seen)
{
    struct horse_stream s;
    struct err e;
    bool ok = true;
    horse_stream_init(&s);
    for (size_t at = 0; ok && at < size; at += piece)
        ok = horse_stream_feed(&s, bytes + at, size - at < piece ? size - at : piece, check_event,
                               seen, &e);
    horse_stream_finish(&s);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole = {0}, cut = {0};
    if (size == 0)
        return 0;
    bool ok = feed((const char *)data, size, size, &whole);
    must(ok == feed((const char *)data, size, 7, &cut));
    must(whole.count == cut.count && whole.letters == cut.letters &&
         whole.percents == cut.percents);
    return 0;
}
