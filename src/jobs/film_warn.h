/* SPDX-License-Identifier: GPL-3.0-or-later
 * film_warn.h - what will look wrong in a film, told from its plan without drawing it.
 */
#ifndef AIVE_JOBS_FILM_WARN_H
#define AIVE_JOBS_FILM_WARN_H

#include "jobs/film_spec.h"

/* `out` gets struct film_finding, at most FILM_MAX_WARNINGS, in the arena. Reads fonts: not for the
 * inside of the cage. */
#define FILM_MAX_WARNINGS 200
bool film_warn(const struct film_spec *spec, const struct plan *plan, struct wire_list *out,
               struct arena *a, struct err *e);

#endif
