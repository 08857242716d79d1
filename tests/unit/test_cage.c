/* SPDX-License-Identifier: GPL-3.0-or-later
 * The cage holds, and honest work goes on inside.
 */
#include "check.h"
#include "jobs/cage.h"

static void test_selftest(void)
{
    CHECK_CASE("selftest");
    struct cage_report r;
    struct err e = {.code = ERR_NONE};
    bool tight = cage_selftest(&r, &e);
    CHECK(tight);
    if (!tight)
        fprintf(stderr, "   %s\n", e.msg);
    CHECK(r.limits);
    CHECK(r.no_new_privs);
    CHECK(r.seccomp);
    printf(
        "limits %d, unprivileged %d, namespaces %d, no_new_privs %d, landlock ABI %d, seccomp %d\n",
        r.limits, r.unprivileged, r.namespaces, r.no_new_privs, r.landlock_abi, r.seccomp);
}

int main(void)
{
    test_selftest();
    return check_done();
}
