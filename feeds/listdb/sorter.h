/* SPDX-License-Identifier: BSD-2-Clause
 * Sorts any number of keys in bounded memory: runs are sorted in memory and, when there is more than one, merged from a file.
 *
 * Threads: a sorter belongs to one thread.
 * Owns: its memory and a temporary file that has no name.
 * Cost: 16 octets a key and the key's own; at most SORTER_KEYS and SORTER_TEXT of each before a run goes to the file.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "resolver/base/err.h"

enum {
	SORTER_KEYS = 2 << 20, /* keys in a run */
	SORTER_TEXT = 40 << 20, /* octets of keys in a run */
	SORTER_KEY_MAX = 255,
};

struct sorter;

/* A key as it went in; `key` is valid until the next call. Equal keys come one after another. */
struct sorter_item {
	const uint8_t *key;
	size_t len;
	uint32_t tag;
};

/* `folder`: where the temporary file may be made. `run_keys`, `run_text`: 0, or less than SORTER_KEYS and SORTER_TEXT. Returns owned. */
int sorter_new(const char *folder, uint32_t run_keys, size_t run_text, struct sorter **out,
	struct err *why);
void sorter_free(struct sorter *s);

/* 1-255 octets of a name's key (dname_key): keys of which none continues another by a zero octet. */
int sorter_add(struct sorter *s, const uint8_t *key, size_t len, uint32_t tag, struct err *why);
uint64_t sorter_count(const struct sorter *s);
uint64_t sorter_text_bytes(const struct sorter *s);

/* Ends the input; then sorter_next gives the keys in order: 1, 0 at the end, or negative. */
int sorter_finish(struct sorter *s, struct err *why);
int sorter_next(struct sorter *s, struct sorter_item *out, struct err *why);
