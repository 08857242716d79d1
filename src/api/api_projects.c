/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/app.h"

#include <stdio.h>

bool projects_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct page_query *page = req->query;
    struct project_item *rows;
    size_t count;
    int64_t total;
    if (!project_list(app_workspace(req)->store, page->skip, page->limit, &rows, &count, &total,
                      req->arena, e))
        return false;

    struct project_line *lines = arena_array(req->arena, count + 1, sizeof *lines);
    if (!lines)
        return err_set(e, ERR_NO_MEMORY, "no memory for the list of projects");
    for (size_t i = 0; i < count; i++)
        lines[i] = (struct project_line){
            .id = rows[i].project.id,
            .title = rows[i].project.title,
            .status = project_status_name(rows[i].project.status),
            .thumbnail_url = workspace_url(rows[i].thumbnail_path, req->arena),
            .created_at = show_time(rows[i].project.created_us, req->arena),
            .updated_at = show_time(rows[i].project.updated_us, req->arena),
        };
    reply_header(reply, "X-Total-Count", arena_printf(req->arena, "%lld", (long long)total));
    return reply_json_list(reply, &wire_project_line, lines, count);
}
