/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each migration runs in a transaction of its own together with its row in schema_version, so a
 * database is always whole at some version, whatever was killed when.
 */
#include "core/buf.h"
#include "core/clock.h"
#include "store/backend.h"

#define ID_WORD "@ID@"

static int newest(void)
{
    int version = 0;
    for (const struct store_migration *m = store_migrations; m->version; m++)
        version = m->version;
    return version;
}

static bool read_version(const struct store_backend *b, struct store_conn *c, int *version,
                         struct err *e)
{
    int64_t ours, all;

    *version = 0;
    if (!b->tables(c, "schema_version", &ours, e) || !b->tables(c, NULL, &all, e))
        return false;
    if (!ours && all)
        return err_set(e, ERR_CONFLICT,
                       "this database was not made by aive; name another one in "
                       "AIVE_DATABASE_URL");
    if (!ours)
        return true;

    struct store_cursor *cur =
        b->start(c, "SELECT MAX(version) FROM schema_version", SQL_NO_ARGS, e);
    bool ok = cur && b->next(cur, e) == STORE_ROW;
    if (ok)
        *version = (int)b->get_int(cur, 0);
    b->finish(cur);
    if (ok && *version > newest())
        return err_set(e, ERR_CONFLICT,
                       "the database is at version %d, this program knows only %d: it was used "
                       "by a newer aive; run that one",
                       *version, newest());
    return ok;
}

static bool add_words(struct buf *out, const char *text, const char *id_column)
{
    for (const char *at; (at = strstr(text, ID_WORD)); text = at + strlen(ID_WORD)) {
        buf_add(out, text, (size_t)(at - text));
        buf_adds(out, id_column);
    }
    buf_adds(out, text);
    return !out->failed;
}

static bool note_version(const struct store_backend *b, struct store_conn *c,
                         const struct store_migration *m, struct err *e)
{
    struct store_cursor *cur =
        b->start(c, "INSERT INTO schema_version (version, applied_us, name) VALUES ($1, $2, $3)",
                 SQL_ARGS(sql_int(m->version), sql_int(clock_now_us()), sql_text(m->name)), e);
    bool ok = cur && b->next(cur, e) == STORE_DONE;
    b->finish(cur);
    return ok;
}

/* The next step after whatever version is there once we hold the right to write: another process
 * may be migrating too. *done: nothing was left to do. */
static bool step(const struct store_backend *b, struct store_conn *c, bool *done, struct err *e)
{
    int version;
    struct buf text;
    buf_init(&text, 1 << 20);

    if (!b->begin(c, e))
        return false;
    bool ok = read_version(b, c, &version, e);
    *done = ok && version == newest();
    if (ok && !*done) {
        const struct store_migration *m = &store_migrations[version];
        ok = add_words(&text, m->text, b->id_column) || err_set(e, ERR_NO_MEMORY, "out of memory");
        ok = ok &&
             b->script(c,
                       "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL "
                       "PRIMARY KEY, applied_us BIGINT NOT NULL, name TEXT NOT NULL)",
                       e) &&
             b->script(c, text.data, e) && note_version(b, c, m, e);
        if (!ok)
            err_wrap(e, "migration %s", m->name);
    }
    buf_finish(&text);
    if (!ok) {
        b->rollback(c);
        return false;
    }
    return b->commit(c, e);
}

bool migrate_run(const struct store_backend *b, struct store_conn *c, int *from, int *to,
                 struct err *e)
{
    bool done = false;

    if (!read_version(b, c, from, e))
        return false;
    while (!done)
        if (!step(b, c, &done, e))
            return false;
    *to = newest();
    return true;
}

bool migrate_check(const struct store_backend *b, struct store_conn *c, struct err *e)
{
    int version;

    if (!read_version(b, c, &version, e))
        return false;
    if (version < newest())
        return err_set(e, ERR_CONFLICT,
                       "the database is at version %d, this program needs %d; run `aive migrate`",
                       version, newest());
    return true;
}
