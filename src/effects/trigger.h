/* SPDX-License-Identifier: GPL-3.0-or-later
 * trigger.h - effects that strike at an event and die away.
 */
#ifndef AIVE_EFFECTS_TRIGGER_H
#define AIVE_EFFECTS_TRIGGER_H

#include "effects/effect.h"

enum trigger { ON_START, ON_BEATS, ON_WORDS, ON_ALWAYS };

/* For a PARAM_CHOICE; the second one is for effects that cannot go on all the time. */
extern const char *const trigger_names[];
extern const char *const trigger_event_names[];
#define TRIGGER_HELP                                                                               \
    "What sets it off: the segment's start, each beat, each word, or it never rests."
#define TRIGGER_EVENT_HELP "What sets it off: the segment's start, each beat, or each word."

/* The events so far, the latest included. ON_ALWAYS has one, at 0. */
size_t trigger_count(int on, const struct effect_moment *m);
/* When event i < trigger_count() was. */
double trigger_time(int on, const struct effect_moment *m, size_t i);

/* 1 at the last event, falling smoothly to 0 within `decay` seconds; 0 before the first one. The
 * first thirtieth of a second is all 1, so that each event has a frame of its full strength. */
double trigger_strength(int on, double decay, const struct effect_moment *m);

/* What sets an effect off, ON_ALWAYS for one that no event does. */
int trigger_of(const struct effect_use *use);

#endif
