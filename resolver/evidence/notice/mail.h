/* SPDX-License-Identifier: BSD-2-Clause
 * A case as a mail in plain words, given to the machine's own mail program.
 *
 * Threads: mail_carry: one at a time, it waits for the program. mail_write: pure.
 * Standards: RFC 5322, RFC 3834 (Auto-Submitted). The program is started without a shell, as `PROGRAM -i [-f FROM] -- TO`, with the mail as its
 *            input, and killed with its children after MAIL_DEADLINE_MS. What comes from outside is cut and printable ASCII,
 *            so that it is never a line of its own.
 */
#pragma once

#include <stdio.h>

#include "resolver/base/config.h"
#include "resolver/evidence/notice/courier.h"

enum { MAIL_DEADLINE_MS = 30000, MAIL_PER_HOUR = 30 };

struct mail;

int mail_new(const struct config_notices *config, notice_find *find, void *arg, struct mail **out,
	struct err *why);
void mail_free(struct mail *m);

courier_carry mail_carry; /* `arg`: the mail */

/* `from` NULL: the mail program knows. */
void mail_write(const char *to, const char *from, const struct evidence_case *c, FILE *out);
