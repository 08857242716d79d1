/* SPDX-License-Identifier: GPL-3.0-or-later
 * exchange.h - the life of one request, without sockets.
 *
 *     exchange_init(&x, site, "127.0.0.1");
 *     exchange_head(&x, &head);
 *     while (bytes of the body arrive) exchange_body(&x, data, n);
 *     exchange_body_end(&x);
 *     exchange_run(&x);                    on the thread that exchange_where() names
 *     exchange_seal(&x);                   x.reply is what goes out
 *     exchange_finish(&x);
 *
 * Any step may find the answer early; `answered` is set then and the later steps do nothing until
 * exchange_seal(). Threads: one at a time.
 */
#ifndef AIVE_API_EXCHANGE_H
#define AIVE_API_EXCHANGE_H

#include "api/form.h"
#include "api/head.h"
#include "api/site.h"

struct exchange {
    struct site *site;
    struct arena arena;
    struct request req;
    struct reply reply;
    struct route_match match;
    struct head_body body;   /* what the head promised */
    struct buf json; /* BODY_JSON and BODY_TEXT: the body */
    struct form *form;
    uint64_t body_bytes, body_limit;
    const char *target;      /* as sent */
    char id[SITE_ID_SIZE];
    bool answered;
    bool cut;                /* a streamed answer failed amid its body */
};

void exchange_init(struct exchange *x, struct site *site, const char *client);

/* `head` and its texts must live until exchange_finish(). Sets reply.close for a head after which
 * the connection cannot be trusted. */
void exchange_head(struct exchange *x, const struct head *head);
void exchange_body(struct exchange *x, const char *data, size_t n);
bool exchange_writes(const struct exchange *x); /* exchange_body() goes to disk: it may block */
void exchange_body_end(struct exchange *x);
enum route_run exchange_where(const struct exchange *x);
void exchange_run(struct exchange *x);
void exchange_overloaded(struct exchange *x); /* answers 503 in place of exchange_run() */
void exchange_seal(struct exchange *x);
void exchange_finish(struct exchange *x);

#endif
