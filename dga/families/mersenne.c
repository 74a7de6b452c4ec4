/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/families/mersenne.h"

enum { MIDDLE = 397 };

void mersenne_seed(struct mersenne *m, uint32_t seed)
{
	m->words[0] = seed;
	for (uint32_t i = 1; i < MERSENNE_WORDS; i++) {
		uint32_t before = m->words[i - 1];
		m->words[i] = UINT32_C(1812433253) * (before ^ before >> 30) + i;
	}
	m->next = MERSENNE_WORDS;
}

static void twist(struct mersenne *m)
{
	for (unsigned i = 0; i < MERSENNE_WORDS; i++) {
		uint32_t high = m->words[i] & UINT32_C(0x80000000);
		uint32_t y = high | (m->words[(i + 1) % MERSENNE_WORDS] & UINT32_C(0x7fffffff));
		uint32_t odd = y & 1 ? UINT32_C(0x9908b0df) : 0;
		m->words[i] = m->words[(i + MIDDLE) % MERSENNE_WORDS] ^ y >> 1 ^ odd;
	}
	m->next = 0;
}

uint32_t mersenne_next(struct mersenne *m)
{
	if (m->next >= MERSENNE_WORDS)
		twist(m);
	uint32_t y = m->words[m->next++];
	y ^= y >> 11;
	y ^= y << 7 & UINT32_C(0x9d2c5680);
	y ^= y << 15 & UINT32_C(0xefc60000);
	return y ^ y >> 18;
}
