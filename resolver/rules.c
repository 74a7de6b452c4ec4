/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/log.h"
#include "resolver/base/whole_file.h"

/* What we write ourselves can be read again: as many of the longest rules as there may be. A larger file is not ours. */
enum { LINE_MAX_BYTES = DNAME_TEXT_MAX + 10, FILE_MAX_BYTES = RULES_MAX * LINE_MAX_BYTES };

static bool rule_equal(const struct config_rule *a, const struct config_rule *b)
{
	return a->is_self == b->is_self && a->is_below == b->is_below &&
		dname_equal(&a->name, &b->name);
}

/* For one more. */
static int make_room(struct rules *r)
{
	if (r->count < r->room)
		return 0;
	size_t room = r->room ? r->room * 2 : 64;
	struct rules_entry *bigger = realloc(r->entries, room * sizeof *bigger);
	if (!bigger)
		return -ENOMEM;
	r->entries = bigger;
	r->room = room;
	return 0;
}

static int append(struct rules *r, enum list_kind kind, const struct config_rule *rule)
{
	int e = make_room(r);
	if (!e)
		r->entries[r->count++] = (struct rules_entry){.rule = *rule, .kind = kind};
	return e;
}

static bool parse_line(void *arg, const char *line, size_t len)
{
	struct rules *r = arg;
	static const char *const words[] = {[LIST_DENY] = "deny ", [LIST_ALLOW] = "allow "};
	for (int kind = LIST_DENY; kind <= LIST_ALLOW; kind++) {
		size_t n = strlen(words[kind]);
		struct config_rule rule;
		if (len > n && !memcmp(line, words[kind], n))
			return r->count < RULES_MAX &&
				!config_rule_from_text(line + n, len - n, &rule) &&
				!config_rule_guard((enum list_kind)kind, &rule) &&
				!append(r, (enum list_kind)kind, &rule);
	}
	return len == 0;
}

size_t rules_parse(struct rules *r, const char *text, size_t len, size_t *first_bad)
{
	return whole_file_lines(text, len, parse_line, r, first_bad);
}

int rules_load(const char *state_directory, struct rules **out, struct err *why)
{
	struct rules *r = calloc(1, sizeof *r);
	char *text = NULL;
	size_t len = 0, first_bad = 0;
	int e = -ENOMEM;
	if (!r || asprintf(&r->path, "%s/rules", state_directory) < 0)
		goto fail;
	e = whole_file_read(r->path, FILE_MAX_BYTES, &text, &len);
	if (e)
		goto fail;
	size_t bad = rules_parse(r, text ? text : "", len, &first_bad);
	if (bad)
		log_warn("rules", "file=%s bad_lines=%zu first=%zu kept=%zu", r->path, bad,
			first_bad, r->count);
	free(text);
	*out = r;
	return 0;
fail:
	err_set(why, e, "%s/rules: cannot be read: %s", state_directory, err_string(e));
	free(text);
	rules_free(r);
	return e;
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	free(r->entries);
	free(r->path);
	free(r);
}

/* --- changes: the file first, then the memory ------------------------------------------------ */

/* What a change takes out and puts in. */
struct change {
	const struct config_rule *rule;
	unsigned kinds; /* of the rules that go: bits 1 << kind */
	const struct rules_entry *added; /* at the end; NULL: none */
};

static bool goes(const struct change *c, const struct rules_entry *e)
{
	return c->kinds >> e->kind & 1 && rule_equal(&e->rule, c->rule);
}

static void write_entry(const struct rules_entry *e, FILE *f)
{
	char text[DNAME_TEXT_MAX + 2];
	fprintf(f, "%s %s\n", config_kind_name(e->kind), config_rule_to_text(&e->rule, text));
}

/* A set and what becomes of it. */
struct changed {
	const struct rules *rules;
	const struct change *change;
};

static void write_all(const void *arg, FILE *f)
{
	const struct rules *r = ((const struct changed *)arg)->rules;
	const struct change *c = ((const struct changed *)arg)->change;
	for (size_t i = 0; i < r->count; i++)
		if (!goes(c, &r->entries[i]))
			write_entry(&r->entries[i], f);
	if (c->added)
		write_entry(c->added, f);
}

static int save(const struct rules *r, const struct change *c, struct err *why)
{
	const struct changed changed = {.rules = r, .change = c};
	return whole_file_write(r->path, write_all, &changed, why);
}

static void apply(struct rules *r, const struct change *c)
{
	size_t kept = 0;
	for (size_t i = 0; i < r->count; i++)
		if (!goes(c, &r->entries[i]))
			r->entries[kept++] = r->entries[i];
	r->count = kept;
	if (c->added)
		r->entries[r->count++] = *c->added;
}

bool rules_has(const struct rules *r, enum list_kind kind, const struct config_rule *rule)
{
	size_t i = r->count;
	while (i && !dname_equal(&r->entries[i - 1].rule.name, &rule->name))
		i--;
	return i && r->entries[i - 1].kind == kind && rule_equal(&r->entries[i - 1].rule, rule);
}

int rules_add(struct rules *r, enum list_kind kind, const struct config_rule *rule, struct err *why)
{
	if (rules_has(r, kind, rule))
		return 0;
	struct rules_entry added = {.rule = *rule, .kind = kind};
	struct change c = {.rule = &added.rule, .kinds = ~0u, .added = &added};
	size_t gone = 0;
	for (size_t i = 0; i < r->count; i++)
		gone += goes(&c, &r->entries[i]);
	if (r->count - gone >= RULES_MAX)
		return err_set(why, CEN_ELIMIT,
			"there are %d own rules already, the most there may be", RULES_MAX);
	int e = make_room(r);
	if (e)
		return err_set(why, e, "the rule was not kept: %s", err_string(e));
	e = save(r, &c, why);
	if (!e)
		apply(r, &c);
	return e;
}

int rules_remove(
	struct rules *r, enum list_kind kind, const struct config_rule *rule, struct err *why)
{
	char text[DNAME_TEXT_MAX + 2];
	struct config_rule gone = *rule;
	struct change c = {.rule = &gone, .kinds = 1u << kind};
	size_t i = 0;
	while (i < r->count && !goes(&c, &r->entries[i]))
		i++;
	if (i == r->count)
		return err_set(why, CEN_ENOTFOUND, "there is no run-time rule \"%s %s\"",
			config_kind_name(kind), config_rule_to_text(rule, text));
	int e = save(r, &c, why);
	if (!e)
		apply(r, &c);
	return e;
}
