/* SPDX-License-Identifier: GPL-3.0-or-later
 * tools.h - the tools of POST /api/tools that need no media: caption_srt and suggest_effects.
 *
 *     struct caption_srt_args *args = wire_read(&wire_caption_srt_args, ...);
 *     if (!args || !tool_caption_srt(args, &result, loc, arena, &errs)) -> 422
 *     wire_write(&wire_caption_srt_result, &result, &out);
 *
 * `loc` is the place of the args object (["body","args"]). Nothing is made up: what comes out
 * derives from what went in. Ownership: the arena. Threads: pure functions.
 */
#ifndef AIVE_TIMELINE_TOOLS_H
#define AIVE_TIMELINE_TOOLS_H

#include "core/arena.h"
#include "core/wire.h"

#include <stdbool.h>

struct caption_srt_args {
    struct wire_list segments; /* struct caption */
};
struct caption_srt_result {
    const char *srt;
};
extern const struct wire_type wire_caption_srt_args, wire_caption_srt_result;

/* False: a caption does not end after its start (errs), or no memory (one error "too_large"). */
bool tool_caption_srt(const struct caption_srt_args *args, struct caption_srt_result *out,
                      const struct wire_loc *loc, struct arena *a, struct wire_errors *errs);

struct suggest_peak {
    double time, score; /* s; 0..1 */
};
struct suggest_drop {
    double time, rise; /* s; dB */
};
struct suggest_pause {
    double start, end; /* s */
};
struct suggest_args {
    struct wire_raw transcript; /* a text, or a list of captions, which have times */
    struct wire_list beats;     /* double, s */
    struct wire_list energy, drops, pauses; /* struct suggest_peak, suggest_drop, suggest_pause */
    const char *backend;
};
struct suggestion {
    const char *effect;
    double start; /* s; NAN: the transcript had no times */
    const char *reason;
    double confidence; /* 0..1 */
    const char *rule;  /* stable: "question", "drop", ... */
};
struct suggest_result {
    struct wire_list suggestions; /* struct suggestion, best first */
    const char *backend;
};
extern const struct wire_type wire_suggest_args, wire_suggestion, wire_suggest_result;

#define SUGGEST_MAX 50 /* suggestions given */

/* Rules on words, punctuation, the beat grid and what was heard; the best SUGGEST_MAX of them. False: the transcript is neither text nor captions
 * (errs), or no memory. */
bool tool_suggest_effects(const struct suggest_args *args, struct suggest_result *out,
                          const struct wire_loc *loc, struct arena *a, struct wire_errors *errs);

#endif
