/* SPDX-License-Identifier: GPL-3.0-or-later
 * chunk_store.h - a folder of finished pieces of films, shared by every render on this machine.
 *
 *     struct chunk_store *s = chunk_store_open(folder_fd, limit_bytes, e);
 *     chunk_store_pin(s, keys, count, e);            stays till close, whatever others do
 *     fd = chunk_store_read(s, key, e);              -1 with ERR_NOT_FOUND: make it:
 *     fd = chunk_store_create(s, key, e);  ...write...  chunk_store_commit(s, key, e);
 *     chunk_store_close(s);
 *
 * A piece's name is its key, 64 hex digits; the same key means the same bytes. Behind its bytes lie
 * their length and BLAKE2b hash: what was cut short or bent is found when it is opened, removed, and
 * "not found". A piece that was never committed leaves nothing, whenever the process is killed.
 *
 * When the folder holds more than its limit, or the disk runs low, what was used least recently is
 * removed, but nothing that a store in any process has pinned. The pins of a store are listed in a
 * file that it holds a lock on; the kernel drops the lock with the process, and the next one to
 * look removes the file. So a folder may be over its limit by what running renders need.
 * Sizes count as bytes of files. Folders on network file systems need working flock().
 *
 * Threads: a store belongs to one; any number of stores, in any number of processes, may share a
 * folder. Blocking: yes.
 */
#ifndef AIVE_JOBS_CHUNK_STORE_H
#define AIVE_JOBS_CHUNK_STORE_H

#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHUNK_KEY_SIZE 65

struct chunk_store;

/* limit_bytes 0: keep nothing but what is pinned. The descriptor stays the caller's. */
struct chunk_store *chunk_store_open(int folder_fd, int64_t limit_bytes, struct err *e);

/* Lets go of its pins and forgets what was not committed. NULL is fine. */
void chunk_store_close(struct chunk_store *s);

bool chunk_key_ok(const char *key);

/* Nobody removes these until close, whether they are there yet or not. */
bool chunk_store_pin(struct chunk_store *s, const char (*keys)[CHUNK_KEY_SIZE], size_t count,
                     struct err *e);

/* A readable descriptor of a whole piece, pinned, the caller's to close. The bytes are followed by
 * the store's own: a reader must know where its data ends. -1: ERR_NOT_FOUND there is none. */
int chunk_store_read(struct chunk_store *s, const char *key, struct err *e);

/* A new empty file without a name, readable and writable, the caller's to close; pinned. One writer
 * a key: ERR_CONFLICT while another has it. */
int chunk_store_create(struct chunk_store *s, const char *key, struct err *e);
bool chunk_store_commit(struct chunk_store *s, const char *key, struct err *e);

/* Removes what is over the limit, pieces unused for a week, and what killed processes left. Returns
 * how many files; -1 on failure. */
int chunk_store_tidy(int folder_fd, int64_t limit_bytes, struct err *e);

/* --- For those who only look ------------------------------------------------------------------ */

/* As chunk_store_read() without a pin: somebody may remove the name at once, the descriptor stays
 * good. *size gets the piece's own bytes. Any thread. */
int chunk_file_open(int folder_fd, const char *key, int64_t *size, struct err *e);

/* Is there a file of that name? Nothing is read. */
bool chunk_file_exists(int folder_fd, const char *key);

#endif
