/* SPDX-License-Identifier: GPL-3.0-or-later
 * openapi.h - OpenAPI 3.1 out of the route table, laid out as FastAPI does.  Pure function.
 */
#ifndef AIVE_API_OPENAPI_H
#define AIVE_API_OPENAPI_H

#include "api/route.h"

/* "get_timeline" on GET /api/timeline/{project_id} -> get_timeline_api_timeline__project_id__get */
void openapi_operation_id(const struct route *r, struct buf *out);

/* The whole document; hidden rows are left out. `description` may be NULL. False: no memory, or
 * more types than OPENAPI_MAX_SCHEMAS. */
#define OPENAPI_MAX_SCHEMAS 256
bool openapi_write(const struct route *routes, size_t count, const char *title,
                   const char *version, const char *description, struct buf *out);

#endif
