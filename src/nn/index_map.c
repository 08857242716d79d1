/* SPDX-License-Identifier: GPL-3.0-or-later
 * Open addressing, linear probing, at most four fifths full. */
#include "nn/index_map.h"

#include <stdlib.h>
#include <string.h>

struct index_slot {
    uint32_t index; /* INDEX_NONE: free */
    uint32_t hash;
};

/* Multiply and fold, eight bytes at a time. */
static uint32_t hash_of(const struct index_map *m, struct index_key key)
{
    uint64_t h = m->seed ^ key.len;
    const char *p = key.bytes;
    for (size_t left = key.len; left > 0;) {
        size_t n = left < 8 ? left : 8;
        uint64_t word = 0;
        memcpy(&word, p, n);
        __uint128_t product = (__uint128_t)(h ^ word) * 0x9e3779b97f4a7c15;
        h = (uint64_t)product ^ (uint64_t)(product >> 64) ^ m->seed;
        p += n;
        left -= n;
    }
    return (uint32_t)(h ^ h >> 32);
}

static void put(struct index_map *m, struct index_slot slot)
{
    size_t at = slot.hash & (m->size - 1);
    while (m->slots[at].index != INDEX_NONE)
        at = (at + 1) & (m->size - 1);
    m->slots[at] = slot;
}

static bool resize(struct index_map *m, size_t size)
{
    struct index_map bigger = {.size = size, .count = m->count, .seed = m->seed};
    bigger.slots = malloc(size * sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    memset(bigger.slots, 0xff, size * sizeof *bigger.slots);
    for (size_t i = 0; i < m->size; i++)
        if (m->slots[i].index != INDEX_NONE)
            put(&bigger, m->slots[i]);
    free(m->slots);
    *m = bigger;
    return true;
}

void index_map_finish(struct index_map *m)
{
    free(m->slots);
    *m = (struct index_map){0};
}

bool index_map_reserve(struct index_map *m, size_t n)
{
    size_t size = m->size ? m->size : 64;
    if (!m->seed)
        m->seed = ((uintptr_t)m ^ (uintptr_t)&size << 20) * 0xd6e8feb86659fd93 | 1;
    while (size / 5 * 4 < n)
        size *= 2;
    return size == m->size || resize(m, size);
}

bool index_map_add(struct index_map *m, struct index_key key, uint32_t index)
{
    if (!index_map_reserve(m, m->count + 1))
        return false;
    put(m, (struct index_slot){index, hash_of(m, key)});
    m->count++;
    return true;
}

uint32_t index_map_find(const struct index_map *m, struct index_key key, index_same_fn *same,
                        const void *user)
{
    if (m->count == 0)
        return INDEX_NONE;
    uint32_t hash = hash_of(m, key);
    for (size_t at = hash & (m->size - 1);; at = (at + 1) & (m->size - 1)) {
        struct index_slot slot = m->slots[at];
        if (slot.index == INDEX_NONE)
            return INDEX_NONE;
        if (slot.hash == hash && same(user, slot.index, key))
            return slot.index;
    }
}
