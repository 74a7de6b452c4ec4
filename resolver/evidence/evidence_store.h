/* SPDX-License-Identifier: BSD-2-Clause
 * The state of the evidence on the disk: `evidence.mdb` in the state folder, with the cases, and the clients that something speaks against.
 *
 * Threads: one at a time.
 * Owns: the file. One that is damaged is set aside as `evidence.mdb.damaged`, and a new one begun; one that may not be read now stays.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"
#include "resolver/evidence/engine.h"
#include "resolver/evidence/notice/notices.h"

struct evidence_store;

/* Fills the engine with what was kept. `*out` NULL: there is no file to keep anything in. What is wrong goes to `problem` ("": nothing), and into the log. */
void evidence_store_open(const char *state_directory, struct engine *e, struct evidence_store **out,
	char *problem, size_t problem_size);
void evidence_store_close(struct evidence_store *s);

/* From now on what waits to be told is kept, too; what was kept is put there. Borrowed; NULL: nothing is. */
void evidence_store_notices(struct evidence_store *s, struct notices *n);

/* What may be kept from now on; what was kept before and may not is taken out with the next save. `key` does not matter: the client's address is kept
 * with it. */
void evidence_store_privacy(struct evidence_store *s, const struct cases_privacy *privacy);

/* This case has changed, or is gone. */
void evidence_store_mark(struct evidence_store *s, uint64_t case_id);
/* Writes the marked cases, and with `has_clients` the clients that were seen since the last time. On failure the marks stay. */
int evidence_store_save(
	struct evidence_store *s, struct engine *e, bool has_clients, struct err *why);
