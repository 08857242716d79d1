/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/head.h"

#include <string.h>
#include <strings.h>

static bool refuse(const char **words, const char *why)
{
    *words = why;
    return false;
}

/* RFC 9110, 5.6.2 */
static bool is_token(const char *s, size_t n)
{
    static const char special[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < n; i++) {
        char c = s[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!alnum && (c == '\0' || !strchr(special, c)))
            return false;
    }
    return n > 0;
}

static bool field_chars_ok(const struct head_field *f)
{
    if (!is_token(f->name, f->name_len))
        return false;
    for (size_t i = 0; i < f->value_len; i++) {
        unsigned char c = (unsigned char)f->value[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static bool is(const struct head_field *f, const char *name)
{
    return strlen(name) == f->name_len && strncasecmp(f->name, name, f->name_len) == 0;
}

static size_t count(const struct head *h, const char *name, const struct head_field **last)
{
    size_t n = 0;
    *last = NULL;
    for (size_t i = 0; i < h->field_count; i++)
        if (is(&h->fields[i], name)) {
            *last = &h->fields[i];
            n++;
        }
    return n;
}

static bool parse_length(const struct head_field *f, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < f->value_len; i++) {
        char c = f->value[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(*out, 10, out) ||
            __builtin_add_overflow(*out, (uint64_t)(c - '0'), out))
            return false;
    }
    return f->value_len > 0;
}

/* The value goes into our own Location, so only what a host and port can be made of. */
static bool host_ok(const struct head_field *f)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:[]%";
    for (size_t i = 0; i < f->value_len; i++)
        if (f->value[i] == '\0' || !strchr(allowed, f->value[i]))
            return false;
    return f->value_len > 0 && f->value_len <= 255;
}

static bool check_host(const struct head *h, const char **words)
{
    const struct head_field *host;
    size_t n = count(h, "Host", &host);
    if (n > 1)
        return refuse(words, "More than one Host header");
    if (n == 0 && strcmp(h->version, "HTTP/1.0") != 0)
        return refuse(words, "The Host header is missing");
    if (n == 1 && !host_ok(host))
        return refuse(words, "The Host header is not valid");
    return true;
}

/* Sets *status only where it is not 400. */
static bool check_framing(const struct head *h, struct head_body *body, int *status,
                          const char **words)
{
    const struct head_field *length, *coding, *expect;
    size_t lengths = count(h, "Content-Length", &length);
    size_t codings = count(h, "Transfer-Encoding", &coding);
    if (lengths > 1)
        return refuse(words, "More than one Content-Length header");
    if (lengths && codings)
        return refuse(words, "Content-Length and Transfer-Encoding exclude each other");
    if (lengths && !parse_length(length, &body->length))
        return refuse(words, "The Content-Length header is not a number");
    if (codings) {
        if (strcmp(h->version, "HTTP/1.0") == 0)
            return refuse(words, "Transfer-Encoding needs HTTP/1.1");
        body->chunked =
            codings == 1 && coding->value_len == 7 && strncasecmp(coding->value, "chunked", 7) == 0;
        if (!body->chunked) {
            *status = 501;
            return refuse(words, "The only Transfer-Encoding accepted is chunked");
        }
    }
    if (count(h, "Expect", &expect) > 0) {
        body->expect_continue =
            expect->value_len == 12 && strncasecmp(expect->value, "100-continue", 12) == 0;
        if (!body->expect_continue) {
            *status = 417;
            return refuse(words, "The only Expect accepted is 100-continue");
        }
    }
    return true;
}

/* Headers of which a second one could contradict the first. */
static bool check_single(const struct head *h, const char **words)
{
    const struct head_field *last;
    if (count(h, "Authorization", &last) > 1)
        return refuse(words, "More than one Authorization header");
    if (count(h, "Content-Type", &last) > 1)
        return refuse(words, "More than one Content-Type header");
    return true;
}

int head_check(const struct head *h, size_t max_fields, struct head_body *body, const char **words)
{
    int status = 400;
    *body = (struct head_body){0};
    if (h->field_count > max_fields) {
        *words = "Too many request headers";
        return 431;
    }
    if (!is_token(h->method, strlen(h->method)) || strlen(h->method) > 32) {
        *words = "The request method is not valid";
        return 400;
    }
    for (size_t i = 0; i < h->field_count; i++)
        if (!field_chars_ok(&h->fields[i])) {
            *words = "A request header has a forbidden character";
            return 400;
        }
    bool ok =
        check_host(h, words) && check_single(h, words) && check_framing(h, body, &status, words);
    return ok ? 0 : status;
}
