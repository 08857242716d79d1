/* SPDX-License-Identifier: GPL-3.0-or-later
 * cmd_probe.c - `aive probe`: what a media file is. */
#include "cmd/cmd.h"
#include "cmd/input.h"
#include "jobs/probe.h"

#include <unistd.h>

static int run_probe(struct cmd_context *c, const void *options)
{
    (void)options;
    struct err e = {0};
    int fd = input_open(c->words[0], &e);
    if (fd < 0)
        return cmd_fail(c, &e);
    struct probe_report *p = probe_run(fd, -1, c->cancel, c->arena, &e);
    close(fd);
    if (!p) {
        err_wrap(&e, "%s", c->words[0]);
        return cmd_fail(c, &e);
    }
    struct buf out;
    buf_init(&out, 1 << 20);
    wire_write(&wire_probe, p, &out);
    cmd_print_json(out.data);
    buf_finish(&out);
    return 0;
}

const struct cmd cmd_probe = {
    .name = "probe", .words = "FILE", .min_words = 1, .max_words = 1,
    .summary = "Say what a media file is, as JSON.",
    .help = "Exit code 3: not a file that aive takes, with the reason. Example:\n"
            "  aive probe clip.mp4 | jq .duration",
    .run = run_probe,
};
