/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a language server answers: any bytes, cut anywhere. What is said must be valid UTF-8 without
 * control characters, and where a read ends must not change it.
 */
#include "chat/chat.h"
#include "chat/openai_answer.h"
#include "core/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool sound)
{
    if (!sound)
        abort();
}

static void check_text(void *user, const char *text, size_t len)
{
    must(len > 0 && utf8_valid(text, len));
    for (size_t i = 0; i < len; i++)
        must((unsigned char)text[i] >= 0x20 || text[i] == '\n' || text[i] == '\t');
    must(buf_add(user, text, len));
}

/* Feeds the bytes in pieces of that many; the text in *said. */
static bool feed(const char *bytes, size_t size, size_t piece, struct buf *said)
{
    struct openai_answer a;
    struct err e = {0};
    bool ok = true;
    openai_answer_init(&a, "secret", check_text, said);
    for (size_t at = 0; ok && at < size; at += piece)
        ok = openai_answer_feed(&a, bytes + at, size - at < piece ? size - at : piece, &e);
    ok = ok && openai_answer_end(&a, &e);
    must(ok || (e.code != ERR_NONE && utf8_valid(e.msg, strlen(e.msg)) && !strstr(e.msg, "secret")));
    openai_answer_finish(&a);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, cut;
    char words[100];
    buf_init(&whole, CHAT_ANSWER_MAX + 1);
    buf_init(&cut, CHAT_ANSWER_MAX + 1);
    bool ok = feed((const char *)data, size, size + 1, &whole);
    must(ok == feed((const char *)data, size, 7, &cut));
    must(whole.len == cut.len && (whole.len == 0 || memcmp(whole.data, cut.data, cut.len) == 0));
    openai_error_words((const char *)data, size, "secret", words, sizeof words);
    must(utf8_valid(words, strlen(words)) && !strstr(words, "secret"));
    buf_finish(&whole);
    buf_finish(&cut);
    return 0;
}
