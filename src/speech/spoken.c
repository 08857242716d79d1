/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/spoken_parts.h"

#include "core/utf8.h"

#include <ctype.h>
#include <string.h>

#define PLAIN_MAX 128 /* bytes of a written word that are looked at */

void line_append(struct line *l, const char *more)
{
    size_t used = strlen(l->text), n = strlen(more);
    if (l->full || used + n >= sizeof l->text) {
        l->full = true;
        return;
    }
    memcpy(l->text + used, more, n + 1);
}

void line_add(struct line *l, const char *word)
{
    size_t used = strlen(l->text), n = strlen(word);
    if (n == 0 || used + n + 1 >= sizeof l->text) {
        l->full |= n > 0;
        return;
    }
    if (used)
        line_append(l, " ");
    line_append(l, word);
}

/* --- To ASCII --------------------------------------------------------------------------------- */

/* Of the letters of Latin-1, from U+00C0 on, what is left without their marks. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo*ouuuuytsaaaaaaaceeeeiiiidnooooo*ouuuuyty";

static char plain_char(uint32_t cp)
{
    if (cp < 0x80)
        return (char)cp;
    if (cp >= 0xC0 && cp <= 0xFF)
        return latin[cp - 0xC0];
    switch (cp) {
    case 0x2018:
    case 0x2019:
    case 0x02BC:
        return '\'';
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2014:
    case 0x2212:
        return '-';
    case 0x20AC:
        return 'E' - 64; /* signs of money as control characters: they are no text */
    case 0xA3:
        return 'P' - 64;
    default:
        return 0;
    }
}

static void make_plain(const char *written, char out[static PLAIN_MAX])
{
    size_t n = strlen(written), used = 0;
    for (size_t i = 0; i < n && used + 1 < PLAIN_MAX;) {
        uint32_t cp = 0;
        size_t len = utf8_decode(written + i, n - i, &cp);
        char c = len ? plain_char(cp) : 0;
        i += len ? len : 1;
        if (c)
            out[used++] = c;
    }
    out[used] = '\0';
}

/* --- Words ------------------------------------------------------------------------------------ */

static const struct {
    const char *written, *spoken, *other; /* other: NULL where there is none */
} shortened[] = {
    {"mr.", "mister", NULL},         {"mrs.", "missus", NULL},      {"ms.", "miz", "miss"},
    {"dr.", "doctor", "drive"},      {"st.", "saint", "street"},    {"prof.", "professor", NULL},
    {"jr.", "junior", NULL},         {"sr.", "senior", NULL},       {"vs.", "versus", NULL},
    {"etc.", "et cetera", NULL},     {"e.g.", "for example", "E G"}, {"i.e.", "that is", "I E"},
    {"no.", "number", "no"},         {"gov.", "governor", NULL},    {"gen.", "general", NULL},
    {"sen.", "senator", NULL},       {"rep.", "representative", NULL}, {"capt.", "captain", NULL},
    {"lt.", "lieutenant", NULL},     {"col.", "colonel", NULL},     {"sgt.", "sergeant", NULL},
    {"ave.", "avenue", NULL},        {"blvd.", "boulevard", NULL},  {"rd.", "road", NULL},
    {"mt.", "mount", NULL},          {"ft.", "feet", "fort"},       {"inc.", "incorporated", "inc"},
    {"ltd.", "limited", NULL},       {"co.", "company", NULL},      {"dept.", "department", NULL},
    {"est.", "established", NULL},   {"approx.", "approximately", NULL}, {"jan.", "january", NULL},
    {"feb.", "february", NULL},      {"mar.", "march", NULL},       {"apr.", "april", NULL},
    {"aug.", "august", NULL},        {"sept.", "september", NULL},  {"sep.", "september", NULL},
    {"oct.", "october", NULL},       {"nov.", "november", NULL},    {"dec.", "december", NULL},
    {"vs", "versus", NULL},          {"mr", "mister", NULL},        {"mrs", "missus", NULL},
    {"dr", "doctor", NULL},          {"km", "kilometers", "K M"},   {"kg", "kilograms", "K G"},
    {"cm", "centimeters", "C M"},    {"mm", "millimeters", "M M"},  {"ml", "milliliters", "M L"},
    {"mph", "M P H", "miles per hour"}, {"gb", "gigabytes", "G B"}, {"mb", "megabytes", "M B"},
    {"pm", "P M", NULL},             {"p.m.", "P M", NULL},         {"a.m.", "A M", NULL},
    {"tv", "T V", NULL},             {"ok", "O K", NULL},           {"hz", "hertz", NULL},
    {"khz", "kilohertz", NULL},      {"lbs", "pounds", NULL},       {"oz", "ounces", NULL},
};

static bool say_shortened(struct line *l, const char *word, enum style style)
{
    for (size_t i = 0; i < sizeof shortened / sizeof *shortened; i++)
        if (strcasecmp(word, shortened[i].written) == 0) {
            bool other = style == STYLE_PAIRS && shortened[i].other;
            line_add(l, other ? shortened[i].other : shortened[i].spoken);
            return true;
        }
    return false;
}

static void say_letters(struct line *l, const char *word)
{
    for (; *word; word++)
        if (isalpha((unsigned char)*word))
            line_add(l, (char[]){(char)toupper((unsigned char)*word), '\0'});
}

/* Capitals only, or with dots between: its letters may be said. */
static bool is_initials(const char *word)
{
    int capitals = 0, small = 0, dots = 0;
    for (const char *p = word; *p; p++) {
        capitals += isupper((unsigned char)*p) != 0;
        small += islower((unsigned char)*p) != 0;
        dots += *p == '.' && p[1];
    }
    return (capitals > 1 && small == 0 && capitals <= 6) || dots > 0;
}

static void say_word(struct line *l, const char *word, enum style style)
{
    if (say_shortened(l, word, style))
        return;
    bool dotted = strchr(word, '.') && strchr(word, '.')[1];
    if (is_initials(word) && (dotted || style == STYLE_PAIRS)) {
        say_letters(l, word);
        return;
    }
    char lower[PLAIN_MAX] = "";
    size_t n = 0;
    for (; *word; word++)
        if (isalpha((unsigned char)*word) || *word == '\'')
            lower[n++] = (char)tolower((unsigned char)*word);
    while (n && lower[n - 1] == '\'')
        n--;
    lower[n] = '\0';
    line_add(l, lower[0] == '\'' && n > 1 && !isalpha((unsigned char)lower[1]) ? lower + 1 : lower);
}

/* --- Numbers with what is around them ----------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *say_suffix(struct line *l, const char *at)
{
    static const char *const ordinals[] = {"st", "nd", "rd", "th"};
    size_t n = 0;
    while (isalpha((unsigned char)at[n]) || (at[n] == '\'' && at[n + 1] == 's'))
        n++;
    for (size_t i = 0; i < 4; i++)
        if (n == 2 && strncasecmp(at, ordinals[i], 2) == 0) {
            say_ordinal(l);
            return at + 2;
        }
    if ((n == 1 && *at == 's') || (n == 2 && strncmp(at, "'s", 2) == 0)) {
        say_plural(l);
        return at + n;
    }
    return at;
}

/* From a digit on: "1,234.5", "10:30", "3rd"; returns what follows. */
static const char *say_number_at(struct line *l, const char *at, enum style style)
{
    char digits[PLAIN_MAX] = "";
    size_t n = 0;
    bool commas = false;
    while (is_digit(*at) || (*at == ',' && is_digit(at[1]) && is_digit(at[2]) && is_digit(at[3]))) {
        commas |= *at == ',';
        if (is_digit(*at))
            digits[n++] = *at;
        at++;
    }
    digits[n] = '\0';
    say_number(l, digits, commas ? STYLE_PLAIN : style);
    if (*at == '.' && is_digit(at[1])) {
        line_add(l, "point");
        for (at++; is_digit(*at); at++)
            say_number(l, (char[]){*at, '\0'}, STYLE_PLAIN);
    } else if (*at == ':' && is_digit(at[1]) && is_digit(at[2])) {
        if (at[1] != '0')
            say_number(l, (char[]){at[1], at[2], '\0'}, STYLE_PLAIN);
        else if (at[2] != '0')
            say_number(l, (char[]){'0', at[2], '\0'}, STYLE_OH);
        else if (style == STYLE_PLAIN)
            line_add(l, "o'clock");
        at += 3;
    }
    return say_suffix(l, at);
}

static const char *money(char c)
{
    return c == '$' ? "dollars" : c == 'E' - 64 ? "euros" : c == 'P' - 64 ? "pounds" : NULL;
}

static const char *sign_word(char c)
{
    switch (c) {
    case '&':
        return "and";
    case '@':
        return "at";
    case '%':
        return "percent";
    case '+':
        return "plus";
    case '=':
        return "equals";
    case '#':
        return "number";
    default:
        return NULL;
    }
}

static void say_all(struct line *l, const char *at, enum style style)
{
    const char *unit = NULL;
    while (*at) {
        if (money(*at) && is_digit(at[1])) {
            unit = money(*at++);
        } else if (is_digit(*at)) {
            at = say_number_at(l, at, style);
            if (unit && style != STYLE_PAIRS)
                line_add(l, unit);
            unit = NULL;
        } else if (sign_word(*at)) {
            line_add(l, sign_word(*at++));
        } else if (isalpha((unsigned char)*at) || *at == '\'') {
            char word[PLAIN_MAX] = "";
            size_t n = 0;
            while (isalpha((unsigned char)*at) || *at == '\'' || *at == '.')
                word[n++] = *at++;
            word[n] = '\0';
            say_word(l, word, style);
        } else {
            at++;
        }
    }
}

void spoken_ways_of(const char *written, struct spoken_ways *out)
{
    char plain[PLAIN_MAX] = "";
    make_plain(written, plain);
    out->count = 0;
    for (enum style style = STYLE_PLAIN; style <= STYLE_OH; style++) {
        struct line l = {0};
        say_all(&l, plain, style);
        bool fresh = l.text[0] && !l.full;
        for (int i = 0; i < out->count; i++)
            fresh = fresh && strcmp(out->text[i], l.text) != 0;
        if (fresh)
            memcpy(out->text[out->count++], l.text, sizeof l.text);
    }
}
