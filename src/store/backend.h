/* SPDX-License-Identifier: GPL-3.0-or-later
 * backend.h - what a database engine must bring: one file, one table of these functions, one line
 * in the list of store.c. Nothing above it knows which engine is at work.
 *
 * A connection is used by one thread at a time; store.c sees to that. Error messages are for
 * people: what is wrong with the database and how to mend it.
 */
#ifndef AIVE_STORE_BACKEND_H
#define AIVE_STORE_BACKEND_H

#include "store/sql.h"

struct store_conn;   /* defined by the engine */
struct store_cursor; /* a statement at work, defined by the engine */

enum store_role {
    STORE_READER,
    STORE_WRITER,
    STORE_CREATOR /* a writer that makes the database when there is none */
};

enum store_step { STORE_FAILED, STORE_ROW, STORE_DONE };

struct store_backend {
    const char *scheme;    /* of the URL: "sqlite" */
    const char *id_column; /* what @ID@ stands for in migrations: a key that counts from 1 */

    /* `url` is the whole one. ERR_NOT_FOUND: no such database. */
    struct store_conn *(*connect)(const char *url, enum store_role role, struct err *e);
    void (*disconnect)(struct store_conn *c);

    /* begin takes the right to write at once, or ERR_BUSY; a commit that fails has rolled back. */
    bool (*begin)(struct store_conn *c, struct err *e);
    bool (*commit)(struct store_conn *c, struct err *e);
    void (*rollback)(struct store_conn *c);

    /* How many tables of this name there are; of any name for NULL. */
    bool (*tables)(struct store_conn *c, const char *name, int64_t *count, struct err *e);
    /* Several statements without parameters, for migrations. */
    bool (*script)(struct store_conn *c, const char *text, struct err *e);

    /* Prepares (or finds) the statement and binds. The cursor lives until finish(). */
    struct store_cursor *(*start)(struct store_conn *c, const char *text,
                                  const struct sql_arg *args, int count, struct err *e);
    enum store_step (*next)(struct store_cursor *cur, struct err *e);
    int64_t (*get_int)(struct store_cursor *cur, int column);
    double (*get_real)(struct store_cursor *cur, int column);
    /* Valid until the next step; NULL for NULL. */
    const char *(*get_text)(struct store_cursor *cur, int column, size_t *len);
    int64_t (*changed)(struct store_cursor *cur); /* rows written, once next() said DONE */
    void (*finish)(struct store_cursor *cur);

    bool (*lease_clock)(struct store_conn *c, struct lease_clock *out, struct err *e);
    bool (*check)(struct store_conn *c, struct err *e);
    void (*tidy)(struct store_conn *c);
};

extern const struct store_backend store_sqlite;

/* The migrations, embedded by embed.py from migrations/NNNN_*.sql, oldest first, ended by version
 * 0. */
struct store_migration {
    int version;
    const char *name;
    const char *text;
};
extern const struct store_migration store_migrations[];

/* In migrate.c: brings the schema of a creator's connection up to date; refuses one that is not
 * what this program knows. */
bool migrate_run(const struct store_backend *b, struct store_conn *c, int *from, int *to,
                 struct err *e);
bool migrate_check(const struct store_backend *b, struct store_conn *c, struct err *e);

#endif
