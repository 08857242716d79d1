/* SPDX-License-Identifier: GPL-3.0-or-later
 * wire.h - JSON types described once, as tables of fields.
 *
 * A `struct wire_type` says how a C struct looks in JSON: names, kinds, ranges, defaults, one line
 * of help. From it derive: reading with validation (all errors of a body collected, in the shape
 * and words of pydantic 2), writing, the OpenAPI component, and the docs.
 *
 *     struct caption { const char *text; double start, end; };
 *     static const struct wire_field caption_fields[] = {
 *         {.name = "text", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
 *          .offset = offsetof(struct caption, text), .help = "What is said."},
 *         ...
 *         {0},
 *     };
 *     const struct wire_type wire_caption = {
 *         .name = "CaptionSegment", .fields = caption_fields, .size = sizeof(struct caption)};
 *
 *     struct wire_errors errs = {0};
 *     struct caption *c = wire_read(&wire_caption, text, len, &limits, arena, &errs);
 *     if (!c) -> errs.count > 0, wire_errors_json() is the 422 body.
 *
 * C types behind the kinds, and how "null or absent, without a default" is stored:
 *     WIRE_BOOL    int8_t          -1
 *     WIRE_INT     int64_t         INT64_MIN
 *     WIRE_NUMBER  double          NAN
 *     WIRE_STRING  const char *    NULL    (valid UTF-8, no NUL inside)
 *     WIRE_OBJECT  T *             NULL    (T described by .type)
 *     WIRE_LIST    struct wire_list        items NULL, count 0; items are an array of the C type of
 *                                          .item (structs by value for WIRE_OBJECT)
 *     WIRE_JSON    struct wire_raw         text NULL; any JSON value as minified text
 *
 * A list that is there but empty has items that are not NULL. Writing, `items NULL` is null where
 * the row is WIRE_NULLABLE and [] otherwise.
 *
 * Reading converts as pydantic 2 does in its lax mode: "7" and 7.0 are an int, "1.5" a number,
 * "yes", 0 and 1 a bool, true the number 1; never anything but a string a string. An int must fit
 * int64_t (INT64_MIN is taken, it means null), numbers must be finite, strings may not hold a NUL.
 * Of equal keys the last one counts. Among unknown keys that are kept (extra_offset) both stay.
 *
 * Ownership: everything read lives in the arena. Threads: pure functions.
 */
#ifndef AIVE_CORE_WIRE_H
#define AIVE_CORE_WIRE_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_kind {
    WIRE_BOOL = 1,
    WIRE_INT,
    WIRE_NUMBER,
    WIRE_STRING,
    WIRE_OBJECT,
    WIRE_LIST,
    WIRE_JSON,
};

enum wire_flags {
    WIRE_REQUIRED = 1, /* reading: "Field required" when the key is absent                   */
    WIRE_NULLABLE = 2, /* null is accepted; OpenAPI says anyOf [.., null]                    */
    WIRE_OMIT = 4,     /* writing: leave the key out when null (otherwise "key":null)        */
    WIRE_FINITE = 8,   /* numbers are always checked finite; kept for symmetry in OpenAPI    */
    WIRE_DATETIME = 16 /* a string that OpenAPI calls format: date-time                      */
};

struct wire_list {
    void *items;
    size_t count;
};

struct wire_raw {
    const char *text; /* valid, minified JSON; not NUL-terminated */
    size_t len;
};

struct wire_type;

struct wire_field {
    const char *name;
    enum wire_kind kind;
    unsigned flags;
    size_t offset;
    /* WIRE_OBJECT, and WIRE_LIST of WIRE_OBJECT. With WIRE_JSON it only says in the schema what the
     * text is: for a document that is passed through without being looked at. */
    const struct wire_type *type;
    enum wire_kind item;          /* WIRE_LIST: kind of the elements */
    /* number: range, string: characters, list: elements. Both 0: no limits; INFINITY or -INFINITY:
     * no limit on that side. */
    double min, max;
    bool exclusive_min;           /* number must be > min instead of >=; counts with both 0, too */
    const char *const *choices;   /* string, or strings of a list: NULL-ended; NULL: anything */
    const char *def;              /* default as JSON text, e.g. "true"; NULL: none */
    const char *help;             /* one line */
    const char *example;          /* JSON text, may be NULL */
};

#define WIRE_FIELDS_MAX 64 /* rows of a type: the bits of `present` */

struct wire_type {
    const char *name; /* OpenAPI component name */
    const char *help;
    const struct wire_field *fields; /* ended by a row whose name is NULL */
    size_t size;                     /* sizeof the C struct */
    /* Optional members of the C struct; 0 means "has none", so they may not come first in it. */
    size_t present_offset; /* uint64_t: bit i is set when field i was in the text, null or not */
    size_t extra_offset;   /* struct wire_raw: unknown keys, kept as `"key":value,"key2":value2`
                            * and written back after the known ones; without it they are dropped */
};

struct wire_limits {
    size_t max_bytes; /* of the text */
    int max_depth;    /* of nesting */
    size_t max_values; /* of values in all; 0: no limit */
};
extern const struct wire_limits wire_default_limits; /* 4 MiB, 32, 2,000,000 */

/* --- Errors, as pydantic 2 words them ------------------------------------------------------ */

/* A place in a body: path components, innermost last. Build on the stack, parent first:
 *     struct wire_loc body = {.key = "body"}, seg = {.up = &body, .key = "segments"},
 *                     i = {.up = &seg, .index = 3};      -> ["body","segments",3]            */
struct wire_loc {
    const struct wire_loc *up;
    const char *key; /* NULL: an index */
    size_t index;
};

struct wire_errors {
    struct buf list; /* the JSON objects, comma-separated */
    size_t count;    /* collected; kept at WIRE_MAX_ERRORS, the rest is only counted in `more` */
    size_t more;
    bool no_memory; /* a text did not fit its arena, or there was no memory for it */
};
#define WIRE_MAX_ERRORS 100

/* Adds one error. `input` is JSON text of the offending value (NULL: null), `ctx` JSON text of the
 * ctx object or NULL. The input is echoed minified; above 1 KiB it becomes a JSON string with the
 * beginning of its text and an ellipsis, so that a large body does not come back a hundredfold.
 * Messages are cut at 1 KiB. Always returns false. */
bool wire_error(struct wire_errors *errs, const struct wire_loc *loc, const char *type,
                const char *input, size_t input_len, const char *ctx, const char *msg_fmt, ...)
    __attribute__((format(printf, 7, 8)));

/* {"detail":[...]}; false without memory */
bool wire_errors_json(const struct wire_errors *errs, struct buf *out);

/* The first error in words for a command line or a log, as ERR_INVALID (ERR_NO_MEMORY when it was
 * that):
 * "segments[3].start: Input should be a valid number (and 2 more)",
 * "no valid JSON at character 7: Expecting value". Always returns false. */
bool wire_errors_to_err(const struct wire_errors *errs, struct err *e);

/* A place as it stands in an error, ["body","segments",3,"start"], in words: "segments[3].start". */
void wire_place_words(const struct wire_raw *loc, char *out, size_t size);

void wire_errors_finish(struct wire_errors *errs); /* accepts zeroed */

/* --- Reading and writing -------------------------------------------------------------------- */

/* Reads one JSON text. The root loc is ["body"] unless `root` is given; limits NULL means the
 * default ones. Returns the struct in the arena, or NULL with errs filled:
 *   - values that are missing or wrong: one error each, in the order of the rows of each type;
 *   - no JSON, malformed UTF-8, too deep, too many values: one "json_invalid" with the position in
 *     characters and the reason in ctx.error, in place of everything else;
 *   - too many bytes, or more memory than the arena has: one "too_large";
 *   - an empty text: one "missing". */
void *wire_read(const struct wire_type *type, const char *text, size_t len,
                const struct wire_limits *limits, const struct wire_loc *root, struct arena *a,
                struct wire_errors *errs);

/* For trusted text (our own stored documents, job specs): the same without limits on the size, with
 * the first error as struct err. */
void *wire_read_trusted(const struct wire_type *type, const char *text, size_t len,
                        struct arena *a, struct err *e);

/* A single value out of a form field, query or path parameter, which arrive as text: converts and
 * checks by the field's row, storing to (char *)obj + offset. Objects, lists and WIRE_JSON take
 * JSON text. NULL means absent: the default is stored, or "Field required" added. (FastAPI takes an
 * empty form field for absent, but not an empty query parameter: that is the caller's to know.) */
bool wire_read_text(const struct wire_field *f, const char *text, const struct wire_loc *loc,
                    void *obj, struct arena *a, struct wire_errors *errs);

/* Sets every field of obj to its default or to "null". False: no memory, or a default in the table
 * does not suit its own row. */
bool wire_defaults(const struct wire_type *type, void *obj, struct arena *a);

/* Writes obj as compact JSON: no spaces, UTF-8 not escaped, numbers shortest round-trip with
 * Python's repr layout (30.0, 0.488, 1e-07). */
void wire_write(const struct wire_type *type, const void *obj, struct buf *out);

/* OpenAPI 3.1 schema of the type as JSON text: {"properties":{..},"type":"object","required":[..],
 * "title":"..","description":".."}; every property has a title, except references, and its help as
 * description. */
void wire_schema(const struct wire_type *type, struct buf *out);

/* The same of one row, for parameters: {"type":"integer","minimum":1,"title":"Skip"}. */
void wire_schema_field(const struct wire_field *f, struct buf *out);

/* For the tests of those who write tables: the rows are sound (names unique, help there, inside of
 * the struct, kinds complete, defaults within their own limits). Says what is not. */
bool wire_sound(const struct wire_type *type, struct err *e);

#endif
