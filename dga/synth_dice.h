/* SPDX-License-Identifier: BSD-2-Clause
 * Chance that is the same on every machine.
 *
 * Threads: pure.
 * Source: SplitMix64 (Steele, Lea, Flood 2014).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct synth_dice {
	uint64_t state;
};

static inline uint64_t synth_dice_mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static inline uint64_t synth_dice_next(struct synth_dice *d)
{
	d->state += 0x9e3779b97f4a7c15ull;
	return synth_dice_mix(d->state);
}

/* 0 to n - 1; n > 0. */
static inline uint32_t synth_dice_below(struct synth_dice *d, uint32_t n)
{
	return (uint32_t)((synth_dice_next(d) >> 32) * n >> 32);
}

static inline uint32_t synth_dice_between(struct synth_dice *d, uint32_t least, uint32_t most)
{
	return least + synth_dice_below(d, most - least + 1);
}

static inline bool synth_dice_falls(struct synth_dice *d, uint32_t percent)
{
	return synth_dice_below(d, 100) < percent;
}
