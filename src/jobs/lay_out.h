/* SPDX-License-Identifier: GPL-3.0-or-later
 * lay_out.h - from what is known about a source to its timeline.
 *
 * A layout order says what is wanted: a template, a length, a seed. It comes out of a form, a body
 * or a command line, travels as the spec of a job, and what it said stands in the timeline, so that
 * the same film can be laid out again.
 */
#ifndef AIVE_JOBS_LAY_OUT_H
#define AIVE_JOBS_LAY_OUT_H

#include "analysis/report.h"
#include "core/config.h"
#include "speech/transcript.h"
#include "timeline/template.h"
#include "timeline/timeline.h"

struct asset;

struct layout_order {
    const char *template_name; /* NULL: the setting's */
    const char *target_length; /* "full", seconds; NULL: the template's */
    int64_t seed;              /* INT64_MIN: from the content, so that it is always the same */
    const char *script;        /* what is said, word for word; NULL: not known */
    const char *captions;      /* a caption file's text; NULL: none */
};
extern const struct wire_type wire_layout_order;
#define LAYOUT_ORDER_PLAIN ((struct layout_order){.seed = INT64_MIN})

/* The templates that there are by the settings. */
struct template_shelf template_shelf_of(const struct config *c, struct arena *a);

/* Its template, which can be loaded, with the length asked for. `key` becomes the field that is
 * wrong: "template" or "target_length". */
struct template *layout_order_template(const struct layout_order *o, const struct config *c,
                                       struct arena *a, const char **key, struct err *e);

/* `said` is what was heard. `before` (NULL: nothing) is the project's timeline: its captions stay,
 * for somebody may have mended them, unless the order brings words of its own; and so does its
 * music. */
struct timeline *layout_from_report(const struct config *c, const struct layout_order *order,
                                    const struct asset *asset,
                                    const struct analysis_report *report,
                                    const struct transcript *said,
                                    const struct timeline *before, struct arena *a,
                                    struct err *e);

#endif
