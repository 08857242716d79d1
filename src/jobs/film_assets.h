/* SPDX-License-Identifier: GPL-3.0-or-later
 * film_assets.h - the stored files that a timeline is made of.
 *
 * Asset 0 is the project's own; the others are found by what the timeline calls them: "asset:7", a
 * stored path or a media URL.
 *
 * Consent: every asset that brings somebody's picture or voice into the film needs its own. That
 * is the project's own asset, segments, b-roll and music, and sound effects cut from a video. Images,
 * LUTs and sound effects that are nothing but sound need none.
 */
#ifndef AIVE_JOBS_FILM_ASSETS_H
#define AIVE_JOBS_FILM_ASSETS_H

#include "jobs/film.h"
#include "jobs/workspace.h"
#include "store/store.h"
#include "timeline/timeline.h"

struct film_asset {
    struct asset asset;
    const char *name;  /* in the timeline; of asset 0 its path */
    const char *place; /* where it is named: "segments[3]"; NULL for asset 0 */
    unsigned uses;     /* enum timeline_use; 0 for asset 0 */
};

struct film_assets {
    struct film_asset items[FILM_MAX_SOURCES];
    int count;
};

/* By the name a timeline or a client uses. ERR_NOT_FOUND. */
bool film_asset_find(struct store *s, const char *name, struct asset *out, struct arena *a,
                     struct err *e);

/* ERR_INVALID names what does not exist, cannot be used in that place, or is too much. */
bool film_assets_find(struct store *s, const struct asset *own, const struct timeline *tl,
                      struct film_assets *out, struct arena *a, struct err *e);

/* ERR_FORBIDDEN names the first asset whose consent is incomplete. */
bool film_assets_consent(const struct workspace *ws, const struct film_assets *assets,
                         struct arena *a, struct err *e);
bool film_asset_needs_consent(const struct film_asset *asset);

/* As sources of a film; nothing is opened, which is enough to plan one. */
void film_assets_describe(const struct film_assets *assets,
                          struct film_source_file files[FILM_MAX_SOURCES]);

/* Opens all of what was described; closed by film_assets_close() whatever this returned. */
bool film_assets_open(const struct workspace *ws, const struct film_assets *assets,
                      struct film_source_file files[FILM_MAX_SOURCES], struct err *e);
/* For films that need no more: of what was described, opens the proxies that were made once
 * (jobs/analyze.h). A source without one keeps its own pictures; a damaged one is removed, so that
 * the next analysis makes it again. `closely`: they are read to see that, about a second a GB; else
 * only what was cut off is noticed. Descriptors are few, the first ones get them. */
void film_assets_add_proxies(const struct workspace *ws,
                             struct film_source_file files[FILM_MAX_SOURCES], int count,
                             bool closely);
void film_assets_close(struct film_source_file files[FILM_MAX_SOURCES], int count);

#endif
