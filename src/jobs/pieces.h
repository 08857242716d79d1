/* SPDX-License-Identifier: GPL-3.0-or-later
 * pieces.h - the list of what a film is made of, kept beside the pieces in the chunk store, so that a
 * film can be played while it is made.
 *
 * The list of one attempt of a job lies in the store under a key that follows from both.
 */
#ifndef AIVE_JOBS_PIECES_H
#define AIVE_JOBS_PIECES_H

#include "core/wire.h"
#include "jobs/chunk_store.h"

struct film_pieces {
    int64_t fps_num, fps_den;
    const char *sound;       /* key */
    struct wire_list chunks; /* const char *: keys, in the film's order */
    struct wire_list frames; /* int64_t: of each chunk */
};
extern const struct wire_type wire_film_pieces;

void pieces_key(const char *job_id, int attempt, char key[CHUNK_KEY_SIZE]);

/* Reads what a work-horse wrote; ERR_INVALID when it is not a list. */
struct film_pieces *pieces_read(int fd, int64_t size, struct arena *a, struct err *e);

/* Pins all of them, and keeps the list under its key. */
bool pieces_keep(struct chunk_store *s, const struct film_pieces *p, const char *key,
                 struct arena *a, struct err *e);

/* ERR_NOT_FOUND: not announced yet, or removed since. */
struct film_pieces *pieces_load(int cache_fd, const char *key, struct arena *a, struct err *e);

#endif
