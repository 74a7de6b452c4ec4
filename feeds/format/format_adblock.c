/* SPDX-License-Identifier: BSD-2-Clause
 * Adblock rules as AdGuard Home reads them: `||d^` is d and all below it, `|d^` and a bare `d` are d alone, `@@` excepts, `*` stands for
 * anything, `/re/` is a regular expression, `||192.0.2.1^` is held against answers; lines of hosts files hold, too. What only a browser can
 * act on is passed over, and is no junk: other rules of the list are for us.
 * Unlike there, `||d` without its `^` is d and all below it, not all that begins so, when d is a whole domain name.
 * Standards: AdGuard's DNS filtering syntax.
 */
#include <string.h>

#include "feeds/format/format_options.h"
#include "feeds/format/format_pattern.h"
#include "feeds/format/format_record.h"
#include "feeds/format/publics.h"

/* Where a pattern is tied to the name. */
enum tie { TIE_NONE, TIE_LABEL /* `||` */, TIE_START /* `|` */ };

struct adblock {
	const struct format_sink *sink;
	struct rule rule;
	struct detail_writer about;
	struct format_text body; /* between the ties */
	enum tie start;
	bool has_end; /* `^` or `|` */
	bool has_star; /* at either side of the body */
	char pattern[RULE_PATTERN_MAX];
};

static bool begins(struct format_text text, char c)
{
	return text.len && *text.at == c;
}

static bool ends(struct format_text text, char c)
{
	return text.len && text.at[text.len - 1] == c;
}

static void take_off(struct format_text *text, size_t first, size_t last)
{
	text->at += first;
	text->len -= first + last;
}

/* Splits off what stands behind the last `$` that belongs to the rule. False: there is none. */
static bool split_options(struct format_text *text, struct format_text *options)
{
	if (text->len > 1 && begins(*text, '/') && ends(*text, '/'))
		return false;
	for (size_t i = text->len; i-- > 0;) {
		if (text->at[i] != '$' || (i && text->at[i - 1] == '\\') ||
			(i + 1 < text->len && text->at[i + 1] == '/'))
			continue;
		*options = (struct format_text){text->at + i + 1, text->len - i - 1};
		text->len = i;
		return true;
	}
	return false;
}

/* Takes the ties off both sides. */
static void read_ties(struct adblock *a, struct format_text text)
{
	if (format_begins(text, "||")) {
		a->start = TIE_LABEL;
		take_off(&text, 2, 0);
	} else if (begins(text, '|')) {
		a->start = TIE_START;
		take_off(&text, 1, 0);
	}
	if (ends(text, '|')) {
		a->has_end = true;
		take_off(&text, 0, 1);
	}
	while (ends(text, '*')) {
		a->has_end = false;
		a->has_star = true;
		take_off(&text, 0, 1);
	}
	/* Of the characters that `^` stands for, a host's name has none: it is the name's end. */
	if (ends(text, '^')) {
		a->has_end = true;
		take_off(&text, 0, 1);
	}
	while (begins(text, '*')) {
		a->start = TIE_NONE;
		a->has_star = true;
		take_off(&text, 1, 0);
	}
	a->body = text;
}

/* Is the body made of what names are made of, and `*`? */
enum body { BODY_NAME, BODY_STARS, BODY_OTHER };

static enum body kind_of_body(struct format_text body)
{
	enum body kind = BODY_NAME;
	for (size_t i = 0; i < body.len; i++) {
		uint8_t c = dname_lower((uint8_t)body.at[i]);
		if (c == '*')
			kind = BODY_STARS;
		else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
				 c == '-' || c == '_' || c >= 128))
			return BODY_OTHER;
	}
	return kind;
}

static bool has_blank(struct format_text text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((uint8_t)text.at[i] <= ' ')
			return true;
	return false;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static enum format_skip give_name(
	struct adblock *a, struct format_text name, bool is_self, bool is_below)
{
	enum format_skip reason = format_read_name(a->sink->publics, name, &a->rule);
	if (reason != FORMAT_TAKEN)
		return reason;
	a->rule.is_self = is_self;
	a->rule.is_below = is_below;
	a->sink->rule(a->sink->arg, &a->rule);
	return FORMAT_TAKEN;
}

static enum format_skip give_pattern(struct adblock *a, struct format_text pattern)
{
	enum format_skip reason = format_pattern_check(a->sink->publics, pattern);
	if (reason != FORMAT_TAKEN)
		return reason;
	a->rule.trigger = RULE_PATTERN;
	a->rule.pattern = pattern.at;
	a->rule.pattern_len = (uint16_t)pattern.len;
	a->sink->rule(a->sink->arg, &a->rule);
	return FORMAT_TAKEN;
}

/* The body with its ties as a regular expression. */
static enum format_skip give_translated(struct adblock *a)
{
	static const char *const ties[] = {
		[TIE_NONE] = "", [TIE_LABEL] = "(^|\\.)", [TIE_START] = "^"};
	size_t n = strlen(ties[a->start]);
	memcpy(a->pattern, ties[a->start], n);
	for (size_t i = 0; i < a->body.len; i++) {
		uint8_t c = dname_lower((uint8_t)a->body.at[i]);
		if (c >= 128)
			return FORMAT_MALFORMED;
		if (n + 3 > sizeof a->pattern)
			return FORMAT_TOO_LONG;
		if (c == '*' && i && a->body.at[i - 1] == '*')
			continue;
		if (c == '.')
			a->pattern[n++] = '\\';
		if (c == '*')
			a->pattern[n++] = '.';
		a->pattern[n++] = (char)c;
	}
	if (a->has_end)
		a->pattern[n++] = '$';
	return give_pattern(a, (struct format_text){a->pattern, n});
}

/* `||d` that was meant for `||d^`: a name below a top-level domain that there is. */
static bool is_whole_name(const struct adblock *a, struct rule *r)
{
	return !ends(a->body, '.') &&
		format_read_name(a->sink->publics, a->body, r) == FORMAT_TAKEN &&
		publics_has_rule(a->sink->publics, r->key, (size_t)r->key[0] + 1);
}

/* AdGuard Home looks for the addresses of an answer in its rules, too. */
static enum format_skip give_address(struct adblock *a)
{
	enum format_skip reason = format_read_prefix(a->body, &a->rule.prefix);
	if (reason != FORMAT_TAKEN)
		return reason;
	a->rule.trigger = RULE_ANSWER;
	a->sink->rule(a->sink->arg, &a->rule);
	return FORMAT_TAKEN;
}

static enum format_skip read_body(struct adblock *a)
{
	struct format_text below = a->body;
	struct rule probe;
	enum body kind = kind_of_body(a->body);
	if (!a->body.len)
		return a->has_star ? FORMAT_TOO_WIDE : FORMAT_MALFORMED;
	if (kind == BODY_OTHER && has_blank(a->body))
		return FORMAT_MALFORMED;
	if (kind == BODY_OTHER)
		return a->sink->state->has_marks ? FORMAT_BROWSER : FORMAT_MALFORMED;
	if (kind == BODY_STARS)
		return give_translated(a);
	if (a->has_end && a->start != TIE_NONE) {
		if (a->start == TIE_LABEL && is_digit(a->body.at[a->body.len - 1]) &&
			format_is_address(a->body))
			return give_address(a);
		return give_name(a, a->body, true, a->start == TIE_LABEL);
	}
	if (a->has_end && begins(a->body, '.')) {
		take_off(&below, 1, 0);
		return give_name(a, below, false, true);
	}
	format_clear(&probe);
	if (a->start == TIE_LABEL && is_whole_name(a, &probe))
		return give_name(a, a->body, true, true);
	bool is_bare = a->start == TIE_NONE && !a->has_end && !a->has_star;
	if (is_bare && !begins(a->body, '.') && !begins(a->body, '-') && !begins(a->body, '_') &&
		!ends(a->body, '.') && !ends(a->body, '-') && !ends(a->body, '_'))
		return give_name(a, a->body, true, false);
	return give_translated(a);
}

static enum format_skip read_regex(struct adblock *a, struct format_text text)
{
	take_off(&text, 1, 1);
	if (text.len > sizeof a->pattern)
		return FORMAT_TOO_LONG;
	format_pattern_lower(text, a->pattern);
	return give_pattern(a, (struct format_text){a->pattern, text.len});
}

/* One word: a rule with its modifiers. */
static enum format_skip read_rule(struct adblock *a, struct format_text text)
{
	struct format_text options;
	bool is_exception = format_begins(text, "@@");
	if (is_exception) {
		a->rule.verb = RULE_EXCEPT;
		take_off(&text, 2, 0);
	}
	if (is_exception || format_begins(text, "||"))
		a->sink->state->has_marks = true;
	if (split_options(&text, &options)) {
		enum format_skip reason =
			format_options_read(options, is_exception, &a->rule, &a->about);
		if (reason == FORMAT_BROWSER)
			a->sink->state->has_marks = true;
		if (reason == FORMAT_UNSUPPORTED && !a->sink->state->has_marks)
			reason = FORMAT_MALFORMED;
		if (reason != FORMAT_TAKEN)
			return reason;
		a->has_star = !text.len; /* modifiers alone: for all names */
	}
	a->rule.about = a->about.bytes;
	a->rule.about_len = a->about.len;
	if (text.len > 2 && begins(text, '/') && ends(text, '/'))
		return read_regex(a, text);
	read_ties(a, text);
	return read_body(a);
}

/* A line of a hosts file; with an address of its own, that is the answer. */
static void read_hosts(struct adblock *a, struct format_text text)
{
	const struct format_sink *sink = a->sink;
	struct format_text rest = text, word = format_word(&rest);
	struct addr address;
	if (!format_is_address(word)) {
		sink->skip(sink->arg, FORMAT_MALFORMED, text.at, text.len);
		return;
	}
	if (format_read_address(word, &address) == FORMAT_SOMEWHERE) {
		format_record_address(&a->about, &address, FORMAT_TTL_S);
		a->rule.verb = RULE_DATA;
		a->rule.about = a->about.bytes;
		a->rule.about_len = a->about.len;
	}
	while ((word = format_word(&rest)).len) {
		enum format_skip reason = give_name(a, word, true, false);
		if (reason != FORMAT_TAKEN)
			sink->skip(sink->arg, reason, word.at, word.len);
	}
}

/* Lines that are no rules. FORMAT_TAKEN: this is one. */
static enum format_skip read_others(const struct format_sink *sink, struct format_text text)
{
	if (!text.len || begins(text, '!'))
		return FORMAT_COMMENT;
	if (begins(text, '[')) {
		bool is_header = format_begins(text, "[adblock") ||
			format_begins(text, "[adguard") || format_begins(text, "[ublock");
		sink->state->has_marks = sink->state->has_marks || is_header;
		return is_header		 ? FORMAT_FRAME
			: sink->state->has_marks ? FORMAT_BROWSER
						 : FORMAT_MALFORMED;
	}
	if (begins(text, '#'))
		return sink->state->has_marks && format_is_cosmetic(text) ? FORMAT_BROWSER
									  : FORMAT_COMMENT;
	if (!format_is_cosmetic(text))
		return FORMAT_TAKEN;
	sink->state->has_marks = true;
	return FORMAT_BROWSER;
}

void format_adblock(const struct format_sink *sink, const char *line, size_t len)
{
	struct format_text text = format_strip((struct format_text){line, len});
	enum format_skip reason = read_others(sink, text);
	if (reason != FORMAT_TAKEN) {
		sink->skip(sink->arg, reason, line, len);
		return;
	}
	struct adblock a;
	a.sink = sink;
	a.about.len = 0;
	a.about.is_full = a.has_end = a.has_star = false;
	a.start = TIE_NONE;
	format_clear(&a.rule);
	text = format_trim_apart(text.at, text.len);
	struct format_text rest = text, word = format_word(&rest);
	bool is_hosts = rest.len && format_is_address(word);
	if (is_hosts) {
		read_hosts(&a, text);
		return;
	}
	reason = read_rule(&a, text);
	if (reason != FORMAT_TAKEN)
		sink->skip(sink->arg, reason, line, len);
}
