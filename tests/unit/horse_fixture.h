/* SPDX-License-Identifier: GPL-3.0-or-later
 * horse_fixture.h - kinds of jobs that behave well, badly and worst; test_horse.c is their parent.
 */
#ifndef AIVE_TESTS_HORSE_FIXTURE_H
#define AIVE_TESTS_HORSE_FIXTURE_H

#include "jobs/horse.h"

extern const struct horse_kind *const horse_fixture_kinds[];

#endif
