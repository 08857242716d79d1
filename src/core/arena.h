/* SPDX-License-Identifier: GPL-3.0-or-later
 * arena.h - memory that dies together: one arena per request and per job.
 *
 * Usage:   struct arena a; arena_init(&a, 4 << 20);  ...  arena_finish(&a);
 *
 * Memory comes zeroed and aligned for any type; nothing is freed singly. The maximum is given at
 * init, so that no input can eat the machine; past it, or without memory, the functions return
 * NULL and set `failed`, which stays. Threads: one arena belongs to one thread at a time.
 */
#ifndef AIVE_CORE_ARENA_H
#define AIVE_CORE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out in all blocks */
    size_t max;                 /* bytes */
    bool failed;
};

void arena_init(struct arena *a, size_t max_bytes);
void arena_finish(struct arena *a); /* accepts a zeroed arena */

void *arena_alloc(struct arena *a, size_t size);
void *arena_array(struct arena *a, size_t count, size_t size); /* NULL on overflow too */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
