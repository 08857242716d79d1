/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/film_assets.h"

#include "jobs/analyze.h"
#include "jobs/derived.h"

#include <string.h>
#include <unistd.h>

bool film_asset_find(struct store *s, const char *name, struct asset *out, struct arena *a,
                     struct err *e)
{
    int64_t id = timeline_source_id(name);
    if (id > 0)
        return asset_get(s, id, out, a, e);
    return asset_by_path(s, strncmp(name, "/media/", 7) == 0 ? name + 7 : name, out, a, e);
}

/* --- What fits where -------------------------------------------------------------------------- */

static bool is_kind(const struct asset *a, const char *kind)
{
    return a->kind && strcmp(a->kind, kind) == 0;
}

static const struct {
    unsigned use;
    const char *needs;
} places[] = {
    {TIMELINE_USE_VIDEO, "a video, a sound or an image"},
    {TIMELINE_USE_SOUND, "an asset with sound"},
    {TIMELINE_USE_MUSIC, "an asset with sound"},
    {TIMELINE_USE_IMAGE, "an image"},
    {TIMELINE_USE_DATA, "a .cube file"},
};

static bool suits(const struct asset *a, unsigned use)
{
    switch (use) {
    case TIMELINE_USE_SOUND:
    case TIMELINE_USE_MUSIC:
        return a->has_audio;
    case TIMELINE_USE_IMAGE:
        return is_kind(a, "image");
    case TIMELINE_USE_DATA:
        return is_kind(a, "lut");
    default:
        return a->has_video || a->has_audio;
    }
}

static bool check_uses(const struct film_asset *f, struct err *e)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if ((f->uses & places[i].use) && !suits(&f->asset, places[i].use))
            return err_set(e, ERR_INVALID, "%s: asset %lld is not %s", f->place,
                           (long long)f->asset.id, places[i].needs);
    return true;
}

/* --- Finding ---------------------------------------------------------------------------------- */

/* One that is there already and that its id finds again. */
static struct film_asset *find_listed(struct film_assets *list, int64_t id)
{
    for (int i = 0; id > 0 && i < list->count; i++)
        if (list->items[i].asset.id == id)
            return &list->items[i];
    return NULL;
}

bool film_assets_find(struct store *s, const struct asset *own, const struct timeline *tl,
                      struct film_assets *out, struct arena *a, struct err *e)
{
    struct timeline_source *named;
    size_t count;
    if (!timeline_sources(tl, a, &named, &count, e))
        return false;
    if (count + 1 > FILM_MAX_SOURCES)
        return err_set(e, ERR_INVALID, "the timeline uses more than %d files", FILM_MAX_SOURCES);
    out->items[0] = (struct film_asset){.asset = *own, .name = own->path};
    out->count = 1;
    for (size_t i = 0; i < count; i++) {
        struct film_asset *f = find_listed(out, timeline_source_id(named[i].name));
        if (f) {
            f->uses |= named[i].uses;
            continue;
        }
        f = &out->items[out->count];
        *f = (struct film_asset){.name = named[i].name, .place = named[i].place,
                                 .uses = named[i].uses};
        if (!film_asset_find(s, f->name, &f->asset, a, e))
            return e->code == ERR_NOT_FOUND
                       ? err_set(e, ERR_INVALID, "%s: there is no asset \"%.200s\"", f->place,
                                 f->name)
                       : false;
        if (!check_uses(f, e))
            return false;
        out->count++;
    }
    return true;
}

/* --- Consent ---------------------------------------------------------------------------------- */

bool film_asset_needs_consent(const struct film_asset *f)
{
    if (is_kind(&f->asset, "image") || is_kind(&f->asset, "lut"))
        return false;
    bool only_effects = f->place && !(f->uses & ~(unsigned)TIMELINE_USE_SOUND);
    return !only_effects || f->asset.has_video;
}

bool film_assets_consent(const struct workspace *ws, const struct film_assets *assets,
                         struct arena *a, struct err *e)
{
    for (int i = 0; i < assets->count; i++) {
        const struct film_asset *f = &assets->items[i];
        struct consent c;
        if (!film_asset_needs_consent(f))
            continue;
        if (!consent_get(ws->store, f->asset.id, &c, a, e))
            return false;
        bool document = ws->config->consent_require_document && !c.document_path;
        if (c.has_checkbox && !document)
            continue;
        const char *who = f->place ? arena_printf(a, ": asset %lld (%s)", (long long)f->asset.id,
                                                  f->place) : "";
        return err_set(e, ERR_FORBIDDEN, "Creator consent is required before rendering%s%s",
                       who ? who : "", c.has_checkbox ? ": a signed document is missing" : "");
    }
    return true;
}

/* --- Opening ---------------------------------------------------------------------------------- */

void film_assets_describe(const struct film_assets *assets,
                          struct film_source_file files[FILM_MAX_SOURCES])
{
    for (int i = 0; i < assets->count; i++)
        files[i] = film_source_of(&assets->items[i].asset, assets->items[i].name, -1);
}

bool film_assets_open(const struct workspace *ws, const struct film_assets *assets,
                      struct film_source_file files[FILM_MAX_SOURCES], struct err *e)
{
    for (int i = 0; i < assets->count; i++) {
        const struct asset *asset = &assets->items[i].asset;
        files[i].fd = workspace_open_media(ws, asset->path, e);
        if (files[i].fd < 0)
            return err_set(e, e->code, "the file of asset %lld is gone: %s", (long long)asset->id,
                           asset->path);
    }
    return true;
}

void film_assets_add_proxies(const struct workspace *ws,
                             struct film_source_file files[FILM_MAX_SOURCES], int count,
                             bool closely)
{
    struct err none;
    int room = FILM_MAX_SOURCES - count;
    for (int i = 0; i < count && room > 0; i++) {
        if (files[i].has_video && files[i].hash)
            files[i].proxy_fd = derived_open_sealed(ws->derived_fd, files[i].hash, PROXY_FILE,
                                                    closely, &none);
        room -= files[i].proxy_fd >= 0;
    }
}

void film_assets_close(struct film_source_file files[FILM_MAX_SOURCES], int count)
{
    for (int i = 0; i < count; i++) {
        if (files[i].fd >= 0)
            close(files[i].fd);
        if (files[i].proxy_fd >= 0)
            close(files[i].proxy_fd);
    }
}
