/* SPDX-License-Identifier: BSD-2-Clause
 * Trees (trees.h) set out anew, so that all of them are asked at once.
 *
 * Threads: immutable once made.
 * Owns: forest_make's caller owns the forest.
 * Method: the leaves that all trees reach stand side by side, an octet each. What a fact contributes to them depends only on how many of the
 *         thresholds that it is asked about lie below it; for each such number there is a row of octets, and the rows of all facts or-ed
 *         give the leaves. (From Lucchese et al., "QuickScorer", SIGIR 2015, where rows exclude leaves instead.) Two facts with few
 *         thresholds have their rows or-ed beforehand.
 */
#pragma once

#include <stdint.h>

struct forest;

/* NULL: out of memory. Every feature that trees ask for is below DENSE_COUNT. */
struct forest *forest_make(const uint8_t *trees, unsigned count);
void forest_free(struct forest *f);
/* What trees_sum says. */
int32_t forest_sum(const struct forest *f, const int16_t *x);
