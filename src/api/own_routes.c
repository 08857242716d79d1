/* SPDX-License-Identifier: GPL-3.0-or-later
 * The rows that the layer brings along: published files, OpenAPI, and the docs page.
 */
#include "api/media_file.h"
#include "api/site.h"

#include <string.h>
#include <unistd.h>

#define HTML "text/html; charset=utf-8"
#define JAVASCRIPT "text/javascript; charset=utf-8"

/* swagger-ui sets styles on elements and shows pictures out of data: addresses. */
#define DOCS_CSP                                                                                   \
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "                    \
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; "           \
    "form-action 'self'; frame-ancestors 'none'"

/* A browser that shows a film or picture on its own wraps it in a page with styles. */
#define MEDIA_CSP                                                                                  \
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"

/* clang-format off */
struct media_params {
    const char *class_, *name;
};
static const struct wire_field media_fields[] = {
    {.name = "class", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct media_params, class_), .help = "Kind of file."},
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED,
     .offset = offsetof(struct media_params, name), .help = "File name."},
    {0},
};
static const struct wire_type media_params_type = {.fields = media_fields,
                                                   .size = sizeof(struct media_params)};

static const struct wire_field asset_fields[] = {
    {.name = "name", .kind = WIRE_STRING, .flags = WIRE_REQUIRED, .offset = 0, .help = "File name."},
    {0},
};
static const struct wire_type asset_params_type = {.fields = asset_fields,
                                                   .size = sizeof(const char *)};
/* clang-format on */

static bool media_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct media_params *p = req->params;
    const struct http_media_class *media = req->site->config->media;
    size_t i = 0;
    while (media && media[i].name && strcmp(media[i].name, p->class_) != 0)
        i++;
    if (!media || !media[i].name)
        return err_set(e, ERR_NOT_FOUND, "Not Found");
    int fd = media_open(req->site->media_dirs[i], p->name, e);
    if (fd < 0 ||
        !reply_file(reply, fd, media_type(p->name), media[i].attachment ? p->name : NULL, NULL, e))
        return false;
    reply_header(reply, "Content-Security-Policy", MEDIA_CSP);
    reply_header(reply, "Cache-Control", media[i].cache ? media[i].cache : "no-cache");
    return true;
}

static bool openapi_get(struct request *req, struct reply *reply, struct err *e)
{
    (void)e;
    reply_header(reply, "Cache-Control", "no-cache");
    return reply_text(reply, REPLY_JSON, req->site->openapi.data);
}

/* --- Docs ------------------------------------------------------------------------------------- */

static bool have_asset(const struct site *s, const char *name)
{
    int fd = s->docs_dir < 0 ? -1 : media_open(s->docs_dir, name, NULL);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void html_escape(struct buf *out, const char *s)
{
    for (; *s; s++) {
        if (*s == '<')
            buf_adds(out, "&lt;");
        else if (*s == '&')
            buf_adds(out, "&amp;");
        else
            buf_addc(out, *s);
    }
}

static bool docs_get(struct request *req, struct reply *reply, struct err *e)
{
    (void)e;
    struct buf *b = &reply->body;
    bool installed = have_asset(req->site, "swagger-ui-bundle.js");
    reply->content_type = HTML;
    reply_header(reply, "Content-Security-Policy", DOCS_CSP);
    reply_header(reply, "Cache-Control", "no-cache");
    buf_adds(b,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    html_escape(b, req->site->config->title);
    buf_adds(b, " - Swagger UI</title>\n");
    if (installed)
        buf_adds(b, "<link rel=\"stylesheet\" href=\"/docs/assets/swagger-ui.css\">\n"
                    "<link rel=\"icon\" href=\"/docs/assets/favicon-32x32.png\">\n"
                    "</head>\n<body>\n<div id=\"swagger-ui\"></div>\n"
                    "<script src=\"/docs/assets/swagger-ui-bundle.js\"></script>\n"
                    "<script src=\"/docs/init.js\"></script>\n");
    else
        buf_adds(b,
                 "</head>\n<body>\n<div id=\"swagger-ui\"></div>\n<p>The page that shows the API "
                 "is not installed here. <code>make</code> with <code>npm</code> at hand fetches "
                 "<code>swagger-ui-dist</code>; restart the server afterwards. The description "
                 "itself is at <a href=\"/openapi.json\">/openapi.json</a>.</p>\n");
    buf_adds(b, "</body>\n</html>\n");
    return true;
}

static bool docs_init_get(struct request *req, struct reply *reply, struct err *e)
{
    (void)req;
    (void)e;
    reply_header(reply, "Cache-Control", "no-cache");
    return reply_text(reply, JAVASCRIPT,
                      "window.ui = SwaggerUIBundle({\n"
                      "  url: '/openapi.json',\n"
                      "  dom_id: '#swagger-ui',\n"
                      "  layout: 'BaseLayout',\n"
                      "  deepLinking: true,\n"
                      "  showExtensions: true,\n"
                      "  showCommonExtensions: true,\n"
                      "  presets: [SwaggerUIBundle.presets.apis, "
                      "SwaggerUIBundle.SwaggerUIStandalonePreset],\n"
                      "});\n");
}

static bool docs_asset_get(struct request *req, struct reply *reply, struct err *e)
{
    const char *name = *(const char *const *)req->params;
    if (req->site->docs_dir < 0)
        return err_set(e, ERR_NOT_FOUND, "Not Found");
    int fd = media_open(req->site->docs_dir, name, e);
    if (fd < 0 || !reply_file(reply, fd, media_type(name), NULL, NULL, e))
        return false;
    reply_header(reply, "Cache-Control", "no-cache");
    return true;
}

static bool redoc_get(struct request *req, struct reply *reply, struct err *e)
{
    (void)req;
    (void)e;
    return reply_redirect(reply, 307, "/docs");
}

/* clang-format off */
const struct route own_routes[] = {
    {.method = "GET", .path = "/media/{class}/{name}", .name = "media", .access = ACCESS_USER,
     .run = RUN_INLINE, .hidden = true, .params = &media_params_type, .handler = media_get,
     .help = "A published file."},
    {.method = "GET", .path = "/openapi.json", .name = "openapi", .access = ACCESS_PUBLIC,
     .run = RUN_INLINE, .hidden = true, .handler = openapi_get, .help = "This description."},
    {.method = "GET", .path = "/docs", .name = "docs", .access = ACCESS_PUBLIC, .run = RUN_INLINE,
     .hidden = true, .handler = docs_get, .help = "The description as a page."},
    {.method = "GET", .path = "/docs/init.js", .name = "docs_init", .access = ACCESS_PUBLIC,
     .run = RUN_INLINE, .hidden = true, .handler = docs_init_get, .help = "Starts the page."},
    {.method = "GET", .path = "/docs/assets/{name}", .name = "docs_asset",
     .access = ACCESS_PUBLIC, .run = RUN_INLINE, .hidden = true, .params = &asset_params_type,
     .handler = docs_asset_get, .help = "A file of swagger-ui-dist."},
    {.method = "GET", .path = "/redoc", .name = "redoc", .access = ACCESS_PUBLIC,
     .run = RUN_INLINE, .hidden = true, .handler = redoc_get, .help = "Leads to /docs."},
};
/* clang-format on */
const size_t own_route_count = sizeof own_routes / sizeof *own_routes;
