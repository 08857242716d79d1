/* SPDX-License-Identifier: GPL-3.0-or-later
 * ffmpeg.h - files made by the ffmpeg command, for tests of sources that our own encoder does not
 * make. Where the command is missing, ffmpeg_is_here() is false and the test says that it skips.
 */
#ifndef AIVE_TESTS_FFMPEG_H
#define AIVE_TESTS_FFMPEG_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static inline bool ffmpeg_is_here(void)
{
    return system("command -v ffmpeg >/dev/null 2>&1") == 0;
}

/* Runs ffmpeg with these words and an output of this container; the file, or -1. `input`, unless
 * -1, is a file that the words may name as "$IN". */
static inline int ffmpeg_make(const char *words, int input, const char *container)
{
    char command[2048];
    int fd = memfd_create("ffmpeg", 0), pid = (int)getpid();
    int n = snprintf(command, sizeof command,
                     "IN=/proc/%d/fd/%d; ffmpeg -hide_banner -loglevel error -nostdin -y %s -f %s "
                     "/proc/%d/fd/%d",
                     pid, input, words, container, pid, fd);

    if (n < 0 || n >= (int)sizeof command || system(command) != 0) {
        fprintf(stderr, "ffmpeg failed: %s\n", words);
        close(fd);
        return -1;
    }
    return fd;
}

#endif
