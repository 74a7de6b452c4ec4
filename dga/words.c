/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/words.h"

#include <endian.h>
#include <string.h>

#include "resolver/base/dname.h"

enum { CODE_BITS = 4, SLOTS_IN_WORD = 4 /* of 64 bits */ };

/* A 1 in each of the slots that are looked at. */
static const uint64_t slot_ones = 0x000100010001;
_Static_assert(WORDS_PROBES == 3, "slot_ones");

static uint16_t get_slot(const uint8_t *table, uint32_t at)
{
	const uint8_t *slot = table + (size_t)2 * at;
	return (uint16_t)(slot[0] | slot[1] << 8);
}

/* The hash's lower bits; never 0 with its code in front. */
static uint16_t fingerprint(uint32_t hash)
{
	uint16_t bits = (uint16_t)(hash << CODE_BITS);
	return bits ? bits : 1u << CODE_BITS;
}

/* Where the table ends its beginning is next. */
static uint64_t get_around(const uint8_t *table, uint32_t mask, uint32_t at)
{
	uint64_t slots = 0;
	for (unsigned i = 0; i < WORDS_PROBES; i++)
		slots |= (uint64_t)get_slot(table, (at + i) & mask) << 16 * i;
	return slots;
}

/* The slots where a word may stand, the first one lowest, each different from the wanted one by no more than its code if it is that one. */
static inline uint64_t look_up(const uint8_t *table, unsigned bits, uint32_t hash)
{
	uint32_t mask = (1u << bits) - 1, at = hash >> (32 - bits);
	uint64_t slots;
	if (at + SLOTS_IN_WORD <= mask + 1) {
		memcpy(&slots, table + (size_t)2 * at, sizeof slots);
		slots = le64toh(slots);
	} else {
		slots = get_around(table, mask, at);
	}
	return slots ^ fingerprint(hash) * slot_ones;
}

/* Which slot is the wanted one: its highest bit, perhaps with higher ones of later slots; 0: none. No branch: nobody could foretell it, and
 * lookups wait for memory. */
static inline uint64_t hits_of(uint64_t differs)
{
	uint64_t prints = differs & (slot_ones * (0x10000u - WORDS_CODES));
	return (prints - slot_ones) & ~prints & (slot_ones << 15);
}

static unsigned code_of(uint64_t differs, uint64_t hits)
{
	return (unsigned)(differs >> (__builtin_ctzll(hits) - 15) & (WORDS_CODES - 1));
}

bool words_put(uint8_t *table, unsigned bits, uint32_t hash, unsigned code)
{
	uint32_t mask = (1u << bits) - 1, at = hash >> (32 - bits);
	for (unsigned i = 0; i < WORDS_PROBES; i++) {
		uint32_t slot = (at + i) & mask;
		if (get_slot(table, slot))
			continue;
		uint16_t value = (uint16_t)(fingerprint(hash) | code);
		table[2 * slot] = (uint8_t)value;
		table[2 * slot + 1] = (uint8_t)(value >> 8);
		return true;
	}
	return false;
}

/* The cheapest way from a place in the label to its end, as one number, so that the lesser one is the better: its bits; of how many characters
 * the first step is, among equals the most; its code. */
enum { STEP_SIZE = 8, STEP_BITS = 16, STEP_LOOSE = WORDS_CODES };

static uint32_t step_of(uint32_t bits, unsigned size, unsigned code)
{
	return bits << STEP_BITS | (UINT8_MAX - size) << STEP_SIZE | code;
}

static void add_word(struct words_layout *out, unsigned code)
{
	unsigned rarity = words_rarity(code);
	int8_t prose = (int8_t)words_prose(code);
	bool is_first = !out->words++;
	out->rarest = rarity > out->rarest ? (uint8_t)rarity : out->rarest;
	out->prose = (int16_t)(out->prose + prose);
	out->prose_most = is_first || prose > out->prose_most ? prose : out->prose_most;
	out->prose_least = is_first || prose < out->prose_least ? prose : out->prose_least;
}

static void follow(const uint32_t *steps, unsigned len, struct words_layout *out)
{
	*out = (struct words_layout){.bits = (uint16_t)(steps[0] >> STEP_BITS)};
	bool was_loose = false;
	for (unsigned at = 0, size; at < len; at += size) {
		unsigned code = steps[at] & (STEP_LOOSE | (WORDS_CODES - 1));
		bool is_loose = code == STEP_LOOSE;
		size = UINT8_MAX - (steps[at] >> STEP_SIZE & UINT8_MAX);
		out->loose_runs = (uint8_t)(out->loose_runs + (is_loose && !was_loose));
		was_loose = is_loose;
		if (is_loose)
			continue;
		out->covered = (uint8_t)(out->covered + size);
		if (size > out->longest)
			out->longest = (uint8_t)size;
		add_word(out, code);
	}
}

static uint32_t get_sizes(const uint8_t *sizes, unsigned triple)
{
	const uint8_t *set = sizes + (size_t)2 * triple;
	return (uint32_t)(set[0] | set[1] << 8);
}

void words_put_size(uint8_t *sizes, unsigned triple, unsigned size)
{
	uint32_t set = get_sizes(sizes, triple) | 1u << (size - WORDS_MIN);
	sizes[2 * triple] = (uint8_t)set;
	sizes[2 * triple + 1] = (uint8_t)(set >> 8);
}

/* What a word's hash is moved on by when so many letters follow. */
#define STEPS_2 (WORDS_HASH_STEP * WORDS_HASH_STEP)
#define STEPS_3 (STEPS_2 * WORDS_HASH_STEP)
#define STEPS_6 (STEPS_3 * STEPS_3)
#define STEPS_9 (STEPS_6 * STEPS_3)
static const uint32_t powers[WORDS_MAX + 1] = {1, WORDS_HASH_STEP, STEPS_2, STEPS_3,
	STEPS_2 *STEPS_2, STEPS_3 *STEPS_2, STEPS_6, STEPS_6 *WORDS_HASH_STEP, STEPS_6 *STEPS_2,
	STEPS_9, STEPS_9 *WORDS_HASH_STEP, STEPS_9 *STEPS_2};

/* The best step among the given one and words of these sizes. `hashes` and `steps` from the place on where it begins. */
static inline uint32_t best_step(const struct words *w, const uint32_t *hashes,
	const uint32_t *steps, uint32_t sizes, uint32_t best)
{
	for (; sizes; sizes &= sizes - 1) {
		unsigned size = (unsigned)__builtin_ctz(sizes) + WORDS_MIN;
		uint32_t hash = words_hash_end(hashes[size] - hashes[0] * powers[size]);
		uint64_t differs = look_up(w->table, w->bits, hash), hits = hits_of(differs);
		if (!hits)
			continue;
		unsigned code = code_of(differs, hits);
		uint32_t bits = (steps[size] >> STEP_BITS) + WORDS_COST_BASE +
			WORDS_COST_LEVEL * words_rarity(code);
		uint32_t step = step_of(bits, size, code);
		best = step < best ? step : best;
	}
	return best;
}

/* Shortest path (Bellman 1958) over the places between characters, from the end. */
void words_lay_out(
	const struct words *w, const uint8_t *label, unsigned len, struct words_layout *out)
{
	uint32_t steps[DNAME_LABEL_MAX + 1], hashes[DNAME_LABEL_MAX + 1] = {0};
	unsigned letters = 0;
	for (unsigned i = 0; i < len; i++)
		hashes[i + 1] = words_hash_next(hashes[i], label[i]);
	steps[len] = 0;
	for (unsigned i = len; i--;) {
		uint32_t loose =
			step_of((steps[i + 1] >> STEP_BITS) + WORDS_COST_LOOSE, 1, STEP_LOOSE);
		letters = (uint8_t)(label[i] - 'a') < WORDS_LETTERS ? letters + 1 : 0;
		uint32_t sizes =
			letters < WORDS_MIN ? 0 : get_sizes(w->sizes, words_triple(label + i));
		/* No word is longer than the letters that are left, whatever the file says. */
		sizes &= letters < WORDS_MAX ? (1u << letters >> (WORDS_MIN - 1)) - 1 : WORDS_SIZES;
		steps[i] = best_step(w, hashes + i, steps + i, sizes, loose);
	}
	follow(steps, len, out);
}
