/* SPDX-License-Identifier: GPL-3.0-or-later
 * http_client.c - the only file that sees libcurl. */
#include "net/http_client.h"
#include "net/address.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CONNECT_SECONDS 10L
#define STALL_SECONDS 30
#define REDIRECTS 5L
#define HOST_MAX 254
#define HEADERS_MAX (256 << 10) /* bytes of them in all answers of a call */

/* One call, as the callbacks of libcurl see it. */
struct call {
    const struct http_ask *ask;
    struct http_answer *answer;
    struct err *e;
    CURL *curl;
    char host[HOST_MAX]; /* for messages */
    int64_t taken;       /* bytes of the body */
    size_t headers;      /* bytes of them */
    bool seen_public;    /* an address of the public internet was connected to */
    bool refused;        /* the last address was not allowed */
    bool failed;         /* *e says why */
};

static CURLcode global;

static void init_once(void)
{
    global = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static CURL *open_curl(struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, init_once);
    CURL *curl = global == CURLE_OK ? curl_easy_init() : NULL;
    if (!curl)
        err_set(e, ERR_NO_MEMORY, "no memory to ask another server");
    return curl;
}

/* --- URLs ------------------------------------------------------------------------------------- */

/* What of a URL is there, in `out`; false: this part is missing or too long. */
static bool url_part(CURLU *url, CURLUPart part, char *out, size_t size)
{
    char *text = NULL;
    bool ok = curl_url_get(url, part, &text, 0) == CURLUE_OK && strlen(text) < size;
    if (ok)
        memcpy(out, text, strlen(text) + 1);
    curl_free(text);
    return ok;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return has;
}

static bool parts_ok(CURLU *url, char host[HOST_MAX], struct err *e)
{
    char text[HOST_MAX];
    if (!url_part(url, CURLUPART_SCHEME, text, sizeof text) ||
        (strcmp(text, "http") != 0 && strcmp(text, "https") != 0))
        return err_set(e, ERR_INVALID, "a URL must begin with http:// or https://");
    if (!url_part(url, CURLUPART_HOST, host, HOST_MAX))
        return err_set(e, ERR_INVALID, "a URL must name a host");
    if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
        return err_set(e, ERR_INVALID, "a URL may not hold a user name or password");
    if (has_part(url, CURLUPART_FRAGMENT))
        return err_set(e, ERR_INVALID, "a URL may not hold a fragment (#)");
    return true;
}

static bool read_url(const char *text, char host[HOST_MAX], struct err *e)
{
    CURLU *url = curl_url();
    if (!url)
        return err_set(e, ERR_NO_MEMORY, "no memory to read a URL");
    bool ok = curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK
                  ? parts_ok(url, host, e)
                  : err_set(e, ERR_INVALID, "not a URL (http://host/path)");
    curl_url_cleanup(url);
    return ok;
}

bool http_url_ok(const char *url, struct err *e)
{
    char host[HOST_MAX];
    return read_url(url, host, e);
}

bool http_may_connect(enum http_reach reach, bool *seen_public, const struct sockaddr *a)
{
    bool is_public = address_public(a);
    if (!is_public && (reach == HTTP_PUBLIC || *seen_public))
        return false;
    *seen_public |= is_public;
    return true;
}

static bool headers_ok(const char *const *headers, struct err *e)
{
    for (; headers && *headers; headers++)
        if (strpbrk(*headers, "\r\n"))
            return err_set(e, ERR_INVALID, "a header may not hold a line break (is there one in a "
                                           "token or key?)");
    return true;
}

/* --- What libcurl calls ----------------------------------------------------------------------- */

static curl_socket_t on_socket(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct call *c = user;
    c->refused = purpose != CURLSOCKTYPE_IPCXN ||
                 !http_may_connect(c->ask->reach, &c->seen_public, &a->addr);
    if (c->refused)
        return CURL_SOCKET_BAD;
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static int on_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up)
{
    const struct call *c = user;
    (void)total, (void)now, (void)up_total, (void)up;
    return cancel_fired(c->ask->cancel);
}

/* The text after "name:" in a header line, cut to fit; false: another header. */
static bool header_value(const char *line, size_t len, const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
        return false;
    const char *from = line + n + 1, *end = line + len;
    while (from < end && (*from == ' ' || *from == '\t'))
        from++;
    while (end > from && (end[-1] == '\r' || end[-1] == '\n' || end[-1] == ' '))
        end--;
    size_t keep = (size_t)(end - from) < size ? (size_t)(end - from) : size - 1;
    memcpy(out, from, keep);
    out[keep] = '\0';
    return true;
}

static int64_t number_or_none(const char *text)
{
    char *end;
    long long v = strtoll(text, &end, 10);
    return end != text && v >= 0 ? v : -1;
}

/* "bytes 100-199/500" */
static void read_content_range(const char *text, struct http_answer *answer)
{
    const char *slash = strchr(text, '/');
    if (strncasecmp(text, "bytes ", 6) != 0 || !slash)
        return;
    answer->from = number_or_none(text + 6);
    answer->total = number_or_none(slash + 1);
}

static size_t on_header(char *line, size_t size, size_t count, void *user)
{
    struct call *c = user;
    size_t len = size * count;
    char text[128];
    c->headers += len;
    if (c->headers > HEADERS_MAX) {
        c->failed = !err_set(c->e, ERR_TOO_LARGE, "%s sends headers without end", c->host);
        return 0;
    }
    if (len > 5 && strncmp(line, "HTTP/", 5) == 0) { /* of this answer, not of the redirect */
        long status = 0;
        curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
        *c->answer = (struct http_answer){.status = (int)status, .length = -1, .total = -1};
    } else if (header_value(line, len, "content-length", text, sizeof text)) {
        c->answer->length = number_or_none(text);
    } else if (header_value(line, len, "content-range", text, sizeof text)) {
        read_content_range(text, c->answer);
    } else if (header_value(line, len, "retry-after", text, sizeof text)) {
        int64_t wait_s = number_or_none(text); /* a date is not waited for */
        c->answer->retry_after = wait_s > 0 && wait_s < 86400 ? (int)wait_s : 0;
    } else if (!header_value(line, len, "content-type", c->answer->type, sizeof c->answer->type)) {
        header_value(line, len, "etag", c->answer->etag, sizeof c->answer->etag);
    }
    return len;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
    struct call *c = user;
    size_t n = size * count;
    c->taken += (int64_t)n;
    if (c->taken > c->ask->max_bytes)
        c->failed = !err_set(c->e, ERR_TOO_LARGE, "%s sends more than the %lld bytes that are taken",
                             c->host, (long long)c->ask->max_bytes);
    else if (c->ask->on_body)
        c->failed = !c->ask->on_body(c->ask->user, c->answer, data, n, c->e);
    return c->failed ? 0 : n;
}

/* --- One call --------------------------------------------------------------------------------- */

static bool explain(const struct call *c, CURLcode rc)
{
    struct err *e = c->e;
    if (c->failed)
        return false;
    if (rc == CURLE_ABORTED_BY_CALLBACK)
        return err_set(e, ERR_CANCELED, "canceled");
    if (c->refused)
        return err_set(e, ERR_FORBIDDEN, "%s is in a private network, which may not be asked",
                       c->host);
    if (rc == CURLE_OPERATION_TIMEDOUT)
        return err_set(e, ERR_TIMEOUT, "%s does not answer in time", c->host);
    if (rc == CURLE_OUT_OF_MEMORY)
        return err_set(e, ERR_NO_MEMORY, "no memory to ask another server");
    if (rc == CURLE_TOO_MANY_REDIRECTS)
        return err_set(e, ERR_UNAVAILABLE, "%s sends us from one place to the next", c->host);
    return err_set(e, ERR_UNAVAILABLE, "%s: %s", c->host, curl_easy_strerror(rc));
}

static bool add_headers(const char *const *from, struct curl_slist **list)
{
    for (; from && *from; from++) {
        struct curl_slist *longer = curl_slist_append(*list, *from);
        if (!longer)
            return false;
        *list = longer;
    }
    return true;
}

static bool add_form(curl_mime *mime, const struct http_part *parts)
{
    for (; parts->name; parts++) {
        curl_mimepart *p = curl_mime_addpart(mime);
        if (!p || curl_mime_name(p, parts->name) != CURLE_OK ||
            curl_mime_data(p, parts->data, parts->len) != CURLE_OK ||
            (parts->file_name && curl_mime_filename(p, parts->file_name) != CURLE_OK) ||
            (parts->type && curl_mime_type(p, parts->type) != CURLE_OK))
            return false;
    }
    return true;
}

static void set_limits(CURL *curl, const struct http_ask *ask)
{
    int stall = ask->stall_seconds > 0 ? ask->stall_seconds : STALL_SECONDS;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, ask->stay ? 0L : 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ask->seconds);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)stall);
    if (ask->reach == HTTP_PUBLIC)
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
}

static void set_callbacks(CURL *curl, struct call *c)
{
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, c);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, c);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, c);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, c);
}

/* What is asked for; `*if_range` and `*mime` are to be freed after the call. */
static bool set_request(CURL *curl, const struct http_ask *ask, struct curl_slist **headers,
                        curl_mime **mime)
{
    char range[32], if_range[300];
    const char *const condition[] = {if_range, NULL};
    curl_easy_setopt(curl, CURLOPT_URL, ask->url);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "aive/" AIVE_VERSION);
    if (ask->from > 0) {
        snprintf(range, sizeof range, "%lld-", (long long)ask->from);
        curl_easy_setopt(curl, CURLOPT_RANGE, range);
        snprintf(if_range, sizeof if_range, "If-Range: %s", ask->if_range ? ask->if_range : "");
        if (ask->if_range && !add_headers(condition, headers))
            return false;
    }
    if (ask->form) {
        *mime = curl_mime_init(curl);
        if (!*mime || !add_form(*mime, ask->form))
            return false;
        curl_easy_setopt(curl, CURLOPT_MIMEPOST, *mime);
    } else if (ask->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, ask->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body_len);
    }
    if (!add_headers(ask->headers, headers))
        return false;
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, *headers);
    return true;
}

bool http_ask(const struct http_ask *ask, struct http_answer *answer, struct err *e)
{
    struct call c = {.ask = ask, .answer = answer, .e = e};
    struct curl_slist *headers = NULL;
    curl_mime *mime = NULL;

    *answer = (struct http_answer){.length = -1, .total = -1};
    if (!read_url(ask->url, c.host, e) || !headers_ok(ask->headers, e) || !(c.curl = open_curl(e)))
        return false;
    set_limits(c.curl, ask);
    set_callbacks(c.curl, &c);
    bool ok = set_request(c.curl, ask, &headers, &mime);
    if (ok) {
        CURLcode rc = curl_easy_perform(c.curl);
        ok = rc == CURLE_OK || explain(&c, rc);
    } else {
        err_set(e, ERR_NO_MEMORY, "no memory to ask another server");
    }
    curl_easy_cleanup(c.curl);
    curl_mime_free(mime);
    curl_slist_free_all(headers);
    return ok;
}

static bool keep_text(void *user, const struct http_answer *head, const void *data, size_t n,
                      struct err *e)
{
    struct buf *body = user;
    (void)head;
    return buf_add(body, data, n) ||
           buf_err(body, ERR_TOO_LARGE, "the answer is longer than what is taken", e);
}

bool http_ask_text(const struct http_ask *ask, struct http_answer *answer, struct buf *body,
                   struct err *e)
{
    struct http_ask text = *ask;
    text.max_bytes = INT64_MAX;
    text.on_body = keep_text;
    text.user = body;
    return http_ask(&text, answer, e);
}
