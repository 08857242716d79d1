/* SPDX-License-Identifier: GPL-3.0-or-later
 * rows.h - short forms for the rows of a table of parameters (param.h). `type` is the struct that
 * the parameters fill, `field` the name of both the parameter and its field there.
 */
#ifndef AIVE_EFFECTS_ROWS_H
#define AIVE_EFFECTS_ROWS_H

#include "effects/param.h"

#define ROW_NUMBER(type, field, least, most, preset, measure, text)                                \
    {                                                                                              \
        .name = #field, .kind = PARAM_NUMBER, .min = (least), .max = (most), .def = (preset),      \
        .unit = (measure), .help = (text), .offset = offsetof(type, field)                         \
    }
#define ROW_CHOICE(type, field, preset, words, text)                                               \
    {                                                                                              \
        .name = #field, .kind = PARAM_CHOICE, .def = (preset), .unit = "", .help = (text),         \
        .choices = (words), .offset = offsetof(type, field)                                        \
    }
#define ROW_BOOL(type, field, preset, text)                                                        \
    {                                                                                              \
        .name = #field, .kind = PARAM_BOOL, .def = (preset), .unit = "", .help = (text),           \
        .offset = offsetof(type, field)                                                            \
    }
#define ROW_COLOUR(type, field, preset, text)                                                      \
    {                                                                                              \
        .name = #field, .kind = PARAM_COLOUR, .max = 0xffffff, .def = (preset), .unit = "",        \
        .help = (text), .offset = offsetof(type, field)                                            \
    }
#define ROW_FILE(type, field, text)                                                                \
    {                                                                                              \
        .name = #field, .kind = PARAM_FILE, .unit = "", .help = (text),                            \
        .offset = offsetof(type, field)                                                            \
    }

#endif
