/* SPDX-License-Identifier: BSD-2-Clause
 * What a regular expression needs: a few literals of which one is in every text that it matches.
 *
 * Threads: pure. Owns: nothing.
 * Rule: it knows a part of PCRE2's language and refuses the rest. What it takes it must never overrate: a literal that is not needed
 *       would hide a match.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"

enum {
	PATTERNS_LITERAL_BYTES = 24, /* of one; the rest of a longer one is left out */
	PATTERNS_LITERAL_COUNT = 64, /* of which one is needed */
};

struct patterns_literal {
	uint8_t len;
	char at[PATTERNS_LITERAL_BYTES]; /* lower case */
};

struct patterns_literal_set {
	unsigned count; /* 0: nothing is needed */
	struct patterns_literal of[PATTERNS_LITERAL_COUNT];
};

/* 0, or CEN_EFORMAT when the pattern is not well formed, beyond what is known here, or without a literal. */
int patterns_literal_find(
	const char *text, size_t len, struct patterns_literal_set *out, struct err *why);
