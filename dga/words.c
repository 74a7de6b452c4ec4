/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/words.h"

#include "resolver/base/dname.h"

enum { LEVEL_BITS = 3 };

static uint16_t get_slot(const uint8_t *table, uint32_t at)
{
	return (uint16_t)(table[2 * at] | table[2 * at + 1] << 8);
}

/* The hash's lower bits; never 0 with its level in front. */
static uint16_t fingerprint(uint32_t hash)
{
	uint16_t bits = (uint16_t)(hash << LEVEL_BITS);
	return bits ? bits : 1u << LEVEL_BITS;
}

int words_find(const uint8_t *table, unsigned bits, uint32_t hash)
{
	uint32_t mask = (1u << bits) - 1, at = hash >> (32 - bits);
	uint16_t wanted = fingerprint(hash);
	for (unsigned i = 0; i < WORDS_PROBES; i++) {
		uint16_t slot = get_slot(table, (at + i) & mask);
		if ((uint16_t)(slot & ~(WORDS_LEVELS - 1u)) == wanted)
			return slot & (WORDS_LEVELS - 1);
	}
	return -1;
}

bool words_put(uint8_t *table, unsigned bits, uint32_t hash, unsigned level)
{
	uint32_t mask = (1u << bits) - 1, at = hash >> (32 - bits);
	for (unsigned i = 0; i < WORDS_PROBES; i++) {
		uint32_t slot = (at + i) & mask;
		if (get_slot(table, slot))
			continue;
		uint16_t value = (uint16_t)(fingerprint(hash) | level);
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
	int8_t level; /* -1: a loose character */
};

static void follow(const struct step *steps, unsigned len, struct words_layout *out)
{
	*out = (struct words_layout){.bits = steps[len].bits};
	bool was_loose = false;
	for (unsigned at = len; at; at = steps[at].from) {
		unsigned size = at - steps[at].from;
		bool is_loose = steps[at].level < 0;
		out->loose_runs = (uint8_t)(out->loose_runs + (is_loose && !was_loose));
		was_loose = is_loose;
		if (is_loose)
			continue;
		out->words++;
		out->covered = (uint8_t)(out->covered + size);
		if (size > out->longest)
			out->longest = (uint8_t)size;
		if (steps[at].level > out->rarest)
			out->rarest = (uint8_t)steps[at].level;
	}
}

/* Shortest path (Bellman 1958) over the places between characters. */
void words_lay_out(const uint8_t *table, unsigned bits, const uint8_t *label, unsigned len,
	struct words_layout *out)
{
	struct step steps[DNAME_LABEL_MAX + 1];
	for (unsigned i = 1; i <= len; i++)
		steps[i].bits = UINT16_MAX;
	steps[0].bits = 0;
	for (unsigned i = 0; i < len; i++) {
		uint16_t loose = (uint16_t)(steps[i].bits + WORDS_COST_LOOSE);
		if (loose < steps[i + 1].bits)
			steps[i + 1] = (struct step){loose, (uint8_t)i, -1};
		uint32_t hash = WORDS_HASH;
		for (unsigned k = i; k < len && k < i + WORDS_MAX; k++) {
			if ((uint8_t)(label[k] - 'a') >= 26)
				break;
			hash = words_hash_next(hash, label[k]);
			if (k + 1 < i + WORDS_MIN)
				continue;
			int level = words_find(table, bits, words_hash_end(hash));
			if (level < 0)
				continue;
			uint16_t cost = (uint16_t)(steps[i].bits + WORDS_COST_BASE +
				WORDS_COST_LEVEL * level);
			if (cost < steps[k + 1].bits)
				steps[k + 1] = (struct step){cost, (uint8_t)i, (int8_t)level};
		}
	}
	follow(steps, len, out);
}
