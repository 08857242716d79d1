/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "jobs/kinds.h"

#include "jobs/align.h"
#include "jobs/analyze.h"
#include "jobs/film.h"
#include "jobs/generate.h"
#include "jobs/listen_beats.h"
#include "jobs/probe.h"
#include "jobs/selftest.h"
#include "jobs/speech_pieces.h"
#include "jobs/transcribe.h"

const struct horse_kind *const horse_kinds[] = {
    &horse_probe, &horse_still, &horse_analyze, &horse_beats, &horse_transcribe, &horse_speech_pieces, &horse_align, &horse_sphinx, &horse_render, &horse_frame, &horse_validate,
    &horse_generate, &horse_selftest, NULL,
};

const struct job_kind *const job_kinds[] = {
    &job_analyze, &job_render, NULL,
};
