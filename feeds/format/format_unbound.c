/* SPDX-License-Identifier: BSD-2-Clause
 * Unbound's configuration: `local-zone: "d" TYPE` means d and all below it when TYPE keeps the resolver from asking, whatever it
 * then answers, which is for the operator to say; `local-data: "d A 192.0.2.1"` is an answer of its own for d, and for what is below it when
 * its zone is of type redirect.
 * Standards: unbound.conf(5).
 */
#include <string.h>

#include "feeds/format/format_record.h"

/* Reads one value, within quotes or not; false: something is left. */
static bool read_quoted(struct format_text *rest, struct format_text *out)
{
	*rest = format_strip(*rest);
	char quote = rest->len ? *rest->at : 0;
	if (quote != '"' && quote != '\'') {
		*out = format_word(rest);
		return out->len > 0;
	}
	const char *end = memchr(rest->at + 1, quote, rest->len - 1);
	if (!end)
		return false;
	*out = format_strip((struct format_text){rest->at + 1, (size_t)(end - rest->at) - 1});
	rest->len -= (size_t)(end - rest->at) + 1;
	rest->at = end + 1;
	return true;
}

static void skip(const struct format_sink *sink, enum format_skip reason, struct format_text text)
{
	sink->skip(sink->arg, reason, text.at, text.len);
}

static void give(const struct format_sink *sink, struct format_text name, bool is_below,
	const struct detail_writer *about)
{
	struct rule rule;
	format_clear(&rule);
	enum format_skip reason = format_read_name(sink->publics, name, &rule);
	if (reason != FORMAT_TAKEN) {
		skip(sink, reason, name);
		return;
	}
	rule.is_self = true;
	rule.is_below = is_below;
	if (about && about->len) {
		rule.verb = RULE_DATA;
		rule.about = about->bytes;
		rule.about_len = about->len;
	}
	sink->rule(sink->arg, &rule);
}

/* The zone of type redirect that waited for its data has none, or only such that means nowhere. */
static void give_pending(const struct format_sink *sink)
{
	char text[DNAME_TEXT_MAX];
	if (!sink->state->has_pending)
		return;
	sink->state->has_pending = false;
	dname_to_text(sink->state->owner.bytes, text);
	give(sink, (struct format_text){text, strlen(text)}, true, NULL);
}

static void read_zone(const struct format_sink *sink, struct format_text rest)
{
	static const char *const blocking[] = {"always_null", "always_nxdomain", "always_refuse",
		"always_nodata", "always_deny", "static", "refuse", "deny", "inform_deny",
		"inform_redirect"};
	struct format_text line = rest, name, type;
	if (!read_quoted(&rest, &name) || !read_quoted(&rest, &type) || format_strip(rest).len) {
		skip(sink, FORMAT_MALFORMED, line);
		return;
	}
	if (format_is(type, "redirect") &&
		!dname_from_text(name.at, name.len, &sink->state->owner)) {
		sink->state->has_pending = true;
		return;
	}
	bool is_blocking = format_is(type, "redirect");
	for (size_t i = 0; i < sizeof blocking / sizeof *blocking; i++)
		is_blocking = is_blocking || format_is(type, blocking[i]);
	if (is_blocking)
		give(sink, name, true, NULL);
	else
		skip(sink, FORMAT_UNSUPPORTED, line); /* transparent, inform, ... */
}

/* Is the pending zone this name's? Then it waits no longer. */
static bool take_pending(struct format_state *st, struct format_text name)
{
	struct dname owner;
	bool is_its = st->has_pending && !dname_from_text(name.at, name.len, &owner) &&
		dname_equal(&owner, &st->owner);
	if (is_its)
		st->has_pending = false;
	return is_its;
}

/* `[TTL] [IN]` in front of a type. */
static struct format_text read_type(struct format_text *rest, uint32_t *ttl_s)
{
	struct format_text word = format_word(rest);
	uint64_t n = 0;
	size_t i = 0;
	for (; i < word.len && i < 10 && word.at[i] >= '0' && word.at[i] <= '9'; i++)
		n = n * 10 + (uint64_t)(word.at[i] - '0');
	if (i && i == word.len && n <= INT32_MAX) {
		*ttl_s = (uint32_t)n;
		word = format_word(rest);
	}
	return format_is(word, "IN") ? format_word(rest) : word;
}

/* `d [TTL] [IN] TYPE DATA` */
static void read_data(const struct format_sink *sink, struct format_text line)
{
	static const struct dname root = {.len = 1};
	struct detail_writer about;
	about.len = 0;
	about.is_full = false;
	uint32_t ttl_s = FORMAT_TTL_S;
	struct format_text rest = line, name = format_word(&rest);
	struct format_text word = read_type(&rest, &ttl_s);
	uint16_t type = format_record_type(word);
	struct format_record record;
	struct addr a;
	rest = format_strip(rest);
	bool is_address = format_is(word, "A") || format_is(word, "AAAA");
	enum format_skip reason = format_record_read(&root, type, rest, &record);
	if (reason == FORMAT_TAKEN &&
		!(is_address && format_read_address(rest, &a) == FORMAT_NOWHERE))
		detail_put_record(&about, type, ttl_s, record.data, record.len);
	if (reason != FORMAT_TAKEN || about.is_full)
		skip(sink, reason != FORMAT_TAKEN ? reason : FORMAT_TOO_LONG, line);
	else
		give(sink, name, take_pending(sink->state, name), &about);
}

void format_unbound_end(const struct format_sink *sink)
{
	give_pending(sink);
}

void format_unbound(const struct format_sink *sink, const char *line, size_t len)
{
	struct format_text rest = format_trim_apart(line, len), value;
	struct format_text whole = rest, key = format_word(&rest);
	if (!key.len) {
		skip(sink, FORMAT_COMMENT, (struct format_text){line, len});
		return;
	}
	if (format_is(key, "local-data:")) {
		if (read_quoted(&rest, &value) && !format_strip(rest).len)
			read_data(sink, value);
		else
			skip(sink, FORMAT_MALFORMED, whole);
		return;
	}
	give_pending(sink);
	if (format_is(key, "local-zone:"))
		read_zone(sink, rest);
	else if (format_is(key, "server:"))
		skip(sink, FORMAT_FRAME, whole);
	else
		skip(sink, key.at[key.len - 1] == ':' ? FORMAT_UNSUPPORTED : FORMAT_MALFORMED,
			whole);
}
