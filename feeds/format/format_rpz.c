/* SPDX-License-Identifier: BSD-2-Clause
 * Zone files of response policy zones. Where a file says neither $ORIGIN nor a full name for its SOA, names stand as they are: below no
 * zone's name.
 * Standards: RFC 1035 5.1, RFC 2308 4 ($TTL); what records mean: rpz.h.
 */
#include <string.h>

#include "feeds/format/format_record.h"
#include "feeds/format/rpz.h"
#include "resolver/base/wire.h"

enum { DEFAULT_TTL_S = 300, TTL_MAX_S = 0x7fffffff /* RFC 2181 8 */ };

static const struct dname root = {.len = 1};

static void skip(const struct format_sink *sink, enum format_skip reason, struct format_text text)
{
	sink->skip(sink->arg, reason, text.at, text.len);
}

/* The line without its comment, behind what is open. Parentheses become blanks. False: too much, or a quote that does not end. */
static bool gather(struct format_state *st, const char *line, size_t len)
{
	bool is_quoted = false;
	for (size_t i = 0; i < len; i++) {
		char c = line[i];
		if (st->len + 3 > (int)sizeof st->text)
			return false;
		if (c == '\\' && i + 1 < len) {
			st->text[st->len++] = c;
			st->text[st->len++] = line[++i];
			continue;
		}
		if (c == '"')
			is_quoted = !is_quoted;
		if (!is_quoted && c == ';')
			break;
		if (!is_quoted && (c == '(' || c == ')')) {
			st->is_open = c == '(';
			c = ' ';
		}
		st->text[st->len++] = c;
	}
	st->text[st->len++] = ' '; /* for the line's end */
	return !is_quoted;
}

static bool is_absolute(struct format_text name)
{
	size_t slashes = 0;
	if (!name.len || name.at[name.len - 1] != '.')
		return false;
	while (slashes + 1 < name.len && name.at[name.len - 2 - slashes] == '\\')
		slashes++;
	return slashes % 2 == 0;
}

/* A name, relative to the origin if it does not end with a dot. */
static bool read_name(const struct format_state *st, struct format_text text, struct dname *out)
{
	const struct dname *origin = st->origin.len ? &st->origin : &root;
	if (text.len == 1 && *text.at == '@') {
		*out = *origin;
		return true;
	}
	if (!text.len || dname_from_text(text.at, text.len, out))
		return false;
	if (is_absolute(text))
		return true;
	if (out->len - 1 + origin->len > DNAME_MAX)
		return false;
	memcpy(out->bytes + out->len - 1, origin->bytes, origin->len);
	out->len = (uint8_t)(out->len - 1 + origin->len);
	out->labels = (uint8_t)(out->labels + origin->labels);
	return true;
}

/* `300`, `1h30m`. */
static bool read_ttl(struct format_text text, uint32_t *out)
{
	uint64_t sum = 0, n = 0;
	bool has_digit = false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c >= '0' && c <= '9') {
			n = n * 10 + (uint64_t)(c - '0');
			has_digit = true;
			if (n > TTL_MAX_S)
				return false;
			continue;
		}
		c |= 0x20;
		uint64_t unit = c == 's' ? 1
			: c == 'm'	 ? 60
			: c == 'h'	 ? 3600
			: c == 'd'	 ? 86400
			: c == 'w'	 ? 604800
					 : 0;
		if (!unit || !has_digit)
			return false;
		sum += n * unit;
		n = 0;
		has_digit = false;
	}
	sum += n;
	*out = (uint32_t)(sum > TTL_MAX_S ? TTL_MAX_S : sum);
	return text.len && sum <= TTL_MAX_S;
}

static enum format_skip read_control(struct format_state *st, struct format_text rest)
{
	struct format_text word = format_word(&rest), value = format_word(&rest);
	struct dname name;
	if (format_is(word, "$TTL")) {
		if (rest.len && format_strip(rest).len)
			return FORMAT_MALFORMED;
		st->has_ttl = read_ttl(value, &st->ttl_s);
		return st->has_ttl ? FORMAT_FRAME : FORMAT_MALFORMED;
	}
	if (format_is(word, "$INCLUDE") || format_is(word, "$GENERATE"))
		return FORMAT_UNSUPPORTED;
	if (!format_is(word, "$ORIGIN") || !read_name(st, value, &name))
		return FORMAT_MALFORMED;
	st->origin = name;
	if (!st->has_zone)
		st->zone = name;
	st->has_zone = true;
	return FORMAT_FRAME;
}

/* The zone is where its SOA stands. */
static enum format_skip read_soa(struct format_state *st, struct format_text data)
{
	struct format_record record;
	enum format_skip reason = format_record_read(&root, TYPE_SOA, data, &record);
	if (reason != FORMAT_TAKEN)
		return reason;
	if (!st->has_soa)
		st->zone = st->owner;
	if (!st->origin.len)
		st->origin = st->owner;
	st->has_zone = st->has_soa = true;
	return FORMAT_FRAME;
}

/* `[TTL] [CLASS] TYPE`, the first two in either order. */
static enum format_skip read_head(
	struct format_state *st, struct format_text *rest, uint32_t *ttl_s, uint16_t *type)
{
	*ttl_s = st->has_ttl ? st->ttl_s : DEFAULT_TTL_S;
	for (int i = 0; i < 3; i++) {
		struct format_text word = format_word(rest);
		if (!word.len)
			return FORMAT_MALFORMED;
		if (word.at[0] >= '0' && word.at[0] <= '9') {
			if (!read_ttl(word, ttl_s))
				return FORMAT_MALFORMED;
			continue;
		}
		if (format_is(word, "IN"))
			continue;
		if (format_is(word, "CH") || format_is(word, "HS"))
			return FORMAT_UNSUPPORTED;
		*type = format_record_type(word);
		return *type ? FORMAT_TAKEN : FORMAT_MALFORMED;
	}
	return FORMAT_MALFORMED;
}

static enum format_skip read_data(const struct format_state *st, uint16_t type,
	struct format_text data, struct format_record *out)
{
	struct dname target;
	if (type != TYPE_CNAME)
		return format_record_read(st->origin.len ? &st->origin : &root, type, data, out);
	struct format_text word = format_word(&data);
	if (format_strip(data).len || !read_name(st, word, &target))
		return FORMAT_MALFORMED;
	out->len = target.len;
	memcpy(out->data, target.bytes, target.len);
	return FORMAT_TAKEN;
}

static enum format_skip read_record(const struct format_sink *sink, struct format_text rest)
{
	struct format_state *st = sink->state;
	struct format_record data;
	struct detail_writer about;
	struct rule rule;
	uint32_t ttl_s;
	uint16_t type = 0;
	if (!format_is_blank(*rest.at))
		st->has_owner = read_name(st, format_word(&rest), &st->owner);
	if (!st->has_owner)
		return FORMAT_MALFORMED;
	enum format_skip reason = read_head(st, &rest, &ttl_s, &type);
	if (reason != FORMAT_TAKEN)
		return reason;
	rest = format_strip(rest);
	if (type == TYPE_SOA)
		return read_soa(st, rest);
	enum format_skip data_reason = read_data(st, type, rest, &data);
	if (data_reason == FORMAT_UNSUPPORTED)
		data.len = 0; /* of no use; but is it of the zone's frame? */
	else if (data_reason != FORMAT_TAKEN)
		return data_reason;
	struct rpz_record record = {&st->owner, type, ttl_s, data.data, data.len};
	reason = rpz_rule(st->has_zone ? &st->zone : &root, &record, sink->publics, &rule, &about);
	if (reason != FORMAT_TAKEN)
		return reason;
	if (data_reason == FORMAT_TAKEN)
		sink->rule(sink->arg, &rule);
	return data_reason;
}

void format_rpz(const struct format_sink *sink, const char *line, size_t len)
{
	struct format_state *st = sink->state;
	struct format_text shown = {line, len};
	if (!gather(st, line, len)) {
		enum format_skip reason =
			st->len + 3 > (int)sizeof st->text ? FORMAT_TOO_LONG : FORMAT_MALFORMED;
		/* A parenthesis that is never closed must not swallow the rest of the file. */
		st->len = 0;
		st->is_open = false;
		skip(sink, reason, shown);
		return;
	}
	if (st->is_open)
		return;
	struct format_text text = {st->text, st->len}, words = format_strip(text);
	st->len = 0;
	if (!words.len) {
		skip(sink, FORMAT_COMMENT, shown);
		return;
	}
	enum format_skip reason =
		*text.at == '$' ? read_control(st, text) : read_record(sink, text);
	if (reason != FORMAT_TAKEN)
		skip(sink, reason, shown);
}

void format_rpz_end(const struct format_sink *sink)
{
	struct format_state *st = sink->state;
	if (st->is_open)
		skip(sink, FORMAT_MALFORMED, (struct format_text){st->text, st->len});
}
