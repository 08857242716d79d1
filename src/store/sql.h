/* SPDX-License-Identifier: GPL-3.0-or-later
 * sql.h - running SQL against the store, for the files that own tables (src/store/, jobs/job.c).
 *
 * Reading:
 *     struct sql q;
 *     sql_open(&q, s, "SELECT id, title FROM project WHERE asset_id = $1", SQL_ARGS(sql_int(7)),
 * e); while (sql_next(&q)) { row->id = sql_get_int(&q, 0); row->title = sql_get_text(&q, 1, arena);
 *     }
 *     return sql_close(&q);                            false when anything above failed
 *
 * Writing, between store_begin() and store_end() only:
 *     int64_t changed;
 *     sql_run(s, "UPDATE project SET title = $1 WHERE id = $2", SQL_ARGS(...), &changed, e)
 * or sql_open() with RETURNING.
 *
 * The SQL is what SQLite and PostgreSQL both understand: $1 parameters, RETURNING, ON CONFLICT ..
 * DO UPDATE, CAST, CASE; no date functions (times are handed in), booleans are 0 and 1. Texts must
 * be string literals: prepared statements are kept by their address.
 * An arena that is full, and any error of the database, ends the loop and makes sql_close() false.
 */
#ifndef AIVE_STORE_SQL_H
#define AIVE_STORE_SQL_H

#include "store/store.h"

#include <string.h>

enum sql_type { SQL_NULL, SQL_INT, SQL_REAL, SQL_TEXT };

struct sql_arg {
    enum sql_type type;
    int64_t i;
    double r;
    const char *text; /* UTF-8; must live until the statement is closed */
    size_t len;
};

static inline struct sql_arg sql_int(int64_t i)
{
    return (struct sql_arg){.type = SQL_INT, .i = i};
}

static inline struct sql_arg sql_id(int64_t id) /* 0 is stored as NULL: "none" */
{
    return (struct sql_arg){.type = id ? SQL_INT : SQL_NULL, .i = id};
}

static inline struct sql_arg sql_real(double r)
{
    return (struct sql_arg){.type = SQL_REAL, .r = r};
}

static inline struct sql_arg sql_text_n(const char *text, size_t len)
{
    return (struct sql_arg){.type = text ? SQL_TEXT : SQL_NULL, .text = text, .len = len};
}

static inline struct sql_arg sql_text(const char *text) /* NULL is stored as NULL */
{
    return sql_text_n(text, text ? strlen(text) : 0);
}

#define SQL_ARGS(...)                                                                              \
    (const struct sql_arg[]){__VA_ARGS__},                                                         \
        (int)(sizeof((const struct sql_arg[]){__VA_ARGS__}) / sizeof(struct sql_arg))
#define SQL_NO_ARGS NULL, 0

struct sql {
    struct store *store;
    struct store_conn *conn;
    struct store_cursor *cursor;
    struct err *e;
    bool failed;
};

bool sql_open(struct sql *q, struct store *s, const char *text, const struct sql_arg *args,
              int count, struct err *e);
bool sql_next(struct sql *q);
/* Columns count from 0. NULL reads as 0, 0.0, NULL. */
int64_t sql_get_int(struct sql *q, int column);
double sql_get_real(struct sql *q, int column);
const char *sql_get_text(struct sql *q, int column, struct arena *a);
const char *sql_get_text_n(struct sql *q, int column, struct arena *a, size_t *len);
void sql_get_name(struct sql *q, int column, char *out, size_t size); /* short text, cut to size */
void *sql_alloc(struct sql *q, struct arena *a, size_t count, size_t size); /* rows of a list */
bool sql_close(struct sql *q);

bool sql_run(struct store *s, const char *text, const struct sql_arg *args, int count,
             int64_t *changed, struct err *e);
/* The first column of the first row; ERR_NOT_FOUND without a row. */
bool sql_value(struct store *s, const char *text, const struct sql_arg *args, int count,
               int64_t *value, struct err *e);

/* The clock that leases are measured on: one that all processes sharing the database agree on and
 * that a step of the wall clock does not move. For SQLite, which is one machine, it is the time
 * since boot, suspend included, and `boot` names that boot: after a reboot every older lease is
 * over. A database server would answer with its own clock and an empty `boot`. */
struct lease_clock {
    int64_t now_ms;
    char boot[37];
};
bool store_lease_clock(struct store *s, struct lease_clock *out, struct err *e);

#endif
