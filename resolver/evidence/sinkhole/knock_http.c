/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/sinkhole/knock_http.h"

#include <string.h>
#include <strings.h>

#include "resolver/evidence/sinkhole/knock_text.h"

enum { METHOD_MAX = 20 };

struct line {
	const uint8_t *at;
	size_t len; /* without the end of line */
	bool is_ended;
};

/* The line that starts at *at, which moves behind it. A lone LF ends a line too (RFC 9112 2.2). */
static struct line next_line(const uint8_t *bytes, size_t len, size_t *at)
{
	struct line l = {.at = bytes + *at};
	const uint8_t *end = *at < len ? memchr(l.at, '\n', len - *at) : NULL;
	l.is_ended = end != NULL;
	l.len = end ? (size_t)(end - l.at) : len - *at;
	*at += l.len + l.is_ended;
	if (l.len && l.at[l.len - 1] == '\r')
		l.len--;
	return l;
}

/* Empty lines before the request are skipped (RFC 9112 2.2). */
static size_t request_at(const uint8_t *bytes, size_t len)
{
	size_t at = 0;
	while (at < len && (bytes[at] == '\r' || bytes[at] == '\n'))
		at++;
	return at;
}

static bool is_known_method(const uint8_t *bytes, size_t len)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT",
		"OPTIONS", "TRACE", "PATCH", "PROPFIND"};
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (len == strlen(methods[i]) && !memcmp(bytes, methods[i], len))
			return true;
	return false;
}

static bool has_version(struct line l)
{
	static const char version[] = " HTTP/";
	return l.len >= sizeof version - 1 && memmem(l.at, l.len, version, sizeof version - 1);
}

static bool is_target(const uint8_t *bytes, size_t len)
{
	return len && (*bytes == '/' || *bytes == '*' || (len >= 4 && !memcmp(bytes, "http", 4)));
}

/* What the request's line alone says: NOT, MAYBE or HEAD. */
static enum knock_http_state look_at_line(struct line l)
{
	size_t method = 0;
	while (method < l.len && l.at[method] >= 'A' && l.at[method] <= 'Z')
		method++;
	if (method > METHOD_MAX)
		return KNOCK_HTTP_NOT;
	if (method == l.len)
		return l.is_ended ? KNOCK_HTTP_NOT : KNOCK_HTTP_MAYBE;
	if (l.at[method] == '-' && !l.is_ended && method && l.len <= METHOD_MAX)
		return KNOCK_HTTP_MAYBE; /* M-SEARCH, VERSION-CONTROL */
	if (!method || (l.at[method] != ' ' && l.at[method] != '-'))
		return KNOCK_HTTP_NOT;
	bool is_http = l.at[method] == ' ' &&
		(is_known_method(l.at, method) || is_target(l.at + method + 1, l.len - method - 1));
	if (is_http || has_version(l))
		return KNOCK_HTTP_HEAD;
	return l.is_ended ? KNOCK_HTTP_NOT : KNOCK_HTTP_MAYBE;
}

enum knock_http_state knock_http_look(const uint8_t *bytes, size_t len)
{
	size_t at = request_at(bytes, len);
	struct line l = next_line(bytes, len, &at);
	enum knock_http_state state = look_at_line(l);
	if (state != KNOCK_HTTP_HEAD)
		return state;
	while (l.is_ended) {
		l = next_line(bytes, len, &at);
		if (l.is_ended && !l.len)
			return KNOCK_HTTP_WHOLE;
	}
	return KNOCK_HTTP_HEAD;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The value of `name: value`, blanks around it left out (RFC 9112 5.1; before the colon too, which only a broken client writes).
 * False: another field. */
static bool read_field(struct line l, const char *name, char out[static KNOCK_TEXT_MAX])
{
	size_t n = strlen(name), end = l.len;
	if (l.len < n || strncasecmp((const char *)l.at, name, n) != 0)
		return false;
	while (n < end && is_blank(l.at[n]))
		n++;
	if (n == end || l.at[n] != ':')
		return false;
	n++;
	while (n < end && is_blank(l.at[n]))
		n++;
	while (end > n && is_blank(l.at[end - 1]))
		end--;
	knock_text(l.at + n, end - n, out, KNOCK_TEXT_MAX);
	return true;
}

void knock_http_read(const uint8_t *bytes, size_t len, struct knock *k)
{
	size_t at = request_at(bytes, len);
	struct line l = next_line(bytes, len, &at);
	bool has_host = false, has_agent = false;
	k->host[0] = k->user_agent[0] = 0;
	knock_text(l.at, l.len, k->request_line, sizeof k->request_line);
	while (at < len) {
		l = next_line(bytes, len, &at);
		if (!l.len && l.is_ended)
			break;
		has_host = has_host || read_field(l, "Host", k->host);
		has_agent = has_agent || read_field(l, "User-Agent", k->user_agent);
	}
}

bool knock_http_is_head(const struct knock *k)
{
	return !strncmp(k->request_line, "HEAD ", 5);
}
