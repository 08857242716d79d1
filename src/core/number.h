/* SPDX-License-Identifier: GPL-3.0-or-later
 * number.h - decimal text to numbers and back, exactly and whatever the locale.
 *
 * strtod() and printf() follow the decimal point of the locale, which any library may have set;
 * these do not. Both directions are exact: reading rounds to the nearest double, writing gives the
 * shortest text that reads back as the same double. Pure functions.
 */
#ifndef AIVE_CORE_NUMBER_H
#define AIVE_CORE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NUMBER_TEXT_SIZE 32 /* room for any number_format() and its NUL */

/* The whole text must be [+-]digits[.digits][e[+-]digits], with at least one digit before or after
 * the point. Too large becomes infinity, too small 0. */
bool number_parse(const char *s, size_t n, double *v);

enum number_fit { NUMBER_NOT_INT, NUMBER_TOO_LARGE, NUMBER_INT };

/* The whole text must be [+-]digits. NUMBER_TOO_LARGE: it is, but outside of int64_t. */
enum number_fit number_parse_int(const char *s, size_t n, int64_t *v);

/* Python's repr(): 30.0, 0.488, 1e-07, 1e+16, -0.0. Returns the length; 0 and an empty text for
 * NaN and infinity. */
size_t number_format(double v, char out[NUMBER_TEXT_SIZE]);

#endif
