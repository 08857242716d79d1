/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_worker.c - `aive worker`: runs jobs of the same data folder apart from the server. */
#include "cmd/cmd.h"
#include "jobs/worker.h"
#include "jobs/workspace.h"

#include <poll.h>

static int run_worker(struct cmd_context *c, const void *options)
{
    (void)options;
    struct err e = {0};
    struct workspace ws = {0};
    if (!workspace_open(&ws, &c->config, &c->log, &e))
        return cmd_fail(c, &e);
    int threads = c->config.workers > 0 ? (int)c->config.workers : 1;
    struct worker *worker = worker_start(
        &(struct worker_options){.jobs = &ws.jobs, .threads = threads, .log = &c->log,
                                 .user = &ws}, &e);
    if (worker) {
        log_line(&c->log, LOG_INFO, "aive " AIVE_VERSION " works on %s, %d jobs at once",
                 c->config.data_dir, threads);
        struct pollfd p = {.fd = c->cancel->fd, .events = POLLIN};
        while (!cancel_fired(c->cancel))
            poll(&p, 1, -1);
        log_line(&c->log, LOG_INFO, "stopping: running jobs get %d s",
                 (int)c->config.shutdown_seconds);
        worker_stop(worker, c->config.shutdown_seconds * 1000);
    }
    workspace_close(&ws);
    return worker ? 0 : cmd_fail(c, &e);
}

const struct cmd cmd_worker = {
    .name = "worker", .words = "", .summary = "Run jobs of a data folder, apart from the server.",
    .help = "Start the server with --workers 0 and as many of these as you like on the same data\n"
            "folder. Example:\n  aive worker --data-dir /srv/aive --workers 2",
    .settings = true, .run = run_worker,
};
