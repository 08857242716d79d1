/* SPDX-License-Identifier: GPL-3.0-or-later
 * Merging: the tokens of a piece form a list linked both ways, a heap holds the merges that are
 * possible by rank and place. A merge out of the heap is stale when its pair has changed since,
 * which shows in its rank. Every merge shortens the list and adds at most two to the heap, so the
 * whole is O(n log n) also for a million times the same letter. */
#include "nn/pretokenize.h"
#include "nn/tokenizer_parts.h"

#include <stdlib.h>
#include <string.h>

#define END UINT32_MAX

struct link { /* by the place of its first byte in the piece */
    int32_t id;
    uint32_t prev, next;
    uint32_t rank; /* of the merge with the next one */
};

struct candidate {
    uint32_t rank, at;
};

struct merger {
    const struct tokenizer *t;
    const char *text; /* the piece */
    uint32_t len;
    struct link *links;
    struct candidate *heap;
    size_t heap_len, cap; /* cap: bytes of the longest piece there is room for */
};

void ids_finish(struct ids *ids)
{
    free(ids->id);
    *ids = (struct ids){0};
}

static bool ids_add(struct ids *ids, int32_t id)
{
    if (ids->len == ids->cap) {
        size_t cap = ids->cap ? ids->cap * 2 : 64;
        int32_t *more = realloc(ids->id, cap * sizeof *more);
        if (!more)
            return false;
        ids->id = more;
        ids->cap = cap;
    }
    ids->id[ids->len++] = id;
    return true;
}

static bool before(struct candidate a, struct candidate b)
{
    return a.rank != b.rank ? a.rank < b.rank : a.at < b.at;
}

static void heap_push(struct merger *m, struct candidate c)
{
    size_t at = m->heap_len++;
    for (; at > 0 && before(c, m->heap[(at - 1) / 2]); at = (at - 1) / 2)
        m->heap[at] = m->heap[(at - 1) / 2];
    m->heap[at] = c;
}

static struct candidate heap_pop(struct merger *m)
{
    struct candidate top = m->heap[0], last = m->heap[--m->heap_len];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < m->heap_len; at = child) {
        if (child + 1 < m->heap_len && before(m->heap[child + 1], m->heap[child]))
            child++;
        if (!before(m->heap[child], last))
            break;
        m->heap[at] = m->heap[child];
    }
    m->heap[at] = last;
    return top;
}

static bool merger_room(struct merger *m, size_t len)
{
    if (m->links && len <= m->cap)
        return true;
    size_t cap = len < 64 ? 64 : len + len / 2;
    free(m->links);
    free(m->heap);
    m->links = malloc(cap * sizeof *m->links);
    m->heap = malloc(3 * cap * sizeof *m->heap);
    m->cap = m->links && m->heap ? cap : 0;
    return m->cap > 0;
}

/* Looks what the token at this place makes with the one behind it. */
static void rate(struct merger *m, uint32_t at)
{
    struct link *a = &m->links[at];
    a->rank = RANK_NONE;
    if (a->next == END)
        return;
    const struct link *b = &m->links[a->next];
    uint32_t end = b->next == END ? m->len : b->next;
    a->rank = tokenizer_rank(m->t, a->id, b->id, m->text + at, end - at);
    if (a->rank != RANK_NONE)
        heap_push(m, (struct candidate){a->rank, at});
}

static void join(struct merger *m, uint32_t at)
{
    struct link *a = &m->links[at], *b = &m->links[a->next];
    a->id = tokenizer_merged(m->t, a->rank);
    a->next = b->next;
    b->rank = RANK_NONE; /* whatever the heap knows of it is stale */
    if (a->next != END)
        m->links[a->next].prev = at;
    rate(m, at);
    if (a->prev != END)
        rate(m, a->prev);
}

static bool encode_piece(struct merger *m, const char *text, uint32_t len, struct ids *ids)
{
    if (len == 0)
        return true;
    if (!merger_room(m, len))
        return false;
    m->text = text;
    m->len = len;
    m->heap_len = 0;
    for (uint32_t i = 0; i < len; i++)
        m->links[i] = (struct link){.id = m->t->byte_ids[(unsigned char)text[i]],
                                    .prev = i ? i - 1 : END,
                                    .next = i + 1 < len ? i + 1 : END,
                                    .rank = RANK_NONE};
    for (uint32_t i = 0; i + 1 < len; i++)
        rate(m, i);
    while (m->heap_len > 0) {
        struct candidate c = heap_pop(m);
        if (m->links[c.at].rank == c.rank)
            join(m, c.at);
    }
    for (uint32_t i = 0; i != END; i = m->links[i].next)
        if (m->links[i].id >= 0 && !ids_add(ids, m->links[i].id))
            return false;
    return true;
}

bool tokenizer_encode(const struct tokenizer *t, const char *text, size_t len, struct ids *ids,
                      struct err *e)
{
    struct merger m = {.t = t};
    bool ok = true;
    if (len > TOKENIZER_TEXT_MAX)
        return err_set(e, ERR_TOO_LARGE, "the text has %zu bytes, at most %u are taken at once",
                       len, TOKENIZER_TEXT_MAX);
    for (size_t n; ok && len > 0; text += n, len -= n) {
        n = pretoken_next(text, len);
        ok = encode_piece(&m, text, (uint32_t)n, ids);
    }
    free(m.links);
    free(m.heap);
    return ok || err_set(e, ERR_NO_MEMORY, "out of memory");
}
