/* SPDX-License-Identifier: GPL-3.0-or-later
 * json_err.h - a JSON reader's error as ours.
 */
#ifndef AIVE_NN_JSON_ERR_H
#define AIVE_NN_JSON_ERR_H

#include "core/err.h"
#include "core/json.h"

/* "<what>not valid JSON: Expecting value at character 7"; ERR_NO_MEMORY where that was the reason.
 * Always returns false. */
bool json_err(const struct json_reader *r, const char *what, struct err *e);

#endif
