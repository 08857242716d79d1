/* SPDX-License-Identifier: GPL-3.0-or-later
 * phrase.c - phrases by their small words.
 */
#include "render/phrase.h"

#include "core/utf8.h"

#include <string.h>

#define COST_BEFORE_OPENER 0.6
#define COST_USUAL 1.0
#define COST_AFTER_OPENER 3.5
#define COST_EMOJI 5.0

/* Articles, prepositions, conjunctions, pronouns: what belongs to the word that follows. Between
 * blanks, in capitals. */
static const char openers[] =
    /* English */
    " A AN THE THIS THAT THESE THOSE MY YOUR HIS HER ITS OUR THEIR AND OR BUT NOR SO YET IF AS "
    "BECAUSE WHEN WHILE WHERE WHO WHICH THAN OF IN ON AT TO FOR FROM WITH WITHOUT BY INTO ONTO "
    "OVER UNDER ABOUT AFTER BEFORE BETWEEN THROUGH UNTIL I YOU HE SHE IT WE THEY NOT NO VERY "
    "I'M YOU'RE HE'S SHE'S IT'S WE'RE THEY'RE I'VE I'LL DON'T CAN'T IS ARE WAS WERE "
    /* German */
    "DER DIE DAS DEN DEM DES EIN EINE EINEN EINEM EINER EINES UND ODER ABER SONDERN DENN WEIL DASS "
    "WENN ALS WIE OB VON ZU MIT BEI NACH AUS F\u00dcR DURCH GEGEN OHNE UM AUF UNTER \u00dcBER VOR "
    "HINTER NEBEN ZWISCHEN IM AM ZUM ZUR VOM BEIM INS ICH DU ER SIE ES WIR IHR MEIN DEIN SEIN KEIN "
    "KEINE NICHT SEHR "
    /* French */
    "LE LA LES UN UNE DU DE MON MA MES TON TA TES SON SA SES NOTRE VOTRE LEUR ET OU MAIS DONC CAR "
    "NI QUE QUI QUAND SI COMME \u00c0 AU AUX EN DANS SUR SOUS AVEC SANS POUR PAR CHEZ VERS ENTRE "
    "JE "
    "TU IL ELLE NOUS VOUS ILS ELLES NE SE CE CETTE "
    /* Spanish, Portuguese, Italian */
    "EL LOS LAS UNO UNA UNOS UNAS Y E O U PERO PORQUE CUANDO DEL AL CON SIN POR PARA SOBRE ENTRE "
    "DESDE HASTA MI SU TUS SUS YO ELLOS NOSOTROS NO MUY OS AS UM UMA DO DA DOS DAS NO NA NOS NAS "
    "COM SEM MAS MEU MINHA SEU SUA EU ELE ELA ELES N\u00c3O LO GLI UNO DI DEL DELLA DEI DELLE CHE "
    "SE QUANDO PERCH\u00c9 PER CON SU TRA FRA NEL NELLA SUL SULLA IO LUI LEI NOI VOI LORO NON "
    /* Dutch */
    "HET EEN EN MAAR WANT OF DAT VAN IN OP AAN MET VOOR DOOR UIT BIJ NAAR OM TE IK JIJ HIJ ZIJ WIJ "
    "MIJN JOUW NIET GEEN "
    /* Polish */
    "I W WE Z ZE NA DO OD PO ZA POD NAD PRZED PRZEZ DLA BEZ O U ALE \u017bE \u017bEBY JAK GDY NIE "
    /* Russian, Ukrainian */
    "\u0418 \u0410 \u041d\u041e \u0418\u041b\u0418 \u0412 \u0412\u041e \u041d\u0410 \u0421 "
    "\u0421\u041e \u041a \u041a\u041e \u041f\u041e \u0417\u0410 \u0418\u0417 \u041e\u0422 "
    "\u0414\u041e \u0423 \u041e \u041e\u0411 \u0414\u041b\u042f \u0411\u0415\u0417 "
    "\u041f\u0420\u0418 \u041d\u0410\u0414 \u041f\u041e\u0414 \u0427\u0422\u041e "
    "\u041a\u0410\u041a \u041a\u041e\u0413\u0414\u0410 \u0415\u0421\u041b\u0418 \u041d\u0415 "
    "\u042f \u0422\u042b \u041e\u041d \u041e\u041d\u0410 \u041c\u042b \u0412\u042b "
    "\u041e\u041d\u0418 \u0422\u0410 \u0406 \u0417 \u0417\u0406 \u0407\u0407 \u0429\u041e "
    /* Greek, without accents */
    "\u039f \u0397 \u03a4\u039f \u039f\u0399 \u03a4\u0391 \u03a4\u039f\u03a5 \u03a4\u0397\u03a3 "
    "\u03a4\u03a9\u039d \u03a4\u039f\u039d \u03a4\u0397\u039d \u0395\u039d\u0391\u03a3 "
    "\u039c\u0399\u0391 \u0395\u039d\u0391 \u039a\u0391\u0399 \u0397 \u0391\u039b\u039b\u0391 "
    "\u039d\u0391 \u0398\u0391 \u03a3\u03a4\u039f \u03a3\u03a4\u0397\u039d "
    "\u03a3\u03a4\u039f\u039d "
    "\u0391\u03a0\u039f \u039c\u0395 \u0393\u0399\u0391 \u03a9\u03a3 \u03a0\u039f\u03a5 "
    "\u039f\u03a4\u0399 \u0394\u0395\u039d \u039c\u0397\u039d ";
#define OPENER_BYTES 24 /* longer than any of them */

static bool is_opener(const struct text_unit *u)
{
    char word[OPENER_BYTES + 8] = " ";
    size_t out = 1;
    for (size_t at = 0; at < u->len;) {
        uint32_t cp;
        size_t n = utf8_decode(u->text + at, u->len - at, &cp);
        at += n ? n : 1;
        if (out == 1 && text_is_punctuation(cp))
            continue; /* an opening quotation mark */
        if (out + 6 > OPENER_BYTES)
            return false;
        out += utf8_encode(cp == 0x2019 ? '\'' : text_upper(cp), word + out);
    }
    word[out++] = ' ';
    word[out] = '\0';
    return out > 2 && strstr(openers, word);
}

static uint32_t last_char(const struct text_unit *u)
{
    uint32_t cp = 0;
    for (size_t at = 0; at < u->len;) {
        size_t n = utf8_decode(u->text + at, u->len - at, &cp);
        at += n ? n : 1;
    }
    return cp;
}

static uint32_t first_char(const struct text_unit *u)
{
    uint32_t cp = 0;
    utf8_decode(u->text, u->len, &cp);
    return cp;
}

static bool ends_clause(uint32_t cp)
{
    static const uint32_t ends[] = {'.',    ',',    ';',    ':',    '!',    '?',    0x2026,
                                    0x3002, 0xff0c, 0x3001, 0xff01, 0xff1f, 0xff1b, 0xff1a,
                                    0x060c, 0x061b, 0x061f, 0x0964, 0x17d4, 0x2014};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (cp == ends[i])
            return true;
    return false;
}

static bool is_hiragana(uint32_t cp)
{
    return cp >= 0x3041 && cp <= 0x309f;
}

static bool is_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

double phrase_break_cost(const struct text_unit *before, const struct text_unit *after)
{
    uint32_t last = last_char(before), first = first_char(after);
    if (ends_clause(last))
        return 0;
    if (!after->space_before && (is_hiragana(last) || is_hiragana(first)))
        return is_hiragana(first) ? COST_AFTER_OPENER : COST_BEFORE_OPENER;
    if (is_opener(before) || is_digit(last))
        return COST_AFTER_OPENER;
    if (first >= 0x1f000 && after->space_before)
        return COST_EMOJI; /* it comments on what is before it */
    return is_opener(after) ? COST_BEFORE_OPENER : COST_USUAL;
}
