/* SPDX-License-Identifier: GPL-3.0-or-later
 * Deadlines on a clock that the test turns, and the job pool.
 */
#include "api/deadlines.h"
#include "api/http.h"
#include "api/pool.h"
#include "check.h"
#include "core/clock.h"

#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_cut(int other_end)
{
    char c;
    return recv(other_end, &c, 1, MSG_DONTWAIT) == 0;
}

/* The thread's own rounds see real time, in which nothing here is late: all limits are hours. */
static const struct http_limits limits = {
    .header_ms = 3600000, .body_window_ms = 7200000, .body_min_rate = 1, .drain_ms = 1800000,
    .idle_ms = 5400000, .sweep_ms = 10,
};

static void test_phases(void)
{
    static const struct {
        const char *what;
        enum watch_phase phase;
        uint64_t ends_ms;
    } rows[] = {
        {"head", WATCH_HEAD, 3600000}, {"body", WATCH_BODY, 7200000},
        {"drain", WATCH_DRAIN, 1800000}, {"idle", WATCH_IDLE, 5400000}, {"busy", WATCH_BUSY, 0},
    };
    struct err e;
    struct deadlines *d = deadlines_create(&limits, &e);
    CHECK(d != NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_CASE(rows[i].what);
        int ends[2];
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
        struct watch *w = deadlines_add(d, ends[0]);
        uint64_t now = (uint64_t)clock_mono_ms(), far = now + 100000000;
        watch_enter(w, rows[i].phase);
        uint64_t end = rows[i].ends_ms;
        CHECK(deadlines_sweep(d, now + (end ? end - 1000 : far)) == 0);
        CHECK(!is_cut(ends[1]));
        if (end) {
            CHECK(deadlines_sweep(d, now + end + 1000) == 1);
            CHECK(is_cut(ends[1]));
            CHECK(deadlines_sweep(d, far) == 0); /* once is enough */
        }
        deadlines_remove(d, w);
        close(ends[0]);
        close(ends[1]);
    }
    deadlines_destroy(d);
}

static void test_body_rate(void)
{
    struct err e;
    struct deadlines *d = deadlines_create(&limits, &e);
    int ends[2];
    CHECK_CASE("a body that is fast enough, window after window");
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    struct watch *w = deadlines_add(d, ends[0]), *other = deadlines_add(d, ends[1]);
    watch_enter(w, WATCH_BODY);
    watch_enter(other, WATCH_BUSY);
    uint64_t now = (uint64_t)clock_mono_ms();
    CHECK(deadlines_sweep(d, now) == 0);
    for (int i = 1; i <= 5; i++) {
        watch_received(w, 7300);
        CHECK(deadlines_sweep(d, now + (uint64_t)i * 7201000) == 0);
    }
    CHECK_CASE("what came long ago does not count");
    watch_received(w, 7000);
    CHECK(deadlines_sweep(d, now + 6ull * 7201000) == 1);
    deadlines_remove(d, other);
    deadlines_remove(d, w);
    deadlines_destroy(d);
    close(ends[0]);
    close(ends[1]);
}

static void test_gone(void)
{
    struct err e;
    struct deadlines *d = deadlines_create(&limits, &e);
    int ends[2];
    CHECK_CASE("a client that has gone, while its last bytes are unread and then read");
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(write(ends[1], "x", 1) == 1);
    close(ends[1]);
    struct watch *w = deadlines_add(d, ends[0]);
    uint64_t now = (uint64_t)clock_mono_ms();
    CHECK(deadlines_sweep(d, now) + deadlines_sweep(d, now) == 0);
    watch_enter(w, WATCH_BUSY); /* a handler is at work: the client may have half-closed */
    char c;
    CHECK(deadlines_sweep(d, now) + deadlines_sweep(d, now) == 0);
    CHECK(!cancel_fired(watch_gone(w))); /* it has said something that nobody has read */
    CHECK(read(ends[0], &c, 1) == 1);
    CHECK(deadlines_sweep(d, now) + deadlines_sweep(d, now) == 0);
    CHECK(cancel_fired(watch_gone(w)));
    watch_enter(w, WATCH_HEAD);
    CHECK(!cancel_fired(watch_gone(w)));
    watch_enter(w, WATCH_BODY);
    struct pollfd fd = {.fd = ends[0], .events = POLLOUT};
    unsigned cut = deadlines_sweep(d, now) + deadlines_sweep(d, now);
    CHECK(poll(&fd, 1, 0) == 1 && (fd.revents & POLLHUP)); /* by us or by the thread */
    CHECK(cut <= 1);
    deadlines_remove(d, w);
    deadlines_destroy(d);
    close(ends[0]);
}

static void test_cancel(void)
{
    struct err e;
    struct deadlines *d = deadlines_create(&limits, &e);
    int ends[2];
    CHECK_CASE("the end of the server, for requests under way and those that still come");
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    struct watch *now = deadlines_add(d, ends[0]), *later = deadlines_add(d, ends[1]);
    watch_enter(now, WATCH_BUSY);
    CHECK(!cancel_fired(watch_gone(now)) && !watch_gone(NULL));
    deadlines_cancel(d);
    CHECK(cancel_fired(watch_gone(now)) && cancel_fired(watch_gone(later)));
    watch_enter(later, WATCH_HEAD);
    deadlines_sweep(d, (uint64_t)clock_mono_ms());
    CHECK(cancel_fired(watch_gone(later)));
    deadlines_remove(d, later);
    deadlines_remove(d, now);
    deadlines_destroy(d);
    close(ends[0]);
    close(ends[1]);
}

/* --- Pool ------------------------------------------------------------------------------------- */

struct gate {
    sem_t entered, leave;
    atomic_int runs;
};

static void wait_at_gate(void *arg)
{
    struct gate *g = arg;
    sem_post(&g->entered);
    sem_wait(&g->leave);
    atomic_fetch_add(&g->runs, 1);
}

static void test_pool(void)
{
    struct err e;
    struct gate g;
    sem_init(&g.entered, 0, 0);
    sem_init(&g.leave, 0, 0);
    atomic_init(&g.runs, 0);
    CHECK_CASE("a full queue refuses");
    struct pool *p = pool_create("test", 1, 2, &e);
    CHECK(pool_submit(p, wait_at_gate, &g));
    sem_wait(&g.entered); /* the thread has taken it, the queue is empty */
    CHECK(pool_submit(p, wait_at_gate, &g));
    CHECK(pool_submit(p, wait_at_gate, &g));
    CHECK(!pool_submit(p, wait_at_gate, &g));
    CHECK_CASE("closing runs what is queued");
    for (int i = 0; i < 3; i++)
        sem_post(&g.leave);
    pool_close(p);
    CHECK(atomic_load(&g.runs) == 3);
    CHECK(!pool_submit(p, wait_at_gate, &g));
    pool_destroy(p);
    sem_destroy(&g.entered);
    sem_destroy(&g.leave);
}

int main(void)
{
    test_phases();
    test_body_rate();
    test_gone();
    test_cancel();
    test_pool();
    return check_done();
}
