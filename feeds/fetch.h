/* SPDX-License-Identifier: BSD-2-Clause
 * Gets lists from where they live: files, and http or https by libcurl. The one includer of curl.h.
 *
 * Threads: belongs to the helper process's one thread. Owns: nothing after it returns.
 * Standards: RFC 9110 13.1 (conditional requests), 15.4 (redirection).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feeds/plan.h"
#include "resolver/base/err.h"

enum {
	FETCH_PARALLEL = 8, /* transfers at once */
	FETCH_REDIRECTS_MAX = 5,
	FETCH_CONNECT_S = 15,
	FETCH_SLOW_BYTES = 256, /* fewer a second, for FETCH_SLOW_S: given up */
	FETCH_SLOW_S = 30,
};

enum fetch_outcome { FETCH_FAILED, FETCH_UNCHANGED, FETCH_NEW };

struct fetch_job {
	const char *source; /* borrowed */
	const char
		*to; /* the file to write; it does not exist before and only for FETCH_NEW after */
	bool has_content; /* `tags` are those of a content that is there */
	struct plan_tags tags; /* in: to ask with; out: of the new content */
	enum fetch_outcome outcome;
	bool is_ours; /* FETCH_FAILED because our own disk failed, not the source */
	struct err why; /* of FETCH_FAILED; without the list's name, and a URL's secrets */
};

/* Runs all jobs; each ends in one of the outcomes. `max_bytes` bounds each; all end within `time_ms`. */
void fetch_all(struct fetch_job *jobs, size_t n, uint64_t max_bytes, uint64_t time_ms);
