/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/noise.h"

#include <string.h>

#include "resolver/base/suffix.h"

enum {
	HASH_MIN = 32, /* hex digits: an MD5 is the shortest hash that is looked up */
	REVERSED_V4 = 4, /* labels of an address turned round (RFC 5782 2.1) */
	REVERSED_V6 = 32,
};

static const char *const names[] = {
#define X(symbol, name) [NOISE_##symbol] = (name),
	NOISE_KINDS(X)
#undef X
};

static bool is_number(const uint8_t *label)
{
	unsigned n = 0;
	for (unsigned i = 1; i <= label[0]; i++) {
		if (label[i] < '0' || label[i] > '9')
			return false;
		n = n * 10 + label[i] - '0';
	}
	return label[0] && label[0] <= 3 && n <= 255;
}

static bool is_hex(const uint8_t *label)
{
	for (unsigned i = 1; i <= label[0]; i++)
		if (!((label[i] >= '0' && label[i] <= '9') || (label[i] >= 'a' && label[i] <= 'f')))
			return false;
	return label[0];
}

/* An address turned round in front, or a label that is a hash, below the registrable domain. */
static bool is_lookup(const struct dname *name, const uint8_t *at, unsigned below)
{
	unsigned numbers = 0, nibbles = 0;
	while (numbers < below && is_number(name->bytes + at[numbers]))
		numbers++;
	while (nibbles < below && name->bytes[at[nibbles]] == 1 &&
		is_hex(name->bytes + at[nibbles]))
		nibbles++;
	if (numbers >= REVERSED_V4 || nibbles >= REVERSED_V6)
		return true;
	for (unsigned i = 0; i < below; i++)
		if (name->bytes[at[i]] >= HASH_MIN && is_hex(name->bytes + at[i]))
			return true;
	return false;
}

static bool has_underscore(const struct dname *name, const uint8_t *at)
{
	for (unsigned i = 0; i < name->labels; i++)
		if (name->bytes[at[i]] && name->bytes[at[i] + 1] == '_')
			return true;
	return false;
}

static bool is_known_top(const uint8_t *label)
{
	static const char *const tops[] = {"com", "net", "org", "local", "lan"};
	for (size_t i = 0; i < sizeof tops / sizeof *tops; i++)
		if (label[0] == strlen(tops[i]) && !memcmp(label + 1, tops[i], label[0]))
			return true;
	return false;
}

/* `www.example.com.corp.example.net`: a top-level domain that everybody knows stands below the registrable domain, with a name before it. */
static bool is_searched(const struct dname *name, const uint8_t *at, unsigned below)
{
	for (unsigned i = 1; i < below; i++)
		if (is_known_top(name->bytes + at[i]))
			return true;
	return false;
}

enum noise noise_of(const struct dname *name)
{
	uint8_t at[DNAME_LABELS_MAX];
	bool is_known;
	if (name->labels < 2)
		return NOISE_PROBE;
	dname_offsets(name, at);
	if (has_underscore(name, at))
		return NOISE_SERVICE;
	unsigned suffix = suffix_labels_at(name, at, &is_known);
	if (!is_known)
		return NOISE_PRIVATE;
	unsigned below = name->labels > suffix + 1 ? name->labels - suffix - 1 : 0;
	if (is_searched(name, at, below))
		return NOISE_SEARCH;
	return is_lookup(name, at, below) ? NOISE_LOOKUP : NOISE_NONE;
}

const char *noise_name(enum noise kind)
{
	return names[kind];
}
