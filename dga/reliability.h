/* SPDX-License-Identifier: BSD-2-Clause
 * Do scores mean what they say? Names are put into bins by their score; in each, what the score claims stands beside what was seen.
 *
 * Threads: none of this is shared.
 * Units: scores in milli-nats of a log-likelihood ratio. Benign names together weigh as much as generated ones.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { RELIABILITY_BINS = 18 };

/* One kind of names within a bin. */
struct reliability_sum {
	size_t names;
	double weight;
	double score, probability; /* each name's times its weight */
};

struct reliability_bin {
	struct reliability_sum benign, generated;
};

/* All zeros: empty. */
struct reliability {
	struct reliability_bin bins[RELIABILITY_BINS];
	double benign, generated; /* weights in all */
};

/* What a bin shows. */
struct reliability_row {
	int32_t from, to; /* scores over `from`, and at most `to`; INT32_MIN, INT32_MAX: no end */
	size_t benign, generated; /* names */
	double score; /* their mean */
	double observed; /* the log-likelihood ratio that was seen, milli-nats; infinite when there is one kind only, not a number when empty */
};

void reliability_add_benign(struct reliability *r, int32_t score, double weight);
void reliability_add_generated(struct reliability *r, int32_t score, double weight);
/* Adds all of `from`. */
void reliability_join(struct reliability *r, const struct reliability *from);
struct reliability_row reliability_row(const struct reliability *r, size_t bin);
/* Expected calibration error: by how much the probability that a score stands for is wrong, the mean over names. 0 to 1. */
double reliability_error(const struct reliability *r);
