/* SPDX-License-Identifier: GPL-3.0-or-later
 * timeline_sources.c - the files that a timeline names.
 */
#include "effects/effect.h"
#include "timeline/timeline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ID_PREFIX "asset:"
#define NO_INDEX SIZE_MAX

const char *timeline_source_name(int64_t asset_id, const char *path, struct arena *a)
{
    return asset_id > 0 ? arena_printf(a, ID_PREFIX "%" PRId64, asset_id) : path;
}

int64_t timeline_source_id(const char *name)
{
    const size_t n = strlen(ID_PREFIX);
    char *end;
    if (strncmp(name, ID_PREFIX, n) != 0 || name[n] < '1' || name[n] > '9')
        return 0;
    errno = 0;
    long long id = strtoll(name + n, &end, 10);
    return *end || errno ? 0 : id;
}

/* --- All of them ---------------------------------------------------------------------------- */

/* The list grows by doubling inside the arena; finding a name again is a search through it, which
 * is as long as a film may have files. */
struct gather {
    struct arena *arena;
    struct timeline_source *items;
    size_t count, room;
    struct err *e;
};

static bool grow(struct gather *g)
{
    if (g->count < g->room)
        return true;
    size_t room = g->room ? g->room * 2 : 16;
    struct timeline_source *items = arena_array(g->arena, room, sizeof *items);
    if (!items)
        return err_set(g->e, ERR_NO_MEMORY, "no memory for the files of the timeline");
    if (g->count)
        memcpy(items, g->items, g->count * sizeof *items);
    g->items = items;
    g->room = room;
    return true;
}

/* `list` and `index` say where: "segments", 3; `member` ".sfx" or "". */
static bool add(struct gather *g, const char *name, unsigned use, const char *list, size_t index,
                const char *member)
{
    if (!name)
        return true;
    for (size_t i = 0; i < g->count; i++) {
        if (strcmp(g->items[i].name, name) == 0) {
            g->items[i].uses |= use;
            return true;
        }
    }
    const char *place = index == NO_INDEX ? list
                                          : arena_printf(g->arena, "%s[%zu]%s", list, index, member);
    if (!place)
        return err_set(g->e, ERR_NO_MEMORY, "no memory for the files of the timeline");
    if (!grow(g))
        return false;
    g->items[g->count++] = (struct timeline_source){name, use, place};
    return true;
}

static bool add_effects(struct gather *g, const struct wire_list *list, const char *of,
                        size_t index)
{
    const struct wire_raw *raw = list->items;
    for (size_t i = 0; i < list->count; i++) {
        struct effect_use use;
        struct err broken = {0};
        if (!effect_parse(raw[i].text, raw[i].len, g->arena, &use, &broken)) {
            if (broken.code == ERR_NO_MEMORY)
                return err_set(g->e, ERR_NO_MEMORY, "no memory for the effects of the timeline");
            continue; /* whoever checks or plans it says what is wrong */
        }
        if (!add(g, effect_file(&use), TIMELINE_USE_DATA, of, index, ".effects"))
            return false;
    }
    return true;
}

static bool add_segments(struct gather *g, const struct timeline *tl)
{
    const struct timeline_segment *s = timeline_segments(tl);
    for (size_t i = 0; i < tl->segments.count; i++) {
        const struct timeline_sfx *sfx = s[i].sfx;
        if (!add(g, timeline_source_name(s[i].asset_id, NULL, g->arena), TIMELINE_USE_VIDEO,
                 "segments", i, "") ||
            (sfx && !add(g, timeline_source_name(sfx->asset_id, sfx->path, g->arena),
                         TIMELINE_USE_SOUND, "segments", i, ".sfx")) ||
            !add_effects(g, &s[i].effects, "segments", i))
            return false;
    }
    return true;
}

static bool add_layers(struct gather *g, const struct timeline *tl)
{
    const struct timeline_overlay *o = tl->overlays.items;
    const struct timeline_broll *b = tl->broll.items;
    for (size_t i = 0; i < tl->overlays.count; i++)
        if (!add(g, timeline_source_name(o[i].asset_id, o[i].path, g->arena), TIMELINE_USE_IMAGE,
                 "overlays", i, ""))
            return false;
    for (size_t i = 0; i < tl->broll.count; i++)
        if (!add(g, timeline_source_name(b[i].asset_id, b[i].path, g->arena), TIMELINE_USE_VIDEO,
                 "broll", i, "") ||
            !add_effects(g, &b[i].effects, "broll", i))
            return false;
    return true;
}

bool timeline_sources(const struct timeline *tl, struct arena *a, struct timeline_source **out,
                      size_t *count, struct err *e)
{
    struct gather g = {.arena = a, .e = e};
    const struct timeline_music *m = tl->music;
    if (!add_segments(&g, tl) || !add_layers(&g, tl) ||
        (m && !add(&g, timeline_source_name(m->asset_id, m->path, a), TIMELINE_USE_MUSIC, "music",
                   NO_INDEX, "")))
        return false;
    *out = g.items;
    *count = g.count;
    return true;
}
