/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_migrate.c - `aive migrate`: brings the database's schema up to date. */
#include "cmd/cmd.h"
#include "core/files.h"
#include "store/store.h"

#include <stdio.h>

static int run_migrate(struct cmd_context *c, const void *options)
{
    (void)options;
    struct err e = {0};
    int from = 0, to = 0;
    if (!dir_ensure(c->config.data_dir, &e) ||
        !store_migrate(c->config.database_url, &from, &to, &e))
        return cmd_fail(c, &e);
    if (from == to)
        fprintf(stderr, "The database is at version %d already.\n", to);
    else
        fprintf(stderr, "The database went from version %d to %d.\n", from, to);
    cmd_print_json(arena_printf(c->arena, "{\"from\":%d,\"to\":%d}", from, to));
    return 0;
}

const struct cmd cmd_migrate = {
    .name = "migrate", .words = "", .summary = "Bring the database up to date.",
    .help = "`aive serve` and `aive worker` do this by themselves when they start.",
    .settings = true, .run = run_migrate,
};
