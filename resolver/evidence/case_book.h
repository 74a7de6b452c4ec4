/* SPDX-License-Identifier: BSD-2-Clause
 * All cases, in memory, by number and by client.
 *
 * Threads: one at a time.
 * Owns: the cases.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"
#include "resolver/evidence/cases.h"

struct case_book;

int case_book_new(uint32_t max, struct case_book **out, struct err *why);
void case_book_free(struct case_book *b);

/* A new open case with the next number, or NULL when memory is short. In a full book the oldest that is done makes room, else the oldest; its number goes to
 * `*gone` (0: none). */
struct evidence_case *case_book_open(
	struct case_book *b, const struct addr *client, uint8_t bits, uint64_t *gone);
/* Takes in one that was kept (copied). In a full book others make room, as above. False when its number is taken, memory is short, or it is done and all
 * others are not. */
bool case_book_restore(struct case_book *b, const struct evidence_case *c);

/* Takes out the oldest case that was done before this wall time; its number, or 0: there is none. */
uint64_t case_book_expire(struct case_book *b, uint64_t before_ms);

struct evidence_case *case_book_find(const struct case_book *b, uint64_t id);
/* The client's case that is open or acknowledged; NULL: none. */
struct evidence_case *case_book_of_client(const struct case_book *b, const struct addr *client);
/* The client's next case that was a false positive, behind `after` (NULL: the first); NULL: none. */
struct evidence_case *case_book_pardoned(
	const struct case_book *b, const struct addr *client, const struct evidence_case *after);
/* In the order of their numbers. */
size_t case_book_count(const struct case_book *b);
struct evidence_case *case_book_at(const struct case_book *b, size_t i);
/* The number that the next one gets is not below it. */
void case_book_skip_to(struct case_book *b, uint64_t next_id);
uint64_t case_book_next_id(const struct case_book *b);
bool case_book_is_live(const struct evidence_case *c);
