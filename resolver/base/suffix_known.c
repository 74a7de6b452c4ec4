/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/suffix_known.h"

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { KEY = 8 /* octets that are compared at once */ };

static uint64_t key_of(const char text[static KEY])
{
	uint64_t key;
	memcpy(&key, text, sizeof key);
	return le64toh(key);
}

/* Of `len` octets of a name, 1 to KEY, as if zeros followed. */
static uint64_t key_at(const struct dname *name, unsigned at, unsigned len)
{
	char text[KEY] = {0};
	/* A constant number is copied in a moment. */
	if (at + KEY <= DNAME_MAX)
		memcpy(text, name->bytes + at, KEY);
	else
		memcpy(text, name->bytes + at, len);
	return key_of(text) & UINT64_MAX >> 8 * (KEY - len);
}

/* How long a second label of suffixes below is at most, internationalised ones apart, 0: none has any, -1: unknown. The most frequent first. */
static int longest_below(uint64_t wanted)
{
	static const struct {
		char top[KEY]; /* length octet first */
		int8_t longest;
	} tops[] = {{"\3com", 0}, {"\3net", 0}, {"\3org", 0}, {"\2ru", 0}, {"\2cn", 3}, {"\2de", 0},
		{"\4info", 0}, {"\2uk", 6}, {"\2br", 13}, {"\2jp", 10}, {"\3biz", 0}, {"\3top", 0},
		{"\2eu", 0}, {"\3xyz", 0}, {"\2in", 8}, {"\2io", 3}, {"\2fr", 21}, {"\2co", 4},
		{"\2au", 4}, {"\2pl", 15}, {"\2ir", 3}, {"\2it", 21}, {"\2nl", 0}, {"\2cc", 0},
		{"\2us", 4}, {"\2ca", 2}, {"\2ch", 0}, {"\6online", 0}, {"\2tv", 0}, {"\2es", 3},
		{"\2me", 4}, {"\2dk", 0}, {"\2kz", 3}, {"\2cz", 0}, {"\2kr", 9}, {"\2mx", 3},
		{"\2za", 7}, {"\2ro", 5}, {"\2tw", 4}, {"\2id", 6}, {"\2se", 15}, {"\2ua", 15},
		{"\2tr", 4}, {"\4site", 0}, {"\2vn", 6}, {"\2be", 2}, {"\2gr", 3}, {"\3pro", 6},
		{"\3app", 0}, {"\2at", 2}, {"\2cl", 3}, {"\4shop", 0}, {"\4live", 0}, {"\2su", 0},
		{"\2hu", 8}, {"\2ar", 6}, {"\4club", 0}, {"\2nz", 10}, {"\5cloud", 0}, {"\2ai", 3},
		{"\2pw", 5}, {"\5click", 0}, {"\3dev", 0}, {"\2ml", 6}, {"\2cf", 0}, {"\3vip", 0},
		{"\3edu", 0}, {"\2pt", 4}, {"\4tech", 0}, {"\2sk", 0}, {"\5store", 0},
		{"\4work", 0}, {"\2fi", 5}, {"\7hosting", 0}, {"\7tickets", 0}, {"\2by", 3},
		{"\2my", 4}, {"\2sg", 3}, {"\2hk", 3}, {"\2il", 4}, {"\2th", 3}, {"\2pk", 4},
		{"\4buzz", 0}, {"\5space", 0}, {"\7website", 0}, {"\2to", 3}, {"\3gov", 0},
		{"\4mobi", 0}, {"\2ph", 3}, {"\2tk", 0}, {"\4asia", 0}, {"\3one", 0}, {"\2ie", 3},
		{"\2ws", 3}, {"\2pe", 3}, {"\3fun", 0}, {"\2az", 4}, {"\4link", 0}, {"\4rest", 0},
		{"\4life", 0}, {"\2ae", 3}, {"\2uz", 3}, {"\2rs", 3}, {"\2gq", 0}, {"\2lv", 4},
		{"\2hr", 4}, {"\2la", 4}, {"\2lt", 3}, {"\2bg", 1}, {"\2ng", 4}, {"\3win", 0},
		{"\2ma", 5}, {"\4beer", 0}, {"\2nu", 0}, {"\3icu", 0}, {"\2ga", 0}, {"\2ee", 4},
		{"\2si", 0}, {"\5email", 0}, {"\3sbs", 0}, {"\2gg", 3}, {"\2sh", 3},
		{"\7network", 0}, {"\2ec", 4}, {"\2im", 3}, {"\3xxx", 0}, {"\2am", 7},
		{"\7digital", 0}, {"\2ac", 3}, {"\2lk", 5}, {"\2sa", 3}, {"\4name", 0},
		{"\4news", 0}, {"\4host", 0}, {"\5world", 0}, {"\2cx", 3}, {"\2cm", 3}, {"\2ms", 3},
		{"\2bz", 3}, {"\3cfd", 0}, {"\4blog", 0}, {"\2is", 3}, {"\5media", 0}, {"\2so", 3},
		{"\5today", 0}, {"\3lol", 0}, {"\4wiki", 0}, {"\2fm", 3}, {"\2sc", 3}, {"\2ve", 5},
		{"\4cyou", 0}, {"\2tj", 4}, {"\2ke", 4}, {"\2uy", 3}, {"\2ge", 3}, {"\2mn", 3},
		{"\3art", 0}, {"\2li", 0}, {"\2lu", 0}, {"\3ink", 0}, {"\2ug", 3}, {"\3xin", 0},
		{"\2ki", 4}, {"\2md", 0}, {"\3cat", 0}, {"\2do", 3}, {"\3ltd", 0}, {"\4pics", 0},
		{"\3run", 0}, {"\2hn", 3}, {"\5games", 0}, {"\5group", 0}, {"\2re", 4}, {"\2mu", 3},
		{"\4zone", 0}, {"\2eg", 4}, {"\4chat", 0}, {"\2sx", 3}, {"\7monster", 0},
		{"\5video", 0}, {"\4guru", 0}};
	for (size_t i = 0; i < sizeof tops / sizeof *tops; i++)
		if (key_of(tops[i].top) == wanted)
			return tops[i].longest;
	return -1;
}

/* Is it one of the most frequent suffixes of two labels, without any below? */
static bool is_frequent(uint64_t wanted)
{
	static const char suffixes[][KEY + 1] = {"\2co\2uk", "\3com\2br", "\3com\2au", "\2co\2jp",
		"\3com\2cn", "\2co\2za", "\3com\2tr", "\2co\2kr", "\3com\2tw", "\3org\2uk",
		"\3com\2ar", "\3com\2mx", "\2co\2nz", "\2co\2in", "\3com\2ua", "\2co\2il",
		"\2co\2id", "\3gov\2cn", "\2ne\2jp", "\3gov\2in", "\3com\2my", "\3com\2vn",
		"\2or\2jp", "\3edu\2cn", "\3com\2sg", "\3com\2hk", "\3com\2co", "\3net\2au",
		"\2co\2th", "\3net\2br", "\3com\2pl", "\3org\2cn", "\3net\2cn", "\3gov\2uk",
		"\2me\2uk", "\3org\2br", "\2in\2th", "\3org\2au", "\3com\2ng", "\2my\2id",
		"\2ac\2uk", "\2ac\2jp", "\3com\2pe", "\2ac\2in", "\3nic\2in", "\2or\2kr",
		"\2ac\2id", "\3com\2pk", "\2go\2id", "\3edu\2pk", "\3com\2ph", "\2co\2ke",
		"\3edu\2vn", "\3gob\2mx", "\2ac\2th", "\3gov\2tr", "\3com\2uy", "\3com\2ve",
		"\3gov\2tw", "\2go\2jp", "\3edu\2br", "\3org\2in", "\2ac\2ir", "\2go\2kr",
		"\3org\2tw", "\3com\2sa", "\3edu\2mx", "\3com\2ec", "\3com\2do", "\3com\2es",
		"\2go\2th", "\2ac\2kr", "\3edu\2in", "\3org\2tr", "\3org\2ua", "\3org\2mx",
		"\3gov\2ma", "\3net\2pl", "\3gov\2co", "\3web\2id", "\3edu\2tw", "\3gob\2ar",
		"\3nhs\2uk", "\3net\2ua", "\3gov\2pk", "\2ed\2jp", "\4gouv\2fr", "\2in\2ua",
		"\2qc\2ca", "\3gov\2ua"};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (key_of(suffixes[i]) == wanted)
			return true;
	return false;
}

enum { FILTER_BITS = 10 };

/* Where there are many suffixes, a bit says for a share of other labels that they are none. */
static bool is_none(uint64_t top, const uint8_t *second)
{
	static const struct {
		char top[KEY];
		uint64_t bits[(1 << FILTER_BITS) / 64];
	} filters[] = {{"\2fr",
			       {0x0000000040000000, 0x8000000000000000, 0x0000000000000000,
				       0x0a00000080000000, 0x0000100000000000, 0x0400000000000000,
				       0x0001000000200000, 0x0000000010004000, 0x0000210000010000,
				       0x0000040000800000, 0x0010000010000000, 0x0000000000000000,
				       0x0000000000000000, 0x0000002000000000, 0x0000000000000000,
				       0x0000000040040000}},
		{"\2it",
			{0x59a8051969808529, 0xb3844b3400910e0c, 0x00035c0180031f11,
				0x02155e30a00d10bc, 0xa0010190f880c114, 0x208114c941003022,
				0x8f5440107d438088, 0x0c522a390a880363, 0x44b8044a4a40c200,
				0x9092da008482408a, 0x180930dc25a00808, 0x403340a4602080e0,
				0x08336a4d40880d14, 0x54046aaa496e7398, 0xeed6453e31024670,
				0x0011416151b2c49a}},
		{"\2jp",
			{0x0000010000000000, 0x0080040001000000, 0x0080210000000100,
				0x0000001002052000, 0x3000000000040000, 0x4c08000040100200,
				0x0100000020200000, 0x0000000000800100, 0x0008000000000100,
				0x0040000010000108, 0x00001c1000000208, 0x4020000442000000,
				0x0000000400000000, 0x00010000104000a0, 0x01a0040800200200,
				0x2200000000000020}},
		{"\2pl",
			{0x0210350000a06000, 0x0800200000001401, 0x0400000803006018,
				0x4200000080020c00, 0x8000094080100240, 0x8c062084020001e2,
				0x4b00004042301248, 0x2040048440408002, 0x0501200008100000,
				0x6001218a0400100a, 0x0800028a85008400, 0x00815a0000230000,
				0x0080018101060500, 0x0200400000001008, 0x4000008002500010,
				0x8000a3004008109b}}};
	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		uint32_t hash = 0;
		if (key_of(filters[i].top) != top)
			continue;
		for (unsigned k = 1; k <= second[0]; k++)
			hash = hash * 37 + second[k];
		hash = hash * 0x9e3779b1u >> (32 - FILTER_BITS);
		return !(filters[i].bits[hash / 64] >> hash % 64 & 1);
	}
	return false;
}

unsigned suffix_known(const struct dname *name, const uint8_t *offsets)
{
	unsigned n = name->labels, top_at = offsets[n - 1], second_at = offsets[n > 1 ? n - 2 : 0];
	unsigned top_len = 1u + name->bytes[top_at], both_len = top_at + top_len - second_at;
	if (top_len > KEY)
		return 0;
	uint64_t top = key_at(name, top_at, top_len);
	const uint8_t *second = name->bytes + second_at;
	int longest = longest_below(top);
	if (longest < 0)
		return 0;
	if (!longest || n == 1)
		return 1;
	if (second[0] >= 4 && !memcmp(second + 1, "xn--", 4))
		return 0;
	if (second[0] > longest || is_none(top, second))
		return 1;
	return both_len <= KEY && is_frequent(key_at(name, second_at, both_len)) ? 2 : 0;
}
