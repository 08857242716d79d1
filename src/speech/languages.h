/* SPDX-License-Identifier: GPL-3.0-or-later
 * languages.h - the languages that Whisper knows, in the order of its tokens.
 * Threads: pure functions.
 */
#ifndef AIVE_SPEECH_LANGUAGES_H
#define AIVE_SPEECH_LANGUAGES_H

#define LANGUAGES_MAX 100 /* large-v3; the models before know all but the last */

struct language {
    const char *code; /* ISO 639-1, or the shortest there is */
    const char *name; /* in English, small letters */
};

extern const struct language languages[LANGUAGES_MAX];

/* By code or name, capitals and regions ("en-US") allowed; -1: none of them. */
int language_find(const char *text);

#endif
