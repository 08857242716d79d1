/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "core/number.h"

#include <float.h>
#include <locale.h>
#include <stdlib.h>

static void test_format(void)
{
    static const struct {
        double v;
        const char *text;
    } cases[] = {
        {0, "0.0"},
        {-0.0, "-0.0"},
        {1, "1.0"},
        {30, "30.0"},
        {-1.5, "-1.5"},
        {0.488, "0.488"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {1e-4, "0.0001"},
        {9.999e-5, "9.999e-05"},
        {1e-7, "1e-07"},
        {1.5e-7, "1.5e-07"},
        {1e15, "1000000000000000.0"},
        {9999999999999998.0, "9999999999999998.0"},
        {1e16, "1e+16"},
        {123456789012345680.0, "1.2345678901234568e+17"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {1e100, "1e+100"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {5e-324, "5e-324"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {0x1p-44, "5.684341886080802e-14"},
        {0x1p-60, "8.673617379884035e-19"},
        {0x1p53, "9007199254740992.0"},
        {4503599627370495.5, "4503599627370495.5"},
        {1680086920856385.25, "1680086920856385.2"},
        {127410502765374.625, "127410502765374.62"},
        {30000.0 / 1001, "29.97002997002997"},
        {12.345678901234567, "12.345678901234567"},
        {0.000123456789, "0.000123456789"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[NUMBER_TEXT_SIZE];
        CHECK_CASE(cases[i].text);
        CHECK(number_format(cases[i].v, text) == strlen(cases[i].text));
        CHECK_STR(text, cases[i].text);
    }
    char text[NUMBER_TEXT_SIZE] = "x";
    CHECK(number_format(NAN, text) == 0 && text[0] == '\0');
    CHECK(number_format(-INFINITY, text) == 0);
}

static void test_parse(void)
{
    static const struct {
        const char *text;
        double v;
    } cases[] = {
        {"0", 0},
        {"-0", -0.0},
        {"+7", 7},
        {"007", 7},
        {".5", 0.5},
        {"1.", 1},
        {"1e3", 1000},
        {"1E+3", 1000},
        {"1e-3", 0.001},
        {"0.488", 0.488},
        {"1e400", INFINITY},
        {"-1e400", -INFINITY},
        {"1e-400", 0},
        {"1e99999999999999999999", INFINITY},
        {"0e99999999999999999999", 0},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.0000000000000000000000001", 9007199254740994.0},
        {"1.7976931348623157e308", DBL_MAX},
        {"1.7976931348623159e308", INFINITY},
        {"4.9406564584124654e-324", 5e-324},
        {"2.4703282292062327e-324", 0},
        {"2.4703282292062328e-324", 5e-324},
        {"123456789012345678901234567890", 1.2345678901234568e29},
        {"0.000000000000000000000000000000000000000000000000000001e54", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double v = NAN;
        CHECK_CASE(cases[i].text);
        CHECK(number_parse(cases[i].text, strlen(cases[i].text), &v));
        CHECK(v == cases[i].v && signbit(v) == signbit(cases[i].v));
    }
    static const char *const bad[] = {"",     "-",   "+",   ".",     "-.",   "e5",
                                      "1e",   "1e+", "1 ",  " 1",    "1..2", "1.2.3",
                                      "0x10", "inf", "nan", "1e5.0", "--1",  "1,5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double v;
        CHECK_CASE(bad[i]);
        CHECK(!number_parse(bad[i], strlen(bad[i]), &v));
    }
}

/* 2^53 + 1 lies between two doubles; a digit far behind decides which one it is. */
static void test_parse_long(void)
{
    static char text[4000];
    int n = snprintf(text, sizeof text, "9007199254740993.");
    double v;
    CHECK_CASE("long");
    memset(text + n, '0', 3000);
    CHECK(number_parse(text, (size_t)n + 3000, &v) && v == 9007199254740992.0);
    text[n + 2999] = '1';
    CHECK(number_parse(text, (size_t)n + 3000, &v) && v == 9007199254740994.0);
    memset(text, '9', 3000);
    memcpy(text + 3000, "e-2999", 6);
    CHECK(number_parse(text, 3006, &v) && v == 10.0);
}

static void test_parse_int(void)
{
    static const struct {
        const char *text;
        enum number_fit fit;
        int64_t v;
    } cases[] = {
        {"0", NUMBER_INT, 0},
        {"-0", NUMBER_INT, 0},
        {"+12", NUMBER_INT, 12},
        {"9223372036854775807", NUMBER_INT, INT64_MAX},
        {"-9223372036854775808", NUMBER_INT, INT64_MIN},
        {"9223372036854775808", NUMBER_TOO_LARGE, 0},
        {"-9223372036854775809", NUMBER_TOO_LARGE, 0},
        {"00000000000000000000000000001", NUMBER_INT, 1},
        {"99999999999999999999x", NUMBER_NOT_INT, 0},
        {"", NUMBER_NOT_INT, 0},
        {"-", NUMBER_NOT_INT, 0},
        {"1.0", NUMBER_NOT_INT, 0},
        {"1e3", NUMBER_NOT_INT, 0},
        {" 1", NUMBER_NOT_INT, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t v = 0;
        CHECK_CASE(cases[i].text);
        CHECK(number_parse_int(cases[i].text, strlen(cases[i].text), &v) == cases[i].fit);
        CHECK(v == cases[i].v);
    }
}

static uint64_t next_random(uint64_t *state) /* xorshift64, Marsaglia 2003 */
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Every double comes back as itself, and no text is longer than printf's 17 digits. */
static void test_round_trip(void)
{
    uint64_t state = 88172645463325252u;
    int wrong = 0;
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = next_random(&state);
        double v, back;
        char text[NUMBER_TEXT_SIZE];
        memcpy(&v, &bits, sizeof v);
        if (i % 4 == 1)
            v = (double)(bits % 1000000000) / 1e6;
        if (i % 4 == 2)
            v = (double)bits / 0x1p58;
        if (!isfinite(v))
            continue;
        size_t n = number_format(v, text);
        wrong += !number_parse(text, n, &back) || memcmp(&back, &v, sizeof v) != 0 || n > 24;
        wrong += strtod(text, NULL) != v;
    }
    CHECK_CASE("random doubles");
    CHECK(wrong == 0);
}

/* A decimal comma, where one is installed; Debian's C.UTF-8 alone has none. */
static void test_locale(void)
{
    if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8")) {
        printf("skipped: no locale with a decimal comma is installed\n");
        return;
    }
    char text[NUMBER_TEXT_SIZE];
    double v;
    CHECK_CASE("locale");
    number_format(1.5e-300, text);
    CHECK_STR(text, "1.5e-300");
    CHECK(number_parse("12.345678901234567", 18, &v));
    CHECK_NEAR(v, 12.345678901234567, 0);
    setlocale(LC_NUMERIC, "C");
}

int main(void)
{
    test_format();
    test_parse();
    test_parse_long();
    test_parse_int();
    test_round_trip();
    test_locale();
    return check_done();
}
