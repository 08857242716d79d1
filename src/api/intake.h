/* SPDX-License-Identifier: GPL-3.0-or-later
 * intake.h - from an upload to a published file, ready for its row.
 *
 * A work-horse looks at the nameless temporary, then file and thumbnail get their names. Killed
 * before the commit that follows, a published file has no row and workspace_sweep() removes it.
 */
#ifndef AIVE_API_INTAKE_H
#define AIVE_API_INTAKE_H

#include "api/app.h"

/* What is taken. */
enum intake_kind {
    INTAKE_FILM, /* video and sound: what a project can be cut from */
    INTAKE_ANY,  /* images and .cube tables, too */
};

/* Fills *asset, without id. False with ERR_INVALID, ERR_UNSUPPORTED: the file's fault. */
bool intake(struct request *req, struct upload *up, enum intake_kind kind, struct asset *asset,
            struct err *e);

/* Takes the files back when the row could not be written. */
void intake_undo(const struct workspace *ws, const struct asset *asset);

/* Answers for a failed intake: 422 naming the form's field "file" where the file is to blame. */
bool intake_refused(struct reply *reply, const struct err *e);

#endif
