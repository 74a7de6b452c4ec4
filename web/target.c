/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/target.h"

#include <string.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool is_control(unsigned char c)
{
	return c < 32 || c == 127;
}

/* Decodes `len` octets at `from` to `to` and terminates them; `to` may equal `from`. A '+' is a space in the query only, as
 * forms send it. Returns the octets written or -1. */
static long decode(const char *from, size_t len, char *to, bool is_query)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)from[i];
		if (c == '%') {
			int high = i + 2 < len ? hex_value(from[i + 1]) : -1;
			int low = high >= 0 ? hex_value(from[i + 2]) : -1;
			if (low < 0)
				return -1;
			c = (unsigned char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && is_query) {
			c = ' ';
		} else if (c == '#' || c == ' ') {
			return -1;
		}
		if (is_control(c))
			return -1;
		to[n++] = (char)c;
	}
	to[n] = 0;
	return (long)n;
}

static bool has_dot_segment(const char *path)
{
	for (const char *p = path; (p = strchr(p, '/')); p++) {
		size_t n = strcspn(p + 1, "/");
		if ((n == 1 && p[1] == '.') || (n == 2 && p[1] == '.' && p[2] == '.'))
			return true;
	}
	return false;
}

/* Takes the parameter of `len` octets at `at`, decoding it in place; the octet behind it is ours to overwrite. */
static bool take_param(struct target *t, char *at, size_t len)
{
	if (!len)
		return true;
	if (t->param_count == TARGET_PARAMS_MAX)
		return false;
	char *equals = memchr(at, '=', len);
	size_t name_len = equals ? (size_t)(equals - at) : len;
	size_t value_len = equals ? len - name_len - 1 : 0;
	/* The value first: the name's terminator goes where '=' stands. */
	char *value = at + len;
	if (equals) {
		value = equals + 1;
		if (decode(value, value_len, value, true) < 0)
			return false;
	}
	if (decode(at, name_len, at, true) <= 0 || target_param(t, at))
		return false;
	if (!equals)
		value = at + strlen(at);
	t->params[t->param_count].name = at;
	t->params[t->param_count++].value = value;
	return true;
}

bool target_parse(const char *sent, size_t len, struct target *out)
{
	out->param_count = 0;
	if (!len || len > TARGET_MAX || sent[0] != '/')
		return false;
	memcpy(out->text, sent, len);
	out->text[len] = 0;
	char *mark = memchr(out->text, '?', len);
	size_t path_len = mark ? (size_t)(mark - out->text) : len;
	out->path = out->text;
	if (decode(out->text, path_len, out->text, false) < 0 || has_dot_segment(out->path))
		return false;
	if (!mark)
		return true;
	char *end = out->text + len;
	for (char *at = mark + 1; at < end;) {
		char *stop = memchr(at, '&', (size_t)(end - at));
		if (!stop)
			stop = end;
		if (!take_param(out, at, (size_t)(stop - at)))
			return false;
		at = stop + 1;
	}
	return true;
}

const char *target_param(const struct target *t, const char *name)
{
	for (size_t i = 0; i < t->param_count; i++)
		if (!strcmp(t->params[i].name, name))
			return t->params[i].value;
	return NULL;
}
