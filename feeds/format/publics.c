/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/format/publics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "resolver/base/dname.h"
#include "resolver/base/hash.h"
#include "resolver/base/suffix.h"

enum { SLOTS = 32768 }; /* the list has ten thousand rules */

struct publics {
	uint64_t seed;
	unsigned labels_max; /* of any suffix */
	bool is_blind; /* without the rules' hashes */
	unsigned used;
	uint64_t slots[SLOTS]; /* 0: free */
};

static uint64_t hash_of(const struct publics *p, const uint8_t *key, size_t len, bool is_wildcard)
{
	uint64_t h = hash_bytes(key, len, p->seed + is_wildcard);
	return h ? h : 1;
}

static bool is_in(const struct publics *p, uint64_t hash)
{
	for (size_t at = hash % SLOTS; p->slots[at]; at = (at + 1) % SLOTS)
		if (p->slots[at] == hash)
			return true;
	return false;
}

static void add(struct publics *p, uint64_t hash)
{
	size_t at = hash % SLOTS;
	while (p->slots[at] && p->slots[at] != hash)
		at = (at + 1) % SLOTS;
	p->used += !p->slots[at];
	p->slots[at] = hash;
	/* A list so big is not the one we know. */
	if (p->used > SLOTS / 2)
		p->is_blind = true;
}

/* One line of the list: `co.uk`, `*.ck`, `!www.ck`, `// a comment`; the rule ends at a space. */
static void add_line(struct publics *p, const char *line)
{
	size_t len = strcspn(line, " \t\r\n");
	bool is_wildcard = len > 2 && line[0] == '*' && line[1] == '.';
	if (!len || line[0] == '/' || line[0] == '!')
		return;
	struct dname name;
	uint8_t key[DNAME_MAX];
	if (dname_from_text(line + (is_wildcard ? 2 : 0), len - (is_wildcard ? 2 : 0), &name))
		return;
	unsigned labels = (unsigned)name.labels + is_wildcard;
	if (labels > p->labels_max)
		p->labels_max = labels;
	size_t key_len = dname_key(&name, key);
	add(p,
		hash_of(p, key, key_len,
			false)); /* with a wildcard, too: libpsl takes kobe.jp for one */
	if (is_wildcard)
		add(p, hash_of(p, key, key_len, true));
}

struct publics *publics_new(const char *file)
{
	struct publics *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	FILE *in =
		getrandom(&p->seed, sizeof p->seed, 0) == sizeof p->seed ? fopen(file, "re") : NULL;
	char line[512];
	while (in && !p->is_blind && fgets(line, sizeof line, in))
		add_line(p, line);
	/* A truncated or foreign file must not make every suffix look harmless. */
	if (!in || ferror(in) || p->used < 1000)
		p->is_blind = true;
	if (in)
		fclose(in);
	return p;
}

void publics_free(struct publics *p)
{
	free(p);
}

bool publics_has(
	const struct publics *p, const uint8_t *key, size_t len, unsigned labels, size_t parent_len)
{
	if (labels < 2)
		return true;
	if (!p->is_blind &&
		(labels > p->labels_max ||
			(!is_in(p, hash_of(p, key, len, false)) &&
				!is_in(p, hash_of(p, key, parent_len, true)))))
		return false;
	struct dname name;
	return !dname_from_key(key, len, &name) || suffix_is_public(&name);
}

bool publics_has_rule(const struct publics *p, const uint8_t *key, size_t len)
{
	return p->is_blind || is_in(p, hash_of(p, key, len, false));
}
