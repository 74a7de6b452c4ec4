/* SPDX-License-Identifier: BSD-2-Clause
 * What a list says in one generation and not in another, in words; and such words kept beside what a guard holds.
 *
 * Threads: pure but for the file system; see listdb_diff.h. Owns: nothing after it returns.
 */
#pragma once

#include <stdint.h>

#include "feeds/listdb/listdb.h"
#include "resolver/base/err.h"

struct json_t; /* of jansson */

enum { CHANGES_KEPT = 1000 };

/* {"added": N, "removed": N, "changes": ["+name", "-name", ...]} with at most `max` of them: `name` is the name and all below it, `=name`
 * the name alone, `*.name` what is below it; other rules as their trigger and verb. Either generation may be NULL. 0 with an owned
 * value, or a code with its sentence. */
int changes_between(struct listdb *before, struct listdb *after, const char *list, size_t max,
	struct json_t **out, struct err *why);

/* Writes them beside the held content at `held`, whose hash is `hash`; removes them. A failure only loses them. */
void changes_keep(const char *held, uint64_t hash, struct listdb *before, struct listdb *after,
	const char *list);
void changes_forget(const char *held);
/* Reads them. 0 with an owned value; CEN_ENOTFOUND when they are not there or of other content. */
int changes_read(const char *held, uint64_t hash, struct json_t **out, struct err *why);
