/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cmd/film_input.h"

#include "cmd/input.h"
#include "core/files.h"
#include "jobs/chunk_store.h"
#include "jobs/film_report.h"
#include "timeline/timeline.h"

#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const film_option_presets[] = {"", "draft", "standard", "high", NULL};
const char *const film_option_formats[] = {"vertical", "square", "landscape", NULL};

/* A relative source in a timeline file is meant from where the file lies. */
static const char *source_path(struct arena *a, const char *timeline_file, const char *name)
{
    char *copy = name[0] == '/' ? NULL : arena_strdup(a, timeline_file);
    const char *beside = copy ? arena_printf(a, "%s/%s", dirname(copy), name) : NULL;
    return beside && access(beside, F_OK) == 0 ? beside : name;
}

static bool add_source(struct cmd_context *c, struct film_input *in, const char *name,
                       const char *path, struct err *e)
{
    if (in->count == FILM_MAX_SOURCES)
        return err_set(e, ERR_INVALID, "the timeline names more than %d files", FILM_MAX_SOURCES);
    struct asset asset;
    int fd;
    if (!input_load_any(c, path, &fd, &asset, e))
        return false;
    in->files[in->count++] = film_source_of(&asset, name, fd);
    return true;
}

/* Source 0 is the timeline's asset, or the file that was named instead; others follow. */
static bool load_sources(struct cmd_context *c, const char *file, const char *instead,
                         const struct timeline *tl, struct film_input *in, struct err *e)
{
    struct timeline_source *named;
    size_t count;
    const char *own = tl->asset ? tl->asset->path : NULL;
    if (!own && !instead)
        return err_set(e, ERR_INVALID, "%s names no source: \"asset\": {\"path\": ...} is missing",
                       file);
    if (!add_source(c, in, own, instead ? instead : source_path(c->arena, file, own), e) ||
        !timeline_sources(tl, c->arena, &named, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (own && strcmp(named[i].name, own) == 0)
            continue;
        if (timeline_source_id(named[i].name) > 0)
            return err_set(e, ERR_INVALID,
                           "%s: an asset_id means something to a server only; use \"path\" here",
                           named[i].place);
        if (!add_source(c, in, named[i].name, source_path(c->arena, file, named[i].name), e))
            return err_wrap(e, "%s", named[i].place);
    }
    return true;
}

/* Where chunks are kept: where the user says, in the data folder if there is one here, else in the
 * user's cache, so that rendering a file leaves nothing but the film beside it. */
static int open_cache(struct cmd_context *c, struct err *e)
{
    const char *dir = c->config.cache_dir, *users = input_user_cache(c->arena);
    if (users && !c->config.cache_dir_named && access(c->config.data_dir, F_OK) < 0 &&
        access(dir, F_OK) < 0)
        dir = users;
    return dir_ensure(dir, e) ? dir_open(dir, e) : -1;
}

bool film_input_load(struct cmd_context *c, const struct film_options *o, struct film_input *in,
                     struct err *e)
{
    const char *file = c->words[c->word_count - 1];
    const char *instead = c->word_count > 1 ? c->words[0] : NULL;
    size_t n = 0;
    *in = (struct film_input){.job.cache_fd = -1};
    char *text = file_load(file, timeline_limits.max_bytes, c->arena, &n, e);
    struct timeline *tl = text ? timeline_parse_trusted(text, n, c->arena, e) : NULL;
    if (!tl)
        return err_wrap(e, "%s", file);
    if (tl->segments.count == 0)
        return err_set(e, ERR_INVALID, "%s has no segments: `aive analyze` lays some out", file);
    if (!load_sources(c, file, instead, tl, in, e))
        return false;
    in->order = (struct film_order){
        .title = *o->title ? o->title : "Untitled",
        .watermark = c->config.watermark_enabled && !o->no_watermark ? c->config.watermark_text
                                                                     : NULL,
        .preset = *o->preset ? o->preset : c->config.render_preset,
        .format = o->format,
        .range_start = NAN,
        .range_end = NAN,
        .timeline = {text, n},
    };
    in->job = (struct film_job){.config = &c->config, .order = &in->order, .sources = in->files,
                                .source_count = in->count, .cancel = c->cancel,
                                .cache_fd = open_cache(c, e)};
    return in->job.cache_fd >= 0;
}

void film_input_close(struct film_input *in)
{
    for (int i = 0; i < in->count; i++)
        close(in->files[i].fd);
    if (in->job.cache_fd < 0)
        return;
    struct err ignored; /* a folder that cannot be tidied is no reason to fail */
    chunk_store_tidy(in->job.cache_fd, in->job.config->cache_bytes, &ignored);
    close(in->job.cache_fd);
}

void film_findings_tell(const char *kind, const struct wire_list *findings)
{
    const struct film_finding *f = findings->items;
    for (size_t i = 0; i < findings->count; i++) {
        fprintf(stderr, "%s", kind);
        if (!isnan(f[i].time))
            fprintf(stderr, " at %.2f s", f[i].time);
        if (f[i].caption)
            fprintf(stderr, ", \"%.40s\"", f[i].caption);
        fprintf(stderr, ": %s\n", f[i].message);
    }
}
