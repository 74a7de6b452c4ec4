/* SPDX-License-Identifier: BSD-2-Clause
 * Domain names in wire form: the one form that travels inside. Text exists only at the edges.
 *
 * Threads: pure. Standards: RFC 1035 2.3.4, 3.1, 5.1; RFC 4343 (case); RFC 5890 (A-labels).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DNAME_MAX = 255, /* octets in wire form, with the root's zero (RFC 1035 2.3.4) */
	DNAME_LABEL_MAX = 63, /* octets in a label */
	DNAME_LABELS_MAX = 127, /* labels, the root not counted */
	DNAME_TEXT_MAX = 1024, /* room for any name as text: 4 characters an octet, dots, NUL */
};

/* An uncompressed name. Valid only if made by a function below. */
struct dname {
	uint8_t len; /* octets in `bytes`, the root's zero included: 1 for the root */
	uint8_t labels; /* the root not counted: 0 for the root */
	uint8_t bytes[DNAME_MAX];
};

/* Reads a name as people write it: `\DDD` and `\X` escapes (RFC 1035 5.1), an optional final dot, upper
 * case made lower. UTF-8 labels become A-labels (IDNA2008 by libidn2, non-transitional). Returns 0 or
 * CEN_EFORMAT; `out` is set only on success. Bounded by `len`; needs no terminator. */
int dname_from_text(const char *text, size_t len, struct dname *out);

/* Writes the name as text without the final dot ("." for the root), every octet that is not a letter,
 * digit, '-' or '_' escaped (RFC 4343 2.1). Always terminated. Returns `out`. */
const char *dname_to_text(const uint8_t *wire, char out[static DNAME_TEXT_MAX]);

/* Takes an uncompressed wire name of at most `max` octets; lower-cases. Returns the octets used, or 0
 * when it is malformed (a label over 63, a pointer, over 255 octets, or past `max`). */
size_t dname_from_wire(const uint8_t *wire, size_t max, struct dname *out);

/* The same for a name in a packet that may be compressed (RFC 1035 4.1.4): pointers must point backwards, and
 * at most DNAME_LABELS_MAX are followed. `*at` moves behind the name in place. Lower-cases. False when malformed. */
bool dname_from_packet(const uint8_t *packet, size_t len, size_t *at, struct dname *out);

/* Moves `*at` behind a name in a packet without reading it. False when it runs out of the packet. */
bool dname_skip(const uint8_t *packet, size_t len, size_t *at);

static inline uint8_t dname_lower(uint8_t c)
{
	return (uint8_t)(c + ((uint8_t)(c - 'A') < 26 ? 32 : 0));
}

/* Copies wire octets, lower-casing eight at a time: a length octet is below 'A' and stays as it is. */
static inline void dname_copy_lower(uint8_t *to, const uint8_t *from, size_t n)
{
	const uint64_t ones = 0x0101010101010101;
	size_t i = 0;
	for (; i + 8 <= n; i += 8) {
		uint64_t v;
		__builtin_memcpy(&v, from + i, 8);
		/* Bit 7 of an octet of `past`: its seven low bits are 'A' or more, but not more than 'Z'. */
		uint64_t low = v & 0x7f * ones;
		uint64_t past = (low + (0x80 - 'A') * ones) & ~(low + (0x7f - 'Z') * ones);
		v += (past & ~v & 0x80 * ones) >> 2;
		__builtin_memcpy(to + i, &v, 8);
	}
	for (; i < n; i++)
		to[i] = dname_lower(from[i]);
}

/* Copies a name. Most are short: a fixed number of octets is copied in a moment, a variable one takes the processor ten times as long. */
static inline void dname_copy(struct dname *to, const struct dname *from)
{
	if (__builtin_expect(from->len <= 62, 1))
		__builtin_memcpy(to, from, 64);
	else
		*to = *from;
}

static inline bool dname_equal(const struct dname *a, const struct dname *b)
{
	return a->len == b->len && !__builtin_memcmp(a->bytes, b->bytes, a->len);
}

/* Is `name` equal to `ancestor` or below it? Both lower case. */
bool dname_is_at_or_below(const struct dname *name, const struct dname *ancestor);

/* Offsets of the labels within `name->bytes`, left to right. Returns their number (`name->labels`). */
unsigned dname_offsets(const struct dname *name, uint8_t offsets[static DNAME_LABELS_MAX]);

/* The name without its first `n` labels (n <= labels). */
void dname_parent(const struct dname *name, unsigned n, struct dname *out);

/* The key of the policy store: labels reversed, the root's zero left out, so that a name's subtree follows
 * it in order: www.example.com -> 3com7example3www. At most 254 octets; returns their number. */
size_t dname_key(const struct dname *name, uint8_t key[static DNAME_MAX]);
/* The way back. Returns false when `key` is not one. */
bool dname_from_key(const uint8_t *key, size_t len, struct dname *out);
