/* SPDX-License-Identifier: GPL-3.0-or-later
 * A request's whole life without a socket, and the OpenAPI document of the same routes.
 */
#include "api/exchange.h"
#include "check.h"
#include "core/json.h"
#include "scratch.h"

#include <fcntl.h>
#include <stddef.h>

struct thing {
    int64_t id;
    const char *name;
    int8_t loud;
};
static const struct wire_field thing_fields[] = {
    {.name = "id", .kind = WIRE_INT, .def = "0", .offset = offsetof(struct thing, id), .help = "i"},
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct thing, name), .help = "n"},
    {.name = "loud", .kind = WIRE_BOOL, .def = "true", .offset = offsetof(struct thing, loud),
     .help = "l"},
    {0},
};
static const struct wire_type thing_type = {.name = "Thing", .fields = thing_fields,
                                            .size = sizeof(struct thing)};
static const struct wire_field loud_fields[] = {
    {.name = "loud", .kind = WIRE_BOOL, .def = "true", .offset = 0, .help = "l"},
    {0},
};
static const struct wire_type loud_type = {.name = "Loud", .fields = loud_fields, .size = 1};
static const struct wire_field id_fields[] = {
    {.name = "thing_id", .kind = WIRE_INT, .flags = WIRE_REQUIRED, .offset = 0, .help = "Which."},
    {0},
};
static const struct wire_type id_type = {.fields = id_fields, .size = sizeof(int64_t)};
static const struct wire_field limit_fields[] = {
    {.name = "limit", .kind = WIRE_INT, .def = "10", .min = 1, .max = 20, .offset = 0, .help = "m"},
    {0},
};
static const struct wire_type limit_type = {.fields = limit_fields, .size = sizeof(int64_t)};

static bool echo(struct request *req, struct reply *reply, struct err *e)
{
    (void)e;
    struct thing t = *(const struct thing *)req->body;
    t.id = *(const int64_t *)req->params;
    return reply_json(reply, &thing_type, &t);
}

static bool echo_loud(struct request *req, struct reply *reply, struct err *e)
{
    (void)e;
    return reply_json(reply, &loud_type, req->body);
}

static bool echo_limit(struct request *req, struct reply *reply, struct err *e)
{
    (void)e;
    reply->content_type = REPLY_JSON;
    return buf_printf(&reply->body, "%d", (int)*(const int64_t *)req->query);
}

static bool overflow(struct request *req, struct reply *reply, struct err *e)
{
    (void)req;
    (void)e;
    buf_reserve(&reply->body, REPLY_MAX_BODY + 1);
    return true;
}

static bool broken(struct request *req, struct reply *reply, struct err *e)
{
    (void)req;
    reply_text(reply, "text/plain", "half an answer");
    reply->status = 201;
    return err_set(e, ERR_IO, "secret path /x/y");
}

static int open_upload(void *app, const char *field, struct err *e)
{
    (void)field;
    (void)e;
    return open(app, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static const struct route_file files[] = {{.name = "file", .help = "A file.", .required = true}, {0}};

static bool uploaded(struct request *req, struct reply *reply, struct err *e)
{
    (void)e;
    const struct upload *up = request_upload(req, "file");
    reply->content_type = REPLY_JSON;
    return buf_printf(&reply->body, "\"%s %d %.8s %d\"", up->filename, (int)up->size, up->hash,
                      *(const int8_t *)req->form);
}

static bool only_friends(struct request *req, struct reply *reply, struct err *e)
{
    (void)reply;
    const char *key = request_header(req, "X-Key");
    return (key && strcmp(key, "friend") == 0) || err_set(e, ERR_FORBIDDEN, "Not for you");
}

static const struct route_response extra[] = {
    {.status = 202, .help = "Goes on.", .type = &loud_type},
    {.status = 409, .help = "Not now."},
    {0},
};

#define PUBLIC .access = ACCESS_PUBLIC, .help = "Does it."
static const struct route routes[] = {
    {.method = "POST", .path = "/api/things/{thing_id}", .name = "set_thing", .tag = "things",
     .params = &id_type, .query = &limit_type, .body = BODY_JSON, .request = &thing_type,
     .response = &thing_type, .responses = extra, .handler = echo, PUBLIC},
    {.method = "POST", .path = "/api/loud", .name = "loud", .body = BODY_JSON,
     .request = &loud_type, .request_optional = true, .handler = echo_loud, .body_limit = 100,
     PUBLIC},
    {.method = "GET", .path = "/api/things", .name = "list_things", .query = &limit_type,
     .response = &thing_type, .response_list = true, .run = RUN_INLINE, .handler = echo_limit,
     PUBLIC},
    {.method = "GET", .path = "/api/huge", .name = "huge", .handler = overflow, PUBLIC},
    {.method = "GET", .path = "/api/broken", .name = "broken", .handler = broken, PUBLIC},
    {.method = "GET", .path = "/api/secret", .name = "secret", .handler = broken, .help = "Keyed."},
    {.method = "POST", .path = "/api/files", .name = "send_file", .body = BODY_MULTIPART,
     .files = files, .form = &loud_type, .open_upload = open_upload, .handler = uploaded,
     .run = RUN_LONG, PUBLIC},
};

static char last_error[256];

static void on_error(void *ctx, const char *id, const char *words)
{
    (void)ctx;
    (void)id;
    snprintf(last_error, sizeof last_error, "%s", words);
}

#define H(n, v) {n, v, sizeof n - 1, sizeof v - 1}
#define HOST H("Host", "localhost")
#define JSON H("Content-Type", "application/json")
#define FORM H("Content-Type", "multipart/form-data; boundary=B")
#define FILE_PART "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a/b.mp4\"\r\n\r\n"
#define LOUD_PART "--B\r\nContent-Disposition: form-data; name=\"loud\"\r\n\r\n"
#define MISSING(where) "{\"type\":\"missing\",\"loc\":" where ",\"msg\":\"Field required\",\"input\":"

static const struct {
    const char *what, *method, *target;
    struct head_field fields[3];
    const char *body;
    int status;
    const char *want; /* whole body of the answer */
} cases[] = {
    {"echo", "POST", "/api/things/5", {HOST, JSON}, "{\"name\":\"x\"}", 200,
     "{\"id\":5,\"name\":\"x\",\"loud\":true}"},
    {"no content type is JSON", "POST", "/api/things/5", {HOST}, "{\"name\":\"x\"}", 200,
     "{\"id\":5,\"name\":\"x\",\"loud\":true}"},
    {"+json is JSON", "POST", "/api/things/5", {HOST, H("Content-Type", "application/x+json; a=b")},
     "{\"name\":\"x\"}", 200, "{\"id\":5,\"name\":\"x\",\"loud\":true}"},
    {"every error at once", "POST", "/api/things/x?limit=0", {HOST, JSON}, "{\"loud\":\"maybe\"}", 422,
     "{\"detail\":[{\"type\":\"int_parsing\",\"loc\":[\"path\",\"thing_id\"],\"msg\":\"Input should be "
     "a valid integer, unable to parse string as an integer\",\"input\":\"x\"},"
     "{\"type\":\"greater_than_equal\",\"loc\":[\"query\",\"limit\"],\"msg\":\"Input should be "
     "greater than or equal to 1\",\"input\":\"0\",\"ctx\":{\"ge\":1}},"
     MISSING("[\"body\",\"name\"]") "{\"loud\":\"maybe\"}},"
     "{\"type\":\"bool_parsing\",\"loc\":[\"body\",\"loud\"],\"msg\":\"Input should be a valid "
     "boolean, unable to interpret input\",\"input\":\"maybe\"}]}"},
    {"no body", "POST", "/api/things/5", {HOST}, "", 422,
     "{\"detail\":[" MISSING("[\"body\"]") "null}]}"},
    {"a form is no JSON", "POST", "/api/things/5",
     {HOST, H("Content-Type", "application/x-www-form-urlencoded")}, "a=1", 422,
     "{\"detail\":[{\"type\":\"model_attributes_type\",\"loc\":[\"body\"],\"msg\":\"Input should be a "
     "valid dictionary or object to extract fields from\",\"input\":\"a=1\"}]}"},
    {"not UTF-8", "POST", "/api/things/5", {HOST, JSON}, "{\"name\":\"\xff\"}", 400,
     "{\"detail\":\"There was an error parsing the body\"}"},
    {"optional body absent", "POST", "/api/loud", {HOST}, "", 200, "{\"loud\":true}"},
    {"optional body", "POST", "/api/loud", {HOST, JSON}, "{\"loud\":false}", 200, "{\"loud\":false}"},
    {"over the limit", "POST", "/api/loud", {HOST, JSON},
     "{\"loud\":false                                                                              "
     "                  }", 413, "{\"detail\":\"The body is larger than the limit of 100 bytes\"}"},
    {"query default", "GET", "/api/things", {HOST}, "", 200, "10"},
    {"query", "GET", "/api/things?limit=7&x=y", {HOST}, "", 200, "7"},
    {"last of several", "GET", "/api/things?limit=7&limit=8", {HOST}, "", 200, "8"},
    {"absolute form", "GET", "http://localhost/api/things?limit=7", {HOST}, "", 200, "7"},
    {"unknown", "GET", "/api/nothing", {HOST}, "", 404, "{\"detail\":\"Not Found\"}"},
    {"wrong method", "PUT", "/api/things", {HOST}, "", 405, "{\"detail\":\"Method Not Allowed\"}"},
    {"OPTIONS", "OPTIONS", "/api/things", {HOST}, "", 204, ""},
    {"slash", "GET", "/api/things/?limit=3", {HOST}, "", 307, ""},
    {"answer too large", "GET", "/api/huge", {HOST}, "", 500, "Internal Server Error"},
    {"error after a half-made answer", "GET", "/api/broken", {HOST}, "", 500,
     "Internal Server Error"},
    {"not allowed", "GET", "/api/secret", {HOST}, "", 403, "{\"detail\":\"Not for you\"}"},
    {"allowed", "GET", "/api/secret", {HOST, H("X-Key", "friend")}, "", 500,
     "Internal Server Error"},
    {"upload", "POST", "/api/files", {HOST, FORM}, FILE_PART "hello\r\n--B--\r\n", 200,
     "\"b.mp4 5 324dcf02 1\""},
    {"upload with a field", "POST", "/api/files", {HOST, FORM},
     LOUD_PART "off\r\n" FILE_PART "hello\r\n--B--\r\n", 200, "\"b.mp4 5 324dcf02 0\""},
    {"empty field is its default", "POST", "/api/files", {HOST, FORM},
     LOUD_PART "\r\n" FILE_PART "hello\r\n--B--\r\n", 200, "\"b.mp4 5 324dcf02 1\""},
    {"bad field", "POST", "/api/files", {HOST, FORM},
     LOUD_PART "maybe\r\n" FILE_PART "hello\r\n--B--\r\n", 422,
     "{\"detail\":[{\"type\":\"bool_parsing\",\"loc\":[\"body\",\"loud\"],\"msg\":\"Input should be a "
     "valid boolean, unable to interpret input\",\"input\":\"maybe\"}]}"},
    {"field twice", "POST", "/api/files", {HOST, FORM},
     LOUD_PART "1\r\n" LOUD_PART "0\r\n" FILE_PART "hello\r\n--B--\r\n", 422,
     "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\",\"loud\"],\"msg\":\"Value error, the "
     "field was sent more than once\",\"input\":\"0\",\"ctx\":{\"error\":{}}}]}"},
    {"no file", "POST", "/api/files", {HOST, FORM}, LOUD_PART "1\r\n--B--\r\n", 422,
     "{\"detail\":[" MISSING("[\"body\",\"file\"]") "null}]}"},
    {"text for a file", "POST", "/api/files", {HOST, FORM},
     "--B\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--B--\r\n", 422,
     "{\"detail\":[{\"type\":\"value_error\",\"loc\":[\"body\",\"file\"],\"msg\":\"Value error, "
     "Expected UploadFile, received: <class 'str'>\",\"input\":\"x\",\"ctx\":{\"error\":{}}}]}"},
    {"JSON for a form", "POST", "/api/files", {HOST, JSON}, "{}", 422,
     "{\"detail\":[" MISSING("[\"body\",\"file\"]") "null}]}"},
    {"no boundary", "POST", "/api/files", {HOST, H("Content-Type", "multipart/form-data")}, "x", 400,
     "{\"detail\":\"Missing boundary in multipart.\"}"},
    {"two files of one name", "POST", "/api/files", {HOST, FORM},
     FILE_PART "a\r\n" FILE_PART "b\r\n--B--\r\n", 400,
     "{\"detail\":\"The form has more than one file named 'file'\"}"},
    {"cut form", "POST", "/api/files", {HOST, FORM}, FILE_PART "hel", 400,
     "{\"detail\":\"There was an error parsing the body\"}"},
};

static void test_cases(struct site *site)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_CASE(cases[i].what);
        struct head head = {.method = cases[i].method, .version = "HTTP/1.1",
                            .target = cases[i].target, .fields = cases[i].fields};
        while (head.field_count < 3 && cases[i].fields[head.field_count].name)
            head.field_count++;
        struct exchange x;
        exchange_init(&x, site, "127.0.0.1");
        exchange_head(&x, &head);
        for (const char *p = cases[i].body; *p; p++)
            exchange_body(&x, p, 1);
        exchange_body_end(&x);
        exchange_run(&x);
        exchange_seal(&x);
        CHECK(x.reply.status == cases[i].status);
        CHECK_STR(x.reply.body.data ? x.reply.body.data : "", cases[i].want);
        CHECK_STR(reply_get_header(&x.reply, "X-Request-Id"), x.id);
        CHECK_STR(reply_get_header(&x.reply, "X-Content-Type-Options"), "nosniff");
        exchange_finish(&x);
    }
    CHECK_CASE("words of a 500");
    CHECK_STR(last_error, "secret path /x/y");
}

/* --- OpenAPI ---------------------------------------------------------------------------------- */

static bool is_json(const char *text, size_t len)
{
    struct json_reader r;
    json_reader_init(&r, text, len, 40);
    return json_skip(&r) && json_at_end(&r);
}

static void test_openapi(const struct site *site)
{
    static const char *const parts[] = {
        "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"T\",\"version\":\"1\"},\"paths\":{",
        "\"/api/things/{thing_id}\":{\"post\":{\"tags\":[\"things\"],\"summary\":\"Set Thing\","
        "\"description\":\"Does it.\",\"operationId\":\"set_thing_api_things__thing_id__post\",",
        "\"parameters\":[{\"name\":\"thing_id\",\"in\":\"path\",\"required\":true,\"schema\":{",
        "{\"name\":\"limit\",\"in\":\"query\",\"required\":false,",
        "\"requestBody\":{\"content\":{\"application/json\":{\"schema\":{\"$ref\":"
        "\"#/components/schemas/Thing\"}}},\"required\":true}",
        "\"requestBody\":{\"content\":{\"application/json\":{\"schema\":{\"$ref\":"
        "\"#/components/schemas/Loud\"}}}}",
        "\"title\":\"Response List Things Api Things Get\"",
        "\"202\":{\"description\":\"Goes on.\",\"content\"",
        "\"422\":{\"description\":\"Validation Error\"",
        "\"multipart/form-data\":{\"schema\":{\"$ref\":"
        "\"#/components/schemas/Body_send_file_api_files_post\"}}},\"required\":true}",
        "\"components\":{\"schemas\":{\"Body_send_file_api_files_post\":{\"properties\":{\"file\":{"
        "\"type\":\"string\",\"contentMediaType\":\"application/octet-stream\",\"title\":\"File\"",
    };
    const char *at = site->openapi.data;
    CHECK_CASE("openapi");
    CHECK(is_json(at, site->openapi.len));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        CHECK_CASE(parts[i]);
        CHECK(strstr(site->openapi.data, parts[i]) != NULL);
    }
    CHECK_CASE("hidden rows are not shown");
    CHECK(!strstr(at, "/media/"));
    CHECK_CASE("components are sorted");
    static const char *const order[] = {"\"Body_send_file_api_files_post\":{\"prop", "\"ErrorDetail\":{",
                                        "\"HTTPValidationError\":{", "\"Loud\":{", "\"Thing\":{",
                                        "\"ValidationError\":{"};
    at = strstr(at, "\"components\"");
    for (size_t i = 0; at && i < sizeof order / sizeof *order; i++)
        CHECK((at = strstr(at, order[i])) != NULL);
}

static void test_accepts(void)
{
    static const struct {
        const char *accept;
        bool want;
    } headers[] = {
        {"text/event-stream", true},
        {"Text/Event-Stream; charset=utf-8", true},
        {"application/json, text/event-stream;q=0.5", true},
        {"text/event-stream;q=0", false},
        {"text/event-stream; q=0.000", false},
        {"*/*", false},
        {"text/*", false},
        {"text/event-streams", false},
        {"application/json;note=text/event-stream", false},
        {"", false},
        {",,;q=,", false},
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        CHECK_CASE(headers[i].accept);
        const struct http_pair pairs[] = {{"Host", "x"}, {"accept", headers[i].accept}};
        const struct request req = {.headers = pairs, .header_count = 2};
        CHECK(request_accepts(&req, "text/event-stream") == headers[i].want);
    }
}

static void test_bad_sites(void)
{
    struct err e = {0};
    struct http_config c;
    http_config_init(&c);
    CHECK_CASE("a table that is not sound");
    static const struct route bad[] = {{.method = "GET", .path = "/x"}};
    c.routes = bad;
    c.route_count = 1;
    CHECK(!site_create(&c, &e) && e.code == ERR_INTERNAL);
    CHECK_CASE("a media folder that is not there");
    static const struct http_media_class media[] = {{.name = "x", .dir = "/nonexistent/x"}, {0}};
    c.route_count = 0;
    c.media = media;
    CHECK(!site_create(&c, &e) && strstr(e.msg, "/nonexistent/x"));
}

int main(void)
{
    char dir[SCRATCH_SIZE];
    if (!scratch_make(dir))
        return 1;
    struct err e = {0};
    struct http_config c;
    http_config_init(&c);
    c.routes = routes;
    c.route_count = sizeof routes / sizeof *routes;
    c.app = dir;
    c.title = "T";
    c.version = "1";
    c.authorize = only_friends;
    c.log_error = on_error;
    struct site *site = site_create(&c, &e);
    if (!CHECK(site != NULL)) {
        fprintf(stderr, "%s\n", e.msg);
        return check_done();
    }
    test_cases(site);
    test_openapi(site);
    test_accepts();
    test_bad_sites();
    site_destroy(site);
    scratch_remove(dir);
    return check_done();
}
