/* SPDX-License-Identifier: GPL-3.0-or-later
 * Any bytes as a template. What is accepted lays out a film over a source with a bit of everything,
 * and that film passes the timeline's own checks. */
#include "core/timebase.h"
#include "timeline/layout.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool any_name(void *user, enum timeline_ref what, const char *name)
{
    (void)user, (void)what, (void)name;
    return true;
}

static void lay_out(const struct template *t, struct arena *a)
{
    static const double beats[] = {1, 1.5, 2, 2.5, 3, 3.5, 4}, downbeats[] = {1, 3};
    static const struct layout_drop drops[] = {{3, 9}};
    static const struct layout_shot shots[] = {{2.2, 0}, {7, 0.4}};
    static const struct layout_span speech[] = {{0.2, 2.1}};
    static const struct layout_highlight highlights[] = {{2.8, 4.5, 0.9, "drop +9 dB"}};
    static const struct layout_peak peaks[] = {{3.1, 1}, {8, 0.4}};
    static const struct layout_span pauses[] = {{5, 7.5}};
    static const float levels[] = {0.1f, 0.9f, 0.4f, 0.4f, 1, 0, 0, 0.3f, 0.8f, 0.2f};
    static struct caption captions[] = {{.text = "said", .start = 0.2, .end = 2.1}};
    static const struct layout_facts facts = {
        .duration = 10,     .has_video = true,     .beats = beats,      .beat_count = 7,
        .tempo = 120,       .downbeats = downbeats, .downbeat_count = 2, .drops = drops,
        .drop_count = 1,    .shots = shots,        .shot_count = 2,     .peaks = peaks,
        .peak_count = 2,    .pauses = pauses,      .pause_count = 1,    .levels = levels,
        .level_count = 10,  .level_step = 1,       .captions = captions, .caption_count = 1,
        .speech = speech,   .speech_count = 1,     .highlights = highlights, .highlight_count = 1};
    static const struct timeline_facts source = {.duration_ticks = 10 * TICKS_PER_SECOND};
    static const struct timeline_refs refs = {.known = any_name};
    struct wire_errors errs = {0};
    struct err e;

    struct timeline *tl = timeline_generate(t, &facts, 7, a, &e);
    if (!tl && e.code != ERR_INVALID)
        abort();
    if (tl && !timeline_check(tl, &source, &refs, NULL, a, &errs))
        abort();
    wire_errors_finish(&errs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena a;
    struct wire_errors errs = {0};
    arena_init(&a, 64 << 20);
    struct template *t = template_parse((const char *)data, size, NULL, &a, &errs);
    if (t)
        lay_out(t, &a);
    else if (errs.count == 0)
        abort();
    wire_errors_finish(&errs);
    arena_finish(&a);
    return 0;
}
