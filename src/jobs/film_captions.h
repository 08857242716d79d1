/* SPDX-License-Identifier: GPL-3.0-or-later
 * film_captions.h - a timeline's captions as cues of a caption file, and back.
 *
 * In a file, times are the film's (as a viewer of the film needs them) or the source's (as they are
 * stored, and as a subtitle file of the footage has them). The plan of the film, which a render is
 * made from, tells the one from the other: cuts, speeds, ramps and what runs backwards included.
 *
 * Ownership: the arena; texts stay where they are. Threads: pure.
 */
#ifndef AIVE_JOBS_FILM_CAPTIONS_H
#define AIVE_JOBS_FILM_CAPTIONS_H

#include "render/plan.h"
#include "speech/caption_file.h"
#include "timeline/timeline.h"

/* The captions of struct caption as cues, as they stand, by start. */
bool captions_to_cues(const struct wire_list *captions, struct arena *a, struct cues *out,
                      struct err *e);
bool captions_from_cues(const struct cues *cues, struct arena *a, struct wire_list *out,
                        struct err *e);

/* What a viewer reads, in the film's time. A caption that goes on across a cut is one cue. */
bool film_captions_get(const struct plan *plan, struct arena *a, struct cues *out, struct err *e);

/* Puts cues in the source's time in place of all captions of the timeline's own asset, those that
 * segments bring along included. ERR_INVALID with the line: behind the source's end. */
bool film_captions_put_source(struct timeline *tl, const struct cues *cues, int64_t duration_ticks,
                              struct arena *a, struct err *e);

/* The same in the film's time: each cue goes where the segments it is seen over come from; those of
 * other assets take theirs along. A moment of the source that the film shows twice has its caption
 * twice. ERR_INVALID with the line: behind the film's end. */
bool film_captions_put(struct timeline *tl, const struct plan *plan, const struct cues *cues,
                       struct arena *a, struct err *e);

#endif
