/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The only file that knows libmicrohttpd (0.9.75). Facts about it that shape the code:
 *  - A response can be queued before the body or behind it, never amid it, and one queued before
 *    the body loses to data that the client is still sending. So an answer that cannot wait for the
 *    end of the body is written to the socket by ourselves, and the rest of the body is taken for a
 *    moment and thrown away (answer_now, drain).
 *  - It decodes addresses into C strings, so that %00 cuts them: the raw one is kept from the
 *    URI callback, and its own decoding is switched off.
 *  - It accepts what makes request smuggling work; exchange.c checks the head first (head.c).
 *  - It sends a response when it is whole, or pulls one on the event thread. A body that a handler
 *    makes bit by bit is written to the socket by the handler's thread instead, while the connection
 *    is suspended, which keeps the library's hands off it (begin_stream).
 *  - Its timer counts idle time only: deadlines.c does the rest.
 *  - It writes Content-Length: 0 into a 304, which browsers are used to ignoring; there is no way
 *    to keep it from that.
 *  - Suspending is allowed inside its callbacks only, resuming from everywhere; a suspended
 *    connection must be resumed before the daemon stops. See note_resumed() for the rest.
 */
#include "api/http.h"

#include "api/deadlines.h"
#include "api/exchange.h"
#include "api/outflow.h"
#include "api/pool.h"
#include "api/range.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define UPLOAD_CHUNK ((size_t)256 << 10) /* bytes collected before a pool thread writes them */
#define SMALL_BODY 65536u /* bytes of an unwanted body that is taken to keep the connection */
#define CONNECTION_MEMORY ((size_t)32 << 10)
/* What the kernel may hold of an answer beyond the client's window. Connections inherit it from the
 * listening socket. Without it a few hundred clients that read nothing fill TCP's memory (2.5 MB
 * each), and the whole machine stalls. */
#define UNSENT_BYTES (256 << 10)
#define ANSWER_WAIT_MS 2000u /* at shutdown, for answers already made to leave */

struct http_server {
    struct http_config config; /* a copy; what it points to is the caller's */
    struct site *site;
    struct pool *pool, *long_pool, *disk_pool;
    struct deadlines *deadlines;
    struct MHD_Daemon *daemon;
    int listen_fd;
    uint16_t port;
    atomic_bool draining;
    pthread_mutex_t lock;
    pthread_cond_t all_done;
    unsigned active; /* requests between first line and end of answer; guarded by lock */
};

enum call_state {
    CALL_NEW,      /* the request line is there, headers may not be */
    CALL_BODY,     /* taking the body */
    CALL_WRITING,  /* suspended, a pool thread writes what came of an upload so far */
    CALL_RUNNING,  /* suspended, a pool thread has it */
    CALL_READY,    /* the answer is made */
    CALL_DRAINING, /* answered by answer_now(), the rest is thrown away */
};

/* One request on one connection. */
struct call {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct watch *watch;
    enum call_state state; /* the event thread's own */
    struct exchange x;
    struct head head;
    struct buf chunk; /* of an upload, not yet given to x */
    char *target;
    char client[INET6_ADDRSTRLEN];
    struct timespec began;
    uint64_t answer_bytes, drained;
    struct reply_sink sink; /* of a streamed answer */
    struct outflow out;
};

/* --- Counting requests, for a graceful end ---------------------------------------------------- */

static void count_active(struct http_server *s, int by)
{
    pthread_mutex_lock(&s->lock);
    s->active += (unsigned)by;
    if (s->active == 0)
        pthread_cond_broadcast(&s->all_done);
    pthread_mutex_unlock(&s->lock);
}

static bool wait_idle(struct http_server *s, unsigned ms)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += (long)(ms % 1000) * 1000000;
    end.tv_sec += ms / 1000 + end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    int rc = 0;
    pthread_mutex_lock(&s->lock);
    while (s->active > 0 && rc == 0)
        rc = pthread_cond_timedwait(&s->all_done, &s->lock, &end);
    bool idle = s->active == 0;
    pthread_mutex_unlock(&s->lock);
    return idle;
}

/* --- The answer ------------------------------------------------------------------------------- */

static struct MHD_Response *make_response(struct call *c)
{
    struct reply *r = &c->x.reply;
    struct MHD_Response *response = NULL;
    if (r->file.fd >= 0 && r->file.len > 0) {
        response = MHD_create_response_from_fd_at_offset64(r->file.len, r->file.fd, r->file.offset);
        c->answer_bytes = r->file.len;
        if (response)
            r->file.fd = -1; /* closed with the response */
        return response;
    }
    size_t len = 0;
    char *data = buf_steal(&r->body, &len);
    if (data)
        response = MHD_create_response_from_buffer(len, data, MHD_RESPMEM_MUST_FREE);
    if (!response)
        free(data);
    c->answer_bytes = len;
    return response;
}

static enum MHD_Result send_answer(struct call *c)
{
    struct reply *r = &c->x.reply;
    if (r->streamed) {
        c->answer_bytes = c->out.bytes;
        return MHD_NO; /* all is sent: closes */
    }
    exchange_seal(&c->x);
    struct MHD_Response *response = make_response(c);
    if (!response)
        return MHD_NO;
    if (r->content_type)
        MHD_add_response_header(response, "Content-Type", r->content_type);
    for (size_t i = 0; i < r->header_count; i++)
        MHD_add_response_header(response, r->headers[i].name, r->headers[i].value);
    if (r->close || atomic_load(&c->server->draining))
        MHD_add_response_header(response, "Connection", "close");
    watch_enter(c->watch, WATCH_BUSY);
    enum MHD_Result rc = MHD_queue_response(c->connection, (unsigned)r->status, response);
    MHD_destroy_response(response);
    return rc;
}

/* The head of an answer that we write ourselves. `length`: how a client tells where it ends. */
static void add_head(const struct call *c, const char *length, struct buf *out)
{
    const struct reply *r = &c->x.reply;
    char date[30];
    http_date(time(NULL), date);
    buf_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: close\r\n%s", r->status,
               MHD_get_reason_phrase_for((unsigned)r->status), date, length);
    if (r->content_type)
        buf_printf(out, "Content-Type: %s\r\n", r->content_type);
    for (size_t i = 0; i < r->header_count; i++)
        buf_printf(out, "%s: %s\r\n", r->headers[i].name, r->headers[i].value);
    buf_adds(out, "\r\n");
}

static int socket_of(const struct call *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/* Writes the whole answer to the socket at once; errors only, so it is small and fits the socket's
 * buffer. What a client that reads nothing does not get, it does not miss. */
static void write_answer(struct call *c)
{
    struct reply *r = &c->x.reply;
    exchange_seal(&c->x);
    char length[48];
    snprintf(length, sizeof length, "Content-Length: %zu\r\n", r->body.len);
    struct buf out;
    buf_init(&out, 256 << 10);
    add_head(c, length, &out);
    if (strcmp(c->x.req.method, "HEAD") != 0)
        buf_add(&out, r->body.data, r->body.len);
    c->answer_bytes = r->body.len;

    int fd = socket_of(c);
    if (fd >= 0 && !out.failed && send(fd, out.data, out.len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
        shutdown(fd, SHUT_WR);
    buf_finish(&out);
}

/* The answer is there, and the body (or what a broken head makes of it) is still to come. */
static enum MHD_Result answer_now(struct call *c)
{
    const struct head_body *body = &c->x.body;
    write_answer(c);
    c->state = CALL_DRAINING;
    watch_enter(c->watch, WATCH_DRAIN);
    bool more = (body->chunked || body->length > 0) && !body->expect_continue;
    return more ? MHD_YES : MHD_NO; /* MHD_NO closes */
}

static enum MHD_Result drain(struct call *c, size_t *size)
{
    c->drained += *size;
    bool more = *size > 0 && c->drained <= c->server->config.limits.drain_bytes;
    *size = 0;
    return more ? MHD_YES : MHD_NO;
}

/* Is the rest of an unwanted body small enough to take it and keep the connection? */
static bool rest_is_small(const struct call *c)
{
    const struct head_body *body = &c->x.body;
    return !c->x.reply.close && !body->expect_continue && !body->chunked &&
           body->length - c->x.body_bytes <= SMALL_BODY;
}

/* --- An answer that is sent while it is made -------------------------------------------------- */

static struct call *call_of(struct reply_sink *sink)
{
    return (struct call *)(void *)((char *)sink - offsetof(struct call, sink));
}

static bool begin_stream(struct reply_sink *sink, struct reply *r)
{
    struct call *c = call_of(sink);
    struct buf head;
    (void)r;
    exchange_seal(&c->x);
    buf_init(&head, 256 << 10);
    add_head(c, c->out.chunked ? "Transfer-Encoding: chunked\r\n" : "", &head);
    bool ok = !head.failed && outflow_head(&c->out, head.data, head.len);
    buf_finish(&head);
    return ok;
}

static bool write_stream(struct reply_sink *sink, const void *data, size_t n)
{
    return outflow_body(&call_of(sink)->out, data, n);
}

static void offer_stream(struct call *c)
{
    c->out = (struct outflow){.fd = socket_of(c),
                              .chunked = strcmp(c->head.version, "HTTP/1.1") == 0,
                              .wait_ms = c->server->config.limits.idle_ms};
    c->sink = (struct reply_sink){begin_stream, write_stream};
    c->x.reply.sink = c->out.fd >= 0 ? &c->sink : NULL;
}

/* --- The handler ------------------------------------------------------------------------------ */

/* What is left of an upload, and whether the body is complete. */
static void end_body(struct call *c)
{
    if (c->chunk.len > 0)
        exchange_body(&c->x, c->chunk.data, c->chunk.len);
    buf_finish(&c->chunk);
    exchange_body_end(&c->x);
}

static void run_in_pool(void *arg)
{
    struct call *c = arg;
    end_body(c);
    exchange_run(&c->x);
    if (c->x.reply.streamed && !c->x.cut)
        outflow_end(&c->out);
    MHD_resume_connection(c->connection); /* c is the event thread's from here on */
}

static enum MHD_Result run(struct call *c)
{
    enum route_run where = exchange_where(&c->x);
    watch_enter(c->watch, WATCH_BUSY);
    if (where == RUN_INLINE) {
        end_body(c);
        exchange_run(&c->x);
        c->state = CALL_READY;
        return send_answer(c);
    }
    struct pool *pool = where == RUN_LONG ? c->server->long_pool : c->server->pool;
    c->state = CALL_RUNNING;
    offer_stream(c);
    MHD_suspend_connection(c->connection);
    if (!pool_submit(pool, run_in_pool, c)) {
        exchange_overloaded(&c->x);
        MHD_resume_connection(c->connection);
    }
    return MHD_YES;
}

/* --- Head and body ---------------------------------------------------------------------------- */

struct collected {
    struct head_field *fields;
    size_t count, max;
};

static enum MHD_Result collect_field(void *ctx, enum MHD_ValueKind kind, const char *name,
                                     size_t name_len, const char *value, size_t value_len)
{
    (void)kind;
    struct collected *to = ctx;
    if (to->count < to->max)
        to->fields[to->count] = (struct head_field){name, value ? value : "", name_len, value_len};
    to->count++;
    return MHD_YES;
}

static bool read_head(struct call *c, const char *method, const char *version)
{
    int count = MHD_get_connection_values(c->connection, MHD_HEADER_KIND, NULL, NULL);
    struct collected to = {.max = count > 0 ? (size_t)count : 0};
    to.fields = arena_array(&c->x.arena, to.max + 1, sizeof *to.fields);
    if (!to.fields)
        return false;
    MHD_get_connection_values_n(c->connection, MHD_HEADER_KIND, collect_field, &to);
    c->head = (struct head){.method = method,
                            .version = version,
                            .target = c->target,
                            .fields = to.fields,
                            .field_count = to.count < to.max ? to.count : to.max};
    return true;
}

static enum MHD_Result take_head(struct call *c, const char *method, const char *version)
{
    if (!read_head(c, method, version))
        return MHD_NO;
    exchange_head(&c->x, &c->head);
    c->state = CALL_BODY;
    watch_enter(c->watch, WATCH_BODY);
    if (c->x.answered && !rest_is_small(c))
        return answer_now(c);
    return MHD_YES;
}

static void write_in_pool(void *arg)
{
    struct call *c = arg;
    exchange_body(&c->x, c->chunk.data, c->chunk.len);
    buf_clear(&c->chunk);
    MHD_resume_connection(c->connection); /* c is the event thread's from here on */
}

/* A disk may take its time, and an event thread has none: uploads are collected and written by a
 * pool. Its queue has a place for every connection. */
static bool collect_upload(struct call *c, const char *data, size_t n)
{
    if (!c->chunk.max)
        buf_init(&c->chunk, UPLOAD_CHUNK + CONNECTION_MEMORY);
    if (!buf_add(&c->chunk, data, n))
        return false;
    if (c->chunk.len < UPLOAD_CHUNK)
        return true;
    watch_enter(c->watch, WATCH_BUSY);
    c->state = CALL_WRITING;
    MHD_suspend_connection(c->connection);
    if (pool_submit(c->server->disk_pool, write_in_pool, c))
        return true;
    MHD_resume_connection(c->connection);
    return false;
}

static enum MHD_Result take_body(struct call *c, const char *data, size_t *size)
{
    size_t n = *size;
    *size = 0;
    watch_received(c->watch, n);
    if (c->x.answered) {
        c->x.body_bytes += n;
    } else if (exchange_writes(&c->x)) {
        return collect_upload(c, data, n) ? MHD_YES : MHD_NO;
    } else {
        exchange_body(&c->x, data, n);
    }
    if (c->x.answered && !rest_is_small(c))
        return answer_now(c);
    return MHD_YES;
}

/* Back from a pool? The library also calls between suspending and resuming, when it holds more
 * chunks of a chunked body; and only it knows when the connection is really its own again. */
static void note_resumed(struct call *c)
{
    if (c->state != CALL_WRITING && c->state != CALL_RUNNING)
        return;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_CONNECTION_SUSPENDED);
    if (!info || info->suspended)
        return;
    if (c->state == CALL_WRITING)
        watch_enter(c->watch, WATCH_BODY);
    c->state = c->state == CALL_WRITING ? CALL_BODY : CALL_READY;
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **ctx)
{
    (void)cls;
    (void)connection;
    (void)url;
    struct call *c = *ctx;
    if (!c)
        return MHD_NO; /* there was no memory for it */
    note_resumed(c);
    switch (c->state) {
    case CALL_NEW:
        return take_head(c, method, version);
    case CALL_BODY:
        return *size > 0 ? take_body(c, data, size) : run(c);
    case CALL_READY:
        return send_answer(c);
    case CALL_DRAINING:
        return drain(c, size);
    case CALL_WRITING:
    case CALL_RUNNING:
        break; /* still suspended: nothing is taken, it will be offered again */
    }
    return MHD_YES;
}

/* --- Beginning and end of requests and connections -------------------------------------------- */

static struct watch *watch_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void name_client(struct call *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info ? info->client_addr : NULL;
    const void *at = NULL;
    if (a && a->sa_family == AF_INET)
        at = &((const struct sockaddr_in *)(const void *)a)->sin_addr;
    else if (a && a->sa_family == AF_INET6)
        at = &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
    if (!at || !inet_ntop(a->sa_family, at, c->client, sizeof c->client))
        strcpy(c->client, "?");
}

/* Called with the raw address as soon as the request line is complete; what it returns becomes the
 * request's context. */
static void *on_request_line(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct http_server *s = cls;
    struct call *c = calloc(1, sizeof *c);
    char *target = strdup(uri);
    if (!c || !target) {
        free(c);
        free(target);
        return NULL;
    }
    c->server = s;
    c->connection = connection;
    c->out.fd = -1;
    c->target = target;
    c->watch = watch_of(connection);
    clock_gettime(CLOCK_MONOTONIC, &c->began);
    name_client(c);
    exchange_init(&c->x, s->site, c->client);
    c->x.req.gone = watch_gone(c->watch);
    watch_enter(c->watch, WATCH_HEAD);
    count_active(s, 1);
    return c;
}

static void log_access(const struct call *c)
{
    const struct http_config *config = &c->server->config;
    const struct request *req = &c->x.req;
    struct timespec now;
    if (!config->log_access)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct http_access a = {
        .method = req->method,
        .path = *req->path ? req->path : c->target,
        .id = req->id,
        .client = c->client,
        .status = c->x.reply.status,
        .bytes = c->answer_bytes,
        .ms = (double)(now.tv_sec - c->began.tv_sec) * 1e3 +
              (double)(now.tv_nsec - c->began.tv_nsec) / 1e6,
    };
    config->log_access(config->log_ctx, &a);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **ctx,
                         enum MHD_RequestTerminationCode why)
{
    (void)connection;
    (void)why;
    struct http_server *s = cls;
    struct call *c = *ctx;
    if (!c)
        return;
    *ctx = NULL;
    watch_enter(c->watch, WATCH_IDLE);
    log_access(c);
    exchange_finish(&c->x);
    buf_finish(&c->chunk);
    free(c->target);
    free(c);
    count_active(s, -1);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *s = cls;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        deadlines_remove(s->deadlines, *socket_context);
        *socket_context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context = info ? deadlines_add(s->deadlines, info->connect_fd) : NULL;
}

static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

/* --- The server ------------------------------------------------------------------------------- */

void http_config_init(struct http_config *c)
{
    *c = (struct http_config){
        .address = "127.0.0.1",
        .pool_threads = 4,
        .pool_queue = 256,
        .long_threads = 16,
        .long_queue = 64,
        .disk_threads = 4,
        .title = "AI Video Editor Backend",
        .version = AIVE_VERSION,
        .limits =
            {
                .json_bytes = (uint64_t)4 << 20,
                .upload_bytes = (uint64_t)8 << 30,
                .arena_bytes = (size_t)256 << 20,
                .connections = 2048,
                .headers = 100,
                .header_ms = 10000,
                .idle_ms = 60000,
                .body_window_ms = 30000,
                .body_min_rate = 1024,
                .drain_ms = 2000,
                .drain_bytes = (uint64_t)1 << 20,
                .sweep_ms = 500,
            },
    };
}

static bool listen_on(struct http_server *s, struct err *e)
{
    const struct http_config *c = &s->config;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[8];
    bool ok = false;
    snprintf(port, sizeof port, "%u", c->port);
    if (getaddrinfo(c->address, port, &hints, &found) != 0)
        return err_set(e, ERR_INVALID, "'%s' is not an IPv4 or IPv6 address to listen on",
                       c->address);

    int on = 1, unsent = UNSENT_BYTES;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } bound = {0};
    socklen_t len = sizeof bound;
    s->listen_fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->listen_fd < 0 ||
        setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        setsockopt(s->listen_fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent) < 0 ||
        bind(s->listen_fd, found->ai_addr, found->ai_addrlen) < 0 ||
        listen(s->listen_fd, 1024) < 0 ||
        getsockname(s->listen_fd, &bound.any, &len) < 0) {
        err_errno(e, errno, "listen on %s port %u%s", c->address, c->port,
                  errno == EADDRINUSE ? " (another program has it; choose one with --port)" : "");
        goto out;
    }
    s->port = ntohs(found->ai_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
    ok = true;

out:
    freeaddrinfo(found);
    return ok;
}

/* Each connection needs a descriptor, and an upload or film one more. */
static void raise_descriptor_limit(const struct http_config *c)
{
    struct rlimit limit;
    rlim_t need = 2 * (rlim_t)c->limits.connections + 256;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= need)
        return;
    limit.rlim_cur = need < limit.rlim_max ? need : limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static bool start_daemon(struct http_server *s, struct err *e)
{
    const struct http_config *c = &s->config;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned threads = c->threads ? c->threads : cores > 0 ? (unsigned)cores : 1;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, s->listen_fd, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, c->limits.connections, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, c->limits.per_ip, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (c->limits.idle_ms + 999) / 1000, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_request_line, s},
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escapes, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, s},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, s},
        /* A pool of one is no pool. */
        {threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    sigset_t all, old;
    sigfillset(&all); /* signals are the main thread's */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    s->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
                                 NULL, on_request, s, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return s->daemon || err_set(e, ERR_IO, "the HTTP server could not start: %s", strerror(errno));
}

struct http_server *http_server_start(const struct http_config *c, struct err *e)
{
    struct http_server *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    s->config = *c;
    s->listen_fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->all_done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    raise_descriptor_limit(c);

    s->site = site_create(&s->config, e);
    if (s->site && listen_on(s, e) && (s->deadlines = deadlines_create(&s->config.limits, e)) &&
        (s->pool = pool_create("http-pool", c->pool_threads, c->pool_queue, e)) &&
        (s->disk_pool = pool_create("http-disk", c->disk_threads, c->limits.connections, e)) &&
        (s->long_pool = pool_create("http-long", c->long_threads, c->long_queue, e)) &&
        start_daemon(s, e))
        return s;
    http_server_stop(s, 0);
    return NULL;
}

uint16_t http_server_port(const struct http_server *s)
{
    return s->port;
}

/* Lets requests end, cancels the rest, and leaves no handler running. */
static void wind_down(struct http_server *s, unsigned grace_ms)
{
    atomic_store(&s->draining, true);
    MHD_quiesce_daemon(s->daemon);
    shutdown(s->listen_fd, SHUT_RDWR); /* new clients are refused rather than left waiting */
    wait_idle(s, grace_ms);
    cancel_fire(&s->site->cancel);
    deadlines_cancel(s->deadlines);
    pool_close(s->disk_pool);
    pool_close(s->pool);
    pool_close(s->long_pool);
    wait_idle(s, ANSWER_WAIT_MS);
}

void http_server_stop(struct http_server *s, unsigned grace_ms)
{
    if (!s)
        return;
    if (s->daemon) {
        wind_down(s, grace_ms);
        MHD_stop_daemon(s->daemon);
    }
    if (s->listen_fd >= 0)
        close(s->listen_fd);
    pool_destroy(s->disk_pool);
    pool_destroy(s->pool);
    pool_destroy(s->long_pool);
    deadlines_destroy(s->deadlines);
    site_destroy(s->site);
    pthread_cond_destroy(&s->all_done);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
