/* SPDX-License-Identifier: GPL-3.0-or-later
 * listen_speech.h - a source's sound for those who listen to speech. In a work-horse only.
 */
#ifndef AIVE_JOBS_LISTEN_SPEECH_H
#define AIVE_JOBS_LISTEN_SPEECH_H

#include "analysis/speech_activity.h"
#include "jobs/horse.h"
#include "speech/transcribe.h"

#define LISTEN_SPEECH_PERCENT 5 /* of the progress: finding where somebody speaks */

struct heard_source {
    struct speech_sound sound;
    struct speech_spans spans; /* where somebody speaks; never NULL, but maybe none */
    struct audio_reader *reader;
};

/* ERR_UNSUPPORTED: it has no sound. Reads it once; `source` is then ready to be read anywhere. */
bool listen_speech_open(struct horse *h, int fd, struct heard_source *source, struct err *e);
void listen_speech_close(struct heard_source *source); /* accepts zeroed */

#endif
