/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/wire_internal.h"

#include <string.h>

static bool wrong(struct err *e, const struct wire_type *type, const struct wire_field *f,
                  const char *what)
{
    return err_set(e, ERR_INTERNAL, "%s.%s: %s", type->name, f->name, what);
}

static const char *row_fault(const struct wire_type *type, const struct wire_field *f)
{
    enum wire_kind kind = f->kind == WIRE_LIST ? f->item : f->kind;
    if (f->kind < WIRE_BOOL || f->kind > WIRE_JSON)
        return "no such kind";
    if (f->kind == WIRE_LIST && (!f->item || f->item == WIRE_LIST || f->item > WIRE_JSON))
        return "a list needs an item kind, and it may not be a list";
    if (kind == WIRE_OBJECT && !f->type)
        return "objects need a type";
    if (kind != WIRE_OBJECT && kind != WIRE_JSON && f->type)
        return "only objects and JSON have a type";
    size_t size = f->kind == WIRE_OBJECT ? sizeof(void *) : wire_kind_size(f->kind, NULL);
    if (f->offset + size > type->size)
        return "it lies outside of the struct";
    if (!f->help || !*f->help)
        return "it has no help";
    if (f->min > f->max && (f->min != 0 || f->max != 0))
        return "min is above max";
    if ((f->flags & WIRE_REQUIRED) && f->def)
        return "what is required needs no default";
    return NULL;
}

bool wire_sound(const struct wire_type *type, struct err *e)
{
    int count = 0;
    for (const struct wire_field *f = type->fields; f->name; f++, count++) {
        const char *fault = row_fault(type, f);
        if (fault)
            return wrong(e, type, f, fault);
        for (const struct wire_field *g = type->fields; g < f; g++)
            if (strcmp(g->name, f->name) == 0)
                return wrong(e, type, f, "the name is there twice");
    }
    if (count > WIRE_FIELDS_MAX)
        return err_set(e, ERR_INTERNAL, "%s: more than %d rows", type->name, WIRE_FIELDS_MAX);

    struct arena a;
    arena_init(&a, 1 << 20);
    void *obj = arena_alloc(&a, type->size);
    bool ok = obj && wire_defaults(type, obj, &a);
    arena_finish(&a);
    return ok || err_set(e, ERR_INTERNAL, "%s: a default does not suit its own row", type->name);
}
