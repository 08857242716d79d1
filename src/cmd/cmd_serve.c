/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_serve.c - `aive serve`: the HTTP API, and workers beside it. */
#include "api/app.h"
#include "api/http.h"
#include "cmd/cmd.h"
#include "core/clock.h"
#include "jobs/cage.h"
#include "jobs/lay_out.h"
#include "jobs/worker.h"
#include "media/media.h"
#include "queue/queue.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define SWEEP_INTERVAL_MS (10 * 60 * 1000)

static bool is_loopback(const char *host)
{
    struct in6_addr six;
    struct in_addr four;
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

static bool check_exposure(const struct config *c, struct err *e)
{
    if (is_loopback(c->host) || c->allow_anonymous)
        return true;
    return err_set(e, ERR_FORBIDDEN,
                   "--host %s lets others in, and nothing asks who they are. Listen on 127.0.0.1 "
                   "behind a proxy that does, or say --allow-anonymous (AIVE_ALLOW_ANONYMOUS=true)",
                   c->host);
}

/* The cage must hold before anybody may upload. */
static bool check_cage(const struct cmd_context *c, struct err *e)
{
    struct cage_report report;
    struct err why = {0};
    if (cage_selftest(&report, &why))
        return true;
    if (!c->config.require_cage) {
        log_line(&c->log, LOG_WARN, "the work-horse's cage does not hold: %s", why.msg);
        return true;
    }
    *e = why;
    return err_wrap(e, "the work-horse's cage does not hold (see `aive doctor`; "
                       "--require-cage=false starts all the same)");
}

/* A wrong name would show only when the first upload fails. A template of the user's that is broken
 * is no reason to serve nobody: it is told, here and wherever it is asked for. */
static bool check_template(const struct cmd_context *c, struct err *e)
{
    const struct template_shelf shelf = template_shelf_of(&c->config, c->arena);
    const struct template_catalog *cat = template_catalog(&shelf, c->arena, e);
    const struct template_fault *faults = cat ? cat->faults.items : NULL;
    for (size_t i = 0; cat && i < cat->faults.count; i++)
        log_line(&c->log, LOG_WARN, "template %s: %s", faults[i].file, faults[i].error);
    bool found = cat && template_load(&shelf, c->config.template_name, c->arena, e);
    return found || (cat && e->code == ERR_INVALID) || err_wrap(e, "--template or --share-dir");
}

static void log_access(void *ctx, const struct http_access *a)
{
    struct log here = *(const struct log *)ctx;
    here.request = a->id;
    log_line(&here, LOG_INFO, "%s %s %d %llu bytes %.1f ms from %s", a->method, a->path, a->status,
             (unsigned long long)a->bytes, a->ms, a->client);
}

static void log_error(void *ctx, const char *request_id, const char *words)
{
    struct log here = *(const struct log *)ctx;
    here.request = request_id;
    log_line(&here, LOG_ERROR, "%s", words);
}

/* "a, b" -> {"a", "b", NULL} */
static const char *const *split_list(const char *text, struct arena *a)
{
    char *copy = arena_strdup(a, text);
    const char **list = arena_array(a, strlen(text) / 2 + 2, sizeof *list);
    size_t n = 0;
    char *save = NULL;
    for (char *w = copy && list ? strtok_r(copy, ", ", &save) : NULL; w;
         w = strtok_r(NULL, ", ", &save))
        list[n++] = w;
    return list;
}

static struct http_server *start_http(struct cmd_context *c, struct app *app,
                                      const struct http_media_class *media, struct err *e)
{
    struct http_config h;
    http_config_init(&h);
    h.address = c->config.host;
    h.port = (uint16_t)c->config.port;
    h.routes = api_routes;
    h.route_count = api_route_count;
    h.app = app;
    h.threads = (unsigned)c->config.http_threads;
    h.limits.upload_bytes = (uint64_t)c->config.max_upload_bytes;
    h.cors_origins = split_list(c->config.cors_origins, c->arena);
    h.media = media;
    h.title = "AI Video Editor Backend";
    h.version = AIVE_VERSION;
    h.description = "Upload a video, lay out a vertical short, change it, render it.";
    h.docs_dir = arena_printf(c->arena, "%s/swagger-ui", c->config.share_dir);
    h.log_ctx = &c->log;
    h.log_access = log_access;
    h.log_error = log_error;
    return http_server_start(&h, e);
}

static void repair(struct workspace *ws)
{
    struct jobs_repair done = {0};
    struct err why = {0};
    if (!jobs_reconcile(&ws->jobs, &done, &why))
        log_line(ws->log, LOG_WARN, "repair after the last run: %s", why.msg);
    else if (done.requeued || done.abandoned || done.canceled || done.projects)
        log_line(ws->log, LOG_INFO,
                 "repaired what the last run left: %d jobs queued again, %d given up, %d canceled, "
                 "%d projects corrected", done.requeued, done.abandoned, done.canceled,
                 done.projects);
}

static void sweep(struct workspace *ws)
{
    struct err why = {0};
    int n = workspace_sweep(ws, &why);
    if (n > 0)
        log_line(ws->log, LOG_INFO, "removed %d files that belong to nothing", n);
    else if (n < 0)
        log_line(ws->log, LOG_WARN, "looking for files that belong to nothing: %s", why.msg);
    store_tidy(ws->store);
}

static void serve_until_stopped(struct cmd_context *c, struct workspace *ws)
{
    while (!cancel_fired(c->cancel)) {
        struct pollfd p = {.fd = c->cancel->fd, .events = POLLIN};
        if (poll(&p, 1, SWEEP_INTERVAL_MS) == 0)
            sweep(ws);
    }
}

static int run_serve(struct cmd_context *c, const void *options)
{
    (void)options;
    /* Large blocks go back to the system when they are freed. Left to itself, glibc learns to keep
     * them: after a few bodies of 20 MB the server would stay three times as large. */
    mallopt(M_MMAP_THRESHOLD, 128 << 10);
    media_init(); /* the encoder is asked for its version, and would say it on stderr, at length */
    struct err e = {0};
    struct workspace ws = {0};
    struct worker *worker = NULL;
    struct http_server *http = NULL;
    struct app app = {.ws = &ws, .started_us = clock_now_us()};
    const struct config *cfg = &c->config;
    if (!check_exposure(cfg, &e) || !check_cage(c, &e) || !check_template(c, &e) ||
        !workspace_open(&ws, cfg, &c->log, &e))
        return cmd_fail(c, &e);

    const struct http_media_class media[] = {
        {.name = "ingest", .dir = cfg->ingest_dir},
        {.name = "thumbnails", .dir = cfg->thumbnails_dir},
        {.name = "final", .dir = cfg->final_dir},
        {.name = "consent", .dir = cfg->consent_dir, .attachment = true},
        {0},
    };
    repair(&ws);
    sweep(&ws);
    worker = worker_start(&(struct worker_options){.jobs = &ws.jobs, .threads = (int)cfg->workers,
                                                   .log = &c->log, .user = &ws}, &e);
    if (worker)
        http = start_http(c, &app, media, &e);
    if (http) {
        log_line(&c->log, LOG_INFO, "aive " AIVE_VERSION " serves http://%s%s%s:%u (docs at /docs), "
                 "%d workers, data in %s", strchr(cfg->host, ':') ? "[" : "", cfg->host,
                 strchr(cfg->host, ':') ? "]" : "", http_server_port(http), (int)cfg->workers,
                 cfg->data_dir);
        serve_until_stopped(c, &ws);
        log_line(&c->log, LOG_INFO, "stopping: running requests and jobs get %d s",
                 (int)cfg->shutdown_seconds);
    }
    int64_t grace_ms = cfg->shutdown_seconds * 1000, begun_ms = clock_mono_ms();
    http_server_stop(http, (unsigned)grace_ms);
    int64_t left_ms = grace_ms - (clock_mono_ms() - begun_ms);
    if (worker)
        worker_stop(worker, left_ms > 0 ? left_ms : 0);
    workspace_close(&ws);
    return http ? 0 : cmd_fail(c, &e);
}

const struct cmd cmd_serve = {
    .name = "serve", .words = "", .summary = "Run the HTTP API and its workers.",
    .help = "Everything lives in one folder (--data-dir). Example:\n"
            "  aive serve --port 9000 --data-dir /srv/aive",
    .settings = true, .run = run_serve,
};
