/* SPDX-License-Identifier: GPL-3.0-or-later
 * rows.h - column lists and their readers that more than one query shares. Internal to src/store/.
 *
 * A list names its columns with the table's alias; the reader takes them from column `at` on.
 */
#ifndef AIVE_STORE_ROWS_H
#define AIVE_STORE_ROWS_H

#include "store/sql.h"

#define ASSET_COLUMNS                                                                              \
    "a.id, a.created_us, a.updated_us, a.kind, a.size_bytes, a.duration_ticks, a.width, "          \
    "a.height, a.fps_num, a.fps_den, a.has_video, a.has_audio, a.path, a.thumbnail_path, "         \
    "a.content_hash"
#define ASSET_COLUMN_COUNT 15
void asset_read(struct sql *q, int at, struct asset *out, struct arena *a);

#define CONSENT_COLUMNS                                                                            \
    "c.asset_id, c.created_us, c.updated_us, c.has_checkbox, c.document_path, c.document_type"
#define CONSENT_COLUMN_COUNT 6
void consent_read(struct sql *q, int at, struct consent *out, struct arena *a);

#define TIMELINE_COLUMNS "r.revision, r.etag, r.text"
void timeline_read(struct sql *q, int at, struct timeline_doc *out, struct arena *a);

/* ERR_NOT_FOUND with these words when no row was changed. */
bool rows_changed(int64_t changed, const char *what, struct err *e);

#endif
