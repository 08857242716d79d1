/* SPDX-License-Identifier: GPL-3.0-or-later
 * film.c - the jobs, as a timeline a person might send, and their films.
 */
#include "film.h"

#include "core/buf.h"
#include "timeline/timeline.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct film_job job_24s = {.segments = 8, .segment_s = 3, .edited_caption = -1};
const struct film_job job_60s = {.segments = 20, .segment_s = 3, .edited_caption = -1};

static const char *const words[] = {"Hello and welcome", "to a film about nothing",
                                    "that moves a little,", "in three different ways."};

static void write_caption(struct buf *out, const struct film_job *job, int number, double start,
                          double end)
{
    buf_printf(out, "%s{\"text\":\"%s%s\",\"start\":%.3f,\"end\":%.3f}", number % 3 == 1 ? "," : "",
               words[number % 4], number == job->edited_caption ? " (edited)" : "", start, end);
}

static void write_segment(struct buf *out, const struct film_job *job, const struct clip *clip,
                          int i)
{
    static const char *const kinds[] = {"", "\"zoom\"", "\"slowmo\""};
    double length = i % 3 == 2 ? job->segment_s / 2 : job->segment_s;
    double room = clip->seconds - job->segment_s - 0.1;
    double start = job->segments > 1 ? room * i / (job->segments - 1) : 0;
    bool sound =
        i == (job->moved_sound ? 2 : 1) || i == job->segments / 2 || i == job->segments - 1;
    buf_printf(out, "%s{\"name\":\"s%d\",\"start\":%.3f,\"end\":%.3f,\"effects\":[%s],%s",
               i ? "," : "", i, start, start + length, job->effect ? job->effect : kinds[i % 3],
               sound ? "\"sfx\":{\"name\":\"whoosh\"}," : "");
    if (i && job->transition)
        buf_printf(out, "\"transition\":%s,", job->transition);
    buf_adds(out, "\"captions\":[");
    if (i % 2 == 0) { /* two captions and one by turns: one for every 2 s */
        write_caption(out, job, i / 2 * 3, start + 0.1 * length, start + 0.45 * length);
        write_caption(out, job, i / 2 * 3 + 1, start + 0.5 * length, start + 0.9 * length);
    } else {
        write_caption(out, job, i / 2 * 3 + 2, start + 0.2 * length, start + 0.7 * length);
    }
    buf_adds(out, "]}");
}

static void write_broll(struct buf *out, const struct film_job *job)
{
    buf_adds(out, "],\"broll\":[");
    for (int i = 0; job->broll && i < (int)(job->segments * job->segment_s) - 1; i++)
        buf_printf(out,
                   "%s{\"path\":\"broll\",\"start\":%d.5,\"end\":%d,\"source_start\":%g,"
                   "\"effects\":[\"zoom\"]}",
                   i ? "," : "", i, i + 1, i % (int)(2 * job->broll->seconds - 2) / 2.0);
}

void film_plan(struct film *f, const struct clip *clip, const struct film_job *job,
               const struct render_preset *preset)
{
    struct err e = {0};
    size_t count = 1;
    struct buf json;
    struct plan_format format = render_preset_format(preset, &plan_formats[0]);
    struct plan_options opt = {
        .format = &format, .fps_num = 30, .fps_den = 1, .watermark = "ai-video-editor"};
    if (clip->seconds < job->segment_s + 0.2)
        die("the clip is too short for the job", NULL);
    f->clip = clip;
    f->sources[0] = clip->source;
    f->fds[0] = clip->fd;
    if (job->broll) {
        f->sources[1] = job->broll->source;
        f->sources[1].path = "broll";
        f->fds[1] = job->broll->fd;
        count = 2;
    }
    arena_init(&f->arena, 64 << 20);
    buf_init(&json, 1 << 20);
    buf_adds(&json, "{\"segments\":[");
    for (int i = 0; i < job->segments; i++)
        write_segment(&json, job, clip, i);
    write_broll(&json, job);
    buf_adds(&json, "]}");
    /* The timeline keeps pointing into its text. */
    char *text = json.failed ? NULL : arena_strdup(&f->arena, json.data);
    struct timeline *t = text ? timeline_parse_trusted(text, json.len, &f->arena, &e) : NULL;
    if (!t || !plan_build(t, f->sources, count, &opt, &f->arena, &f->plan, &e) ||
        !(f->captions = captions_create(&f->plan, &e)))
        die("plan", &e);
    buf_finish(&json);
}

void film_forget(struct film *f)
{
    captions_destroy(f->captions);
    arena_finish(&f->arena);
}

int film_render(struct film *f, const struct render_preset *preset, int threads,
                struct bench_store *store, struct render_report *report)
{
    struct err e = {0};
    struct render_report unread;
    int out = temp_file();
    bool proxy = preset->proxies && f->clip->proxy_fd >= 0;
    struct render_job job = {.plan = &f->plan,
                             .captions = f->captions,
                             .source_fds = f->fds,
                             .picture_fds = proxy ? &f->clip->proxy_fd : NULL,
                             .preset = preset,
                             .output_fd = out,
                             .threads = threads,
                             .store = bench_store_calls(store)};
    if (!render_run(&job, report ? report : &unread, &e))
        die("render", &e);
    return out;
}
