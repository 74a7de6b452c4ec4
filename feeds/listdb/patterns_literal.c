/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/patterns_literal.h"

#include <stdbool.h>
#include <string.h>

#include "feeds/listdb/patterns.h"
#include "resolver/base/dname.h"

enum { DEPTH_MAX = 16 /* groups in groups */, REPEAT_MAX = 255 };

struct parser {
	const char *at, *end;
	const char *fault; /* NULL: none yet */
	int depth;
};

/* One element of a branch. */
enum atom_kind {
	ATOM_CHAR,
	ATOM_OTHER /* one octet or more of many */,
	ATOM_NOWHERE /* no octets */,
	ATOM_GROUP
};

struct atom {
	enum atom_kind kind;
	char c;
};

/* A branch being read. */
struct branch {
	struct patterns_literal run; /* what stands side by side right now */
	struct patterns_literal_set best;
	int score; /* of best */
};

static void parse_branches(struct parser *p, struct patterns_literal_set *out);

static int fail(struct parser *p, const char *fault)
{
	if (!p->fault)
		p->fault = fault;
	return -1;
}

static bool is_at(const struct parser *p, const char *text)
{
	size_t n = strlen(text);
	return (size_t)(p->end - p->at) >= n && !memcmp(p->at, text, n);
}

static bool take(struct parser *p, const char *text)
{
	if (!is_at(p, text))
		return false;
	p->at += strlen(text);
	return true;
}

/* --- how good a literal is --- */

/* Words that half of all names hold. */
static bool is_common(const struct patterns_literal *l)
{
	static const char *const words[] = {
		"com", "net", "org", "www", "info", "co", "de", "ru", "io", "uk", "api", "cdn"};
	const char *at = l->at;
	size_t n = l->len;
	for (; n && *at == '.'; n--)
		at++;
	while (n && at[n - 1] == '.')
		n--;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == n && !memcmp(words[i], at, n))
			return true;
	return false;
}

static int score_of(const struct patterns_literal *l)
{
	return is_common(l) ? 1 : l->len;
}

static int score_of_set(const struct patterns_literal_set *s)
{
	int lowest = PATTERNS_LITERAL_BYTES;
	for (unsigned i = 0; i < s->count; i++) {
		int score = score_of(&s->of[i]);
		lowest = score < lowest ? score : lowest;
	}
	return s->count ? lowest : 0;
}

static void end_run(struct branch *b)
{
	if (b->run.len >= PATTERNS_LITERAL_MIN && score_of(&b->run) > b->score) {
		b->best.count = 1;
		b->best.of[0] = b->run;
		b->score = score_of(&b->run);
	}
	b->run.len = 0;
}

static void add_char(struct branch *b, char c)
{
	if (b->run.len == PATTERNS_LITERAL_BYTES)
		end_run(b);
	b->run.at[b->run.len++] = c;
}

/* --- elements --- */

static int hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)dname_lower((uint8_t)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Behind a backslash. */
static struct atom parse_escape(struct parser *p)
{
	struct atom a = {.kind = ATOM_OTHER};
	if (p->at == p->end) {
		fail(p, "it ends in a backslash");
		return a;
	}
	char c = *p->at++;
	bool is_word = (c >= '0' && c <= '9') ||
		(dname_lower((uint8_t)c) >= 'a' && dname_lower((uint8_t)c) <= 'z');
	if (!is_word) {
		a = (struct atom){ATOM_CHAR, c};
	} else if (c == 'x') {
		int high = p->at < p->end ? hex_of(p->at[0]) : -1;
		int low = high >= 0 && p->at + 1 < p->end ? hex_of(p->at[1]) : -1;
		if (low < 0)
			fail(p, "\\x without two hexadecimal digits is not taken");
		else
			p->at += 2;
		a = (struct atom){ATOM_CHAR, (char)dname_lower((uint8_t)(high * 16 + low))};
	} else if (strchr("bBAzZ", c)) {
		a.kind = ATOM_NOWHERE;
	} else if (!strchr("dDwWsShHvVNntrfea", c)) {
		fail(p, "an escape that is not taken here (back references, \\Q, \\p, ...)");
	}
	return a;
}

/* `[:alpha:]` within a class. */
static void parse_posix(struct parser *p)
{
	const char *at = p->at + 2;
	if (at < p->end && *at == '^')
		at++;
	while (at < p->end && *at >= 'a' && *at <= 'z')
		at++;
	bool is_good = p->at[1] == ':' && p->end - at >= 2 && at[0] == ':' && at[1] == ']';
	if (!is_good)
		fail(p, "a class within a class that is not like [:alpha:]");
	p->at = is_good ? at + 2 : p->end;
}

/* Behind `[`. A class of one character is that character. */
static struct atom parse_class(struct parser *p)
{
	struct atom a = {.kind = ATOM_OTHER};
	bool is_negated = take(p, "^"), is_first = true, is_one = true;
	int members = 0;
	for (; p->at < p->end && (*p->at != ']' || is_first); is_first = false) {
		struct atom m = {ATOM_CHAR, 0};
		if (is_at(p, "[:") || is_at(p, "[.") || is_at(p, "[=")) {
			parse_posix(p);
			m.kind = ATOM_OTHER;
		} else if (take(p, "\\")) {
			m = parse_escape(p);
		} else {
			m.c = (char)dname_lower((uint8_t)*p->at++);
		}
		is_one = is_one && m.kind == ATOM_CHAR && (!members || m.c == a.c);
		a.c = m.c;
		members++;
		/* A range, unless the hyphen is the last one; then it is one more member anyway. */
		is_one = is_one && !is_at(p, "-");
	}
	if (!take(p, "]"))
		fail(p, "a class has no end");
	if (is_one && !is_negated && members)
		a.kind = ATOM_CHAR;
	return a;
}

static void parse_name_of_group(struct parser *p)
{
	while (p->at < p->end && *p->at != '>' && *p->at != ')')
		p->at++;
	if (!take(p, ">"))
		fail(p, "a group's name has no end");
}

/* Behind `(`. The set of a group that must be there goes to `out`. */
static struct atom parse_group(struct parser *p, struct patterns_literal_set *out)
{
	struct atom a = {.kind = ATOM_GROUP};
	if (is_at(p, "*"))
		fail(p, "verbs (*...) are not taken");
	if (take(p, "?i)"))
		return (struct atom){.kind = ATOM_NOWHERE};
	if (take(p, "?=") || take(p, "?!") || take(p, "?<=") || take(p, "?<!"))
		a.kind = ATOM_NOWHERE;
	else if (take(p, "?P<") || take(p, "?<"))
		parse_name_of_group(p);
	else if (!take(p, "?:") && !take(p, "?i:") && !take(p, "?>") && is_at(p, "?"))
		fail(p, "a kind of group that is not taken here");
	if (++p->depth > DEPTH_MAX)
		fail(p, "too many groups in groups");
	if (!p->fault)
		parse_branches(p, out);
	p->depth--;
	if (!p->fault && !take(p, ")"))
		fail(p, "a group has no end");
	return a;
}

static struct atom parse_atom(struct parser *p, struct patterns_literal_set *group)
{
	char c = *p->at++;
	switch (c) {
	case '\\':
		return parse_escape(p);
	case '[':
		return parse_class(p);
	case '(':
		return parse_group(p, group);
	case '.':
		return (struct atom){.kind = ATOM_OTHER};
	case '^':
	case '$':
		return (struct atom){.kind = ATOM_NOWHERE};
	case '*':
	case '+':
	case '?':
		fail(p, "there is nothing that could be repeated");
		break;
	default:
		break;
	}
	return (struct atom){ATOM_CHAR, (char)dname_lower((uint8_t)c)};
}

/* `{2}`, `{2,}`, `{2,5}`; else 1, and the brace is an octet like others. Bounded: a pattern repeated 60000 times is a big one. */
static bool parse_braces(struct parser *p, int *least)
{
	const char *at = p->at + 1;
	int numbers[2] = {0, 0}, n = 0;
	if (at < p->end && (*at == ',' || *at == ' ')) {
		fail(p, "{,N} and spaces in braces are not taken");
		return false;
	}
	if (at == p->end || *at < '0' || *at > '9')
		return false;
	for (; at < p->end && *at != '}'; at++) {
		if (*at == ',' && !n)
			n++;
		else if (*at >= '0' && *at <= '9' && numbers[n] <= REPEAT_MAX)
			numbers[n] = numbers[n] * 10 + *at - '0';
		else
			break;
	}
	if (at == p->end || *at != '}' || numbers[0] > REPEAT_MAX || numbers[1] > REPEAT_MAX) {
		fail(p, "a repetition that is not well formed, or of more than 255 times");
		return false;
	}
	p->at = at + 1;
	*least = numbers[0];
	return true;
}

/* How often the element is there at least; `*is_once`: and at most. */
static int parse_repeats(struct parser *p, bool *is_once)
{
	int least = 1;
	*is_once = true;
	while (p->at < p->end && !p->fault) {
		int n = 1;
		if (take(p, "*") || take(p, "?"))
			n = 0;
		else if (!take(p, "+") && (*p->at != '{' || !parse_braces(p, &n)))
			break;
		*is_once = false;
		least = least && n;
		if (!take(p, "?"))
			take(p, "+");
	}
	return least;
}

static void take_group(struct branch *b, const struct patterns_literal_set *group)
{
	int score = score_of_set(group);
	if (score <= b->score)
		return;
	b->best = *group;
	b->score = score;
}

static void parse_branch(struct parser *p, struct branch *b)
{
	while (p->at < p->end && *p->at != '|' && *p->at != ')' && !p->fault) {
		struct patterns_literal_set group = {.count = 0};
		struct atom a = parse_atom(p, &group);
		bool is_once;
		int least = p->fault ? 0 : parse_repeats(p, &is_once);
		if (a.kind == ATOM_NOWHERE)
			continue;
		if (a.kind == ATOM_CHAR && least)
			add_char(b, a.c);
		if (a.kind == ATOM_CHAR && least && is_once)
			continue;
		end_run(b);
		if (a.kind == ATOM_GROUP && least)
			take_group(b, &group);
		/* What follows stands beside the last of the repeated ones. */
		if (a.kind == ATOM_CHAR && least)
			add_char(b, a.c);
	}
	end_run(b);
}

/* One of the branches matches: one of all their literals is needed, if each branch needs one. */
static void parse_branches(struct parser *p, struct patterns_literal_set *out)
{
	bool is_free = false; /* a branch needs nothing */
	out->count = 0;
	do {
		struct branch b = {.score = 0};
		parse_branch(p, &b);
		if (!b.best.count || out->count + b.best.count > PATTERNS_LITERAL_COUNT)
			is_free = true;
		if (is_free)
			continue;
		memcpy(out->of + out->count, b.best.of, sizeof *out->of * b.best.count);
		out->count += b.best.count;
	} while (!p->fault && take(p, "|"));
	if (is_free)
		out->count = 0;
}

int patterns_literal_find(
	const char *text, size_t len, struct patterns_literal_set *out, struct err *why)
{
	struct parser p = {.at = text, .end = text + len};
	parse_branches(&p, out);
	if (!p.fault && p.at < p.end)
		fail(&p, "a parenthesis closes no group");
	if (!p.fault && !out->count)
		fail(&p,
			"it needs no text of two octets or more, so every name would have to be "
			"held against it");
	return p.fault ? err_set(why, CEN_EFORMAT, "%s", p.fault) : 0;
}
