/* SPDX-License-Identifier: BSD-2-Clause
 * Is a row of the query log one that was asked for? The filter's texts are read once, then compared with each row.
 *
 * Threads: pure.
 */
#pragma once

#include "resolver/journal/querylog.h"
#include "resolver/journal/querylog_codec.h"

enum querylog_match_name { MATCH_ANY_NAME, MATCH_PART, MATCH_EXACT, MATCH_BELOW };

struct querylog_match {
	const struct querylog_filter *filter; /* borrowed */
	bool is_nothing; /* a text says what no row can be */
	bool has_prefix, has_pseudonym;
	struct addr_prefix prefix;
	uint32_t pseudonym;
	uint64_t before; /* see struct querylog_filter; never 0 */
	uint64_t from_ms, to_ms;
	enum querylog_match_name how;
	struct dname name;
	char part[DNAME_TEXT_MAX]; /* lower case */
	size_t part_len;
};

void querylog_match_init(struct querylog_match *m, const struct querylog_filter *f);
bool querylog_match(const struct querylog_match *m, const struct querylog_kept *row);

/* BLOCKED, ALLOWED or FAILED. */
enum querylog_verdict querylog_match_verdict(enum query_outcome outcome);
