/* SPDX-License-Identifier: BSD-2-Clause
 * The Mersenne Twister MT19937 (M. Matsumoto and T. Nishimura, 1998), which some botnets draw their letters from.
 *
 * Threads: pure.
 */
#pragma once

#include <stdint.h>

enum { MERSENNE_WORDS = 624 };

struct mersenne {
	uint32_t words[MERSENNE_WORDS];
	unsigned next;
};

void mersenne_seed(struct mersenne *m, uint32_t seed);
uint32_t mersenne_next(struct mersenne *m);
