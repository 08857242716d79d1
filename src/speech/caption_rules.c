/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "speech/caption_rules.h"

#include "core/utf8.h"
#include "core/words.h"

#include <string.h>
#include <strings.h>

/* --- Width and scripts ------------------------------------------------------------------------ */

static int columns_of(uint32_t cp)
{
    size_t lo = 0, hi = column_range_count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (column_ranges[mid].last < cp)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < column_range_count && column_ranges[lo].first <= cp ? column_ranges[lo].columns : 1;
}

/* The next character of a text; broken bytes are one each. */
static uint32_t next_char(const char **p, const char *end)
{
    uint32_t cp = 0xfffd;
    size_t n = utf8_decode(*p, (size_t)(end - *p), &cp);
    *p += n ? n : 1;
    return cp;
}

int text_columns(const char *text, size_t len)
{
    int n = 0;
    for (const char *p = text, *end = text + len; p < end;)
        n += columns_of(next_char(&p, end));
    return n;
}

static bool is_han(uint32_t cp)
{
    return (cp >= 0x2e80 && cp < 0xa4d0) || (cp >= 0xf900 && cp < 0xfb00) ||
           (cp >= 0xff00 && cp < 0xffa0) || (cp >= 0x20000 && cp < 0x40000);
}

static bool is_hangul(uint32_t cp)
{
    return (cp >= 0xac00 && cp < 0xd7b0) || (cp >= 0x1100 && cp < 0x1200);
}

bool text_is_wide(const char *text, size_t len)
{
    for (const char *p = text, *end = text + len; p < end;) {
        uint32_t cp = next_char(&p, end);
        if (is_han(cp) || is_hangul(cp))
            return true;
    }
    return false;
}

/* Han, kana, Thai, Lao, Burmese, Khmer. */
static bool without_blanks(uint32_t cp)
{
    return is_han(cp) || (cp >= 0xe00 && cp < 0xf00) || (cp >= 0x1000 && cp < 0x10a0) ||
           (cp >= 0x1780 && cp < 0x1800);
}

static uint32_t first_char(const char *s)
{
    const char *p = s;
    return *s ? next_char(&p, s + strlen(s)) : 0;
}

/* The last character that is not one of `but`. */
static uint32_t last_char_but(const char *s, bool (*but)(uint32_t))
{
    uint32_t last = 0;
    for (const char *p = s, *end = s + strlen(s); p < end;) {
        uint32_t cp = next_char(&p, end);
        last = but && but(cp) ? last : cp;
    }
    return last;
}

static bool in(uint32_t cp, const uint32_t *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == cp)
            return true;
    return false;
}
#define IN(cp, list) in(cp, list, sizeof(list) / sizeof *(list))

/* Quotes and brackets that close, and marks that end something: they cling to what is before. */
static bool closes(uint32_t cp)
{
    static const uint32_t list[] = {'"',    '\'',   ')',    ']',    '}',    0xbb,   0x2019, 0x201d,
                                    0x203a, 0x300d, 0x300f, 0x3011, 0xff09, 0x300b, 0x3009};
    return IN(cp, list);
}

static bool opens(uint32_t cp)
{
    static const uint32_t list[] = {'(',    '[',    '{',    0xab,   0xa1,   0xbf,   0x201c, 0x201e,
                                    0x2018, 0x2039, 0x300c, 0x300e, 0x3010, 0xff08, 0x300a, 0x3008};
    return IN(cp, list);
}

static bool ends_sentence_mark(uint32_t cp)
{
    static const uint32_t list[] = {'.',    '!',    '?',    0x2026, 0x61f,  0x6d4,
                                    0x964,  0x965,  0x3002, 0xff01, 0xff0e, 0xff1f,
                                    0xff61, 0x104b, 0x17d4, 0x589,  0x1362};
    return IN(cp, list);
}

static bool ends_clause_mark(uint32_t cp)
{
    static const uint32_t list[] = {',',    ';',    ':',    0x2013, 0x2014, 0x60c, 0x61b, 0x3001,
                                    0xff0c, 0xff1a, 0xff1b, 0xff64, 0x104a, 0x387, 0x55d, 0x1363};
    return IN(cp, list);
}

/* What a line of Japanese or Chinese does not begin with, besides the marks above: small kana, the
 * long-vowel and repetition marks. */
static bool clings(uint32_t cp)
{
    static const uint32_t list[] = {0x3041, 0x3043, 0x3045, 0x3047, 0x3049, 0x3063, 0x3083, 0x3085,
                                    0x3087, 0x308e, 0x30a1, 0x30a3, 0x30a5, 0x30a7, 0x30a9, 0x30c3,
                                    0x30e3, 0x30e5, 0x30e7, 0x30ee, 0x30fc, 0x3005, 0x30fb, '%'};
    return IN(cp, list) || closes(cp) || ends_sentence_mark(cp) || ends_clause_mark(cp);
}

bool blank_between(const char *before, const char *after)
{
    uint32_t b = last_char_but(before, NULL), a = first_char(after);
    const char *p = after, *end = after + strlen(after);
    bool marks = p < end;
    while (p < end && marks)
        marks = clings(next_char(&p, end));
    return b && a && !without_blanks(b) && !without_blanks(a) && !marks && !opens(b);
}

/* --- Languages -------------------------------------------------------------------------------- */

struct caption_language {
    const char *code;
    const char *binds; /* to the next word: articles, determiners, possessives, subjects */
    const char *opens; /* a phrase: prepositions */
    const char *joins; /* conjunctions, and what begins a clause */
};

/* clang-format off */
static const struct caption_language known[] = {
    {"en", "a an the my your his its our their this that these those every each some any no not very too so really quite more most "
           "i you he she it we they i'm you're he's she's it's we're they're i'll i've we've don't can't is are was were be "
           "been has have had will would can could should must do does did mr mr. mrs mrs. ms ms. dr dr. st st.",
           "of to in on at by for from with without into onto over under about after before between through during "
           "against among toward towards upon within since until behind beside beyond near off like",
           "and or but nor because although though while if unless when where which who whose whom than as so yet whether"},
    {"de", "der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner mein meine meinen "
           "meinem meiner dein deine deinen deinem sein seine seinen seinem seiner ihr ihre ihren ihrem ihrer unser unsere "
           "unseren unserem unserer euer eure dieser diese dieses diesen diesem jeder jede jedes jeden jedem sehr zu nicht ich du er sie es wir "
           "ist sind war hat haben herr frau dr dr.",
           "von in im an am auf aus bei beim mit nach zum zur ohne durch gegen um unter neben zwischen vor hinter seit "
           "bis wegen trotz ins vom \xc3\xbc" "ber f\xc3\xbcr w\xc3\xa4hrend",
           "und oder aber denn sondern weil dass da\xc3\x9f wenn ob als obwohl damit sodass bevor nachdem w\xc3\xa4hrend wo wie"},
    {"fr", "le la les un une des du ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs "
           "chaque tr\xc3\xa8s ne je tu il elle on nous vous ils elles est sont a ont m. mme mlle",
           "de \xc3\xa0 au aux en dans sur sous par pour avec sans chez vers entre contre depuis pendant avant apr\xc3\xa8s",
           "et ou mais donc or ni car que qui quand comme si parce puisque lorsque dont o\xc3\xb9 quoique"},
    {"es", "el la los las un una unos unas mi mis tu tus su sus este esta estos estas ese esa cada muy no yo "
           "\xc3\xa9l ella se me te le lo es son fue ha han sr. sra. del al",
           "de a en con por para sin sobre entre hacia hasta desde contra seg\xc3\xban tras ante bajo",
           "y e o u pero sino porque que si cuando como aunque donde mientras quien cual pues"},
    {"it", "il lo la i gli le un uno una mio mia tuo tua suo sua nostro questo questa quel quella ogni molto non io tu "
           "lui lei noi voi loro si mi ti ci vi \xc3\xa8 sono ha hanno del della dei delle dal dalla al alla nel nella sul sulla",
           "di a da in con su per tra fra senza verso contro dopo prima durante",
           "e ed o ma per\xc3\xb2 perch\xc3\xa9 che se quando come mentre dove quindi anche n\xc3\xa9"},
    {"pt", "o a os as um uma uns umas meu minha teu tua seu sua este esta esse essa cada muito n\xc3\xa3o eu ele ela "
           "n\xc3\xb3s eles elas se me te \xc3\xa9 s\xc3\xa3o foi tem do da dos das no na nos nas ao",
           "de em com por para sem sobre entre at\xc3\xa9 desde contra ap\xc3\xb3s durante",
           "e ou mas porque que se quando como embora onde enquanto pois quem"},
    {"nl", "de het een mijn jouw zijn haar ons onze hun deze dit die dat elke ieder zeer heel niet ik jij je hij ze zij "
           "we wij is was heeft hebben te",
           "van in op aan bij met voor naar uit over onder door tegen tussen zonder na sinds tot om",
           "en of maar want omdat dat als toen terwijl hoewel zodat waar wie wat dus"},
    {"ru", "\xd0\xbd\xd0\xb5 \xd0\xbd\xd0\xb8 \xd1\x8f \xd1\x82\xd1\x8b \xd0\xbe\xd0\xbd \xd0\xbe\xd0\xbd\xd0\xb0 \xd0\xbc\xd1\x8b \xd0\xb2\xd1\x8b \xd0\xbe\xd0\xbd\xd0\xb8",
           "\xd0\xb2 \xd0\xb2\xd0\xbe \xd0\xbd\xd0\xb0 \xd1\x81 \xd1\x81\xd0\xbe \xd0\xba \xd1\x83 \xd0\xbe \xd0\xbe\xd0\xb1 \xd0\xbf\xd0\xbe \xd0\xb7\xd0\xb0 \xd0\xb8\xd0\xb7 \xd0\xbe\xd1\x82 \xd0\xb4\xd0\xbe \xd0\xb4\xd0\xbb\xd1\x8f \xd0\xb1\xd0\xb5\xd0\xb7 \xd0\xbf\xd1\x80\xd0\xb8 \xd0\xbf\xd0\xbe\xd0\xb4 \xd0\xbd\xd0\xb0\xd0\xb4",
           "\xd0\xb8 \xd0\xb0 \xd0\xbd\xd0\xbe \xd0\xb8\xd0\xbb\xd0\xb8 \xd1\x87\xd1\x82\xd0\xbe \xd1\x87\xd1\x82\xd0\xbe\xd0\xb1\xd1\x8b \xd0\xb5\xd1\x81\xd0\xbb\xd0\xb8 \xd0\xba\xd0\xbe\xd0\xb3\xd0\xb4\xd0\xb0 \xd0\xba\xd0\xb0\xd0\xba \xd0\xbf\xd0\xbe\xd1\x82\xd0\xbe\xd0\xbc\xd1\x83"},
};
/* clang-format on */
#define KNOWN (sizeof known / sizeof *known)

const struct caption_language *caption_language_find(const char *code)
{
    size_t n = strcspn(code, "-_");
    for (size_t i = 0; i < KNOWN; i++)
        if (strlen(known[i].code) == n && strncasecmp(known[i].code, code, n) == 0)
            return &known[i];
    return NULL;
}

static bool is_one_of(const char *list, const char *word)
{
    size_t n = strcspn(word, ",;:!?");
    while (n && closes((unsigned char)word[n - 1]))
        n--;
    while (n && strchr("\"'([", *word)) {
        word++;
        n--;
    }
    return n && words_contain(list, word, n);
}

const struct caption_language *caption_language_guess(const char *const *words, size_t count)
{
    const struct caption_language *best = NULL;
    size_t most = count / 10; /* of common text a third to a half are such words */
    for (size_t k = 0; k < KNOWN; k++) {
        size_t hits = 0;
        for (size_t i = 0; i < count; i++)
            hits += is_one_of(known[k].binds, words[i]) || is_one_of(known[k].opens, words[i]) ||
                    is_one_of(known[k].joins, words[i]);
        if (hits > most) {
            most = hits;
            best = &known[k];
        }
    }
    return best;
}

/* --- Breaks ----------------------------------------------------------------------------------- */

/* Of the scripts that have capitals, roughly: Latin, Greek, Cyrillic. */
static bool is_capital(uint32_t cp)
{
    return (cp >= 'A' && cp <= 'Z') || (cp >= 0xc0 && cp <= 0xde && cp != 0xd7) ||
           (cp >= 0x100 && cp < 0x180 && cp % 2 == 0) || (cp >= 0x391 && cp <= 0x3a9) ||
           (cp >= 0x400 && cp <= 0x42f);
}

static bool is_small(uint32_t cp)
{
    return (cp >= 'a' && cp <= 'z') || (cp >= 0xdf && cp <= 0xff && cp != 0xf7) ||
           (cp >= 0x100 && cp < 0x180 && cp % 2 == 1) || (cp >= 0x3b1 && cp <= 0x3c9) ||
           (cp >= 0x430 && cp <= 0x45f);
}

static bool is_digit(uint32_t cp)
{
    return (cp >= '0' && cp <= '9') || (cp >= 0x660 && cp <= 0x669) || (cp >= 0x966 && cp <= 0x96f);
}

/* "J.", "e.g.", "Dr.": a full stop that ends no sentence. */
static bool is_short_form(const struct caption_language *l, const char *word)
{
    size_t n = strlen(word);
    const char *dot = strchr(word, '.');
    return n > 1 && word[n - 1] == '.' &&
           ((n == 2 && is_capital((unsigned char)*word)) || (dot && dot < word + n - 1 && n < 6) ||
            (l && is_one_of(l->binds, word)));
}

static bool ends_sentence(const struct caption_language *l, const char *before, const char *after)
{
    uint32_t last = last_char_but(before, closes);
    if (!ends_sentence_mark(last))
        return false;
    return (last != '.' && last != 0x2026) ||
           (!is_small(first_char(after)) && !is_short_form(l, before));
}

static bool in_name(const char *before, const char *after)
{
    bool i = after[0] == 'I' && (after[1] == '\0' || after[1] == '\'');
    return is_capital(first_char(before)) && is_capital(first_char(after)) && !i;
}

double break_cost(const struct caption_language *l, const char *before, const char *after)
{
    uint32_t last = last_char_but(before, closes), first = first_char(after);
    if (opens(last_char_but(before, NULL)) || clings(first))
        return first == '"' || first == '\'' ? BREAK_PLAIN : BREAK_NEVER;
    if (ends_sentence(l, before, after))
        return BREAK_SENTENCE;
    if (ends_clause_mark(last) || opens(first))
        return BREAK_CLAUSE;
    if (is_short_form(l, before) || in_name(before, after) || is_digit(last))
        return BREAK_BOUND;
    if (l &&
        (is_one_of(l->binds, before) || is_one_of(l->opens, before) || is_one_of(l->joins, before)))
        return BREAK_BOUND;
    if (l && (is_one_of(l->joins, after) || is_one_of(l->opens, after)))
        return BREAK_PHRASE;
    return BREAK_PLAIN;
}
