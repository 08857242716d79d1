/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/app.h"
#include "core/clock.h"
#include "queue/queue.h"

bool health_get(struct request *req, struct reply *reply, struct err *e)
{
    (void)e;
    struct queue *queue = app_workspace(req)->jobs.queue;
    char now[CLOCK_ISO_SIZE];
    clock_iso(clock_now_us(), now);
    struct health h = {
        .status = "ok",
        .redis = queue_is_remote(queue) && queue_answers(queue),
        .queue = queue_name(queue),
        .timestamp = now,
        .version = AIVE_VERSION,
    };
    return reply_json(reply, &wire_health, &h);
}

/* Whoever opens the server's address in a browser shall find something. */
bool home_get(struct request *req, struct reply *reply, struct err *e)
{
    (void)req;
    (void)e;
    return reply_redirect(reply, 307, "/docs");
}
