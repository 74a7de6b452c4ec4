/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/format.h"

#include <string.h>

#include "resolver/base/addr.h"

static const struct format formats[] = {
	{"domains", format_domains},
	{"hosts", format_hosts},
	{"wildcard", format_wildcard},
};

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
	return i < sizeof formats / sizeof *formats ? &formats[i] : NULL;
}

const struct format *format_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (!strcmp(name, formats[i].name))
			return &formats[i];
	return NULL;
}

const char *format_skip_name(enum format_skip reason)
{
	return reason < FORMAT_SKIPS ? skip_names[reason] : "unknown";
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

struct format_text format_trim(const char *line, size_t len)
{
	const char *comment = memchr(line, '#', len);
	if (comment)
		len = (size_t)(comment - line);
	while (len && is_blank(line[len - 1]))
		len--;
	while (len && is_blank(*line)) {
		line++;
		len--;
	}
	return (struct format_text){line, len};
}

struct format_text format_word(struct format_text *rest)
{
	size_t n = 0;
	while (rest->len && is_blank(*rest->at)) {
		rest->at++;
		rest->len--;
	}
	while (n < rest->len && !is_blank(rest->at[n]))
		n++;
	struct format_text word = {rest->at, n};
	rest->at += n;
	rest->len -= n;
	return word;
}

bool format_is_address(struct format_text text)
{
	char copy[ADDR_TEXT_MAX];
	struct addr_prefix prefix;
	size_t len = text.len;
	const char *scope = memchr(text.at, '%', len); /* fe80::1%lo0 */
	if (scope)
		len = (size_t)(scope - text.at);
	if (!len || len >= sizeof copy || memchr(text.at, 0, len))
		return false;
	memcpy(copy, text.at, len);
	copy[len] = 0;
	return !addr_prefix_from_text(copy, &prefix);
}
