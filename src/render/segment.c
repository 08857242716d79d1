/* SPDX-License-Identifier: GPL-3.0-or-later
 * segment.c - words by ICU.
 */
#include "render/segment.h"

#include "core/utf8.h"

#include <pthread.h>
#include <stdlib.h>
#include <unicode/ubrk.h>
#include <unicode/udata.h>

struct segmenter {
    pthread_mutex_t lock;
    UBreakIterator *words;
};

/* ICU loads each dictionary when it first comes upon its script: here, and not in the cage. */
static void load_dictionaries(struct segmenter *s)
{
    static const UChar scripts[] = {0x4e2d, 0x6587, ' ',    0x304b, 0x306a, ' ',    0x0e44, 0x0e17,
                                    0x0e22, ' ',    0x0ea5, 0x0eb2, 0x0ea7, ' ',    0x1781, 0x17d2,
                                    0x1798, 0x17c2, ' ',    0x1019, 0x103c, 0x1014, 0x103a};
    UErrorCode status = U_ZERO_ERROR;
    ubrk_setText(s->words, scripts, sizeof scripts / sizeof scripts[0], &status);
    for (int32_t i = ubrk_first(s->words); i != UBRK_DONE; i = ubrk_next(s->words))
        ;
}

struct segmenter *segmenter_create(void)
{
    struct segmenter *s = calloc(1, sizeof *s);
    UErrorCode status = U_ZERO_ERROR;
    if (!s)
        return NULL;
    pthread_mutex_init(&s->lock, NULL);
    udata_setFileAccess(UDATA_ONLY_PACKAGES, &status);
    s->words = ubrk_open(UBRK_WORD, "", NULL, 0, &status);
    if (U_SUCCESS(status) && s->words) {
        load_dictionaries(s);
        return s;
    }
    segmenter_destroy(s);
    return NULL;
}

void segmenter_destroy(struct segmenter *s)
{
    if (!s)
        return;
    if (s->words)
        ubrk_close(s->words);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

bool segment_wanted(uint32_t cp)
{
    static const struct {
        uint32_t first, last;
    } scripts[] = {
        {0x0e01, 0x0eff},                                                         /* Thai, Lao */
        {0x1000, 0x109f},                                                         /* Burmese */
        {0x1780, 0x17ff},                                                         /* Khmer */
        {0x3041, 0x30ff},                                                         /* kana */
        {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xf900, 0xfaff}, {0x20000, 0x3ffff}, /* Han */
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        if (cp >= scripts[i].first && cp <= scripts[i].last)
            return true;
    return false;
}

bool segment_wanted_in(const char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        uint32_t cp;
        size_t len = utf8_decode(text + at, n - at, &cp);
        if (len && segment_wanted(cp))
            return true;
        at += len ? len : 1;
    }
    return false;
}

/* UTF-16, and for each unit the byte it comes from. */
static int32_t to_utf16(const char *text, size_t n, UChar *out, size_t *from)
{
    int32_t count = 0;
    for (size_t at = 0; at < n;) {
        uint32_t cp;
        size_t len = utf8_decode(text + at, n - at, &cp);
        if (!len)
            cp = 0xfffd;
        from[count] = at;
        if (cp >= 0x10000) {
            out[count++] = (UChar)(0xd7c0 + (cp >> 10));
            from[count] = at;
            out[count++] = (UChar)(0xdc00 + (cp & 0x3ff));
        } else {
            out[count++] = (UChar)cp;
        }
        at += len ? len : 1;
    }
    return count;
}

bool segment_words(struct segmenter *s, const char *text, size_t n, bool *begins, struct arena *a)
{
    UErrorCode status = U_ZERO_ERROR;
    if (!segment_wanted_in(text, n))
        return true;
    UChar *wide = arena_array(a, n + 1, sizeof *wide);
    size_t *from = arena_array(a, n + 1, sizeof *from);
    if (!wide || !from)
        return false;
    int32_t count = to_utf16(text, n, wide, from);
    pthread_mutex_lock(&s->lock);
    ubrk_setText(s->words, wide, count, &status);
    for (int32_t i = U_SUCCESS(status) ? ubrk_first(s->words) : UBRK_DONE; i != UBRK_DONE;
         i = ubrk_next(s->words))
        if (i < count)
            begins[from[i]] = true;
    pthread_mutex_unlock(&s->lock);
    return status != U_MEMORY_ALLOCATION_ERROR;
}
