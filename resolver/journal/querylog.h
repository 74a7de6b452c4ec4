/* SPDX-License-Identifier: BSD-2-Clause
 * The query log: a row for each query. The newest are in memory (2 MiB, some 50,000 rows), those and the older ones in files.
 *
 * Threads: the writer's functions are the journal thread's; the others may be called from any thread but the workers'. A reader holds the lock only to
 *          copy a block, never while the disk works.
 * Owns: its memory, which is bounded, and the files (querylog_files.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/dname.h"
#include "resolver/query.h"

struct querylog;

struct querylog_row {
	uint64_t id; /* rises by one, also over restarts, where it leaps */
	uint64_t at_ms; /* wall time since 1970, of the answer */
	char client[ADDR_TEXT_MAX]; /* address, pseudonym `client-1f3a9c0d`, or "": withheld */
	struct dname name; /* len 0: withheld */
	uint16_t qtype, rcode;
	uint8_t outcome; /* enum query_outcome */
	uint8_t reply; /* enum journal_reply */
	uint8_t dga_class; /* enum dga_class */
	uint8_t transport; /* enum transport */
	int32_t dga_score; /* milli-nats; 0: not judged */
	uint32_t took_us;
	bool is_secure, is_monitored, is_allowed; /* as in struct journal_event */
	char list[64], family[32], group[64]; /* "": none */
};

enum querylog_verdict {
	QUERYLOG_ANY,
	QUERYLOG_BLOCKED,
	QUERYLOG_ALLOWED, /* answered */
	QUERYLOG_FAILED,
	QUERYLOG_MONITORED, /* would have been blocked */
};

/* A zeroed one but for outcome and qtype (-1) lets all rows through. */
struct querylog_filter {
	uint64_t from_ms, to_ms; /* of the answer; to_ms 0: no end */
	const char *client; /* as shown, or a prefix `192.0.2.0/24`; NULL or "": any */
	const char
		*name; /* a part of it; `=whole.name`; `.name` and all below it; NULL or "": any */
	const char *list; /* NULL or "": any */
	enum querylog_verdict verdict;
	int outcome; /* -1: any */
	int qtype; /* -1: any */
	uint64_t before; /* rows with lower numbers; 0: from the newest on */
};

struct querylog_kept;

struct querylog_info {
	uint64_t written, pending, dropped, failed_writes, bytes, rows, oldest_ms;
	char problem[256]; /* "": none */
};

/* NULL when memory is short. */
struct querylog *querylog_new(const char *state_directory);
void querylog_free(struct querylog *q);

/* --- the writer ------------------------------------------------------------------------------- */

void querylog_limit(struct querylog *q, uint64_t bytes, uint32_t days, uint32_t save_s);
/* Reads what is on disk: once, before the first row. */
void querylog_begin(struct querylog *q);
/* Rows are added between these two, for a moment: readers wait meanwhile. Words of rows stay where they are until then. */
void querylog_enter(struct querylog *q);
void querylog_leave(struct querylog *q);
/* Gives the row its number. */
void querylog_add(struct querylog *q, const struct querylog_kept *row);
/* A few times a second: writes what is due. */
void querylog_tick(struct querylog *q);
/* Writes all there is. */
void querylog_save(struct querylog *q);

/* --- readers ---------------------------------------------------------------------------------- */

void querylog_info(struct querylog *q, struct querylog_info *out);

/* Newest first, at most `max` rows; returns how many. `*next` is `before` of the next page; 0: there is none. A call looks at a bounded number of rows:
 * also after few or none there may be a next page. */
size_t querylog_read(struct querylog *q, const struct querylog_filter *f, struct querylog_row *out,
	size_t max, uint64_t *next);
/* Rows after number `*after`, oldest first, from memory; moves `*after` behind what it has looked at. UINT64_MAX: starts behind the newest row.
 * `*lost`: how many numbers, whatever the filter, were no longer there to be looked at. */
size_t querylog_follow(struct querylog *q, const struct querylog_filter *f,
	struct querylog_row *out, size_t max, uint64_t *after, uint64_t *lost);

/* "blocked", "answered", "failed"; names of replies. */
const char *querylog_verdict_name(enum query_outcome outcome);
const char *querylog_reply_name(unsigned reply);
