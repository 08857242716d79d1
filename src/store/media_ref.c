/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sql.h"

bool store_knows_media(struct store *s, const char *path, bool *known, struct err *e)
{
    int64_t count = 0;
    bool ok = sql_value(s,
                        "SELECT (SELECT COUNT(*) FROM asset WHERE path = $1)"
                        " + (SELECT COUNT(*) FROM asset WHERE thumbnail_path = $1)"
                        " + (SELECT COUNT(*) FROM consent WHERE document_path = $1)"
                        " + (SELECT COUNT(*) FROM job WHERE output_path = $1)",
                        SQL_ARGS(sql_text(path)), &count, e);
    *known = count > 0;
    return ok;
}

bool store_knows_content(struct store *s, const char *hash, bool *known, struct err *e)
{
    int64_t count = 0;
    bool ok = sql_value(s, "SELECT COUNT(*) FROM asset WHERE content_hash = $1",
                        SQL_ARGS(sql_text(hash)), &count, e);
    *known = count > 0;
    return ok;
}
