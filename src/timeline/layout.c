/* SPDX-License-Identifier: GPL-3.0-or-later
 * The template engine's entrance. */
#include "timeline/layout_parts.h"

#include <math.h>

/* FNV-1a, folded to 32 bits. */
uint64_t timeline_seed(const char *content_hash)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const char *p = content_hash; *p; p++)
        h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    return (h ^ h >> 32) & 0xffffffff;
}

static void fill_film_fields(const struct layout *l, uint64_t seed, struct timeline *tl)
{
    size_t beats = l->beats.count < TIMELINE_MAX_CAPTIONS ? l->beats.count : TIMELINE_MAX_CAPTIONS;
    tl->beats = (struct wire_list){l->beats.at, beats};
    tl->captions = (struct wire_list){l->captions, l->caption_count};
    if (l->facts->tempo > 0 && l->facts->tempo <= 1000)
        tl->tempo = l->facts->tempo;
    tl->template_name = l->tpl->name;
    tl->fit = l->tpl->fit;
    tl->caption_style = l->tpl->caption_style;
    tl->seed = (int64_t)(seed & 0x1fffffffffffff);
}

struct timeline *timeline_generate(const struct template *tpl, const struct layout_facts *facts,
                                   uint64_t seed, struct arena *a, struct err *e)
{
    struct layout l = {.tpl = tpl, .facts = facts, .arena = a, .chance = seed & 0x1fffffffffffff,
                       .shortest = fmax(tpl->pace->shortest, TEMPLATE_SHORTEST_SEGMENT)};
    struct ranges ranges = {0};
    struct piece *pieces = NULL;
    size_t count = 0;

    if (facts->duration > 0 && facts->duration < TIMELINE_MAX_SECONDS)
        l.duration = facts->duration;
    struct timeline *tl = timeline_empty(a);
    if (!tl || !layout_clean(&l)) {
        err_set(e, ERR_NO_MEMORY, "out of memory while laying out the film");
        return NULL;
    }
    fill_film_fields(&l, seed, tl);
    if (l.duration == 0)
        return tl;
    if (!layout_choose(&l, &ranges, e) || !layout_cut(&l, &ranges, &pieces, &count, e) ||
        !layout_style(&l, pieces, count, tl, e))
        return NULL;
    return tl;
}
