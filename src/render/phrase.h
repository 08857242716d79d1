/* SPDX-License-Identifier: GPL-3.0-or-later
 * phrase.h - where a line may well be broken: between phrases.
 *
 * As subtitlers do it (Netflix' and the BBC's guides): behind punctuation, else before a
 * conjunction or preposition; never between an article and its noun, a pronoun and its verb, a
 * number and what it counts. Small words of eleven languages are known; in Japanese the change from
 * kana to kanji stands for them.
 * Threads: pure functions.
 */
#ifndef AIVE_RENDER_PHRASE_H
#define AIVE_RENDER_PHRASE_H

#include "render/caption_text.h"

/* How much a line's end between two units (caption_text.h) hurts: 0 not at all, 1 as usual. */
double phrase_break_cost(const struct text_unit *before, const struct text_unit *after);

#endif
