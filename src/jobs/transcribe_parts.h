/* SPDX-License-Identifier: GPL-3.0-or-later
 * transcribe_parts.h - what caller and work-horse of a transcription say to each other. Private to
 * jobs/transcribe*.c.
 */
#ifndef AIVE_JOBS_TRANSCRIBE_PARTS_H
#define AIVE_JOBS_TRANSCRIBE_PARTS_H

#include "core/wire.h"

#define TRANSCRIBE_MODEL_FD "model:" /* before the name of each of the model's files */

struct transcribe_spec {
    const char *model, *language, *prompt;
    int8_t translate;
    struct wire_list files; /* const char *: of the model */
};

extern const struct wire_type wire_transcribe_spec;

/* --- With another server ---------------------------------------------------------------------- */

struct transcribe_order;

/* The transcript as JSON, free() it. NULL with ERR_UNAVAILABLE or ERR_TIMEOUT: the server's fault. */
char *transcribe_remote(const struct transcribe_order *o, struct err *e);

#endif
