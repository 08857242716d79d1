/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. Both directions have a fast way for ordinary numbers and a slow one that is always right.
 *
 * Reading: digits that fit 53 bits, times or divided by a power of ten up to 10^22, are two exact
 * doubles, so one IEEE operation rounds correctly (Clinger, "How to read floating point numbers
 * accurately", 1990). With more digits and up to 19 decimals, one division of 128-bit
 * integers rounds as well. Everything else goes to strtod() without its decimal point, so that the
 * locale has no say.
 *
 * Writing: a number with at most 15 digits is found by scaling it to an integer below 10^15 and
 * dividing back: two different decimals of up to 15 digits are never the same double, so what
 * divides back is the shortest, but for zeros at its end. Numbers with 16 or 17 digits between 1e-5
 * and 2^53 are cut exactly in 128-bit integers (the rounding interval of Steele and White, "How to
 * print floating-point numbers accurately", 1990). The rest tries printf with 15, 16 and 17 digits.
 */
#include "core/number.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

static const double pow10_exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
#define POW10_EXACT_MAX 22

/* Past this many digits only "is there anything more" matters for the rounding: the midpoint
 * between two doubles has at most 767 significant digits. */
#define DIGITS_MAX 800

struct decimal {
    bool negative;
    const char *first, *end; /* the digits, perhaps with a point between them, no leading zeros */
    int count;               /* of digits in there */
    uint64_t leading;        /* the first 19 of them as a number */
    int64_t exponent;        /* value = digits without point * 10^exponent */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool scan_exponent(const char *s, const char *end, int64_t *exponent)
{
    bool negative = s < end && *s == '-';
    if (s < end && (*s == '-' || *s == '+'))
        s++;
    if (s == end)
        return false;
    int64_t x = 0;
    for (; s < end; s++) {
        if (!is_digit(*s))
            return false;
        if (x < 1000000000) /* far past any double, and no overflow */
            x = x * 10 + (*s - '0');
    }
    *exponent += negative ? -x : x;
    return true;
}

static bool scan_decimal(const char *s, size_t n, struct decimal *d)
{
    const char *end = s + n;
    bool point = false, any = false;
    *d = (struct decimal){.negative = n > 0 && *s == '-'};
    if (s < end && (*s == '-' || *s == '+'))
        s++;
    for (; s < end; s++) {
        if (is_digit(*s)) {
            any = true;
            if (d->count > 0 || *s != '0') {
                if (d->count == 0)
                    d->first = s;
                if (d->count < 19)
                    d->leading = d->leading * 10 + (uint64_t)(*s - '0');
                d->count++;
            }
            d->exponent -= point;
        } else if (*s == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    d->end = s;
    if (!any)
        return false;
    if (s < end && (*s == 'e' || *s == 'E'))
        return scan_exponent(s + 1, end, &d->exponent);
    return s == end;
}

static double convert_slowly(const struct decimal *d)
{
    char text[DIGITS_MAX + 32];
    size_t len = 0;
    int64_t exponent = d->exponent;
    bool more = false;
    for (const char *s = d->first; s < d->end; s++) {
        if (!is_digit(*s))
            continue;
        if (len < DIGITS_MAX) {
            text[len++] = *s;
        } else {
            more = more || *s != '0';
            exponent++;
        }
    }
    if (more) {
        text[len++] = '1';
        exponent--;
    }
    snprintf(text + len, sizeof text - len, "e%lld", (long long)exponent);
    return strtod(text, NULL);
}

/* n / 10^k for n > 0 and 1 <= k <= 19. The quotient keeps 55 bits, of which the last one stands for
 * all that were cut, so that the conversion to 53 bits rounds as if it saw them. */
static double divide_exactly(uint64_t n, int k)
{
    uint64_t power = 1;
    for (int i = 0; i < k; i++)
        power *= 10;
    int up = __builtin_clzll(n) + 63; /* the dividend fills 127 bits, the quotient 63 or more */
    u128 dividend = (u128)n << up, q = dividend / power;
    uint64_t high = (uint64_t)(q >> 64);
    int bits = high ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)q);
    int down = bits - 55;
    uint64_t kept = (uint64_t)(q >> down);
    if ((u128)kept << down != q || q * power != dividend)
        kept |= 1;
    return ldexp((double)kept, down - up);
}

static double convert(const struct decimal *d)
{
    int64_t e = d->exponent;
    if (d->count == 0)
        return 0;
    if (d->count <= 19 && d->leading <= (uint64_t)1 << 53) {
        if (e >= 0 && e <= POW10_EXACT_MAX)
            return (double)d->leading * pow10_exact[e];
        if (e < 0 && e >= -POW10_EXACT_MAX)
            return (double)d->leading / pow10_exact[-e];
    }
    if (d->count <= 19 && e < 0 && e >= -19)
        return divide_exactly(d->leading, (int)-e);
    return convert_slowly(d);
}

bool number_parse(const char *s, size_t n, double *v)
{
    struct decimal d;
    if (n > INT32_MAX || !scan_decimal(s, n, &d))
        return false;
    double x = convert(&d);
    *v = d.negative ? -x : x;
    return true;
}

enum number_fit number_parse_int(const char *s, size_t n, int64_t *v)
{
    bool negative = n > 0 && *s == '-', fits = true;
    size_t i = n > 0 && (*s == '-' || *s == '+');
    if (i == n)
        return NUMBER_NOT_INT;
    int64_t x = 0; /* kept negative: INT64_MIN has no positive twin */
    for (; i < n; i++) {
        if (!is_digit(s[i]))
            return NUMBER_NOT_INT;
        fits = fits && !__builtin_mul_overflow(x, 10, &x) &&
               !__builtin_sub_overflow(x, s[i] - '0', &x);
    }
    if (!fits || (!negative && x == INT64_MIN))
        return NUMBER_TOO_LARGE;
    *v = negative ? x : -x;
    return NUMBER_INT;
}

/* --- Writing --- */

/* value = digits * 10^exponent; digits has no trailing zero unless it is 0. */
struct shortest {
    uint64_t digits;
    int exponent;
};

static void drop_zeros(struct shortest *x)
{
    static const struct {
        uint32_t power;
        int zeros;
    } steps[] = {{100000000, 8}, {10000, 4}, {100, 2}, {10, 1}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps && x->digits != 0; i++) {
        while (x->digits % steps[i].power == 0) {
            x->digits /= steps[i].power;
            x->exponent += steps[i].zeros;
        }
    }
}

static bool shorten_few_digits(double v, struct shortest *x)
{
    if (v >= 1e15)
        return false;
    int k = v < 1e3 ? 12 : v < 1e6 ? 9 : v < 1e9 ? 6 : v < 1e12 ? 3 : 0;
    uint64_t n = (uint64_t)(v * pow10_exact[k] + 0.5);
    if ((double)n / pow10_exact[k] != v)
        return false;
    *x = (struct shortest){n, -k};
    return true;
}

/* p / 2^s in steps of `step`, to the nearest, ties to the even one. */
static uint64_t round_to(u128 p, int s, uint64_t step)
{
    uint64_t n = (uint64_t)(p >> s), rest = n % step;
    bool fraction = p & (((u128)1 << s) - 1);
    n -= rest;
    bool above = rest * 2 > step || (rest * 2 == step && (fraction || (n / step & 1)));
    return above ? n + step : n;
}

/* With v = m * 2^-s and p = m * 10^k: every double's neighbourhood is p +- 10^k / 2 in units of
 * 2^s, so "does D read back as v" is an integer comparison. k gives p / 2^s 18 digits, of which
 * 17 are always enough; more of the last ones go as long as that stays in the neighbourhood. */
static bool shorten_exactly(double v, struct shortest *x)
{
    if (v < 1e-5 || v >= 4503599627370496.0) /* 2^52: s stays above 0 */
        return false;
    int e2;
    uint64_t m = (uint64_t)ldexp(frexp(v, &e2), 53);
    int s = 53 - e2, k = 1;
    if (m == (uint64_t)1 << 52)
        return false; /* a power of two: its neighbourhood is lopsided */
    while (k < POW10_EXACT_MAX && v * pow10_exact[k] < 1e17)
        k++;
    u128 scale = 1;
    for (int i = 0; i < k; i++)
        scale *= 10;

    u128 p = m * scale, half = scale / 2;
    *x = (struct shortest){0, -k};
    for (uint64_t step = 10;; step *= 10) {
        uint64_t near = round_to(p, s, step);
        u128 there = (u128)near << s;
        u128 off = there > p ? there - p : p - there;
        if (off > half || (off == half && (m & 1)))
            return true;
        x->digits = near;
    }
}

static bool reads_back(const struct shortest *x, double v)
{
    char text[64];
    double back;
    int len = snprintf(text, sizeof text, "%llue%d", (unsigned long long)x->digits, x->exponent);
    return number_parse(text, (size_t)len, &back) && back == v;
}

/* From printf's scientific text; its byte for the decimal point is the locale's. The next number
 * up is tried too, because above a power of two the neighbourhood is twice as wide as below. */
static void shorten_by_printf(double v, struct shortest *x)
{
    for (int precision = v < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
        char text[64];
        snprintf(text, sizeof text, "%.*e", precision - 1, v);
        const char *e = strchr(text, 'e');
        *x = (struct shortest){0, atoi(e + 1) - (precision - 1)};
        for (const char *c = text; c < e; c++)
            if (is_digit(*c))
                x->digits = x->digits * 10 + (uint64_t)(*c - '0');
        if (reads_back(x, v))
            return;
        struct shortest up = {x->digits + 1, x->exponent};
        if (reads_back(&up, v)) {
            *x = up;
            return;
        }
    }
}

static size_t put_digits(uint64_t n, char out[20])
{
    char back[20];
    size_t len = 0;
    do {
        back[len++] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    for (size_t i = 0; i < len; i++)
        out[i] = back[len - 1 - i];
    return len;
}

static char *put_zeros(char *o, int n)
{
    for (; n > 0; n--)
        *o++ = '0';
    return o;
}

/* Python's layout: an exponent below 1e-4 and from 1e16 on, otherwise always a point. */
static char *lay_out(const struct shortest *x, char *o)
{
    char digits[20];
    int n = (int)put_digits(x->digits, digits);
    int point = n + x->exponent; /* digits before the decimal point */
    if (point > 16 || point < -3) {
        *o++ = digits[0];
        if (n > 1)
            *o++ = '.';
        memcpy(o, digits + 1, (size_t)n - 1);
        return o + n - 1 + snprintf(o + n - 1, 8, "e%+03d", point - 1);
    }
    if (point <= 0) {
        *o++ = '0';
        *o++ = '.';
        o = put_zeros(o, -point);
        memcpy(o, digits, (size_t)n);
        return o + n;
    }
    int whole = point < n ? point : n;
    memcpy(o, digits, (size_t)whole);
    o = put_zeros(o + whole, point - whole);
    *o++ = '.';
    if (whole == n)
        return put_zeros(o, 1);
    memcpy(o, digits + whole, (size_t)(n - whole));
    return o + n - whole;
}

size_t number_format(double v, char out[NUMBER_TEXT_SIZE])
{
    char *o = out;
    if (isfinite(v)) {
        struct shortest x = {0, 0};
        if (signbit(v))
            *o++ = '-';
        v = fabs(v);
        if (v != 0 && !shorten_few_digits(v, &x) && !shorten_exactly(v, &x))
            shorten_by_printf(v, &x);
        drop_zeros(&x);
        o = lay_out(&x, o);
    }
    *o = '\0';
    return (size_t)(o - out);
}
