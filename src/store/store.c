/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. One connection writes, behind a mutex held from begin to end of a transaction. Reads take
 * an idle connection from a pool (last in, first out, so that a warm one is used) and give it back
 * with sql_close(); there are as many as there were reads at the same time. A thread inside its own
 * transaction reads on the writing connection. `owner` says whose transaction it is: only the owner
 * ever sees its own id there, so the unlocked look is safe.
 */
#include "store/backend.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define IDLE_MAX 64

struct store {
    const struct store_backend *b;
    char *url;

    pthread_mutex_t write_lock; /* guards writer, depth, doomed */
    struct store_conn *writer;
    _Atomic pthread_t owner; /* of the open transaction; 0: none */
    int depth;               /* begins not ended yet */
    bool doomed;

    pthread_mutex_t idle_lock; /* guards idle */
    struct store_conn *idle[IDLE_MAX];
    int idle_count;
};

static const struct store_backend *const backends[] = {&store_sqlite, NULL};

static const struct store_backend *find_backend(const char *url, struct err *e)
{
    size_t n = strcspn(url, ":");
    for (const struct store_backend *const *b = backends; *b; b++)
        if (strlen((*b)->scheme) == n && strncmp(url, (*b)->scheme, n) == 0)
            return *b;
    if (strncmp(url, "postgres", 8) == 0)
        err_set(e, ERR_UNAVAILABLE,
                "PostgreSQL is not built into this version; set AIVE_DATABASE_URL to "
                "sqlite:///name.db");
    else
        err_set(e, ERR_INVALID, "%s: not a database URL; write sqlite:///name.db", url);
    return NULL;
}

struct store *store_open(const char *url, struct err *e)
{
    const struct store_backend *b = find_backend(url, e);
    if (!b)
        return NULL;
    struct store *s = calloc(1, sizeof *s);
    if (!s || !(s->url = strdup(url))) {
        free(s);
        err_set(e, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    s->b = b;
    pthread_mutex_init(&s->write_lock, NULL);
    pthread_mutex_init(&s->idle_lock, NULL);
    s->writer = b->connect(url, STORE_WRITER, e);
    if (!s->writer || !migrate_check(b, s->writer, e)) {
        store_close(s);
        return NULL;
    }
    return s;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    while (s->idle_count)
        s->b->disconnect(s->idle[--s->idle_count]);
    s->b->disconnect(s->writer); /* last: it empties and removes the journal */
    pthread_mutex_destroy(&s->idle_lock);
    pthread_mutex_destroy(&s->write_lock);
    free(s->url);
    free(s);
}

bool store_migrate(const char *url, int *from, int *to, struct err *e)
{
    int before, after;
    const struct store_backend *b = find_backend(url, e);
    struct store_conn *c = b ? b->connect(url, STORE_CREATOR, e) : NULL;
    if (!c)
        return false;
    bool ok = migrate_run(b, c, &before, &after, e);
    b->disconnect(c);
    if (ok && from)
        *from = before;
    if (ok && to)
        *to = after;
    return ok;
}

/* --- Transactions --- */

static bool is_mine(struct store *s)
{
    return atomic_load_explicit(&s->owner, memory_order_relaxed) == pthread_self();
}

bool store_begin(struct store *s, struct err *e)
{
    if (is_mine(s)) {
        s->depth++;
        return true;
    }
    pthread_mutex_lock(&s->write_lock);
    if (!s->b->begin(s->writer, e)) {
        pthread_mutex_unlock(&s->write_lock);
        return false;
    }
    atomic_store_explicit(&s->owner, pthread_self(), memory_order_relaxed);
    s->depth = 1;
    s->doomed = false;
    return true;
}

bool store_end(struct store *s, bool ok, struct err *e)
{
    s->doomed = s->doomed || !ok;
    if (--s->depth > 0)
        return ok;
    if (s->doomed) {
        s->b->rollback(s->writer);
        if (ok)
            ok = err_set(e, ERR_INTERNAL, "a part of the change failed, so none was made");
    } else {
        ok = s->b->commit(s->writer, e);
    }
    atomic_store_explicit(&s->owner, (pthread_t)0, memory_order_relaxed);
    pthread_mutex_unlock(&s->write_lock);
    return ok;
}

/* --- Statements --- */

static struct store_conn *take_reader(struct store *s, struct err *e)
{
    struct store_conn *c = NULL;
    pthread_mutex_lock(&s->idle_lock);
    if (s->idle_count)
        c = s->idle[--s->idle_count];
    pthread_mutex_unlock(&s->idle_lock);
    return c ? c : s->b->connect(s->url, STORE_READER, e);
}

static void give_back(struct store *s, struct store_conn *c)
{
    pthread_mutex_lock(&s->idle_lock);
    bool kept = s->idle_count < IDLE_MAX;
    if (kept)
        s->idle[s->idle_count++] = c;
    pthread_mutex_unlock(&s->idle_lock);
    if (!kept)
        s->b->disconnect(c);
}

bool sql_open(struct sql *q, struct store *s, const char *text, const struct sql_arg *args,
              int count, struct err *e)
{
    *q = (struct sql){.store = s, .e = e};
    q->conn = is_mine(s) ? s->writer : take_reader(s, e);
    if (q->conn)
        q->cursor = s->b->start(q->conn, text, args, count, e);
    q->failed = !q->cursor;
    if (q->failed)
        sql_close(q);
    return !q->failed;
}

bool sql_next(struct sql *q)
{
    if (q->failed)
        return false;
    enum store_step step = q->store->b->next(q->cursor, q->e);
    q->failed = step == STORE_FAILED;
    return step == STORE_ROW;
}

bool sql_close(struct sql *q)
{
    struct store *s = q->store;
    s->b->finish(q->cursor);
    if (q->conn && q->conn != s->writer)
        give_back(s, q->conn);
    q->cursor = NULL;
    q->conn = NULL;
    return !q->failed;
}

int64_t sql_get_int(struct sql *q, int column)
{
    return q->store->b->get_int(q->cursor, column);
}

double sql_get_real(struct sql *q, int column)
{
    return q->store->b->get_real(q->cursor, column);
}

const char *sql_get_text_n(struct sql *q, int column, struct arena *a, size_t *len)
{
    const char *text = q->store->b->get_text(q->cursor, column, len);
    if (!text)
        return NULL;
    char *copy = arena_strndup(a, text, *len);
    if (!copy) {
        q->failed = true;
        err_set(q->e, ERR_NO_MEMORY, "out of memory for what the database holds");
    }
    return copy;
}

const char *sql_get_text(struct sql *q, int column, struct arena *a)
{
    size_t len;
    return sql_get_text_n(q, column, a, &len);
}

void sql_get_name(struct sql *q, int column, char *out, size_t size)
{
    size_t len;
    const char *text = q->store->b->get_text(q->cursor, column, &len);
    len = len < size ? len : size - 1;
    if (text)
        memcpy(out, text, len);
    out[len] = '\0';
}

void *sql_alloc(struct sql *q, struct arena *a, size_t count, size_t size)
{
    void *rows = q->failed ? NULL : arena_array(a, count, size);
    if (!rows && !q->failed) {
        q->failed = true;
        err_set(q->e, ERR_NO_MEMORY, "out of memory for what the database holds");
    }
    return rows;
}

bool sql_run(struct store *s, const char *text, const struct sql_arg *args, int count,
             int64_t *changed, struct err *e)
{
    struct sql q;
    if (!is_mine(s))
        return err_set(e, ERR_INTERNAL, "a write outside of store_begin: %s", text);
    if (sql_open(&q, s, text, args, count, e))
        while (sql_next(&q))
            ;
    if (changed)
        *changed = q.failed ? 0 : s->b->changed(q.cursor);
    return sql_close(&q);
}

bool sql_value(struct store *s, const char *text, const struct sql_arg *args, int count,
               int64_t *value, struct err *e)
{
    struct sql q;
    sql_open(&q, s, text, args, count, e);
    bool found = sql_next(&q);
    if (found)
        *value = sql_get_int(&q, 0);
    if (!sql_close(&q))
        return false;
    return found ? true : err_set(e, ERR_NOT_FOUND, "not found");
}

/* --- The rest --- */

/* What is done on the writing connection outside of transactions. */
bool store_lease_clock(struct store *s, struct lease_clock *out, struct err *e)
{
    bool mine = is_mine(s);
    struct store_conn *c = mine ? s->writer : take_reader(s, e);
    if (!c)
        return false;
    bool ok = s->b->lease_clock(c, out, e);
    if (!mine)
        give_back(s, c);
    return ok;
}

bool store_check(struct store *s, struct err *e)
{
    struct store_conn *c = take_reader(s, e);
    if (!c)
        return false;
    bool ok = s->b->check(c, e);
    give_back(s, c);
    return ok;
}

void store_tidy(struct store *s)
{
    if (is_mine(s) || pthread_mutex_trylock(&s->write_lock) != 0)
        return;
    s->b->tidy(s->writer);
    pthread_mutex_unlock(&s->write_lock);
}
