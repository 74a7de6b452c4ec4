/* SPDX-License-Identifier: BSD-2-Clause
 * What all learners share: names to learn from, and arithmetic that is the same on every machine (only +, -, *, / and sqrt, each
 * rounded as IEEE 754 says, in a fixed order; libm's functions may differ from version to version).
 *
 * Threads: none of this is shared.
 */
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "dga/samples.h"

/* Some of the samples, by their number. */
struct learn_rows {
	const struct samples *samples;
	const uint32_t *at;
	size_t count;
};

static inline struct label learn_label(const struct learn_rows *rows, size_t i)
{
	return samples_label(rows->samples, &rows->samples->all[rows->at[i]]);
}

/* xorshift64* (Marsaglia 2003, Vigna 2016); the state is never 0. */
static inline uint64_t learn_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

/* Any seed gives a state. */
static inline uint64_t learn_random_state(uint64_t seed)
{
	return (seed * 2 + 1) * 0x9e3779b97f4a7c15ull;
}

/* Fisher and Yates. */
static inline void learn_shuffle(uint32_t *v, size_t n, uint64_t *random)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = (size_t)((learn_random(random) >> 32) * i >> 32);
		uint32_t held = v[i - 1];
		v[i - 1] = v[k];
		v[k] = held;
	}
}

/* 1 / (1 + e^-x), e^x as (1 + x / 2^20)^(2^20). */
static inline double learn_logistic(double x)
{
	double limited = x > 30 ? 30 : x < -30 ? -30 : x;
	double e = 1 - limited / (1 << 20);
	for (int i = 0; i < 20; i++)
		e *= e;
	return 1 / (1 + e);
}

/* The natural logarithm of a positive number: 2 artanh((m - 1) / (m + 1)) of its mantissa as a series. */
static inline double learn_log(double v)
{
	int exponent;
	double m = frexp(v, &exponent); /* exact */
	if (m < 0.70710678118654752) {
		m *= 2;
		exponent--;
	}
	double t = (m - 1) / (m + 1), square = t * t, power = t, sum = 0;
	for (int k = 1; k <= 15; k += 2) {
		sum += power / k;
		power *= square;
	}
	return 2 * sum + exponent * 0.69314718055994531;
}
