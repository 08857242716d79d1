/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/words.h"

#include <ctype.h>
#include <string.h>

bool words_contain(const char *list, const char *word, size_t len)
{
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, " ");
        if (n == len && strncasecmp(p, word, n) == 0)
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

static const char *const wordings[WORDING_COUNT] = {
    [WORDING_STRONG] =
        "amazing incredible wow unbelievable insane huge best worst never secret finally crazy",
    [WORDING_SLOW] = "slow slowly moment imagine breathe calm watch wait beautiful gently",
    [WORDING_LAUGHTER] = "haha hahaha lol laugh laughs laughing laughter funny hilarious joke",
    [WORDING_WEIGHT] = "important remember listen exactly because truth",
    [WORDING_NUMBER] = "hundred thousand million billion percent double triple half zero",
    [WORDING_LIST] = "first second third fourth fifth next finally step one lastly",
};

static bool has_digit(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isdigit((unsigned char)s[i]))
            return true;
    return false;
}

static bool is_shouted(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isupper((unsigned char)s[i]))
            return false;
    return n >= 5; /* not an abbreviation */
}

enum wording wording_of(const char *word, size_t len)
{
    for (int k = 0; k < WORDING_COUNT; k++) /* the first that has it */
        if (wordings[k] && words_contain(wordings[k], word, len))
            return (enum wording)k;
    if (is_shouted(word, len))
        return WORDING_SHOUTED;
    return has_digit(word, len) ? WORDING_NUMBER : WORDING_PLAIN;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || (c & 0x80);
}

size_t words_next(const char *text, size_t len, size_t *at)
{
    size_t n = 0;
    while (*at < len && !is_word_char(text[*at]))
        ++*at;
    while (*at + n < len && is_word_char(text[*at + n]))
        n++;
    return n;
}

static bool ends_with_one(const char *text, size_t len, const char *const marks[])
{
    while (len && strchr(" \t\r\n\"')", text[len - 1]))
        len--;
    for (; *marks; marks++) {
        size_t n = strlen(*marks);
        if (len >= n && memcmp(text + len - n, *marks, n) == 0)
            return true;
    }
    return false;
}

bool words_ask(const char *text, size_t len)
{
    static const char *const marks[] = {"?", "\xcd\xbe", "\xd8\x9f", "\xef\xbc\x9f", NULL};
    return ends_with_one(text, len, marks);
}

bool words_exclaim(const char *text, size_t len)
{
    static const char *const marks[] = {"!", "\xef\xbc\x81", NULL};
    return ends_with_one(text, len, marks);
}
