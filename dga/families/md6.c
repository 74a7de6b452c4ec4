/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/families/md6.h"

enum {
	HASH_BITS = 256,
	ROUNDS = 40 + HASH_BITS / 4,
	STEPS = 16, /* of a round; as many words are the chaining value */
	FIXED_WORDS = 15,
	KEY_WORDS = 8,
	BLOCK_WORDS = 64,
	INPUT_WORDS = FIXED_WORDS + KEY_WORDS + 2 + BLOCK_WORDS,
	LEVELS = 64, /* no tree deeper than this */
};

/* The first words of the fraction of the square root of 6 (section 2.4.1 of the proposal). */
static const uint64_t fixed[FIXED_WORDS] = {UINT64_C(0x7311c2812425cfa0),
	UINT64_C(0x6432286434aac8e7), UINT64_C(0xb60450e9ef68b7c1), UINT64_C(0xe8fb23908d9f06f1),
	UINT64_C(0xdd2e76cba691e5bf), UINT64_C(0x0cd0d63b2c30bc41), UINT64_C(0x1f8ccf6823058f8a),
	UINT64_C(0x54e5ed5b88e3775d), UINT64_C(0x4ad12aae0a6d6031), UINT64_C(0x3e7f16bb88222e0d),
	UINT64_C(0x8af8671d3fb50c2c), UINT64_C(0x995ad1178bd25c31), UINT64_C(0xc878c1dd04c4b633),
	UINT64_C(0x3b72066c7a1552ac), UINT64_C(0x0d6f3522631effcb)};

static const uint8_t right[STEPS] = {10, 5, 13, 10, 11, 12, 2, 7, 14, 15, 7, 13, 11, 7, 6, 12};
static const uint8_t left[STEPS] = {11, 24, 9, 16, 15, 9, 27, 15, 6, 2, 29, 8, 15, 5, 31, 9};

/* The compression function: each word from six before it, the taps of section 2.4.4. The last STEPS words are the result. */
static void compress(uint64_t words[static INPUT_WORDS + ROUNDS * STEPS])
{
	uint64_t constant = UINT64_C(0x0123456789abcdef);
	for (size_t i = INPUT_WORDS; i < INPUT_WORDS + ROUNDS * STEPS; i++) {
		size_t step = (i - INPUT_WORDS) % STEPS;
		uint64_t x = constant ^ words[i - 89] ^ words[i - 17];
		x ^= (words[i - 18] & words[i - 21]) ^ (words[i - 31] & words[i - 67]);
		x ^= x >> right[step];
		words[i] = x ^ x << left[step];
		if (step == STEPS - 1)
			constant = (constant << 1 | constant >> 63) ^ (constant & fixed[0]);
	}
}

/* Control word V: rounds, levels, "the last block", padding bits, no key, bits of the hash. */
static uint64_t control_word(size_t length)
{
	uint64_t padding_bits = 64 * BLOCK_WORDS - 8 * (uint64_t)length;
	return (uint64_t)ROUNDS << 48 | (uint64_t)LEVELS << 40 | UINT64_C(1) << 36 |
		padding_bits << 20 | HASH_BITS;
}

void md6_256(const void *message, size_t length, uint8_t out[static MD6_BYTES])
{
	const uint8_t *octets = message;
	uint64_t words[INPUT_WORDS + ROUNDS * STEPS] = {0};
	if (length > MD6_MESSAGE_MAX)
		length = MD6_MESSAGE_MAX;
	for (size_t i = 0; i < FIXED_WORDS; i++)
		words[i] = fixed[i];
	uint64_t *block = words + FIXED_WORDS + KEY_WORDS;
	*block++ = UINT64_C(1) << 56; /* U: level 1, node 0 */
	*block++ = control_word(length);
	for (size_t i = 0; i < length; i++)
		block[i / 8] |= (uint64_t)octets[i] << (56 - 8 * (i % 8));
	compress(words);
	const uint64_t *result = words + INPUT_WORDS + ROUNDS * STEPS - MD6_BYTES / 8;
	for (size_t i = 0; i < MD6_BYTES; i++)
		out[i] = (uint8_t)(result[i / 8] >> (56 - 8 * (i % 8)));
}
