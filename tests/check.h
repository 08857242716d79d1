/* SPDX-License-Identifier: GPL-3.0-or-later
 * check.h - all a unit test needs: CHECK(), CHECK_STR(), CHECK_NEAR(), and `return check_done();`
 * at the end of main(). A failed check prints where and goes on; check_done() prints the plain
 * line "N passed, N failed" and gives the exit code. CHECK_CASE(name) names the table row at work.
 */
#ifndef AIVE_TESTS_CHECK_H
#define AIVE_TESTS_CHECK_H

#include <math.h>
#include <stdio.h>
#include <string.h>

static int check_passed, check_failed;
static const char *check_case_name = "";

#define CHECK_CASE(name) (check_case_name = (name))

static inline int check_report(int ok, const char *file, int line, const char *what)
{
    if (ok)
        check_passed++;
    else
        check_failed++;
    if (!ok)
        fprintf(stderr, "%s:%d: [%s] %s\n", file, line, check_case_name, what);
    return ok;
}

#define CHECK(cond) check_report(!!(cond), __FILE__, __LINE__, #cond)

static inline int check_str(const char *got, const char *want, const char *file, int line)
{
    int ok = got && want ? strcmp(got, want) == 0 : got == want;
    check_report(ok, file, line, "texts differ");
    if (!ok)
        fprintf(stderr, "   got: %s\n  want: %s\n", got ? got : "(null)", want ? want : "(null)");
    return ok;
}
#define CHECK_STR(got, want) check_str((got), (want), __FILE__, __LINE__)

static inline int check_near(double got, double want, double tol, const char *file, int line)
{
    int ok = fabs(got - want) <= tol;
    check_report(ok, file, line, "numbers differ");
    if (!ok)
        fprintf(stderr, "   got: %.9g\n  want: %.9g +- %.3g\n", got, want, tol);
    return ok;
}
#define CHECK_NEAR(got, want, tol) check_near((got), (want), (tol), __FILE__, __LINE__)

static inline int check_done(void)
{
    printf("%d passed, %d failed\n", check_passed, check_failed);
    return check_failed ? 1 : 0;
}

#endif
