/* SPDX-License-Identifier: GPL-3.0-or-later
 * generate_parts.h - what caller and work-horse of a text say to each other. Private to
 * jobs/generate*.c.
 */
#ifndef AIVE_JOBS_GENERATE_PARTS_H
#define AIVE_JOBS_GENERATE_PARTS_H

#include "core/wire.h"

#define GENERATE_MODEL_FD "model:" /* before the name of each of the model's files */

struct generate_spec {
    int64_t max_tokens, top_k, seed, seconds;
    double temperature, top_p, repetition_penalty;
    struct wire_list files; /* const char *: of the model */
    struct wire_list stops; /* const char * */
    struct wire_list turns; /* const char *: the dialogue's lines, newest last */
    const char *opening;    /* what always stands before them */
    const char *cue;        /* what stands behind them: the next speaker's name */
};

struct generate_result {
    const char *end; /* "stop", "length", "time" */
    int64_t prompt_tokens, tokens;
    double seconds;
};

extern const struct wire_type wire_generate_spec, wire_generate_result;

#endif
