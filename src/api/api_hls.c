/* SPDX-License-Identifier: GPL-3.0-or-later
 * api_hls.c - a film as HLS while it is rendered and for as long as its chunks are kept.
 *
 * The playlist lists the chunks that are there from the film's beginning without a gap; sound is
 * mixed into every segment, so the list begins when the sound is ready, which is early. Segments are
 * made on request out of the chunk store. When chunks have been removed since, the film itself is
 * what is left, and the answer says so.
 */
#include "api/app.h"
#include "core/clock.h"
#include "core/files.h"
#include "jobs/pieces.h"
#include "media/fragment.h"
#include "render/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define FIRST_WAIT_MS 5000 /* how long a player's first request waits for the first chunk */
#define POLL_MS 100
#define SEGMENT_MAX_BYTES ((size_t)64 << 20)
#define FOREVER "private, max-age=31536000, immutable" /* what a name stands for never changes */

/* --- What there is of a film ------------------------------------------------------------------ */

struct hls_film {
    struct job job;
    struct film_pieces *pieces; /* NULL: not known (yet, or any more) */
    size_t ready;               /* chunks without a gap, with sound; see count_ready() */
};

static bool load_film(struct request *req, const char *job_id, struct hls_film *f, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    char key[CHUNK_KEY_SIZE];
    *f = (struct hls_film){.ready = 0};
    if (!job_get(&ws->jobs, job_id, &f->job, req->arena, e) ||
        strcmp(f->job.kind, "render") != 0)
        return e->code == ERR_NONE || e->code == ERR_NOT_FOUND
                   ? err_set(e, ERR_NOT_FOUND, "Job not found")
                   : false;
    pieces_key(f->job.id, f->job.attempt, key);
    struct err why = {0};
    f->pieces = pieces_load(ws->cache_fd, key, req->arena, &why);
    return true;
}

static void count_ready(const struct workspace *ws, struct hls_film *f)
{
    if (!f->pieces || !chunk_file_exists(ws->cache_fd, f->pieces->sound))
        return;
    const char *const *keys = f->pieces->chunks.items;
    while (f->ready < f->pieces->chunks.count && chunk_file_exists(ws->cache_fd, keys[f->ready]))
        f->ready++;
}

static bool is_complete(const struct hls_film *f)
{
    return f->pieces && f->ready == f->pieces->chunks.count;
}

/* --- The playlist ----------------------------------------------------------------------------- */

static double chunk_seconds(const struct film_pieces *p, size_t i)
{
    return (double)((const int64_t *)p->frames.items)[i] * (double)p->fps_den / (double)p->fps_num;
}

static void write_playlist(const struct hls_film *f, struct buf *out)
{
    const struct film_pieces *p = f->pieces;
    double longest = 0;
    for (size_t i = 0; i < p->chunks.count; i++)
        if (chunk_seconds(p, i) > longest)
            longest = chunk_seconds(p, i);
    buf_printf(out,
               "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:0\n"
               "#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n"
               "#EXT-X-MAP:URI=\"init.mp4\"\n",
               (int)longest + (longest > (int)longest));
    for (size_t i = 0; i < f->ready; i++)
        buf_printf(out, "#EXTINF:%.6f,\nsegment/%zu.m4s\n", chunk_seconds(p, i), i);
    if (is_complete(f) || job_state_is_over(f->job.state))
        buf_adds(out, "#EXT-X-ENDLIST\n");
}

static bool reply_gone(struct reply *reply, const struct hls_film *f, struct arena *a)
{
    const char *url = workspace_url(f->job.output_path, a);
    return reply_detail(reply, 410,
                        url ? arena_printf(a, "The chunks of this film are not kept any more; the "
                                              "film itself is at %s", url)
                            : "This render ended without a film");
}

bool playlist_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct job_param *p = req->params;
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    int64_t until = clock_mono_ms() + FIRST_WAIT_MS;
    struct hls_film f;
    for (;;) {
        if (!load_film(req, p->job_id, &f, e))
            return false;
        count_ready(app_workspace(req), &f);
        bool over = job_state_is_over(f.job.state);
        if (over && (f.ready == 0 || (f.job.state == JOB_FINISHED && !is_complete(&f))))
            return reply_gone(reply, &f, req->arena);
        if (f.ready > 0)
            break;
        if (clock_mono_ms() >= until || cancel_fired(req->cancel))
            return err_set(e, ERR_BUSY, "The film has not begun yet; ask again");
        nanosleep(&pause, NULL);
    }
    write_playlist(&f, &reply->body);
    reply->content_type = "application/vnd.apple.mpegurl";
    reply_header(reply, "Cache-Control", "no-cache");
    return true;
}

/* --- Segments --------------------------------------------------------------------------------- */

/* Hands bytes to the layer as a file, which knows ranges and conditions. */
static bool reply_bytes(struct reply *reply, const struct buf *bytes, const char *type,
                        const char *etag, struct err *e)
{
    int fd = memfd_create("segment", MFD_CLOEXEC);
    if (fd < 0)
        return err_errno(e, errno, "send a segment");
    if (!file_write_all(fd, bytes->data, bytes->len, e)) {
        close(fd);
        return false;
    }
    if (!reply_file(reply, fd, type, NULL, etag, e))
        return false;
    reply->file.modified = 0;
    reply_header(reply, "Cache-Control", FOREVER);
    return true;
}

/* Both pieces of segment i: chunk and sound. */
static bool open_pieces(struct request *req, const struct hls_film *f, size_t i, int *chunk_fd,
                        int *sound_fd, struct err *e)
{
    struct workspace *ws = app_workspace(req);
    int64_t size;
    *chunk_fd = *sound_fd = -1;
    if (f->pieces && i < f->pieces->chunks.count)
        *chunk_fd = chunk_file_open(ws->cache_fd, ((const char *const *)f->pieces->chunks.items)[i],
                                    &size, e);
    if (*chunk_fd >= 0)
        *sound_fd = chunk_file_open(ws->cache_fd, f->pieces->sound, &size, e);
    if (*sound_fd >= 0)
        return true;
    if (*chunk_fd >= 0)
        close(*chunk_fd);
    return err_set(e, ERR_NOT_FOUND, "This segment is not there: not yet, or not any more");
}

static struct fragment_place place_of(const struct film_pieces *p, size_t i)
{
    const int64_t *frames = p->frames.items;
    struct fragment_place at = {.number = (uint32_t)i + 1};
    for (size_t k = 0; k < i; k++)
        at.first_frame += frames[k];
    int64_t den = p->fps_num, num = p->fps_den * PLAN_SAMPLE_RATE; /* samples a frame */
    at.sound_from = at.first_frame * num / den;
    at.sound_end =
        i + 1 < p->chunks.count ? (at.first_frame + frames[i]) * num / den : INT64_MAX;
    return at;
}

static bool reply_piece(struct request *req, struct reply *reply, const struct hls_film *f,
                        size_t i, bool init, struct err *e)
{
    int chunk_fd, sound_fd;
    struct buf out;
    if (!open_pieces(req, f, i, &chunk_fd, &sound_fd, e))
        return false;
    buf_init(&out, SEGMENT_MAX_BYTES);
    struct fragment_place at = place_of(f->pieces, i);
    bool ok = init ? fragment_init(chunk_fd, sound_fd, &out, e)
                   : fragment_media(chunk_fd, sound_fd, &at, &out, e);
    if (!ok && e->code == ERR_INVALID)
        e->code = ERR_INTERNAL; /* nothing that the client sent */
    const char *key = ((const char *const *)f->pieces->chunks.items)[i];
    const char *etag = arena_printf(req->arena, "\"%.24s-%.24s-%s%lld\"", key, f->pieces->sound,
                                    init ? "init" : "", (long long)at.first_frame);
    ok = ok && reply_bytes(reply, &out, init ? "video/mp4" : "video/iso.segment", etag, e);
    buf_finish(&out);
    close(chunk_fd);
    close(sound_fd);
    return ok;
}

bool init_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct job_param *p = req->params;
    struct hls_film f;
    return load_film(req, p->job_id, &f, e) && reply_piece(req, reply, &f, 0, true, e);
}

/* "12.m4s" -> 12 */
static bool segment_number(const char *name, size_t *out)
{
    char *end;
    errno = 0;
    unsigned long long n = name[0] >= '0' && name[0] <= '9' ? strtoull(name, &end, 10) : 0;
    if (name[0] < '0' || name[0] > '9' || errno || strcmp(end, ".m4s") != 0)
        return false;
    *out = (size_t)n;
    return true;
}

bool segment_get(struct request *req, struct reply *reply, struct err *e)
{
    const struct segment_param *p = req->params;
    struct hls_film f;
    size_t i;
    if (!segment_number(p->name, &i))
        return err_set(e, ERR_NOT_FOUND, "This segment is not there: not yet, or not any more");
    return load_film(req, p->job_id, &f, e) && reply_piece(req, reply, &f, i, false, e);
}
