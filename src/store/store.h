/* SPDX-License-Identifier: GPL-3.0-or-later
 * store.h - everything aive remembers: assets, projects, timelines, consent, chats. (Jobs are rows
 * of the same database; their functions are in jobs/job.h.)
 *
 *     struct store *s = store_open("sqlite:///aive.db", &e);
 *     if (!project_get(s, 7, &detail, arena, &e)) ...
 *
 * Several changes in one commit, all or nothing:
 *
 *     if (!store_begin(s, e))
 *         return false;
 *     bool ok = asset_create(s, &asset, &id, e) && project_create(s, &project, &pid, e);
 *     return store_end(s, ok, e);          commits if ok; true: it is on the disk
 *
 * Every function that changes something does this for itself when called on its own, and joins the
 * transaction when one is open on this thread. A part that failed dooms the whole: store_end()
 * then rolls back whatever it is told. Inside a transaction the same thread reads its own changes.
 *
 * Threads: any number may use one store. One of them writes at a time, the others wait for it, so
 * between begin and end there is no waiting for anything else. Readers never wait; each read call
 * borrows a connection from a pool and sees one moment of the database. Several processes may have
 * the same database open. Blocking: reads tens of microseconds, commits an fsync, at most 5 s when
 * another process writes (then ERR_BUSY).
 * Ownership: what is read lives in the arena; what is passed in is copied.
 * Errors, everywhere: ERR_NOT_FOUND no such row; ERR_NO_SPACE disk full; ERR_BUSY; ERR_IO the
 * database file is unreadable or damaged; ERR_NO_MEMORY the arena is full.
 * Times: _us is microseconds UTC since 1970, _ticks as in core/timebase.h. Ids count from 1.
 */
#ifndef AIVE_STORE_STORE_H
#define AIVE_STORE_STORE_H

#include "core/arena.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

/* --- The database ---------------------------------------------------------------------------- */

/* Url: sqlite:///relative.db, sqlite:////absolute.db, postgresql://... (ERR_UNAVAILABLE). The
 * schema must be the one this program knows: ERR_CONFLICT with what to do about it when not. */
struct store *store_open(const char *url, struct err *e);
void store_close(struct store *s); /* NULL is fine; no call may be running */

/* Brings the schema up to date, creating the database when there is none; each step is one
 * transaction, so being killed leaves a whole older version. Versions before and after may be
 * NULL. ERR_CONFLICT: the database is newer than this program. */
bool store_migrate(const char *url, int *from, int *to, struct err *e);

bool store_begin(struct store *s, struct err *e);
bool store_end(struct store *s, bool ok, struct err *e);

/* For `aive doctor`: reads the whole database and says what is damaged. Slow on large ones. */
bool store_check(struct store *s, struct err *e);

/* Hands disk space of the journal back; now and then when there is little to do. */
void store_tidy(struct store *s);

/* --- Assets: uploaded media ------------------------------------------------------------------ */

struct asset {
    int64_t id;
    const char *path;         /* below the media root: "ingest/20251025_120000_ab12.mp4"; unique */
    const char *kind;         /* "video", "audio", "image", "lut" */
    const char *content_hash; /* of the file, hex */
    int64_t size_bytes;
    int64_t duration_ticks; /* 0 until probed */
    int width, height;      /* upright, square pixels; 0: no picture */
    int fps_num, fps_den;   /* 0/0 unknown */
    bool has_video, has_audio;
    const char *thumbnail_path; /* below the media root; NULL: none */
    const char *probe;          /* JSON text; NULL until probed */
    int64_t created_us, updated_us;
};

/* id and times are set by the store. ERR_CONFLICT: the path is taken. */
bool asset_create(struct store *s, const struct asset *asset, int64_t *id, struct err *e);
bool asset_get(struct store *s, int64_t id, struct asset *out, struct arena *a, struct err *e);
bool asset_by_path(struct store *s, const char *path, struct asset *out, struct arena *a,
                   struct err *e);
/* Newest first, without `probe`. `total`: how many there are in all. */
bool asset_list(struct store *s, int64_t skip, int64_t limit, struct asset **rows, size_t *count,
                int64_t *total, struct arena *a, struct err *e);
/* Writes what probing found: every field from kind to probe except size and hash. */
bool asset_set_probe(struct store *s, int64_t id, const struct asset *facts, struct err *e);
bool asset_set_thumbnail(struct store *s, int64_t id, const char *path, struct err *e);

/* Does any row name this media file (upload, thumbnail, document, film)? Reads whole tables: for
 * the sweep of files that belong to nothing. */
bool store_knows_media(struct store *s, const char *path, bool *known, struct err *e);
/* Does any asset have this content? */
bool store_knows_content(struct store *s, const char *hash, bool *known, struct err *e);

/* --- Consent --------------------------------------------------------------------------------- */

struct consent {
    int64_t asset_id;
    bool has_checkbox;
    const char *document_path;      /* below the media root; NULL: none */
    const char *document_type;      /* "application/pdf", ...; NULL: none */
    int64_t created_us, updated_us; /* 0: nothing was ever said */
};

/* An asset nobody spoke about yet answers has_checkbox false; ERR_NOT_FOUND: no such asset. */
bool consent_get(struct store *s, int64_t asset_id, struct consent *out, struct arena *a,
                 struct err *e);
bool consent_set_checkbox(struct store *s, int64_t asset_id, bool accepted, struct err *e);
bool consent_set_document(struct store *s, int64_t asset_id, const char *path, const char *type,
                          struct err *e);

/* --- Projects -------------------------------------------------------------------------------- */

enum project_status {
    PROJECT_NEW,
    PROJECT_INGESTED,
    PROJECT_ANALYZING,
    PROJECT_ANALYZED,
    PROJECT_RENDERING,
    PROJECT_RENDERED,
    PROJECT_FAILED,
    PROJECT_STATUS_COUNT
};
const char *project_status_name(enum project_status status);

struct project {
    int64_t id;
    const char *title;
    enum project_status status;
    int64_t asset_id; /* 0: none */
    int64_t created_us, updated_us;
};

/* A timeline as stored: canonical JSON text, to be spliced into answers as it is. */
struct timeline_doc {
    int64_t revision; /* 0: the project has no timeline yet, text is NULL */
    char etag[33];    /* one for each revision, undo brings the old one back; "" without timeline */
    const char *text;
    size_t text_len;
};

struct project_detail {
    struct project project;
    struct asset asset;     /* asset.id 0: none; asset.probe is not read (asset_get has it) */
    struct consent consent; /* created_us 0: nothing was said yet */
    struct timeline_doc timeline;
};

struct project_item {
    struct project project;
    const char *thumbnail_path; /* NULL: none */
};

/* id and times are set by the store. */
bool project_create(struct store *s, const struct project *project, int64_t *id, struct err *e);
/* All that GET timeline answers, in one query. */
bool project_get(struct store *s, int64_t id, struct project_detail *out, struct arena *a,
                 struct err *e);
/* The project's own row only. */
bool project_find(struct store *s, int64_t id, struct project *out, struct arena *a, struct err *e);
/* Newest first; timelines are not touched. total counts all of them. */
bool project_list(struct store *s, int64_t skip, int64_t limit, struct project_item **rows,
                  size_t *count, int64_t *total, struct arena *a, struct err *e);
bool project_set_status(struct store *s, int64_t id, enum project_status status, struct err *e);

/* --- Timelines: every stored change is a revision -------------------------------------------- */

struct timeline_revision {
    int64_t revision, parent; /* parent 0: the first; undo goes there */
    const char *who;          /* "user", "template", "chat", ... */
    int64_t created_us;
    bool is_head; /* what GET timeline shows */
};

/* revision 0 and text NULL while there is none; ERR_NOT_FOUND: no such project. */
bool timeline_doc_get(struct store *s, int64_t project_id, struct timeline_doc *out,
                      struct arena *a, struct err *e);
/* Any stored revision. ERR_NOT_FOUND: the project has none of that number. */
bool timeline_doc_at(struct store *s, int64_t project_id, int64_t revision,
                     struct timeline_doc *out, struct arena *a, struct err *e);
/* Stores a new revision on top of the head and makes it the head. `expected`: the revision the
 * caller has seen, -1 for any; ERR_STALE when the head is another one. A text equal to the head's
 * stores nothing. `out` (may be NULL) gets revision and etag, its text stays NULL. */
bool timeline_doc_put(struct store *s, int64_t project_id, int64_t expected, const char *who,
                      const char *text, size_t text_len, struct timeline_doc *out, struct err *e);
/* Newest first. */
bool timeline_revisions(struct store *s, int64_t project_id, int64_t skip, int64_t limit,
                        struct timeline_revision **rows, size_t *count, struct arena *a,
                        struct err *e);
/* Moves the head to its parent, or to the newest revision made from it. ERR_CONFLICT: there is
 * none. An edit after an undo is what redo finds from then on; the old branch keeps its rows. */
bool timeline_undo(struct store *s, int64_t project_id, int64_t expected, struct timeline_doc *out,
                   struct arena *a, struct err *e);
bool timeline_redo(struct store *s, int64_t project_id, int64_t expected, struct timeline_doc *out,
                   struct arena *a, struct err *e);

/* --- Chats ----------------------------------------------------------------------------------- */

struct chat_session {
    int64_t id;
    const char *title;    /* NULL: none */
    const char *backend;  /* "stub", ... */
    const char *hf_model; /* NULL: none */
    int64_t created_us, updated_us;
};

struct chat_message {
    int64_t id;
    const char *role; /* "user", "assistant" */
    const char *content;
    int64_t created_us;
};

bool chat_session_create(struct store *s, const struct chat_session *session, int64_t *id,
                         struct err *e);
bool chat_session_get(struct store *s, int64_t id, struct chat_session *out, struct arena *a,
                      struct err *e);
/* Newest first. */
bool chat_session_list(struct store *s, int64_t skip, int64_t limit, struct chat_session **rows,
                       size_t *count, struct arena *a, struct err *e);
/* Oldest first. */
bool chat_messages(struct store *s, int64_t session_id, struct chat_message **rows, size_t *count,
                   struct arena *a, struct err *e);
/* Also moves the session's updated_us. */
bool chat_message_add(struct store *s, int64_t session_id, const char *role, const char *content,
                      int64_t *id, struct err *e);

#endif
