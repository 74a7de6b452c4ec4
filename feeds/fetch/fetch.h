/* SPDX-License-Identifier: BSD-2-Clause
 * Gets lists from where they live: files below one folder, and http or https by libcurl.
 *
 * Threads: belongs to the helper process's one thread. Owns: nothing after it returns.
 * Standards: RFC 9110 10.2.3 (Retry-After), 13.1 (conditional requests), 15.4 (redirection); RFC 6890 (addresses that are not public).
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
	FETCH_RETRIES_MAX = 3,
	FETCH_PATIENCE_MAX_S = 30, /* a server that asks for more is asked again in a later round */
	FETCH_CONNECT_S = 15,
	FETCH_SLOW_BYTES = 256, /* fewer a second, for FETCH_SLOW_S: given up */
	FETCH_SLOW_S = 30,
	FETCH_HEADERS_MAX = 256 << 10, /* octets in an answer's head */
};

enum fetch_outcome { FETCH_FAILED, FETCH_UNCHANGED, FETCH_NEW };

struct fetch_job {
	const char *name; /* of the list, for progress; NULL: it is not said */
	const char *source; /* borrowed, as all text here */
	/* The file to write; it does not exist before and only for FETCH_NEW after. NULL: the content is in `fd`. */
	const char *to;
	int file; /* of a source that is a file and is open already; else -1 */
	bool has_content; /* `tags` are those of a content that is there */
	bool has_private; /* may its server be on a private address? */
	struct plan_tags tags; /* in: to ask with; out: of the new content */
	const struct plan_refusal *refusal; /* a content that is not wanted either; may be NULL */
	const char *sha256, *key, *signature; /* what it must agree with; NULL or "": nothing */
	int signature_file; /* as `file` */

	enum fetch_outcome outcome;
	bool is_ours; /* FETCH_FAILED because our own disk failed, not the source */
	bool is_refused; /* FETCH_FAILED because the content is not what it must be; `tags` are its own */
	bool is_refusal_again; /* FETCH_UNCHANGED: it is the refused content */
	uint32_t
		patience_s; /* FETCH_FAILED: the server wants to be left alone for so long; 0: it did not say */
	bool has_skew; /* its server has said what time it is */
	int64_t skew_s; /* by how much its clock is before ours */
	int fd; /* FETCH_NEW without `to`: owned by the caller; else -1 */
	struct err why; /* of FETCH_FAILED; without the list's name, and a URL's secrets */
};

struct fetch_options {
	uint64_t max_bytes; /* of each */
	uint64_t time_ms; /* all end within it */
	uint64_t list_time_ms; /* each ends within it */
	uint64_t retry_wait_ms; /* before the second try; doubles */
	const char *directory; /* files lie below it */
	const char *ca_file; /* NULL or "": the system's certificates */
	const struct plan_calendar
		*calendar; /* what a list of the calendar is made of; NULL: there is none */
	int channel; /* to the daemon, which knows addresses; 0: none, and only addresses can be asked */
};

/* Runs all jobs; each ends in one of the outcomes. */
void fetch_all(struct fetch_job *jobs, size_t n, const struct fetch_options *options);

/* Opens a list that is a file: a regular one that lies in or below `directory`, wherever links lead. The descriptor, or negative. */
int fetch_file_open(const char *directory, const char *path, struct err *why);

/* Opens all files of a plan into `files`. What cannot be opened is left at -1, to be explained later. 0 or -ENOMEM. */
int fetch_open_files(struct plan *plan);
/* Must be called before rights are given up and before threads are started. */
int fetch_init(struct err *why);
/* Where the signature of a list is: as given, or the source with .minisig at the end of its path. Owned; NULL when memory is short. */
char *fetch_signature_source(const char *source, const char *signature);
