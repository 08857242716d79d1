/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * DESIGN. One connection is one sqlite3 handle without its own locks (NOMUTEX): store.c lends it to
 * one thread at a time. WAL lets readers work beside the one writer; synchronous=FULL makes a
 * commit an fsync of the WAL, so that what was acknowledged survives a power cut too. Writers begin
 * with IMMEDIATE: the wait for another process happens there, with the busy timeout, and never in
 * the middle of a transaction.
 *
 * Prepared statements stay in a small table by the address of their text (they are literals).
 */
#include "core/clock.h"
#include "store/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STATEMENTS 256 /* slots; a power of two, larger than the number of our texts */
#define BUSY_TIMEOUT_MS 5000

struct store_cursor {
    struct store_conn *conn;
    const char *text;
    sqlite3_stmt *stmt;
    int64_t changed;
    bool busy;      /* between start and finish */
    bool temporary; /* not in the table: finalised and freed by finish */
};

struct store_conn {
    sqlite3 *db;
    bool writing; /* between begin and commit or rollback */
    struct store_cursor statements[STATEMENTS];
};

/* --- Errors --- */

static const struct {
    int rc;
    enum err_code code;
    const char *words; /* NULL: SQLite's own */
} errors[] = {
    {SQLITE_FULL, ERR_NO_SPACE, "the disk that holds the database is full"},
    {SQLITE_BUSY, ERR_BUSY, "the database is busy, another process is writing"},
    {SQLITE_LOCKED, ERR_BUSY, "the database is busy"},
    {SQLITE_NOMEM, ERR_NO_MEMORY, "out of memory"},
    {SQLITE_CORRUPT, ERR_IO, "the database file is damaged; stop aive and restore a backup of it"},
    {SQLITE_NOTADB, ERR_IO, "the file is not an SQLite database"},
    {SQLITE_READONLY, ERR_IO, "the database file, or its folder, may not be written"},
    {SQLITE_CANTOPEN, ERR_IO, "the database file cannot be opened"},
    {SQLITE_PERM, ERR_IO, "the database file may not be accessed"},
    {SQLITE_IOERR, ERR_IO, "reading or writing the database file failed"},
    {SQLITE_TOOBIG, ERR_TOO_LARGE, "too long a text for the database"},
};

static bool fail(struct store_conn *c, int rc, const char *what, struct err *e)
{
    int system_errno = c->db ? sqlite3_system_errno(c->db) : 0;
    const char *own = c->db ? sqlite3_errmsg(c->db) : sqlite3_errstr(rc);

    if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY)
        return err_set(e, ERR_CONFLICT, "there is one already (%s)", own);
    if (rc == SQLITE_CONSTRAINT_FOREIGNKEY)
        return err_set(e, ERR_NOT_FOUND, "it refers to something that does not exist");
    /* A full disk shows as an I/O error when it hits the shared-memory file. */
    if ((rc & 0xff) == SQLITE_IOERR && (system_errno == ENOSPC || system_errno == EDQUOT))
        rc = SQLITE_FULL;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].rc == (rc & 0xff))
            return err_set(e, errors[i].code, "%s (%s: %s)", errors[i].words, what, own);
    return err_set(e, ERR_INTERNAL, "database: %s: %s", what, own);
}

/* --- Connections --- */

static const char *path_of(const char *url, struct err *e)
{
    static const char prefix[] = "sqlite:///";
    size_t n = sizeof prefix - 1;
    if (strncmp(url, prefix, n) != 0 || url[n] == '\0') {
        err_set(e, ERR_INVALID, "%s: write sqlite:///relative.db or sqlite:////absolute/path.db",
                url);
        return NULL;
    }
    return url + n;
}

/* SQLite would create the file readable for everybody; what is in it is private. An existing file
 * is not touched: closing any descriptor of it drops this process's locks on it. */
static bool create_private(const char *path, struct err *e)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    else if (errno != EEXIST)
        return err_errno(e, errno, "database %s", path);
    return true;
}

static bool run(struct store_conn *c, const char *text, struct err *e)
{
    int rc = sqlite3_exec(c->db, text, NULL, NULL, NULL);
    return rc == SQLITE_OK ? true : fail(c, rc, text, e);
}

/* Changing to WAL needs the file alone for a moment and does not honour the busy timeout. */
static bool set_wal(struct store_conn *c, struct err *e)
{
    int rc = SQLITE_BUSY;
    for (int tries = 0; tries < 100 && (rc & 0xff) == SQLITE_BUSY; tries++) {
        rc = sqlite3_exec(c->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
        if ((rc & 0xff) == SQLITE_BUSY)
            sqlite3_sleep(20);
    }
    return rc == SQLITE_OK ? true : fail(c, rc, "journal_mode", e);
}

static void lite_disconnect(struct store_conn *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(c->statements[i].stmt);
    sqlite3_close(c->db);
    free(c);
}

static bool set_up(struct store_conn *c, enum store_role role, struct err *e)
{
    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_busy_timeout(c->db, BUSY_TIMEOUT_MS);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (!run(c,
             "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA foreign_keys=ON;"
             "PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864;"
             "PRAGMA wal_autocheckpoint=1000; PRAGMA temp_store=MEMORY",
             e))
        return false;
    return role == STORE_READER ? run(c, "PRAGMA query_only=ON", e) : set_wal(c, e);
}

static struct store_conn *lite_connect(const char *url, enum store_role role, struct err *e)
{
    const char *path = path_of(url, e);
    struct store_conn *c = NULL;

    if (!path || (role == STORE_CREATOR && !create_private(path, e)))
        return NULL;
    if (access(path, F_OK) != 0) {
        err_errno(e, errno, "database %s", path);
        return NULL;
    }
    c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NO_MEMORY, "out of memory");
        return NULL;
    }
    int rc = sqlite3_open_v2(path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    bool ok = rc == SQLITE_OK ? set_up(c, role, e) : fail(c, rc, "open", e);
    if (!ok) {
        err_wrap(e, "database %s", path);
        lite_disconnect(c);
        return NULL;
    }
    return c;
}

/* --- Transactions --- */

static bool lite_begin(struct store_conn *c, struct err *e)
{
    if (!run(c, "BEGIN IMMEDIATE", e))
        return false;
    c->writing = true;
    return true;
}

static void lite_rollback(struct store_conn *c)
{
    c->writing = false;
    if (!sqlite3_get_autocommit(c->db)) /* some errors have rolled back already */
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
}

static bool lite_commit(struct store_conn *c, struct err *e)
{
    bool ok = run(c, "COMMIT", e);
    if (!ok)
        lite_rollback(c);
    c->writing = false;
    return ok;
}

static bool lite_script(struct store_conn *c, const char *text, struct err *e)
{
    int rc = sqlite3_exec(c->db, text, NULL, NULL, NULL);
    return rc == SQLITE_OK ? true : fail(c, rc, "script", e);
}

/* --- Statements --- */

/* The slot of this text, or a free one for it; NULL when that slot is at work or the table full. */
static struct store_cursor *find_slot(struct store_conn *c, const char *text)
{
    size_t hash = (size_t)(((uintptr_t)text * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
    for (size_t i = 0; i < STATEMENTS; i++) {
        struct store_cursor *s = &c->statements[(hash + i) % STATEMENTS];
        if (s->text == text)
            return s->busy ? NULL : s;
        if (!s->text)
            return s;
    }
    return NULL;
}

static int bind_one(sqlite3_stmt *stmt, int index, const struct sql_arg *a)
{
    switch (a->type) {
    case SQL_INT:
        return sqlite3_bind_int64(stmt, index, a->i);
    case SQL_REAL:
        return sqlite3_bind_double(stmt, index, a->r);
    case SQL_TEXT:
        return sqlite3_bind_text64(stmt, index, a->text, a->len, SQLITE_STATIC, SQLITE_UTF8);
    case SQL_NULL:
        break;
    }
    return sqlite3_bind_null(stmt, index);
}

/* To SQLite "$2" is a name like any other, and indexes follow the order of appearance. */
static bool bind(sqlite3_stmt *stmt, const struct sql_arg *args, int count)
{
    if (sqlite3_bind_parameter_count(stmt) != count)
        return false;
    for (int index = 1; index <= count; index++) {
        const char *name = sqlite3_bind_parameter_name(stmt, index);
        long number = name && *name == '$' ? strtol(name + 1, NULL, 10) : 0;
        if (number < 1 || number > count || bind_one(stmt, index, &args[number - 1]) != SQLITE_OK)
            return false;
    }
    return true;
}

static void lite_finish(struct store_cursor *cur)
{
    if (!cur)
        return;
    cur->busy = false;
    if (cur->temporary) {
        sqlite3_finalize(cur->stmt);
        free(cur);
        return;
    }
    sqlite3_reset(cur->stmt);
    sqlite3_clear_bindings(cur->stmt); /* they point into the caller's memory */
}

static struct store_cursor *take_cursor(struct store_conn *c, const char *text, struct err *e)
{
    struct store_cursor *cur = find_slot(c, text);
    if (!cur) {
        cur = calloc(1, sizeof *cur);
        if (!cur) {
            err_set(e, ERR_NO_MEMORY, "out of memory");
            return NULL;
        }
        cur->temporary = true;
    }
    cur->conn = c;
    cur->changed = 0;
    if (cur->stmt)
        return cur;

    unsigned flags = cur->temporary ? 0 : SQLITE_PREPARE_PERSISTENT;
    int rc = sqlite3_prepare_v3(c->db, text, -1, flags, &cur->stmt, NULL);
    if (rc != SQLITE_OK) {
        fail(c, rc, text, e);
        if (cur->temporary)
            free(cur);
        return NULL;
    }
    cur->text = text;
    return cur;
}

static struct store_cursor *lite_start(struct store_conn *c, const char *text,
                                       const struct sql_arg *args, int count, struct err *e)
{
    /* After such an error the next statement would commit on its own. */
    if (c->writing && sqlite3_get_autocommit(c->db)) {
        err_set(e, ERR_IO, "the database has rolled the change back after an error");
        return NULL;
    }
    struct store_cursor *cur = take_cursor(c, text, e);
    if (!cur)
        return NULL;
    cur->busy = true;
    if (!bind(cur->stmt, args, count)) {
        err_set(e, ERR_INTERNAL, "database: wrong parameters: %s", text);
        lite_finish(cur);
        return NULL;
    }
    return cur;
}

static enum store_step lite_next(struct store_cursor *cur, struct err *e)
{
    int rc = sqlite3_step(cur->stmt);
    if (rc == SQLITE_ROW)
        return STORE_ROW;
    if (rc == SQLITE_DONE) {
        cur->changed = sqlite3_changes64(cur->conn->db);
        return STORE_DONE;
    }
    fail(cur->conn, rc, "query", e);
    return STORE_FAILED;
}

static int64_t lite_get_int(struct store_cursor *cur, int column)
{
    return sqlite3_column_int64(cur->stmt, column);
}

static double lite_get_real(struct store_cursor *cur, int column)
{
    return sqlite3_column_double(cur->stmt, column);
}

static const char *lite_get_text(struct store_cursor *cur, int column, size_t *len)
{
    const char *text = (const char *)sqlite3_column_text(cur->stmt, column);
    *len = text ? (size_t)sqlite3_column_bytes(cur->stmt, column) : 0;
    return text;
}

static int64_t lite_changed(struct store_cursor *cur)
{
    return cur->changed;
}

/* --- The rest --- */

static bool lite_tables(struct store_conn *c, const char *name, int64_t *count, struct err *e)
{
    struct store_cursor *cur =
        lite_start(c,
                   "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table'"
                   " AND name NOT LIKE 'sqlite_%' AND name = COALESCE($1, name)",
                   SQL_ARGS(sql_text(name)), e);
    bool ok = cur && lite_next(cur, e) == STORE_ROW;
    *count = ok ? lite_get_int(cur, 0) : 0;
    lite_finish(cur);
    return ok;
}

static bool lite_lease_clock(struct store_conn *c, struct lease_clock *out, struct err *e)
{
    (void)c;
    *out = (struct lease_clock){.now_ms = clock_mono_ms()};
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out->boot, sizeof out->boot - 1);
    if (n < 0) {
        if (fd >= 0)
            close(fd);
        return err_errno(e, errno, "boot id of this machine");
    }
    close(fd);
    out->boot[n] = '\0';
    out->boot[strcspn(out->boot, "\n")] = '\0';
    return true;
}

/* Both pragmas give no row, or "ok", when all is well. */
static bool check_pragma(struct store_conn *c, const char *pragma, const char *words, struct err *e)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(c->db, pragma, -1, &stmt, NULL);
    if (rc != SQLITE_OK)
        return fail(c, rc, pragma, e);
    bool ok = true;
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        ok = text && strcmp(text, "ok") == 0;
        if (!ok)
            err_set(e, ERR_IO, "%s: %s", words, text ? text : "?");
    } else if (rc != SQLITE_DONE) {
        ok = fail(c, rc, pragma, e);
    }
    sqlite3_finalize(stmt);
    return ok;
}

static bool lite_check(struct store_conn *c, struct err *e)
{
    return check_pragma(c, "PRAGMA integrity_check",
                        "the database file is damaged; stop aive and restore a backup of it", e) &&
           check_pragma(c, "PRAGMA foreign_key_check", "rows without what they refer to in", e);
}

/* Moves the WAL into the file and cuts it, unless a reader is in the way. */
static void lite_tidy(struct store_conn *c)
{
    sqlite3_busy_timeout(c->db, 0);
    sqlite3_wal_checkpoint_v2(c->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_busy_timeout(c->db, BUSY_TIMEOUT_MS);
}

const struct store_backend store_sqlite = {
    .scheme = "sqlite",
    .id_column = "INTEGER PRIMARY KEY AUTOINCREMENT", /* an id is never given twice */
    .connect = lite_connect,
    .disconnect = lite_disconnect,
    .begin = lite_begin,
    .commit = lite_commit,
    .rollback = lite_rollback,
    .tables = lite_tables,
    .script = lite_script,
    .start = lite_start,
    .next = lite_next,
    .get_int = lite_get_int,
    .get_real = lite_get_real,
    .get_text = lite_get_text,
    .changed = lite_changed,
    .finish = lite_finish,
    .lease_clock = lite_lease_clock,
    .check = lite_check,
    .tidy = lite_tidy,
};
