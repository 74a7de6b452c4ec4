/* SPDX-License-Identifier: BSD-2-Clause
 * Is a key that of a public suffix? The same answer as suffix_is_public, at the price of one hash for most names.
 *
 * Threads: immutable once made. Owns: 256 KiB: the hashes of the suffix list's rules, which say for nearly every name that the
 * library need not be asked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct publics;

/* `file`: the suffix list as text; when it cannot be read, the library is asked for every name. Returns owned; NULL when memory is short. */
struct publics *publics_new(const char *file);
void publics_free(struct publics *p);

/* `key`: of dname_key; `labels` in it; `parent_len`: octets of the key without its last label. */
bool publics_has(const struct publics *p, const uint8_t *key, size_t len, unsigned labels,
	size_t parent_len);
/* Is this very name a rule of the list, as `com` is and `nosuchtld` is not? True also when that is not known. */
bool publics_has_rule(const struct publics *p, const uint8_t *key, size_t len);

#define PUBLICS_FILE "/usr/share/publicsuffix/public_suffix_list.dat"
