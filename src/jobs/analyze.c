/* SPDX-License-Identifier: GPL-3.0-or-later
 * analyze.c - the caller's side of the work-horse that looks and listens, and what is kept of it.
 *
 * DESIGN. Everything that was made lies in the content's folder. A file that could not be made,
 * though the work-horse came to its end, leaves "NAME.none", so that nobody tries it again. Whoever
 * is about to make something holds the folder's lock and looks once more. */
#include "jobs/analyze.h"

#include "core/files.h"
#include "jobs/derived.h"
#include "media/media.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REPORT_MAX_BYTES (16u << 20) /* of its text: what a work-horse may answer */
#define LOCK_POLL_MS 200
#define NAME_SIZE 80

/* --- What there is and what is wanted ----------------------------------------------------------- */

static bool wants_sound(const struct asset *a)
{
    return a->has_audio;
}

static bool wants_board(const struct asset *a)
{
    return a->has_video && strcmp(a->kind, "image") != 0;
}

static bool wants_proxy(const struct asset *a)
{
    struct media_info info = {.has_video = a->has_video, .is_image = strcmp(a->kind, "image") == 0,
                              .width = a->width, .height = a->height};
    return proxy_is_wanted(&info);
}

/* What is made besides the report. */
static const struct derived_kind {
    unsigned make;
    const char *name;
    bool (*is_wanted)(const struct asset *a);
    bool is_sealed; /* jobs/seal.h */
} kinds[] = {
    {ANALYZE_WAVEFORM, WAVEFORM_FILE, wants_sound, false},
    {ANALYZE_STORYBOARD, STORYBOARD_FILE, wants_board, false},
    {ANALYZE_STORYBOARD, STRIP_FILE, wants_board, false},
    {ANALYZE_PROXY, PROXY_FILE, wants_proxy, true},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static void name_of_none(const char *name, char out[NAME_SIZE])
{
    snprintf(out, NAME_SIZE, "%s.none", name);
}

bool analysis_load(int derived_fd, const char *hash, struct arena *a, struct analysis *out,
                   struct err *e)
{
    struct err damage = {0};
    out->json = derived_read(derived_fd, hash, REPORT_FILE, REPORT_MAX_BYTES, a, &out->json_len, e);
    if (!out->json)
        return false;
    out->report = wire_read_trusted(&wire_analysis, out->json, out->json_len, a, &damage);
    if (out->report && out->report->version == ANALYSIS_VERSION)
        return true;
    if (damage.code == ERR_NO_MEMORY) {
        *e = damage;
        return false;
    }
    derived_remove(derived_fd, hash, REPORT_FILE);
    return err_set(e, ERR_NOT_FOUND, "what was kept of the analysis is damaged");
}

/* Is it there, and whole as far as that can be told? */
static bool is_made(const struct analyze_order *o, const struct derived_kind *k)
{
    struct err ignored;
    if (!k->is_sealed)
        return derived_exists(o->derived_fd, o->asset->content_hash, k->name);
    int fd = derived_open_sealed(o->derived_fd, o->asset->content_hash, k->name, true, &ignored);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* The bits of what is asked for, can be, and is not there. The report is loaded if it is. */
static unsigned missing(const struct analyze_order *o, struct arena *a, struct analysis *out)
{
    struct err ignored;
    unsigned want = 0;
    *out = (struct analysis){0};
    if (o->derived_fd < 0 ||
        !analysis_load(o->derived_fd, o->asset->content_hash, a, out, &ignored)) {
        out->report = NULL;
        want = ANALYZE_REPORT;
    }
    for (size_t i = 0; i < KINDS && o->derived_fd >= 0; i++) {
        char none[NAME_SIZE];
        name_of_none(kinds[i].name, none);
        if (o->make & kinds[i].make && kinds[i].is_wanted(o->asset) &&
            !is_made(o, &kinds[i]) &&
            !derived_exists(o->derived_fd, o->asset->content_hash, none))
            want |= kinds[i].make;
    }
    return want;
}

/* --- The work-horse's files --------------------------------------------------------------------- */

struct broker {
    const struct analyze_order *order;
    unsigned make;
    struct {
        char name[NAME_SIZE];
        int fd;
    } open[STORYBOARD_MAX_SHEETS + KINDS];
    int count;
};

static bool is_sheet(const char *name)
{
    char sheet[NAME_SIZE];
    for (int i = 0; i < STORYBOARD_MAX_SHEETS; i++) {
        snprintf(sheet, sizeof sheet, STORYBOARD_SHEET, i);
        if (strcmp(name, sheet) == 0)
            return true;
    }
    return false;
}

/* Only what it was asked to make. */
static bool may_make(const struct broker *b, const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (b->make & kinds[i].make && strcmp(name, kinds[i].name) == 0)
            return true;
    return b->make & ANALYZE_STORYBOARD && is_sheet(name);
}

static bool is_sealed(const char *name)
{
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(name, kinds[i].name) == 0)
            return kinds[i].is_sealed;
    return false;
}

static int find_open(const struct broker *b, const char *name)
{
    for (int i = 0; i < b->count; i++)
        if (strcmp(b->open[i].name, name) == 0)
            return i;
    return -1;
}

static int create_file(struct broker *b, const char *name, struct err *e)
{
    if (find_open(b, name) >= 0 || b->count == (int)(sizeof b->open / sizeof *b->open))
        return err_set(e, ERR_CONFLICT, "%s was made already", name), -1;
    int fd = derived_create(b->order->derived_fd, b->order->asset->content_hash, e);
    int copy = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (copy < 0) {
        if (fd >= 0) {
            err_errno(e, errno, "open %s", name);
            close(fd);
        }
        return -1;
    }
    b->open[b->count].fd = fd;
    snprintf(b->open[b->count++].name, NAME_SIZE, "%s", name);
    return copy;
}

static int on_ask(void *user, const char *op, const char *name, struct err *e)
{
    struct broker *b = user;
    if (!may_make(b, name) || strcmp(op, "open") == 0)
        return err_set(e, ERR_INVALID, "the work-horse asked for \"%.80s\"", name), -1;
    if (strcmp(op, "create") == 0)
        return create_file(b, name, e);
    int i = find_open(b, name);
    if (i < 0)
        return err_set(e, ERR_INVALID, "%s was never created", name), -1;
    const char *hash = b->order->asset->content_hash;
    int derived_fd = b->order->derived_fd, fd = b->open[i].fd;
    bool ok = is_sealed(name) ? derived_publish_sealed(derived_fd, hash, fd, name, e)
                              : derived_publish(derived_fd, hash, fd, name, e);
    return ok ? 0 : -1;
}

static void close_files(struct broker *b)
{
    for (int i = 0; i < b->count; i++)
        close(b->open[i].fd);
}

/* What it was asked for and did not make, it cannot. */
static void note_failures(const struct broker *b)
{
    const char *hash = b->order->asset->content_hash;
    for (size_t i = 0; i < KINDS; i++) {
        char none[NAME_SIZE];
        struct err ignored;
        name_of_none(kinds[i].name, none);
        if (b->make & kinds[i].make && !derived_exists(b->order->derived_fd, hash, kinds[i].name))
            derived_write(b->order->derived_fd, hash, none, "", 0, &ignored);
    }
}

/* --- Running it --------------------------------------------------------------------------------- */

static void on_progress(void *user, double percent, const char *stage)
{
    const struct analyze_order *o = ((struct broker *)user)->order;
    if (o->progress)
        o->progress(o->user, percent, stage);
}

static void on_log(void *user, const char *line)
{
    const struct analyze_order *o = ((struct broker *)user)->order;
    if (o->log)
        o->log(o->user, line);
}

static bool take_report(const struct analyze_order *o, const char *text, struct arena *a,
                        struct analysis *out, struct err *e)
{
    out->json_len = strlen(text);
    out->json = arena_strndup(a, text, out->json_len);
    if (!out->json)
        return err_set(e, ERR_NO_MEMORY, "no memory for the analysis");
    out->report = wire_read_trusted(&wire_analysis, text, out->json_len, a, e);
    return out->report &&
           (o->derived_fd < 0 || derived_write(o->derived_fd, o->asset->content_hash, REPORT_FILE,
                                               text, out->json_len, e));
}

/* One pass. The answer, to be freed, or NULL; *crashed as horse.h says. */
static char *pass(const struct analyze_order *o, unsigned make, const char *without, bool *crashed,
                  struct err *e)
{
    char spec[80];
    snprintf(spec, sizeof spec, "{\"make\":%u%s%s%s}", make, without ? ",\"without\":\"" : "",
             without ? without : "", without ? "\"" : "");
    struct broker broker = {.order = o, .make = make};
    struct horse_fd source = {"source", o->fd};
    struct horse_job job = {.kind = "analyze", .spec = spec, .fds = &source, .fd_count = 1,
                            .cancel = o->cancel, .crashed = crashed, .on_progress = on_progress,
                            .on_log = on_log, .on_ask = on_ask, .user = &broker};
    char *text = horse_run(&job, e);
    if (text && o->derived_fd >= 0)
        note_failures(&broker);
    close_files(&broker);
    return text;
}

/* A decoder that crashes takes the whole work-horse with it. Most often it is the pictures', so
 * they are left out first. */
static char *pass_without_crash(const struct analyze_order *o, unsigned make, struct err *e)
{
    bool crashed;
    char *text = pass(o, make, NULL, &crashed, e);
    if (text || !crashed || !o->asset->has_audio || !o->asset->has_video)
        return text;
    on_log(&(struct broker){.order = o}, "The decoder crashed; the sound is tried alone");
    text = pass(o, make, "pictures", &crashed, e);
    if (text || !crashed)
        return text;
    on_log(&(struct broker){.order = o}, "The decoder crashed; the pictures are tried alone");
    return pass(o, make, "sound", &crashed, e);
}

static bool work(const struct analyze_order *o, unsigned make, struct arena *a,
                 struct analysis *out, struct err *e)
{
    char *text = pass_without_crash(o, make, e);
    bool ok = text && (!(make & ANALYZE_REPORT) || take_report(o, text, a, out, e));
    free(text);
    return ok;
}

/* Waits for the content's lock. */
static int lock(const struct analyze_order *o, struct err *e)
{
    int fd;
    while ((fd = derived_lock(o->derived_fd, o->asset->content_hash, e)) < 0 &&
           e->code == ERR_BUSY) {
        struct pollfd stop = {.fd = o->cancel ? o->cancel->fd : -1, .events = POLLIN};
        poll(&stop, 1, LOCK_POLL_MS);
        if (cancel_fired(o->cancel))
            return err_set(e, ERR_CANCELED, "canceled"), -1;
        if (o->progress)
            o->progress(o->user, 0, "analysis");
    }
    return fd;
}

bool analyze_is_done(const struct analyze_order *o, struct arena *a, struct analysis *out)
{
    return !missing(o, a, out);
}

static bool run(const struct analyze_order *o, struct arena *a, struct analysis *out,
                struct err *e)
{
    unsigned make = missing(o, a, out);
    out->was_known = !make;
    if (!make)
        return true;
    int held = -1;
    if (o->derived_fd >= 0) {
        held = lock(o, e);
        if (held < 0)
            return false;
        make = missing(o, a, out); /* another may have made it meanwhile */
        out->was_known = !make;
    }
    bool ok = !make || work(o, make, a, out, e);
    if (held >= 0)
        close(held);
    if (ok || !out->report || e->code == ERR_CANCELED)
        return ok;
    on_log(&(struct broker){.order = o}, e->msg); /* the report is there, a file is not */
    return true;
}

bool analyze_run(const struct analyze_order *o, struct arena *a, struct analysis *out,
                 struct err *e)
{
    if (!run(o, a, out, e))
        return false;
    const char *const *warnings = out->report->warnings.items;
    for (size_t i = 0; i < out->report->warnings.count; i++)
        on_log(&(struct broker){.order = o}, warnings[i]);
    return true;
}
