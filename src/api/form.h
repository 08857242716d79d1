/* SPDX-License-Identifier: GPL-3.0-or-later
 * form.h - takes a multipart body apart into text fields in memory and files on disk.
 *
 * File parts go straight to the descriptor that the row's open_upload gives, hashed on the way;
 * fields that the row does not know are read and forgotten, as FastAPI does. Memory is bounded by
 * the number of parts times FORM_MAX_TEXT. Threads: one at a time; form_feed() writes to disk.
 */
#ifndef AIVE_API_FORM_H
#define AIVE_API_FORM_H

#include "api/route.h"

#define FORM_MAX_TEXT ((size_t)64 << 10) /* bytes of one text field */

struct form;

/* The reader of one request's body. NULL with ERR_BAD_REQUEST for a boundary that is missing or
 * malformed. */
struct form *form_create(const struct route *route, const char *content_type, void *app,
                         struct arena *a, struct err *e);
bool form_feed(struct form *f, const char *data, size_t n, struct err *e);
bool form_finish(struct form *f, struct err *e); /* the body has ended */
void form_destroy(struct form *f);               /* accepts NULL; closes the uploads' descriptors */

struct upload *form_uploads(struct form *f, size_t *count);

/* How often a text field came, and its last value in *value (NULL: never). */
size_t form_text(const struct form *f, const char *name, const char **value);

/* All values of a text field in the order they came, as a JSON array of strings. */
void form_texts(const struct form *f, const char *name, struct buf *out);

/* The client's file name made harmless: see struct upload. Exported for tests. */
const char *form_clean_filename(const char *raw, struct arena *a);

#endif
