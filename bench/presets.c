/* SPDX-License-Identifier: GPL-3.0-or-later
 * presets.c - what encoder settings cost and give. Driven by presets.py.
 *
 *     encode_presets CLIP
 *
 * Composes 2 s of the clip, with captions and a watermark, at 1080x1920 once.
 * Then for each line "X264-PRESET CRF LOOK-AHEAD OPTIONS" of stdin (OPTIONS "-": none) encodes them
 * as a render does a chunk, with one thread, and answers with a line
 * "MILLISECONDS-OF-CPU-A-FRAME BYTES SSIM-OF-LUMA".
 */
#include "film.h"

#include "media/media.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SSIM_STEP 2

static const struct film_job job = {.segments = 1, .segment_s = 2, .edited_caption = -1};

static void answer(const struct film *f, int frames, struct cost reading,
                   const struct render_preset *preset)
{
    struct cost start = cost_now();
    int film = frames_encode(f, frames, preset, false, 0, 1);
    double cpu = cost_since(start).cpu - reading.cpu;
    printf("%.3f %lld %.6f\n", 1000 * cpu / (double)f->plan.frame_count, (long long)size_of(film),
           frames_ssim(f, frames, film, SSIM_STEP));
    fflush(stdout);
    close(film);
}

int main(int argc, char **argv)
{
    struct clip clip;
    struct film f;
    char line[1000], word[32], options[800];
    struct render_preset preset = {.x264 = word, .max_bitrate = 12000000};
    if (argc != 2)
        die("encode_presets CLIP", NULL);
    media_init();
    clip_open(&clip, argv[1]);
    film_plan(&f, &clip, &job, render_preset_find(RENDER_DEFAULT_PRESET));
    int frames = frames_write(&f);
    struct cost start = cost_now();
    frames_read(&f, frames);
    struct cost reading = cost_since(start);
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "%31s %lf %d %799s", word, &preset.crf, &preset.lookahead, options) != 4)
            die("lines of four words, please", NULL);
        preset.x264_params = strcmp(options, "-") == 0 ? NULL : options;
        answer(&f, frames, reading, &preset);
    }
    close(frames);
    film_forget(&f);
    clip_close(&clip);
    return 0;
}
