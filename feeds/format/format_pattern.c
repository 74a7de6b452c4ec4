/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/format/format_pattern.h"

#include <limits.h>
#include <string.h>

#include "feeds/format/publics.h"
#include "feeds/listdb/patterns.h"

enum { VALUE_MIN = 4 }; /* characters of a literal, and one for an edge */

struct scan {
	const char *at, *end;
	const struct publics *publics;
	enum format_skip fault; /* FORMAT_TAKEN as long as all is well */
	unsigned depth;
	bool is_url; /* a slash or colon has to match */
};

/* Literal characters side by side. */
struct run {
	char text[DNAME_MAX];
	size_t len;
	bool is_after_edge; /* of a label or of the name */
	bool is_at_start; /* of the name */
};

enum atom_kind { LITERAL, ANY, NOTHING, NAME_START, EDGE_BEFORE, EDGE_AFTER, NAME_END, GROUP };

struct atom {
	enum atom_kind kind;
	char literal;
	unsigned value; /* of a GROUP */
	bool is_endless; /* a GROUP of nothing but repetitions without end */
};

struct count {
	bool is_needed; /* at least once */
	bool is_once;
	bool is_endless;
};

static unsigned read_expression(struct scan *s, bool *is_endless);

static void fail(struct scan *s, enum format_skip reason)
{
	if (s->fault == FORMAT_TAKEN)
		s->fault = reason;
	s->at = s->end;
}

static bool take(struct scan *s, const char *word)
{
	size_t n = strlen(word);
	if ((size_t)(s->end - s->at) < n || memcmp(s->at, word, n) != 0)
		return false;
	s->at += n;
	return true;
}

static bool is_of_host(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

static char lower(char c)
{
	return (char)dname_lower((uint8_t)c);
}

/* What follows a literal. */
enum next { NEXT_UNKNOWN, NEXT_DOT, NEXT_END };

/* Labels that stand in front of a country's in public suffixes. */
static bool is_second_level(struct format_text label)
{
	static const char *const words[] = {"com", "co", "org", "or", "net", "ne", "gov", "go",
		"gob", "gouv", "edu", "ac", "mil", "www"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (format_is(label, words[i]))
			return true;
	return false;
}

/* Can what begins here be the end of all kinds of names: a public suffix? */
static bool is_suffix(const struct publics *p, struct format_text text, enum next next)
{
	struct dname name;
	uint8_t key[DNAME_MAX];
	if (dname_from_text(text.at, text.len, &name) || !name.labels)
		return true;
	size_t len = dname_key(&name, key);
	if (name.labels > 1)
		return publics_has(p, key, len, name.labels, len - name.bytes[0] - 1);
	if (next == NEXT_DOT)
		return is_second_level(text);
	return next == NEXT_END || publics_has_rule(p, key, len);
}

/* Letters and digits: hyphens stand in all kinds of names. */
static unsigned count_of(struct format_text label)
{
	unsigned n = 0;
	for (size_t i = 0; i < label.len; i++)
		n += label.at[i] != '-' && label.at[i] != '_';
	return n;
}

/* Characters of a literal that tell names apart, and one for an edge. */
static unsigned value_of(
	const struct scan *s, const struct run *r, bool is_before_edge, enum next next)
{
	struct format_text t = {r->text, r->len};
	bool has_edge = r->is_after_edge || is_before_edge;
	bool is_whole = r->is_after_edge; /* its first label is one from its beginning */
	unsigned n = 0;
	for (; t.len && t.at[t.len - 1] == '.'; t.len--) {
		has_edge = true;
		next = NEXT_DOT;
	}
	for (; t.len && *t.at == '.'; t.at++, t.len--)
		has_edge = is_whole = true;
	/* A name's first label is not its last one. */
	bool is_first = r->is_at_start && t.at == r->text && !memchr(t.at, '.', t.len) &&
		next == NEXT_UNKNOWN;
	for (struct format_text label; t.len && !is_first; is_whole = true) {
		if ((is_whole || next == NEXT_END) && is_suffix(s->publics, t, next))
			break;
		format_part(&t, '.', &label);
		has_edge = has_edge || t.len;
		if (!format_is(label, "www"))
			n += count_of(label);
	}
	if (is_first)
		n = count_of(t);
	return n ? n + has_edge : 0;
}

static void close_run(
	const struct scan *s, struct run *r, bool is_before_edge, enum next next, unsigned *best)
{
	unsigned value = r->len ? value_of(s, r, is_before_edge, next) : 0;
	if (value > *best)
		*best = value;
	r->len = 0;
	r->is_after_edge = r->is_at_start = false;
}

/* `\d`, `\.`: what is behind the backslash. */
static struct atom read_escape(struct scan *s)
{
	struct atom a = {.kind = ANY};
	if (s->at == s->end) {
		fail(s, FORMAT_MALFORMED);
		return a;
	}
	char c = *s->at++;
	bool is_alnum = (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
	if (!is_alnum && c > ' ' && c < 127) {
		a.kind = LITERAL;
		a.literal = c;
	} else if (c == 'A') {
		a.kind = NAME_START;
	} else if (c == 'z' || c == 'Z') {
		a.kind = NAME_END;
	} else if (c == 'b' || c == 'B') {
		a.kind = NOTHING;
	} else if (!is_alnum || !strchr("dwsDWS", c)) {
		fail(s, FORMAT_UNSUPPORTED); /* back references, properties, quoting, ... */
	}
	return a;
}

/* `[...]`; one of a single character is a literal. */
static struct atom read_class(struct scan *s)
{
	struct atom a = {.kind = ANY};
	bool is_not = take(s, "^");
	const char *first = s->at;
	size_t members = 0;
	for (; s->at < s->end && (*s->at != ']' || s->at == first); members++) {
		if (take(s, "[:")) {
			while (s->at < s->end && !take(s, ":]"))
				s->at++;
			members++; /* more than one */
			continue;
		}
		bool is_escape = *s->at == '\\';
		s->at += is_escape && s->end - s->at > 1 ? 2 : 1;
		members += is_escape;
		if (members > DNAME_MAX)
			break;
	}
	if (!take(s, "]"))
		fail(s, FORMAT_MALFORMED);
	else if (members == 1 && !is_not && is_of_host(lower(*first))) {
		a.kind = LITERAL;
		a.literal = lower(*first);
	} else if (members == 2 && !is_not && *first == '\\' && is_of_host(first[1]) &&
		strchr(".-_", first[1])) {
		a.kind = LITERAL;
		a.literal = first[1];
	}
	return a;
}

/* What may stand behind `(?`. False: nothing to read but the group's closing. */
static bool read_group_head(struct scan *s, struct atom *a)
{
	if (take(s, ":") || take(s, ">"))
		return true;
	if (take(s, "=") || take(s, "!")) {
		a->kind = NOTHING;
		return true;
	}
	if ((take(s, "P<") || take(s, "<") || take(s, "'")) && s->at < s->end && *s->at != '=' &&
		*s->at != '!') {
		while (s->at < s->end && *s->at != '>' && *s->at != '\'')
			s->at++;
		s->at += s->at < s->end;
		return true;
	}
	while (s->at < s->end && strchr("ims-", *s->at))
		s->at++;
	if (s->at < s->end && *s->at == ')') {
		a->kind = NOTHING;
		return false;
	}
	if (!take(s, ":"))
		fail(s, FORMAT_UNSUPPORTED);
	return true;
}

static struct atom read_group(struct scan *s)
{
	static const char *const before[] = {"^|\\.)", "\\.|^)", "?:^|\\.)", "?:\\.|^)"};
	static const char *const after[] = {"$|\\.)", "\\.|$)", "?:$|\\.)", "?:\\.|$)"};
	struct atom a = {.kind = GROUP};
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (take(s, before[i]))
			return (struct atom){.kind = EDGE_BEFORE};
	for (size_t i = 0; i < sizeof after / sizeof *after; i++)
		if (take(s, after[i]))
			return (struct atom){.kind = EDGE_AFTER};
	bool has_inner = true;
	if (take(s, "?"))
		has_inner = read_group_head(s, &a);
	else if (take(s, "*"))
		fail(s, FORMAT_UNSUPPORTED);
	if (++s->depth > FORMAT_PATTERN_DEPTH)
		fail(s, FORMAT_UNSUPPORTED);
	else if (has_inner)
		a.value = read_expression(s, &a.is_endless);
	s->depth--;
	if (s->fault == FORMAT_TAKEN && !take(s, ")"))
		fail(s, FORMAT_MALFORMED);
	return a;
}

static struct atom read_atom(struct scan *s)
{
	char c = *s->at++;
	switch (c) {
	case '(':
		return read_group(s);
	case '[':
		return read_class(s);
	case '\\':
		return read_escape(s);
	case '^':
		return (struct atom){.kind = NAME_START};
	case '$':
		return (struct atom){.kind = NAME_END};
	case '.':
		return (struct atom){.kind = ANY};
	case '*':
	case '+':
	case '?':
		fail(s, FORMAT_MALFORMED);
		return (struct atom){.kind = ANY};
	default:
		break;
	}
	if (c <= ' ' || c >= 127)
		fail(s, FORMAT_MALFORMED);
	return (struct atom){.kind = LITERAL, .literal = lower(c)};
}

/* Digits of `{n,m}`. */
static unsigned read_number(struct scan *s)
{
	unsigned n = 0;
	for (; s->at < s->end && *s->at >= '0' && *s->at <= '9' && n < 100000; s->at++)
		n = n * 10 + (unsigned)(*s->at - '0');
	if (n > FORMAT_PATTERN_REPEAT)
		fail(s, FORMAT_UNSUPPORTED);
	return n;
}

static struct count read_count(struct scan *s)
{
	struct count q = {.is_needed = true, .is_once = true};
	const char *start = s->at;
	if (take(s, "*")) {
		q = (struct count){.is_endless = true};
	} else if (take(s, "+")) {
		q = (struct count){.is_needed = true, .is_endless = true};
	} else if (take(s, "?")) {
		q = (struct count){.is_needed = false};
	} else if (take(s, "{") && s->at < s->end && *s->at >= '0' && *s->at <= '9') {
		q = (struct count){.is_needed = read_number(s) > 0};
		if (take(s, ",")) {
			q.is_endless = s->at < s->end && *s->at == '}';
			read_number(s);
		}
		if (!take(s, "}"))
			fail(s, FORMAT_UNSUPPORTED);
	} else {
		s->at = start; /* a brace alone is a character */
		return q;
	}
	if (!take(s, "?"))
		take(s, "+");
	return q;
}

static void add_literal(
	struct scan *s, struct run *r, const struct atom *a, struct count q, unsigned *best)
{
	bool is_good = is_of_host(a->literal) && r->len < sizeof r->text;
	if (!is_of_host(a->literal) && q.is_needed && !s->depth)
		s->is_url = true;
	/* `e?` within a word is left out of it. */
	if (is_good && !q.is_needed && !q.is_endless && a->literal != '.')
		return;
	if (is_good && q.is_needed)
		r->text[r->len++] = a->literal;
	if (!is_good || !q.is_needed || !q.is_once)
		close_run(s, r, false, NEXT_UNKNOWN, best);
}

/* One alternative: the value of the best literal that has to be there. */
static unsigned read_branch(struct scan *s, bool *is_endless)
{
	struct run run = {.len = 0};
	unsigned best = 0;
	bool has_fixed = false, has_endless = false;
	while (s->at < s->end && *s->at != '|' && *s->at != ')') {
		struct atom a = read_atom(s);
		struct count q = read_count(s);
		if (s->fault != FORMAT_TAKEN)
			return 0;
		/* `(x+)+` takes time without bounds. */
		if (a.kind == GROUP && a.is_endless && q.is_endless)
			fail(s, FORMAT_UNSUPPORTED);
		has_endless = has_endless || q.is_endless || a.is_endless;
		has_fixed = has_fixed ||
			((a.kind == LITERAL || a.kind == ANY || a.kind == GROUP) && !a.is_endless &&
				!q.is_endless && q.is_needed);
		if (a.kind == LITERAL) {
			add_literal(s, &run, &a, q, &best);
			continue;
		}
		bool is_edge = q.is_needed && (a.kind == EDGE_AFTER || a.kind == NAME_END);
		close_run(s, &run, is_edge, is_edge && a.kind == NAME_END ? NEXT_END : NEXT_UNKNOWN,
			&best);
		run.is_at_start = q.is_needed && a.kind == NAME_START;
		run.is_after_edge = q.is_needed && (a.kind == EDGE_BEFORE || run.is_at_start);
		if (a.kind == GROUP && q.is_needed && a.value > best)
			best = a.value;
	}
	close_run(s, &run, false, NEXT_UNKNOWN, &best);
	*is_endless = *is_endless || (has_endless && !has_fixed);
	return best;
}

static unsigned read_expression(struct scan *s, bool *is_endless)
{
	unsigned least = UINT_MAX;
	do {
		unsigned value = read_branch(s, is_endless);
		least = value < least ? value : least;
	} while (s->fault == FORMAT_TAKEN && take(s, "|"));
	return least;
}

enum format_skip format_pattern_check(const struct publics *publics, struct format_text pattern)
{
	struct scan s = {.at = pattern.at,
		.end = pattern.at + pattern.len,
		.publics = publics,
		.fault = FORMAT_TAKEN};
	bool is_endless = false;
	if (pattern.len > RULE_PATTERN_MAX)
		return FORMAT_TOO_LONG;
	/* In a class, too, nothing else can be meant: names are of plain characters. */
	for (size_t i = 0; i < pattern.len; i++)
		if (pattern.at[i] <= ' ' || pattern.at[i] >= 127)
			return FORMAT_MALFORMED;
	unsigned value = read_expression(&s, &is_endless);
	if (s.fault != FORMAT_TAKEN)
		return s.fault;
	if (s.at != s.end)
		return FORMAT_MALFORMED; /* a parenthesis too many */
	if (s.is_url)
		return FORMAT_BROWSER;
	if (value < VALUE_MIN)
		return FORMAT_TOO_WIDE;
	/* The library, and what finds its literals, have the last word. */
	return patterns_check(pattern.at, pattern.len, NULL) ? FORMAT_UNSUPPORTED : FORMAT_TAKEN;
}

void format_pattern_lower(struct format_text pattern, char *to)
{
	for (size_t i = 0; i < pattern.len; i++) {
		bool is_escaped = i && pattern.at[i - 1] == '\\';
		to[i] = is_escaped ? pattern.at[i] : lower(pattern.at[i]);
		/* The second of two backslashes escapes nothing. */
		if (is_escaped && pattern.at[i] == '\\' && i + 1 < pattern.len) {
			i++;
			to[i] = lower(pattern.at[i]);
		}
	}
}
