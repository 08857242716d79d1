/* SPDX-License-Identifier: GPL-3.0-or-later
 * wire_internal.h - what the wire_*.c files share; nobody else includes it.
 */
#ifndef AIVE_CORE_WIRE_INTERNAL_H
#define AIVE_CORE_WIRE_INTERNAL_H

#include "core/json.h"
#include "core/wire.h"

/* A state of a list of errors, to go back to. */
struct wire_mark {
    size_t len, count, more;
};
struct wire_mark wire_errors_mark(const struct wire_errors *errs);
void wire_errors_rewind(struct wire_errors *errs, struct wire_mark to);

/* A value that is no array or object, or (as `type` alone) one that is. */
struct wire_scalar {
    enum json_type type;
    bool flag;     /* JSON_BOOL */
    double number; /* JSON_NUMBER */
    bool is_int;
    int64_t integer;  /* when is_int */
    const char *text; /* JSON_STRING, NUL-terminated */
    size_t len;
};

/* What to say when a value is wrong, and where. */
struct wire_place {
    struct wire_errors *errs;
    const struct wire_loc *loc;
    const char *input; /* JSON text */
    size_t input_len;
};

/* Converts and checks one value by the row, storing to dst. False: an error was added. */
bool wire_store_scalar(const struct wire_field *f, const struct wire_scalar *v, void *dst,
                       const struct wire_place *at);

/* The error "this is not a <kind>". Always false. */
bool wire_wrong_type(const struct wire_field *f, const struct wire_place *at);

/* The error of a list with too few or too many elements; true if the number is fine. */
bool wire_check_count(const struct wire_field *f, size_t count, const struct wire_place *at);

bool wire_has_min(const struct wire_field *f);
bool wire_has_max(const struct wire_field *f);

size_t wire_kind_size(enum wire_kind kind, const struct wire_type *type);
void wire_set_null(enum wire_kind kind, void *dst);

#endif
