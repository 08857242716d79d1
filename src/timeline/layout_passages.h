/* SPDX-License-Identifier: GPL-3.0-or-later
 * layout_passages.h - inside of the template engine: the best of a source that is too long.
 *
 * The source is parted into short atoms at natural borders. Each has a worth; a jump between atoms
 * that are no neighbours has a price. The choice of the greatest worth that fits into the film is
 * found exactly, by dynamic programming over atoms and film time (0/1 knapsack, Bellman 1957, with
 * "was the one before taken?" as a second state), so that passages come out as long as what is
 * worth showing is.
 */
#ifndef AIVE_TIMELINE_LAYOUT_PASSAGES_H
#define AIVE_TIMELINE_LAYOUT_PASSAGES_H

#include "timeline/layout_parts.h"

struct atom {
    double start, end, worth;
    double loud, speech; /* rank 0..1; share of it that is spoken */
    size_t peaks;
    const struct layout_highlight *highlight; /* the best one that covers half of it; NULL */
    double rise;    /* dB, of the drop in it or just before it; NAN: none */
    bool spread;    /* taken to show something of this part of the source */
    bool taken;
    const char *why; /* of the range that it begins; NULL: it is inside one */
};

struct atoms {
    struct atom *at;
    size_t count;
};

/* At most about this many, however long the source. */
#define ATOMS_MAX 2500

/* layout_worth.c: parts ranges into atoms and weighs them. False: no memory. */
bool atoms_make(struct layout *l, const struct ranges *all, struct atoms *out);
/* Why an atom is worth showing, in words. NULL: no memory. */
const char *atom_why(struct layout *l, const struct atom *x);

/* Marks as taken the atoms of the greatest worth that fit into `room` seconds, where each run of
 * neighbours costs `price`. Film time is counted in parts of `room`, so that a choice that leaves a
 * few thousandths of it unused may be taken for one that fills it. False: no memory. */
bool atoms_take(struct atoms *x, double room, double price);

/* The best of `all` that fits into `room` seconds, as ranges in their order. False: no memory. */
bool passages_choose(struct layout *l, const struct ranges *all, double room, struct ranges *out);

#endif
