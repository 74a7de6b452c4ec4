/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/keysort.h"

#include <endian.h>
#include <string.h>

enum { SMALL = 12 };

/* Eight octets of the key from `depth` on, zeros behind its end. */
static uint64_t head_of(const uint8_t *record, size_t depth)
{
	size_t len = record[0];
	uint64_t v;
	if (depth >= len)
		return 0;
	memcpy(&v, record + 1 + depth, sizeof v);
	v = be64toh(v);
	size_t rest = len - depth;
	return rest >= sizeof v ? v : v & ~(UINT64_MAX >> (8 * rest));
}

static int compare(const struct keysort_entry *a, const struct keysort_entry *b,
	const uint8_t *text, size_t depth)
{
	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	const uint8_t *x = text + a->at, *y = text + b->at;
	size_t n = x[0] < y[0] ? x[0] : y[0];
	depth += sizeof a->head;
	int order = depth < n ? memcmp(x + 1 + depth, y + 1 + depth, n - depth) : 0;
	return order ? order : (int)x[0] - (int)y[0];
}

static void insertion(struct keysort_entry *e, size_t n, const uint8_t *text, size_t depth)
{
	for (size_t i = 1; i < n; i++) {
		struct keysort_entry moved = e[i];
		size_t j = i;
		for (; j && compare(&moved, &e[j - 1], text, depth) < 0; j--)
			e[j] = e[j - 1];
		e[j] = moved;
	}
}

static uint64_t middle(uint64_t a, uint64_t b, uint64_t c)
{
	if (a > b) {
		uint64_t t = a;
		a = b;
		b = t;
	}
	return c < a ? a : c > b ? b : c;
}

static uint64_t pivot_of(const struct keysort_entry *e, size_t n, uint64_t *seed)
{
	uint64_t at[3];
	for (int i = 0; i < 3; i++) {
		*seed = *seed * 6364136223846793005 + 1442695040888963407; /* Knuth's MMIX */
		at[i] = e[(*seed >> 32) % n].head;
	}
	return middle(at[0], at[1], at[2]);
}

/* Orders `e` into smaller, equal, greater than the pivot; returns where the equal ones begin and end. */
static void partition(
	struct keysort_entry *e, size_t n, uint64_t pivot, size_t *equal_from, size_t *equal_to)
{
	size_t less = 0, at = 0, more = n;
	while (at < more) {
		struct keysort_entry t = e[at];
		if (t.head < pivot) {
			e[at++] = e[less];
			e[less++] = t;
		} else if (t.head > pivot) {
			e[at] = e[--more];
			e[more] = t;
		} else {
			at++;
		}
	}
	*equal_from = less;
	*equal_to = more;
}

static void sort(
	struct keysort_entry *e, size_t n, const uint8_t *text, size_t depth, uint64_t *seed);

/* Equal in eight octets: goes on with the next eight. All of them end within these eight, or none does. */
static void sort_equal(
	struct keysort_entry *e, size_t n, const uint8_t *text, size_t depth, uint64_t *seed)
{
	if (n < 2 || text[e[0].at] < depth + sizeof e->head)
		return;
	depth += sizeof e->head;
	for (size_t i = 0; i < n; i++)
		e[i].head = head_of(text + e[i].at, depth);
	sort(e, n, text, depth, seed);
}

static void sort(
	struct keysort_entry *e, size_t n, const uint8_t *text, size_t depth, uint64_t *seed)
{
	while (n > SMALL) {
		size_t from, to;
		partition(e, n, pivot_of(e, n, seed), &from, &to);
		sort_equal(e + from, to - from, text, depth, seed);
		/* The smaller side by recursion: its depth is at most log2 n. */
		if (from < n - to) {
			sort(e, from, text, depth, seed);
			e += to;
			n -= to;
		} else {
			sort(e + to, n - to, text, depth, seed);
			n = from;
		}
	}
	insertion(e, n, text, depth);
}

void keysort(struct keysort_entry *entries, size_t n, const uint8_t *text, uint64_t seed)
{
	for (size_t i = 0; i < n; i++)
		entries[i].head = head_of(text + entries[i].at, 0);
	sort(entries, n, text, 0, &seed);
}
