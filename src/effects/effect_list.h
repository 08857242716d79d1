/* SPDX-License-Identifier: GPL-3.0-or-later
 * effect_list.h - what effects and transitions there are, for programs and for people.
 */
#ifndef AIVE_EFFECTS_EFFECT_LIST_H
#define AIVE_EFFECTS_EFFECT_LIST_H

#include "core/buf.h"

/* {"effects":[{"name","title","help","params":[...]}],"transitions":[...]}; a parameter is
 * {"name","type","default","unit","help"} and has "min" and "max" (number) or "choices" (choice).
 * Types: number, choice, bool, color, file. */
void effect_list_json(struct buf *out);

/* Some lines each; `only` names one thing, NULL: all. false: there is none of that name. */
bool effect_list_text(const char *only, struct buf *out);

#endif
