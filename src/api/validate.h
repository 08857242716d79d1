/* SPDX-License-Identifier: GPL-3.0-or-later
 * validate.h - reads path, query and body of a request by its route row.
 *
 * As FastAPI does: everything is looked at, all errors are collected (path, query, body in this
 * order), and req->params, ->query, ->body, ->form are set only for what is right.
 */
#ifndef AIVE_API_VALIDATE_H
#define AIVE_API_VALIDATE_H

#include "api/form.h"
#include "api/route.h"

/* `body`: the collected body of BODY_JSON and BODY_TEXT; `form`: the finished form, NULL when the body was none. False
 * with errs filled, or with *e set (errs->count is 0 then) for a body that cannot be read at all
 * or lack of memory. */
bool validate_request(struct request *req, const struct route_match *match, const struct buf *body,
                      struct form *form, struct wire_errors *errs, struct err *e);

#endif
