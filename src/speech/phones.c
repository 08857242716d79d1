/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/phones.h"

#include <stdio.h>
#include <string.h>

/* `match` at the place, with `left` before and `right` after, is said `phones`. In left and right:
 * '#' one or more vowels, ':' any number of consonants, '^' one consonant, '+' one of e, i, y,
 * '_' the word's edge, '%' an ending (-e, -es, -ed, -er, -ing, -ely). The first rule that fits. */
struct rule {
    const char *left, *match, *right, *phones;
};

/* clang-format off */
static const struct rule rules[] = {
    {"", "'", "", ""},
    {"_", "a", "_", "AH"}, {"_", "are", "_", "AA R"}, {"", "augh", "t", "AO"}, {"", "air", "", "EH R"},
    {"", "ai", "", "EY"}, {"", "ay", "", "EY"}, {"", "au", "", "AO"}, {"", "aw", "", "AO"}, {"", "ally", "_", "AH L IY"},
    {"", "able", "_", "AH B AH L"}, {"", "age", "_", "IH JH"}, {"", "al", "k", "AO"}, {"", "al", "_", "AH L"},
    {"", "all", "", "AO L"}, {"", "ar", "_", "AA R"}, {"", "are", "_", "EH R"}, {"", "ar", "", "AA R"}, {"", "ange", "", "EY N JH"},
    {"", "aa", "", "AA"}, {"", "ae", "", "IY"}, {"w", "a", "t", "AA"}, {"w", "a", "s", "AA"}, {"", "a", "_", "AH"},
    {"", "a", "^%", "EY"}, {"", "a", "^i#", "EY"}, {"", "a", "^+:#", "AE"}, {"", "a", "", "AE"},
    {"", "bb", "", "B"}, {"m", "b", "_", ""}, {"", "b", "", "B"},
    {"", "chr", "", "K R"}, {"", "ch", "", "CH"}, {"", "ck", "", "K"}, {"", "cia", "", "SH AH"}, {"", "ciou", "", "SH AH"},
    {"", "cc", "+", "K S"}, {"", "cc", "", "K"}, {"s", "c", "+", ""}, {"", "c", "+", "S"}, {"", "cqu", "", "K W"}, {"", "c", "", "K"},
    {"", "dd", "", "D"}, {"", "dge", "", "JH"}, {"", "d", "", "D"},
    {"", "eer", "", "IH R"}, {"", "ear", "_", "IH R"}, {"", "ear", "^", "ER"}, {"", "ear", "", "IH R"}, {"", "ead", "_", "EH D"}, {"", "ea", "", "IY"},
    {"", "ee", "", "IY"}, {"", "eigh", "", "EY"}, {"", "ei", "", "IY"}, {"", "eye", "", "AY"}, {"", "ey", "_", "IY"}, {"", "ey", "", "EY"},
    {"", "eu", "", "Y UW"}, {"", "ew", "", "UW"}, {"t", "ed", "_", "IH D"}, {"d", "ed", "_", "IH D"},
    {"k", "ed", "_", "T"}, {"p", "ed", "_", "T"}, {"s", "ed", "_", "T"}, {"x", "ed", "_", "T"}, {"h", "ed", "_", "T"}, {"f", "ed", "_", "T"},
    {"#:", "ed", "_", "D"}, {"s", "es", "_", "IH Z"}, {"z", "es", "_", "IH Z"}, {"x", "es", "_", "IH Z"}, {"h", "es", "_", "IH Z"}, {"c", "es", "_", "IH Z"}, {"g", "es", "_", "IH Z"},
    {"#:", "es", "_", "Z"}, {"#:", "e", "ly_", ""}, {"#:", "e", "ment", ""}, {"#:", "e", "ful", ""}, {"", "er", "", "ER"},
    {"#:", "e", "_", ""}, {"_:", "e", "_", "IY"}, {"", "e", "^e_", "IY"}, {"", "e", "", "EH"},
    {"", "ff", "", "F"}, {"", "f", "", "F"},
    {"_", "gh", "", "G"}, {"", "gh", "", ""}, {"_", "gn", "", "N"}, {"", "gn", "_", "N"}, {"", "gg", "", "G"}, {"", "gu", "e", "G"}, {"", "gu", "i", "G"},
    {"n", "g", "_", ""}, {"", "g", "+", "JH"}, {"", "g", "", "G"},
    {"_", "h", "", "HH"}, {"", "h", "#", "HH"}, {"", "h", "", ""},
    {"", "igh", "", "AY"}, {"", "ing", "", "IH NG"}, {"", "ign", "_", "AY N"}, {"", "ique", "_", "IY K"}, {"", "ire", "", "AY ER"}, {"", "ir", "", "ER"}, {"", "ie", "_", "IY"}, {"", "ied", "_", "AY D"}, {"", "ies", "_", "IY Z"},
    {"", "ie", "", "IY"}, {"", "ild", "_", "AY L D"}, {"", "ind", "_", "AY N D"}, {"", "i", "_", "IY"}, {"_", "i", "_", "AY"},
    {"", "i", "^%", "AY"}, {"", "io", "", "IY OW"}, {"", "ia", "", "IY AH"}, {"", "i", "", "IH"},
    {"", "j", "", "JH"}, {"_", "kn", "", "N"}, {"", "kh", "", "K"}, {"", "k", "", "K"},
    {"^", "le", "_", "AH L"}, {"", "ll", "", "L"}, {"", "l", "", "L"}, {"", "mm", "", "M"}, {"", "m", "", "M"},
    {"", "ng", "_", "NG"}, {"", "nk", "", "NG K"}, {"", "nn", "", "N"}, {"", "n", "", "N"},
    {"", "oa", "", "OW"}, {"", "oi", "", "OY"}, {"", "oy", "", "OY"}, {"", "ook", "", "UH K"}, {"", "oor", "", "AO R"}, {"", "oo", "", "UW"}, {"", "ough", "t", "AO"}, {"", "ough", "", "OW"},
    {"", "ould", "", "UH D"}, {"", "ous", "_", "AH S"}, {"", "our", "", "AO R"}, {"", "ou", "", "AW"}, {"", "ow", "_", "OW"}, {"", "ow", "", "AW"}, {"", "or", "_", "ER"}, {"w", "or", "", "ER"}, {"", "or", "", "AO R"}, {"", "oe", "_", "OW"},
    {"", "old", "", "OW L D"}, {"", "o", "_", "OW"}, {"", "on", "_", "AH N"}, {"", "o", "^%", "OW"}, {"", "o", "^i#", "OW"}, {"", "o", "", "AA"},
    {"", "ph", "", "F"}, {"_", "ps", "", "S"}, {"", "pp", "", "P"}, {"", "p", "", "P"}, {"", "que", "_", "K"}, {"", "qu", "", "K W"}, {"", "q", "", "K"},
    {"", "rh", "", "R"}, {"", "rr", "", "R"}, {"", "re", "_", "ER"}, {"", "r", "", "R"},
    {"", "sch", "", "SH"}, {"", "sh", "", "SH"}, {"#", "sion", "", "ZH AH N"}, {"", "sion", "", "SH AH N"}, {"", "ss", "", "S"}, {"#", "s", "#", "Z"},
    {"#", "s", "_", "Z"}, {"d", "s", "_", "Z"}, {"g", "s", "_", "Z"}, {"l", "s", "_", "Z"}, {"m", "s", "_", "Z"}, {"n", "s", "_", "Z"}, {"r", "s", "_", "Z"}, {"b", "s", "_", "Z"}, {"", "s", "", "S"},
    {"", "tch", "", "CH"}, {"", "tion", "", "SH AH N"}, {"", "tia", "", "SH AH"}, {"", "tious", "", "SH AH S"}, {"", "ture", "", "CH ER"}, {"", "th", "", "TH"}, {"", "tt", "", "T"}, {"", "t", "", "T"},
    {"", "ure", "_", "Y UH R"}, {"", "ur", "", "ER"}, {"", "uy", "_", "AY"}, {"", "ui", "", "UW"}, {"", "ue", "_", "UW"}, {"", "u", "^%", "UW"}, {"", "u", "^i#", "UW"}, {"", "u", "_", "UW"}, {"", "u", "", "AH"},
    {"", "v", "", "V"}, {"_", "wr", "", "R"}, {"", "wh", "", "W"}, {"", "w", "#", "W"}, {"", "w", "", ""},
    {"_", "x", "", "Z"}, {"", "x", "", "K S"},
    {"_", "y", "#", "Y"}, {"_:", "y", "_", "AY"}, {"", "y", "_", "IY"}, {"", "y", "#", "Y"}, {"", "y", "^%", "AY"}, {"", "y", "", "IH"},
    {"", "zz", "", "Z"}, {"", "z", "", "Z"},
};

static const char *const letters[26] = {
    "EY", "B IY", "S IY", "D IY", "IY", "EH F", "JH IY", "EY CH", "AY", "JH EY", "K EY", "EH L", "EH M",
    "EH N", "OW", "P IY", "K Y UW", "AA R", "EH S", "T IY", "Y UW", "V IY", "D AH B AH L Y UW", "EH K S", "W AY", "Z IY",
};
/* clang-format on */

static bool is_vowel(char c)
{
    return c && strchr("aeiouy", c);
}

static bool is_consonant(char c)
{
    return c >= 'a' && c <= 'z' && !is_vowel(c);
}

static bool starts_ending(const char *at)
{
    static const char *const endings[] = {"e", "es", "ed", "er", "ers", "ing", "ely"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (strcmp(at, endings[i]) == 0)
            return true;
    return false;
}

static bool fits_right(const char *pattern, const char *at)
{
    for (; *pattern; pattern++) {
        if (*pattern == '_')
            return *at == '\0';
        if (*pattern == '%')
            return starts_ending(at);
        if (*pattern == ':') {
            while (is_consonant(*at))
                at++;
            continue;
        }
        bool fits = *pattern == '#'   ? is_vowel(*at)
                    : *pattern == '^' ? is_consonant(*at)
                    : *pattern == '+' ? *at && strchr("eiy", *at)
                                      : *at == *pattern;
        if (!fits)
            return false;
        do
            at++;
        while (*pattern == '#' && is_vowel(*at));
    }
    return true;
}

/* The pattern read backwards from `at`, where `word` begins. */
static bool fits_left(const char *pattern, const char *word, const char *at)
{
    for (size_t i = strlen(pattern); i > 0; i--) {
        char p = pattern[i - 1];
        if (p == '_')
            return at == word;
        if (p == ':') {
            while (at > word && is_consonant(at[-1]))
                at--;
            continue;
        }
        if (at == word || !(p == '#' ? is_vowel(at[-1]) : p == '^' ? is_consonant(at[-1]) : at[-1] == p))
            return false;
        do
            at--;
        while (p == '#' && at > word && is_vowel(at[-1]));
    }
    return true;
}

static const struct rule *find_rule(const char *word, const char *at)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *r = &rules[i];
        size_t n = strlen(r->match);
        if (strncmp(at, r->match, n) == 0 && fits_left(r->left, word, at) &&
            fits_right(r->right, at + n))
            return r;
    }
    return NULL;
}

bool phones_guess(const char *word, char *out, size_t size)
{
    for (const char *at = word; *at;) {
        const struct rule *r = find_rule(word, at);
        at += r ? strlen(r->match) : 1;
        if (!r || !*r->phones)
            continue;
        size_t used = strlen(out);
        int n = snprintf(out + used, size - used, "%s%s", used ? " " : "", r->phones);
        if (n < 0 || (size_t)n >= size - used)
            return false;
    }
    return true;
}

const char *phones_letter(char c)
{
    return c >= 'a' && c <= 'z' ? letters[c - 'a'] : NULL;
}
