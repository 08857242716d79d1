/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/json_err.h"

#include <string.h>

bool json_err(const struct json_reader *r, const char *what, struct err *e)
{
    if (strcmp(r->error, JSON_NO_MEMORY) == 0)
        return err_set(e, ERR_NO_MEMORY, "out of memory");
    return err_set(e, ERR_INVALID, "%snot valid JSON: %s at character %zu", what, r->error,
                   json_error_char(r));
}
