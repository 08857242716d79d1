/* SPDX-License-Identifier: GPL-3.0-or-later
 * thai.c - Thai words by libthai.
 */
#include "render/thai.h"

#include "core/utf8.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <thai/thbrk.h>
#include <thai/thwbrk.h>

/* Runs are looked at in pieces, so that no text makes the search long. */
#define PIECE 400

struct thai {
    pthread_mutex_t lock;
    ThBrk *brk;
};

struct thai *thai_create(void)
{
    struct thai *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    pthread_mutex_init(&t->lock, NULL);
    t->brk = th_brk_new(NULL);
    if (t->brk)
        return t;
    thai_destroy(t);
    return NULL;
}

void thai_destroy(struct thai *t)
{
    if (!t)
        return;
    if (t->brk)
        th_brk_delete(t->brk);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

static bool is_thai(uint32_t cp)
{
    return cp >= 0x0e01 && cp <= 0x0e5b;
}

/* The first run of Thai at or behind *at; returns its characters, 0: there is none. */
static size_t next_run(const char *s, size_t n, size_t *at, thwchar_t *out, size_t *where)
{
    size_t count = 0;
    while (*at < n && count < PIECE) {
        uint32_t cp;
        size_t len = utf8_decode(s + *at, n - *at, &cp);
        if (len && is_thai(cp)) {
            where[count] = *at;
            out[count++] = (thwchar_t)cp;
        } else if (count) {
            break;
        }
        *at += len ? len : 1;
    }
    out[count] = 0;
    return count;
}

bool thai_in(const char *s, size_t n)
{
    for (size_t at = 0; at < n;) {
        uint32_t cp;
        size_t len = utf8_decode(s + at, n - at, &cp);
        if (len && is_thai(cp))
            return true;
        at += len ? len : 1;
    }
    return false;
}

bool thai_breaks(struct thai *t, const char *s, size_t n, bool *begins, struct arena *a)
{
    if (!thai_in(s, n))
        return true;
    thwchar_t *run = arena_array(a, PIECE + 1, sizeof *run);
    size_t *where = arena_array(a, PIECE, sizeof *where), at = 0, count;
    int *pos = arena_array(a, PIECE, sizeof *pos);
    if (!run || !where || !pos)
        return false;
    while ((count = next_run(s, n, &at, run, where)) > 0) {
        pthread_mutex_lock(&t->lock);
        int words = th_brk_wc_find_breaks(t->brk, run, pos, PIECE);
        pthread_mutex_unlock(&t->lock);
        for (int i = 0; i < words; i++)
            if (pos[i] > 0 && (size_t)pos[i] < count)
                begins[where[pos[i]]] = true;
    }
    return true;
}
