/* SPDX-License-Identifier: GPL-3.0-or-later
 * index_map.h - finds the place of a thing in somebody's array by a key.
 *
 * The map holds indices and hashes only; keys stay in the owner's array, and the owner says with a
 * function whether the thing at an index has a key. The hash is seeded with addresses, which differ
 * at every start, so that no file can be made whose names all collide.
 * Threads: finding in a map that nobody changes is free for all.
 */
#ifndef AIVE_NN_INDEX_MAP_H
#define AIVE_NN_INDEX_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INDEX_NONE UINT32_MAX

struct index_map { /* zeroed: empty */
    struct index_slot *slots;
    size_t size, count; /* size is 0 or a power of two */
    uint64_t seed;
};

struct index_key {
    const void *bytes;
    size_t len;
};

typedef bool index_same_fn(const void *user, uint32_t index, struct index_key key);

void index_map_finish(struct index_map *m);

/* Room for n things, so that adding them grows nothing. False without memory. */
bool index_map_reserve(struct index_map *m, size_t n);

/* Adds a thing whose key is not in the map yet. False without memory. */
bool index_map_add(struct index_map *m, struct index_key key, uint32_t index);

/* INDEX_NONE: no such key. */
uint32_t index_map_find(const struct index_map *m, struct index_key key, index_same_fn *same,
                        const void *user);

#endif
