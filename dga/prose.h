/* SPDX-License-Identifier: BSD-2-Clause
 * The words that English prose is made of, and how often each stands in it (prose.txt, see MODEL.md): generators draw from lists of
 * such words, people who name a site seldom do.
 *
 * Threads: pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prose_word {
	const char *text; /* not terminated; borrowed from the program's own data */
	size_t len;
	uint32_t count;
};

/* Walks over the words, the most frequent first. `*at` begins as 0. False: no more. */
bool prose_next(size_t *at, struct prose_word *out);
