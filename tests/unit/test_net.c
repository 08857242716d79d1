/* SPDX-License-Identifier: GPL-3.0-or-later
 * Which addresses are public, and which URLs are asked. What travels is tested by
 * tests/integration/test_models.py. */
#include "check.h"
#include "net/address.h"
#include "net/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <unistd.h>

static bool is_public(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_public((const struct sockaddr *)&v4);
    CHECK(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1);
    return address_public((const struct sockaddr *)&v6);
}

static void test_addresses(void)
{
    static const char *const open[] = {
        "1.1.1.1",     "9.255.255.255",  "11.0.0.0",        "100.63.255.255", "100.128.0.0",
        "126.1.1.1",   "128.0.0.1",      "169.253.1.1",     "172.15.255.255", "172.32.0.0",
        "192.0.1.1",   "192.167.1.1",    "192.169.0.1",     "198.17.255.255", "198.20.0.0",
        "223.255.1.1", "2606:4700::1111", "2a00:1450::1",   "::ffff:8.8.8.8", "64:ff9b::808:808",
        "2002:808:808::1",
    };
    static const char *const shut[] = {
        "0.0.0.0",          "0.1.2.3",     "10.0.0.1",         "10.255.255.255",   "100.64.0.1",
        "100.127.255.255",  "127.0.0.1",   "127.255.255.255",  "169.254.169.254",  "172.16.0.1",
        "172.31.255.255",   "192.0.0.8",   "192.0.2.1",        "192.168.0.1",      "198.18.0.1",
        "198.19.255.255",   "198.51.100.7", "203.0.113.9",     "224.0.0.1",        "239.1.1.1",
        "240.0.0.1",        "255.255.255.255", "::",           "::1",              "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",  "::127.0.0.1", "64:ff9b::7f00:1",  "64:ff9b:1::1",     "fc00::1",
        "fd12:3456::1",     "fe80::1",     "febf::1",          "fec0::1",          "ff02::1",
        "2001::1",          "2001:db8::1", "2002:7f00:1::1",   "2002:a00:1::1",    "3fff::1",
        "100::1",           "4000::1",
    };
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        CHECK_CASE(open[i]);
        CHECK(is_public(open[i]));
    }
    for (size_t i = 0; i < sizeof shut / sizeof *shut; i++) {
        CHECK_CASE(shut[i]);
        CHECK(!is_public(shut[i]));
    }
    const struct sockaddr other = {.sa_family = AF_UNIX};
    CHECK(!address_public(&other));
}

#define TEN "aaaaaaaaaa"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LONG_USER "https://" HUNDRED HUNDRED HUNDRED "@hub.example/"
#define LONG_FRAGMENT "https://hub.example/#" HUNDRED HUNDRED HUNDRED

static void test_urls(void)
{
    static const struct {
        const char *url, *says; /* NULL: fine */
    } cases[] = {
        {"https://hub.example", NULL},
        {"http://127.0.0.1:8080/v1", NULL},
        {"http://[::1]:8080/a?b=c", NULL},
        {"", "not a URL"},
        {"hub.example/models", "not a URL"},
        {"ftp://hub.example/", "http:// or https://"},
        {"file:///etc/passwd", "http:// or https://"},
        {"gopher://127.0.0.1:11211/x", "http:// or https://"},
        {"https://me:secret@hub.example/", "user name or password"},
        {"https://me@hub.example/", "user name or password"},
        {"https://hub.example/#top", "fragment"},
        {"https://hub example/", "not a URL"},
        {"https://hub.example/a\r\nX-Evil: 1", "not a URL"},
        {"https://hub.example/a\nb", "not a URL"},
        {LONG_USER, "user name or password"},
        {LONG_FRAGMENT, "fragment"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {0};
        CHECK_CASE(cases[i].url);
        CHECK(http_url_ok(cases[i].url, &e) == !cases[i].says);
        CHECK(!cases[i].says || strstr(e.msg, cases[i].says));
    }
}

/* From the public internet no redirect leads into a private network. */
static void test_reach(void)
{
    struct sockaddr_in near = {.sin_family = AF_INET}, far = {.sin_family = AF_INET};
    const struct sockaddr *own = (const struct sockaddr *)&near, *there = (const struct sockaddr *)&far;
    bool seen = false;
    inet_pton(AF_INET, "169.254.169.254", &near.sin_addr);
    inet_pton(AF_INET, "1.1.1.1", &far.sin_addr);
    CHECK(!http_may_connect(HTTP_PUBLIC, &seen, own) && !seen);
    CHECK(http_may_connect(HTTP_OPERATOR, &seen, own) && !seen);
    CHECK(http_may_connect(HTTP_OPERATOR, &seen, own)); /* from private to private */
    CHECK(http_may_connect(HTTP_OPERATOR, &seen, there) && seen);
    CHECK(!http_may_connect(HTTP_OPERATOR, &seen, own)); /* from public to private */
    CHECK(http_may_connect(HTTP_PUBLIC, &seen, there));
}

/* A token that was read with its line's end, or worse. */
static void test_headers(void)
{
    static const char *const bad[] = {"Authorization: Bearer x\n", "A: b\r\nX-Evil: 1", "A: b\rc"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        struct http_answer answer;
        const char *const headers[] = {"Fine: yes", bad[i], NULL};
        const struct http_ask ask = {.url = "http://127.0.0.1:1/", .headers = headers};
        CHECK(!http_ask(&ask, &answer, &e));
        CHECK(e.code == ERR_INVALID && strstr(e.msg, "line break") && !strstr(e.msg, "Bearer"));
    }
}

/* --- A server on loopback --------------------------------------------------------------------- */

enum behaviour { ENDLESS_HEADERS, STALL };

struct server {
    int fd;
    uint16_t port;
    enum behaviour behaviour;
    pthread_t thread;
};

static void *serve(void *user)
{
    const struct server *s = user;
    char ask[4096];
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nab";
    static const char line[] = "X-More: " HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED "\r\n";
    int c = accept(s->fd, NULL, NULL);
    if (c < 0 || recv(c, ask, sizeof ask, 0) <= 0)
        return NULL;
    if (s->behaviour == ENDLESS_HEADERS) {
        send(c, "HTTP/1.1 200 OK\r\n", 17, MSG_NOSIGNAL);
        while (send(c, line, sizeof line - 1, MSG_NOSIGNAL) > 0)
            ;
    } else {
        send(c, head, sizeof head - 1, MSG_NOSIGNAL);
        while (recv(c, ask, sizeof ask, 0) > 0) /* till the other side has had enough */
            ;
    }
    close(c);
    return NULL;
}

static bool start(struct server *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof a;
    s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = s->fd >= 0 && bind(s->fd, (struct sockaddr *)&a, len) == 0 && listen(s->fd, 1) == 0 &&
              getsockname(s->fd, (struct sockaddr *)&a, &len) == 0;
    s->port = ntohs(a.sin_port);
    return CHECK(ok && pthread_create(&s->thread, NULL, serve, s) == 0);
}

static void test_hostile_server(void)
{
    static const struct {
        const char *name;
        enum behaviour behaviour;
        enum err_code code;
    } cases[] = {
        {"headers without end", ENDLESS_HEADERS, ERR_TOO_LARGE},
        {"a body that stops", STALL, ERR_TIMEOUT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct server s = {.behaviour = cases[i].behaviour};
        struct err e = {0};
        struct http_answer answer;
        char url[64];
        CHECK_CASE(cases[i].name);
        if (!start(&s))
            continue;
        snprintf(url, sizeof url, "http://127.0.0.1:%d/", s.port);
        const struct http_ask ask = {.url = url, .max_bytes = 1 << 20, .stall_seconds = 1};
        CHECK(!http_ask(&ask, &answer, &e) && e.code == cases[i].code);
        pthread_join(s.thread, NULL);
        close(s.fd);
    }
}

int main(void)
{
    test_reach();
    test_headers();
    test_hostile_server();
    test_addresses();
    test_urls();
    return check_done();
}
