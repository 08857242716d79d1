/* SPDX-License-Identifier: GPL-3.0-or-later
 * trigger.c - effects that strike at an event and die away.
 */
#include "effects/trigger.h"

const char *const trigger_names[] = {"start", "beats", "words", "always", NULL};
const char *const trigger_event_names[] = {"start", "beats", "words", NULL};

/* A frame at the time of a beat must see it, however both were rounded. */
#define TIME_ROUNDING 1e-6
#define HOLD_S (1.0 / 30)

static size_t count_until(const double *times, size_t n, double t)
{
    size_t i = 0;
    while (i < n && times[i] <= t)
        i++;
    return i;
}

size_t trigger_count(int on, const struct effect_moment *m)
{
    switch (on) {
    case ON_BEATS:
        return count_until(m->beats, m->beat_count, m->t + TIME_ROUNDING);
    case ON_WORDS:
        return count_until(m->words, m->word_count, m->t + TIME_ROUNDING);
    default:
        return 1;
    }
}

double trigger_time(int on, const struct effect_moment *m, size_t i)
{
    return on == ON_BEATS ? m->beats[i] : on == ON_WORDS ? m->words[i] : 0;
}

double trigger_strength(int on, double decay, const struct effect_moment *m)
{
    size_t n = trigger_count(on, m);
    if (on == ON_ALWAYS || n == 0)
        return n > 0;
    double age = m->t - trigger_time(on, m, n - 1) - HOLD_S;
    if (age <= 0)
        return 1;
    double left = age < decay ? 1 - age / decay : 0;
    return left * left * left;
}

int trigger_of(const struct effect_use *use)
{
    for (const struct param *p = use->effect->params; p->name; p++)
        if (p->kind == PARAM_CHOICE &&
            (p->choices == trigger_names || p->choices == trigger_event_names))
            return *(const int *)(const void *)((const char *)use->self + p->offset);
    return ON_ALWAYS;
}
