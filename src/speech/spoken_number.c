/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/spoken_parts.h"

#include <stdlib.h>
#include <string.h>

static const char *const ones[20] = {
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
    "eighteen", "nineteen"};
static const char *const tens[10] = {"", "", "twenty", "thirty", "forty",
                                     "fifty", "sixty", "seventy", "eighty", "ninety"};

static void say_below_100(struct line *l, int n)
{
    if (n >= 20)
        line_add(l, tens[n / 10]);
    if (n < 20 || n % 10)
        line_add(l, ones[n < 20 ? n : n % 10]);
}

static void say_below_1000(struct line *l, int n)
{
    if (n >= 100) {
        line_add(l, ones[n / 100]);
        line_add(l, "hundred");
    }
    if (n % 100 || n == 0)
        say_below_100(l, n % 100);
}

static void say_cardinal(struct line *l, unsigned long long n)
{
    static const struct {
        unsigned long long size;
        const char *name;
    } groups[] = {{1000000000000ULL, "trillion"}, {1000000000ULL, "billion"},
                  {1000000ULL, "million"}, {1000ULL, "thousand"}};
    bool any = false;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (n < groups[i].size)
            continue;
        say_below_1000(l, (int)(n / groups[i].size % 1000));
        line_add(l, groups[i].name);
        n %= groups[i].size;
        any = true;
    }
    if (n || !any)
        say_below_1000(l, (int)n);
}

static void say_digits(struct line *l, const char *digits, const char *zero)
{
    for (; *digits; digits++)
        line_add(l, *digits == '0' ? zero : ones[*digits - '0']);
}

/* "nineteen oh five", "one twenty": two digits at a time, as years and room numbers are said. */
static void say_pairs(struct line *l, const char *digits)
{
    size_t n = strlen(digits);
    if (n % 2) {
        line_add(l, ones[*digits - '0']);
        digits++;
    }
    for (; *digits; digits += 2) {
        int pair = (digits[0] - '0') * 10 + digits[1] - '0';
        if (pair == 0)
            line_add(l, "hundred");
        else if (pair < 10)
            line_add(l, "oh");
        if (pair > 0)
            say_below_100(l, pair);
    }
}

void say_number(struct line *l, const char *digits, enum style style)
{
    size_t n = strlen(digits);
    bool long_one = n > 15 || (n > 1 && *digits == '0');
    if (style == STYLE_PAIRS && (n == 3 || n == 4) && *digits != '0')
        say_pairs(l, digits);
    else if (style == STYLE_DIGITS || (long_one && style == STYLE_PLAIN))
        say_digits(l, digits, "zero");
    else if (style == STYLE_OH || long_one)
        say_digits(l, digits, "oh");
    else
        say_cardinal(l, strtoull(digits, NULL, 10));
}

/* "third", "twentieth": the last word of a number that was said. */
void say_ordinal(struct line *l)
{
    static const struct {
        const char *from, *to;
    } odd[] = {{"one", "first"}, {"two", "second"}, {"three", "third"}, {"five", "fifth"},
               {"eight", "eighth"}, {"nine", "ninth"}, {"twelve", "twelfth"}};
    char *blank = strrchr(l->text, ' ');
    char *last = blank ? blank + 1 : l->text;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        if (strcmp(last, odd[i].from) == 0) {
            *last = '\0';
            line_append(l, odd[i].to);
            return;
        }
    size_t n = strlen(l->text);
    if (n && l->text[n - 1] == 'y') {
        l->text[n - 1] = '\0';
        line_append(l, "ieth");
    } else {
        line_append(l, "th");
    }
}

/* "nineties". */
void say_plural(struct line *l)
{
    size_t n = strlen(l->text);
    if (n && l->text[n - 1] == 'y') {
        l->text[n - 1] = '\0';
        line_append(l, "ies");
    } else {
        line_append(l, "s");
    }
}
