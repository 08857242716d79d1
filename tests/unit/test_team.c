/* SPDX-License-Identifier: GPL-3.0-or-later
 * Teams of any size do each task once, loop after loop, and what the caller wrote before a loop is
 * seen in it and the other way round. For the thread sanitizer above all. */
#include "check.h"
#include "nn/team.h"

#define TASKS 100

struct count {
    int done[TASKS]; /* plain: only one thread may touch each */
    int busy[TEAM_MAX];
    int add;
};

static void count_task(void *user, int task, int thread)
{
    struct count *c = user;
    c->busy[thread]++;
    c->done[task] += c->add;
    c->busy[thread]--;
}

static void test_size(int threads)
{
    struct err e = {0};
    struct count c = {0};
    int want = 0, right = 0;
    struct team *t = team_create(threads, &e);
    CHECK(t && team_size(t) >= 1 && (threads == 0 || team_size(t) <= threads));
    for (int round = 0; round < 2000; round++) {
        c.add = round % 7;
        want += c.add;
        team_run(t, round % 3 == 2 ? 0 : TASKS, count_task, &c);
        want -= round % 3 == 2 ? c.add : 0;
        for (volatile int idle = 0; round % 500 == 0 && idle < 2000000; idle++) {
        } /* the others fall asleep */
    }
    for (int i = 0; i < TASKS; i++)
        right += c.done[i] == want;
    CHECK(right == TASKS);
    for (int i = 0; i < TEAM_MAX; i++)
        CHECK(c.busy[i] == 0);
    team_destroy(t);
}

int main(void)
{
    struct count c = {.add = 1};
    for (int threads = 1; threads <= 4; threads++)
        test_size(threads);
    test_size(0);
    CHECK(team_size(NULL) == 1);
    team_run(NULL, TASKS, count_task, &c);
    CHECK(c.done[0] == 1 && c.done[TASKS - 1] == 1);
    team_destroy(NULL);
    struct team *many = team_create(1000, NULL);
    CHECK(team_size(many) <= TEAM_MAX);
    team_destroy(many);
    return check_done();
}
