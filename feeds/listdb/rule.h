/* SPDX-License-Identifier: BSD-2-Clause
 * A rule of a list, whatever its format: what a parser hands to the build.
 *
 * Threads: pure. Owns: nothing; what a rule points to is valid during the call that hands it over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/dname.h"

/* What it is held against. */
enum rule_trigger {
	RULE_NAME, /* the name asked for, and each name of its answer's chain */
	RULE_PATTERN, /* the same, by a regular expression */
	RULE_ANSWER, /* an address in the answer */
	RULE_CLIENT, /* the client's address */
	RULE_NS_NAME, /* the name of a server of the zone, or of a zone above */
	RULE_NS_ADDRESS, /* the address of one */
	RULE_TRIGGERS,
};

/* What it says. */
enum rule_verb {
	RULE_MATCH, /* what its list is for: the list's action, or its allowance */
	RULE_EXCEPT, /* not blocked by lists of adblock rules (`@@`) */
	RULE_PASSTHRU, /* the verbs of an RPZ zone: not judged by it or a later one */
	RULE_DROP,
	RULE_TCP_ONLY,
	RULE_NXDOMAIN,
	RULE_NODATA,
	RULE_REFUSED,
	RULE_DATA, /* the records of `about` */
	RULE_VERBS,
};

enum { RULE_PATTERN_MAX = 1024, RULE_ABOUT_MAX = 4096 };

struct rule {
	/* RULE_NAME, RULE_NS_NAME */
	uint8_t key[DNAME_MAX]; /* of dname_key */
	uint8_t len, labels;
	uint8_t parent_len; /* octets of the key without its last label */
	bool is_self, is_below;

	uint8_t trigger; /* enum rule_trigger */
	uint8_t verb; /* enum rule_verb */
	bool is_important; /* acts in spite of exceptions, or is a stronger one */
	bool is_removal; /* takes the equal rule of the same list away ($badfilter) */

	const char *
		pattern; /* RULE_PATTERN: PCRE2, against the name in lower case without the last dot */
	uint16_t pattern_len;
	struct addr_prefix prefix; /* the three triggers by address */
	const uint8_t *about; /* conditions and records: detail.h */
	uint16_t about_len; /* 0: none */
};

/* Does a plain set bit say all of it? */
static inline bool rule_is_plain(const struct rule *r)
{
	return r->trigger == RULE_NAME && r->verb == RULE_MATCH && !r->is_important &&
		!r->is_removal && !r->about_len;
}

/* In a word, for people: "answer address", "tcp-only". */
const char *rule_trigger_name(int trigger);
const char *rule_verb_name(int verb);
