/* SPDX-License-Identifier: GPL-3.0-or-later
 * buf.h - a growing byte buffer with a maximum.
 *
 * Usage:   struct buf b; buf_init(&b, 1 << 20); buf_printf(&b, "%d", 7); ... buf_finish(&b);
 *
 * `data` is always NUL-terminated once anything was added (the NUL is not counted in `len`).
 * An add that would pass the maximum, or finds no memory, adds nothing and sets `failed`; later
 * adds then do nothing, so a writer may check once at the end. Ownership: the caller's struct, the
 * buffer's memory; buf_steal() hands it over. buf_err() says which of the two it was. Threads: one thread at a time.
 */
#ifndef AIVE_CORE_BUF_H
#define AIVE_CORE_BUF_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;
    size_t len, cap, max;
    bool failed;
    bool full; /* failed because of the maximum, not of memory */
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_finish(struct buf *b); /* accepts a zeroed buf */
void buf_clear(struct buf *b);  /* empty again, memory kept, failed reset */

bool buf_add(struct buf *b, const void *data, size_t n);
bool buf_adds(struct buf *b, const char *s);
bool buf_addc(struct buf *b, char c);
bool buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for n more bytes at data + len, to be counted by the caller with `len += n`; NULL if not. */
char *buf_reserve(struct buf *b, size_t n);

/* Why the buffer failed: `code` and `words` at its maximum, ERR_NO_MEMORY otherwise. Always returns
 * false. */
bool buf_err(const struct buf *b, enum err_code code, const char *words, struct err *e);

/* Removes n bytes from the front. */
void buf_consume(struct buf *b, size_t n);

/* The malloc'd memory (free() it), never NULL unless the buffer failed; the buf is empty again. */
char *buf_steal(struct buf *b, size_t *len);

#endif
