/* SPDX-License-Identifier: BSD-2-Clause
 * A case: an infected device, what was seen of it, and what became of it.
 *
 * Threads: struct evidence_case is plain data; evidence.h says who may ask for copies.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/pseudonym.h"
#include "resolver/evidence/event.h"
#include "resolver/evidence/sinkhole/knock.h"

enum {
	CASE_LINES_MAX = 32, /* of evidence: the first half of them, and the last */
	CASE_KNOCKS_MAX = 8, /* the last ones */
	CASE_FAMILIES_MAX = 4,
	CASE_FAMILY_TEXT = 32,
	CASE_NOTE_MAX = 256,
};

/* X(SYMBOL, "name as shown"). The numbers are kept on the disk: new ones go to the end. */
#define CASE_STATES(X) \
	X(OPEN, "open") /* nobody has looked at it */ \
	X(ACKNOWLEDGED, "acknowledged") /* somebody is at it */ \
	X(CLOSED, "closed") /* the device is clean: new evidence opens a new case */ \
	X(FALSE_POSITIVE, "false_positive") /* it was none */

enum case_state {
#define X(symbol, name) CASE_##symbol,
	CASE_STATES(X)
#undef X
		CASE_STATE_COUNT
};

/* One piece of evidence that counted. */
struct case_line {
	uint64_t at_ms; /* wall time since 1970 */
	enum evidence_kind kind;
	enum dga_class class;
	uint16_t qtype; /* 0: no question (KNOCK) */
	int32_t score; /* of the classifier, milli-nats */
	int32_t llr; /* what it added to the client's sum, milli-nats */
	struct dname name;
};

struct evidence_case {
	uint64_t id; /* from 1 on, never used again */
	struct addr client; /* the first address of `client_bits` */
	uint8_t client_bits; /* 128: one address (IPv4: as 96 + n); 0: the client is withheld */
	char alias[PSEUDONYM_TEXT]; /* what stands for a client that is withheld; "": nothing */
	enum case_state state;
	uint64_t first_ms, last_ms; /* of the evidence; wall time since 1970 */
	uint64_t opened_ms, changed_ms; /* the case; the last change of its state */
	int32_t sum; /* of log-likelihood ratios, milli-nats, as it stands */
	uint32_t evidence_count; /* pieces of evidence in all */
	uint32_t sinkholed_count; /* answers that were held back from it since */
	uint32_t knock_total;
	uint32_t
		unsealed_count; /* times that somebody had the client shown in spite of the alias */
	uint64_t unsealed_ms; /* the last time; 0: never */
	uint8_t family_count, line_count, knock_count;
	char families[CASE_FAMILIES_MAX]
		     [CASE_FAMILY_TEXT]; /* the surest first; `unknown-1f3a`: no known one */
	char note[CASE_NOTE_MAX]; /* of who changed the state last */
	struct case_line lines[CASE_LINES_MAX]; /* in the order of time */
	struct knock knocks[CASE_KNOCKS_MAX];
};

/* What of a case may be written, and shown. */
struct cases_privacy {
	bool has_client, has_name;
	const struct pseudonym_key
		*key; /* has_client: an alias stands for the client; NULL: its address does */
};

/* Takes out of this copy what is not to be written: of the client all addresses and ports, of names also what it said to the sinkhole. */
void cases_withhold(struct evidence_case *c, const struct cases_privacy *privacy);

/* How sure it is: the probability that the device is infected, where one in a thousand is. 0 to 1. */
double cases_confidence(const struct evidence_case *c);
const char *cases_state_name(enum case_state state);
/* CASE_STATE_COUNT for a word that is none. */
enum case_state cases_state_from_name(const char *name);
const char *cases_kind_name(enum evidence_kind kind);
const char *cases_knock_name(enum knock_kind kind);
/* What its owner should do, in plain words. Static. */
const char *cases_advice(const struct evidence_case *c);
