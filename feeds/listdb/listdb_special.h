/* SPDX-License-Identifier: BSD-2-Clause
 * The special rules of an open generation (listdb_rule.h): checked, and with tables to find them by.
 *
 * Threads: immutable once open.
 * Owns: its tables; the rules and texts are borrowed from the map where they are aligned there, else copied.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "feeds/listdb/listdb.h"

/* As they stand in the file. */
struct listdb_special_bytes {
	const uint8_t *rules, *texts;
	size_t count, texts_bytes;
};

struct listdb_special;

/* 0, -ENOMEM, or CEN_ECORRUPT when a rule is not well formed. `lists`: whose special bits there are. */
int listdb_special_open(const struct listdb_special_bytes *bytes, const struct listdb_list *lists,
	size_t list_count, struct listdb_special **out);
void listdb_special_close(struct listdb_special *s);

/* How often patterns ran into a limit. */
uint64_t listdb_special_limited(const struct listdb_special *s);
