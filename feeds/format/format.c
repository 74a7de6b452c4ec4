/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/format/format.h"

#include <string.h>

#include "resolver/base/addr.h"

static const struct format formats[] = {
	{"domains", format_domains, NULL},
	{"hosts", format_hosts, NULL},
	{"wildcard", format_wildcard, NULL},
	{"adblock", format_adblock, NULL},
	{"dnsmasq", format_dnsmasq, NULL},
	{"unbound", format_unbound, format_unbound_end},
	{"rpz", format_rpz, format_rpz_end},
	{"regex", format_regex, NULL},
	{"addresses", format_addresses, NULL},
};

_Static_assert(sizeof formats / sizeof *formats == FORMAT_COUNT, "one row a format");

static const char *const skip_names[FORMAT_SKIPS] = {
	[FORMAT_TAKEN] = "taken",
	[FORMAT_COMMENT] = "comment or empty",
	[FORMAT_FRAME] = "part of the format, no rule",
	[FORMAT_LOCAL] = "local name",
	[FORMAT_BROWSER] = "only for a browser",
	[FORMAT_UNSUPPORTED] = "not supported",
	[FORMAT_MALFORMED] = "malformed",
	[FORMAT_ADDRESS] = "an IP address, not a name",
	[FORMAT_PUBLIC_SUFFIX] = "a public suffix",
	[FORMAT_TOO_WIDE] = "too wide",
	[FORMAT_NOT_PUBLIC] = "not a public address",
	[FORMAT_TOO_LONG] = "line too long",
};

const struct format *format_at(size_t i)
{
	return i < FORMAT_COUNT ? &formats[i] : NULL;
}

const struct format *format_by_name(const char *name)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++)
		if (!strcmp(name, formats[i].name))
			return &formats[i];
	return NULL;
}

const char *format_skip_name(enum format_skip reason)
{
	return reason < FORMAT_SKIPS ? skip_names[reason] : "unknown";
}

bool format_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

struct format_text format_strip(struct format_text text)
{
	while (text.len && format_is_blank(text.at[text.len - 1]))
		text.len--;
	while (text.len && format_is_blank(*text.at)) {
		text.at++;
		text.len--;
	}
	return text;
}

struct format_text format_trim(const char *line, size_t len)
{
	const char *comment = memchr(line, '#', len);
	if (comment)
		len = (size_t)(comment - line);
	return format_strip((struct format_text){line, len});
}

struct format_text format_trim_apart(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] == '#' && (!i || format_is_blank(line[i - 1])))
			len = i;
	return format_strip((struct format_text){line, len});
}

struct format_text format_word(struct format_text *rest)
{
	size_t n = 0;
	while (rest->len && format_is_blank(*rest->at)) {
		rest->at++;
		rest->len--;
	}
	while (n < rest->len && !format_is_blank(rest->at[n]))
		n++;
	struct format_text word = {rest->at, n};
	rest->at += n;
	rest->len -= n;
	return word;
}

bool format_part(struct format_text *rest, char separator, struct format_text *out)
{
	if (!rest->len)
		return false;
	const char *end = memchr(rest->at, separator, rest->len);
	size_t n = end ? (size_t)(end - rest->at) : rest->len;
	*out = (struct format_text){rest->at, n};
	n += end != NULL;
	rest->at += n;
	rest->len -= n;
	return true;
}

bool format_begins(struct format_text text, const char *word)
{
	size_t n = strlen(word);
	return text.len >= n && !strncasecmp(text.at, word, n);
}

bool format_is(struct format_text text, const char *word)
{
	return text.len == strlen(word) && format_begins(text, word);
}

bool format_is_cosmetic(struct format_text line)
{
	const char *p = memchr(line.at, '#', line.len), *end = line.at + line.len;
	if (line.len && *line.at == '/')
		return false; /* a regular expression */
	if (!p) {
		p = memchr(line.at, '$', line.len);
		return p && p != line.at && end - p > 2 && (p[1] == '$' || !memcmp(p, "$@$", 3));
	}
	if (p != line.at && format_is_blank(p[-1]))
		return false;
	for (p++; p < end && *p && strchr("@?$%", *p); p++)
		;
	return p < end && *p == '#';
}
