/* SPDX-License-Identifier: GPL-3.0-or-later
 * params.h - header values of the form  value; name=token; name="quoted string"
 * (Content-Type, Content-Disposition).  Pure functions; results live in the arena.
 */
#ifndef AIVE_API_PARAMS_H
#define AIVE_API_PARAMS_H

#include "core/arena.h"

#include <stdbool.h>

/* Is the part before the first ';' that word? Case does not matter. */
bool params_is(const char *header, const char *word);

/* The parameter of that name, unquoted; NULL if there is none. In quotes only \" and \\ are
 * escapes, since old browsers send "C:\clip.mp4"; browsers' %22 becomes a quote. */
const char *params_get(const char *header, const char *name, struct arena *a);

/* The same, but `name*=utf-8''...` (RFC 5987) is preferred where it is there and well-formed. */
const char *params_get_ext(const char *header, const char *name, struct arena *a);

#endif
