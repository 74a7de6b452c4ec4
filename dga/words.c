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

static int code_of(uint64_t differs, uint64_t hits)
{
	return (int)(differs >> (__builtin_ctzll(hits) - 15) & (WORDS_CODES - 1));
}

int words_find(const uint8_t *table, unsigned bits, uint32_t hash)
{
	uint64_t differs = look_up(table, bits, hash), hits = hits_of(differs);
	return hits ? code_of(differs, hits) : -1;
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

/* The best way to reach each place in the label. */
struct step {
	uint16_t bits;
	uint8_t from;
	int8_t code; /* -1: a loose character */
};

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

static void follow(const struct step *steps, unsigned len, struct words_layout *out)
{
	*out = (struct words_layout){.bits = steps[len].bits};
	bool was_loose = false;
	for (unsigned at = len; at; at = steps[at].from) {
		unsigned size = at - steps[at].from;
		bool is_loose = steps[at].code < 0;
		out->loose_runs = (uint8_t)(out->loose_runs + (is_loose && !was_loose));
		was_loose = is_loose;
		if (is_loose)
			continue;
		out->covered = (uint8_t)(out->covered + size);
		if (size > out->longest)
			out->longest = (uint8_t)size;
		add_word(out, (unsigned)steps[at].code);
	}
}

/* The words that begin at one place. */
struct beginning {
	uint32_t sizes; /* a set, one a bit: WORDS_MIN is the lowest */
	uint64_t found[WORDS_MAX - WORDS_MIN + 1]; /* of look_up */
};

/* `len`: letters from there on. */
static void find_words(const uint8_t *table, unsigned bits, const uint8_t *letters, unsigned len,
	struct beginning *out)
{
	uint32_t hash = WORDS_HASH, sizes = 0;
	unsigned most = len < WORDS_MAX ? len : WORDS_MAX;
	for (unsigned k = 0; k < WORDS_MIN - 1 && k < most; k++)
		hash = words_hash_next(hash, letters[k]);
	for (unsigned k = WORDS_MIN - 1; k < most; k++) {
		hash = words_hash_next(hash, letters[k]);
		uint64_t differs = look_up(table, bits, words_hash_end(hash));
		out->found[k + 1 - WORDS_MIN] = differs;
		sizes |= (uint32_t)(hits_of(differs) != 0) << (k + 1 - WORDS_MIN);
	}
	out->sizes = sizes;
}

/* Shortest path (Bellman 1958) over the places between characters. */
void words_lay_out(const uint8_t *table, unsigned bits, const uint8_t *label, unsigned len,
	struct words_layout *out)
{
	struct beginning words[DNAME_LABEL_MAX];
	struct step steps[DNAME_LABEL_MAX + 1];
	unsigned letters = 0;
	for (unsigned i = len; i--;) {
		letters = (uint8_t)(label[i] - 'a') < 26 ? letters + 1 : 0;
		find_words(table, bits, label + i, letters, &words[i]);
		steps[i + 1].bits = UINT16_MAX;
	}
	steps[0].bits = 0;
	for (unsigned i = 0; i < len; i++) {
		uint16_t loose = (uint16_t)(steps[i].bits + WORDS_COST_LOOSE);
		if (loose < steps[i + 1].bits)
			steps[i + 1] = (struct step){loose, (uint8_t)i, -1};
		for (uint32_t sizes = words[i].sizes; sizes; sizes &= sizes - 1) {
			unsigned size = (unsigned)__builtin_ctz(sizes);
			struct step *to = &steps[i + size + WORDS_MIN];
			uint64_t found = words[i].found[size];
			int code = code_of(found, hits_of(found));
			uint16_t cost = (uint16_t)(steps[i].bits + WORDS_COST_BASE +
				WORDS_COST_LEVEL * words_rarity((unsigned)code));
			if (cost < to->bits)
				*to = (struct step){cost, (uint8_t)i, (int8_t)code};
		}
	}
	follow(steps, len, out);
}
