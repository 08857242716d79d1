/* SPDX-License-Identifier: GPL-3.0-or-later
 * align.c - the caller's side of the work-horse that aligns. */
#include "jobs/align.h"

#include "core/buf.h"
#include "jobs/align_parts.h"

#include <stdlib.h>
#include <string.h>

#define SPEC_MAX_BYTES (64u << 20)

#define AT(member) .offset = offsetof(struct align_spec, member)
static const struct wire_field spec_fields[] = {
    {.name = "script", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, AT(script)},
    {.name = "captions", .kind = WIRE_STRING, .flags = WIRE_NULLABLE, AT(captions)},
    {0},
};
const struct wire_type wire_align_spec = {
    .name = "AlignSpec", .fields = spec_fields, .size = sizeof(struct align_spec)};
#undef AT

static bool run(const struct horse_kind *kind, const struct align_order *o, struct arena *a,
                struct transcript **out, struct err *e)
{
    struct align_spec said = {o->script, o->captions};
    struct buf spec;
    buf_init(&spec, SPEC_MAX_BYTES);
    wire_write(&wire_align_spec, &said, &spec);
    struct horse_fd source = {"source", o->fd};
    struct horse_limits limits = kind->limits;
    if (o->wall_seconds > 0)
        limits.wall_seconds = limits.cpu_seconds = o->wall_seconds;
    struct horse_job job = {.kind = kind->name, .spec = spec.data, .fds = &source, .fd_count = 1,
                            .limits = &limits, .cancel = o->cancel,
                            .on_progress = o->on_progress, .user = o->user};
    char *text = spec.failed ? NULL : horse_run(&job, e);
    if (spec.failed)
        buf_err(&spec, ERR_TOO_LARGE, "the script is too long", e);
    buf_finish(&spec);
    *out = text ? wire_read_trusted(&wire_full_transcript, text, strlen(text), a, e) : NULL;
    free(text);
    return *out != NULL;
}

bool align_run(const struct align_order *o, struct arena *a, struct transcript **out,
               struct err *e)
{
    if (!o->script == !o->captions)
        return err_set(e, ERR_INVALID, "give a script or captions to align");
    return run(&horse_align, o, a, out, e);
}

bool sphinx_run(const struct align_order *o, struct arena *a, struct transcript **out,
                struct err *e)
{
    return run(&horse_sphinx, o, a, out, e);
}
