/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/align_words.h"

#include "speech/phones.h"
#include "speech/spoken.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMS_MAX 8   /* ways to say a word, all in all */
#define VARIANTS_MAX 3 /* of them from the dictionary, for each way */
#define FORM_MAX 768  /* bytes: phones of a long number */

const char *const align_sounds[] = {
    "+AA", "+AE", "+AH", "+AO", "+AW", "+AY", "+B", "+CH", "+D",  "+DH", "+EH", "+ER", "+EY", "+F",
    "+G",  "+HH", "+IH", "+IY", "+JH", "+K",  "+L", "+M",  "+N",  "+NG", "+OW", "+OY", "+P",  "+R",
    "+S",  "+SH", "+T",  "+TH", "+UH", "+UW", "+V", "+W",  "+Y",  "+Z",  "+ZH", NULL};

void align_name(size_t word, char out[static ALIGN_NAME_SIZE])
{
    snprintf(out, ALIGN_NAME_SIZE, "w%zu", word);
}

long align_index(const char *name)
{
    return name[0] == 'w' ? strtol(name + 1, NULL, 10) : -1;
}

struct forms {
    char text[FORMS_MAX][FORM_MAX];
    int count;
    bool guessed;
};

static bool add_phones(char *form, size_t size, const char *phones)
{
    size_t used = strlen(form), n = strlen(phones);
    if (used + n + 2 > size)
        return false;
    if (used)
        form[used++] = ' ';
    memcpy(form + used, phones, n + 1);
    return true;
}

/* "mother's", "mothers": the dictionary may have the word without. */
static bool look_up_stem(struct sphinx *s, const char *word, char phones[static SPHINX_PHONES_MAX])
{
    char stem[128];
    size_t n = strlen(word);
    if (n < 3 || n >= sizeof stem || word[n - 1] != 's')
        return false;
    n -= word[n - 2] == '\'' ? 2 : 1;
    memcpy(stem, word, n);
    stem[n] = '\0';
    if (!sphinx_look_up(s, stem, 0, phones))
        return false;
    const char *blank = strrchr(phones, ' '), *last = blank ? blank + 1 : phones;
    bool hissing = strstr("S Z SH CH ZH JH", last) != NULL;
    bool voiceless = strstr("P T K F TH", last) != NULL;
    return add_phones(phones, SPHINX_PHONES_MAX, hissing ? "IH Z" : voiceless ? "S" : "Z");
}

/* Two words of the dictionary written as one; the longest first one is taken. */
static bool look_up_halves(struct sphinx *s, const char *word, char phones[static SPHINX_PHONES_MAX])
{
    char first[64], second[SPHINX_PHONES_MAX];
    size_t n = strlen(word);
    if (n >= sizeof first)
        return false;
    for (size_t at = n > 3 ? n - 3 : 0; at >= 3; at--) {
        memcpy(first, word, at);
        first[at] = '\0';
        if (sphinx_look_up(s, word + at, 0, second) && sphinx_look_up(s, first, 0, phones))
            return add_phones(phones, SPHINX_PHONES_MAX, second);
    }
    return false;
}

/* One word as it is said; false: no such variant. */
static bool sound_word(struct sphinx *s, const char *word, int variant, bool *guessed,
                       char phones[static SPHINX_PHONES_MAX])
{
    if (isupper((unsigned char)word[0]))
        return variant == 0 &&
               snprintf(phones, SPHINX_PHONES_MAX, "%s",
                        phones_letter((char)tolower((unsigned char)word[0]))) > 0;
    if (sphinx_look_up(s, word, variant, phones))
        return true;
    if (variant)
        return false;
    if (word[0] == '\'' && sphinx_look_up(s, word + 1, 0, phones))
        return true;
    if (look_up_stem(s, word, phones))
        return true;
    *guessed = true;
    if (look_up_halves(s, word, phones))
        return true;
    phones[0] = '\0';
    return phones_guess(word, phones, SPHINX_PHONES_MAX) && phones[0];
}

/* variant: of the words of the dictionary; words that do not have it are said in their first. */
static bool sound_way(struct sphinx *s, const char *way, int variant, bool *guessed,
                      char form[static FORM_MAX])
{
    char words[SPOKEN_MAX], phones[SPHINX_PHONES_MAX], *rest = NULL;
    bool own = variant == 0;
    snprintf(words, sizeof words, "%s", way);
    form[0] = '\0';
    for (char *w = strtok_r(words, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
        bool found = sound_word(s, w, variant, guessed, phones);
        own |= found;
        if (!found && variant)
            found = sound_word(s, w, 0, guessed, phones);
        if (found && !add_phones(form, FORM_MAX, phones))
            return false;
    }
    return own && form[0];
}

static void sound_all(struct sphinx *s, const char *written, struct forms *out)
{
    struct spoken_ways ways;
    spoken_ways_of(written, &ways);
    out->count = 0;
    out->guessed = false;
    for (int i = 0; i < ways.count; i++)
        for (int v = 0; v < VARIANTS_MAX && out->count < FORMS_MAX; v++) {
            bool guessed = false;
            if (!sound_way(s, ways.text[i], v, &guessed, out->text[out->count]))
                break;
            out->guessed |= guessed && i == 0;
            out->count++;
        }
    if (out->count == 0) { /* "hmm", a word of signs: some sound it will have */
        snprintf(out->text[0], FORM_MAX, "AH M");
        out->count = 1;
        out->guessed = true;
    }
}

static unsigned char count_phones(const char *form)
{
    int n = 1;
    for (; *form; form++)
        n += *form == ' ';
    return n < 255 ? (unsigned char)n : 255;
}

static bool add_forms(struct sphinx *s, size_t word, const struct forms *f, struct err *e)
{
    for (int i = 0; i < f->count; i++) {
        char name[ALIGN_NAME_SIZE], full[2 * ALIGN_NAME_SIZE];
        align_name(word, name);
        if (i == 0)
            snprintf(full, sizeof full, "%s", name);
        else
            snprintf(full, sizeof full, "%s(%d)", name, i + 1);
        if (!sphinx_add(s, full, f->text[i], e))
            return false;
    }
    return true;
}

bool align_words_add(struct sphinx *s, const struct script *script, struct align_word *out,
                     struct err *e)
{
    struct forms *f = malloc(sizeof *f);
    size_t known = 0;
    bool ok = f != NULL || err_set(e, ERR_NO_MEMORY, "no memory for the sounds of words");
    for (const char *const *sound = align_sounds; ok && *sound; sound++)
        ok = sphinx_add(s, *sound, *sound + 1, e);
    for (size_t i = 0; ok && i < script->count; i++) {
        sound_all(s, script->words[i].text, f);
        out[i] = (struct align_word){count_phones(f->text[0]), f->guessed};
        known += !f->guessed;
        ok = add_forms(s, i, f, e);
    }
    free(f);
    if (ok && !script_is_english(script, known))
        ok = err_set(e, ERR_INVALID, "the script does not look like English, and only English can "
                                     "be aligned to its sound");
    return ok;
}
