/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/config_apply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/check.h"
#include "resolver/base/config_value.h"

enum { KEY_MAX = 64 };

/* The struct that is being filled: the whole configuration or one item of an array. */
struct target {
	struct config_draft *draft;
	const struct config_table *table;
	void *base;
	const char *name; /* of the array that the item is in; "" at the top */
	bool seen[CONFIG_ROWS_MAX]; /* rows given by this document */
};

static int apply_mapping(struct target *t, const char *prefix, const struct config_yaml *node);

int config_apply_fail(const struct config_draft *d, const struct config_yaml *node, const char *key,
	int code, const char *format, ...)
{
	char what[sizeof d->why->text];
	va_list ap;
	va_start(ap, format);
	vsnprintf(what, sizeof what, format, ap);
	va_end(ap);
	char line[16] = "";
	if (node && !d->is_override)
		snprintf(line, sizeof line, ":%u", node->line);
	err_set(d->why, code, "%s%s: %s%s%s", d->is_override ? "command line" : d->file, line, key,
		*key ? ": " : "", what);
	return code;
}

/* `lists` and `source` make `lists.source`. */
static const char *join(char out[static 2 * KEY_MAX], const char *a, const char *b)
{
	snprintf(out, (size_t)2 * KEY_MAX, "%s%s%s", a, *a && *b ? "." : "", b);
	return out;
}

#define FAIL(t, node, key, code, ...) \
	config_apply_fail( \
		(t)->draft, node, join((char[2 *KEY_MAX]){0}, (t)->name, key), code, __VA_ARGS__)

static int fail_allowed(const struct target *t, const struct config_row *row,
	const struct config_yaml *node, int code, const char *what)
{
	char allowed[CONFIG_VALUE_ALLOWED_MAX];
	return FAIL(t, node, row->key, code, "%s (allowed: %s)", what,
		config_value_allowed(row, allowed));
}

static bool has_word(const struct config_row *row, const char *text)
{
	for (const struct config_word *w = row->words; w && w->word; w++)
		if (!strcmp(w->word, text))
			return true;
	return false;
}

/* Reads one scalar into `to`. */
static int apply_scalar(const struct target *t, const struct config_row *row,
	const struct config_yaml *node, void *to)
{
	if (node->kind != CONFIG_YAML_SCALAR)
		return fail_allowed(t, row, node, CEN_EFORMAT,
			node->kind == CONFIG_YAML_SEQUENCE
				? "a list stands where one value is wanted"
				: "a mapping stands where one value is wanted");
	/* YAML's `null` is a good word for a key that has it. */
	if (config_yaml_is_null(node) && !has_word(row, node->text))
		return fail_allowed(t, row, node, CEN_EFORMAT, "has no value");
	const char *fault = "";
	int rc = config_value_read(row, node->text, to, &fault);
	if (rc == 0)
		return 0;
	char found[CONFIG_VALUE_QUOTED_MAX];
	char what[CONFIG_VALUE_QUOTED_MAX + 128];
	/* Sentences go to logs. */
	bool is_secret = row->type == CONFIG_SECRET;
	snprintf(what, sizeof what, "%s %s",
		is_secret ? "the secret" : config_value_quote(node->text, found), fault);
	return fail_allowed(t, row, node, rc, what);
}

static int apply_initials(struct target *t);

static int apply_item(const struct target *t, const struct config_row *row,
	const struct config_yaml *node, void *to)
{
	struct target item = {.draft = t->draft, .table = row->item, .base = to, .name = row->key};
	if (node->kind != CONFIG_YAML_MAPPING)
		return fail_allowed(t, row, node, CEN_EFORMAT, "an item is not a mapping");
	int rc = apply_initials(&item);
	if (rc == 0)
		rc = apply_mapping(&item, "", node);
	for (size_t i = 0; rc == 0 && i < row->item->count; i++)
		if (config_table_row(row->item, i)->is_required && !item.seen[i])
			rc = FAIL(&item, node, config_table_row(row->item, i)->key, CEN_EFORMAT,
				"is missing");
	const char *fault = "";
	if (rc == 0 && (rc = row->item->finish(to, node, &fault)) < 0)
		FAIL(t, node, row->key, rc, "%s", fault);
	return rc;
}

/* Fills an array from a list; a single value is a list of one. */
static int apply_array(
	const struct target *t, const struct config_row *row, const struct config_yaml *node)
{
	const struct config_yaml *child = node;
	size_t n = 1;
	if (config_yaml_is_null(node)) {
		n = 0;
	} else if (node->kind == CONFIG_YAML_SEQUENCE) {
		child = node->first;
		n = node->count;
	} else if (node->kind == CONFIG_YAML_MAPPING) {
		return fail_allowed(
			t, row, node, CEN_EFORMAT, "a mapping stands where a list is wanted");
	}
	if (n < row->count_min || n > row->count_max)
		return FAIL(t, node, row->key, CEN_ERANGE, "has %zu items (allowed: %u-%u)", n,
			row->count_min, row->count_max);
	config_value_free(row, t->base);
	size_t size = config_value_size(row);
	char *items = calloc(n ? n : 1, size);
	if (!items)
		return FAIL(t, node, row->key, -ENOMEM, "memory is short");
	/* The count grows with what is read, so that what is there can be freed after a failure. */
	for (size_t i = 0; i < n; i++, child = child->next) {
		config_value_set_array(row, t->base, items, i + 1);
		int rc = row->type == CONFIG_ITEM ? apply_item(t, row, child, items + i * size)
						  : apply_scalar(t, row, child, items + i * size);
		if (rc < 0)
			return rc;
	}
	if (n == 0) {
		free(items);
		items = NULL;
	}
	config_value_set_array(row, t->base, items, n);
	return 0;
}

static int apply_row(struct target *t, size_t i, const struct config_yaml *node)
{
	const struct config_row *row = config_table_row(t->table, i);
	if (t->seen[i])
		return FAIL(t, node, row->key, CEN_EFORMAT, "is given twice (allowed: once)");
	t->seen[i] = true;
	if (t->table == config_schema()) {
		t->draft->nodes[i] = node;
		t->draft->node_is_override[i] = t->draft->is_override;
	}
	if (row->is_array)
		return apply_array(t, row, node);
	/* Into a place of its own first: a text that fails must not be freed twice. */
	union {
		uint64_t number;
		char *text;
		struct dname name;
	} value;
	int rc = apply_scalar(t, row, node, &value);
	if (rc == 0) {
		config_value_free(row, t->base);
		memcpy((char *)t->base + row->at, &value, config_value_size(row));
	}
	return rc;
}

/* The part of the row's key that follows `prefix.`, up to the next dot. False when the row is not below. */
static bool next_part(const struct config_row *row, const char *prefix, char out[static KEY_MAX])
{
	size_t n = strlen(prefix);
	if (strncmp(row->key, prefix, n) != 0 || (n && row->key[n] != '.'))
		return false;
	const char *part = row->key + n + (n ? 1 : 0);
	snprintf(out, KEY_MAX, "%.*s", (int)strcspn(part, "."), part);
	return true;
}

/* Insertions, removals and changes of a letter between two words of less than KEY_MAX. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[KEY_MAX];
	size_t n = strlen(b);
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			unsigned step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			row[j] = change < step ? change : step;
		}
	}
	return row[n];
}

static int fail_unknown(
	const struct target *t, const char *prefix, const char *key, const struct config_yaml *node)
{
	char part[KEY_MAX], last[KEY_MAX] = "", best[KEY_MAX] = "", allowed[400] = "",
			    found[CONFIG_VALUE_QUOTED_MAX];
	unsigned best_distance = 3;
	size_t n = 0;
	for (size_t i = 0; i < t->table->count; i++) {
		if (!next_part(config_table_row(t->table, i), prefix, part) || !strcmp(part, last))
			continue;
		if (n < sizeof allowed)
			n += (size_t)snprintf(
				allowed + n, sizeof allowed - n, "%s%s", n ? ", " : "", part);
		memcpy(last, part, sizeof last);
		unsigned d = strlen(key) < KEY_MAX ? distance(key, part) : KEY_MAX;
		if (d < best_distance && d < strlen(part)) {
			best_distance = d;
			memcpy(best, part, sizeof best);
		}
	}
	config_value_quote(key, found);
	if (best[0])
		return FAIL(t, node, prefix, CEN_EFORMAT, "unknown key %s (did you mean \"%s\"?)",
			found, best);
	return FAIL(t, node, prefix, CEN_EFORMAT, "unknown key %s (allowed: %s)", found, allowed);
}

static int apply_key(
	struct target *t, const char *prefix, const char *key, const struct config_yaml *node)
{
	char path[2 * KEY_MAX], part[KEY_MAX], head[KEY_MAX];
	if (!*key || strlen(key) >= KEY_MAX)
		return fail_unknown(t, prefix, key, node);
	join(path, prefix, key);
	bool is_section = false, has_head = false;
	for (size_t i = 0; i < t->table->count; i++) {
		if (!strcmp(config_table_row(t->table, i)->key, path))
			return apply_row(t, i, node);
		is_section |= next_part(config_table_row(t->table, i), path, part);
	}
	if (is_section)
		return apply_mapping(t, path, node);
	/* Of `cache.sise` the second part is the unknown one. */
	snprintf(head, sizeof head, "%.*s", (int)strcspn(key, "."), key);
	join(path, prefix, head);
	for (size_t i = 0; i < t->table->count && *head; i++)
		has_head |= next_part(config_table_row(t->table, i), path, part);
	if (has_head && key[strlen(head)])
		return apply_key(t, path, key + strlen(head) + 1, node);
	return fail_unknown(t, prefix, *head ? head : key, node);
}

static int apply_mapping(struct target *t, const char *prefix, const struct config_yaml *node)
{
	if (config_yaml_is_null(node))
		return 0; /* a section with all its keys commented out */
	if (node->kind != CONFIG_YAML_MAPPING)
		return FAIL(t, node, prefix, CEN_EFORMAT,
			"is not a mapping (allowed: `key: value` lines)");
	for (const struct config_yaml *c = node->first; c; c = c->next) {
		/* Few are compared: a key that is unknown or known already ends the loop. */
		for (const struct config_yaml *before = node->first; before != c;
			before = before->next)
			if (!strcmp(before->key, c->key))
				return FAIL(t, c, prefix, CEN_EFORMAT,
					"the key \"%s\" is given twice (allowed: once)", c->key);
		int rc = apply_key(t, prefix, c->key, c);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Gives every row of the target its default. */
static int apply_initials(struct target *t)
{
	for (size_t i = 0; i < t->table->count; i++) {
		const struct config_row *row = config_table_row(t->table, i);
		if (!row->initial || (row->is_array && !strcmp(row->initial, "[]")))
			continue; /* zero is right */
		struct config_yaml *tree = NULL;
		struct config_yaml word = {
			.kind = CONFIG_YAML_SCALAR, .text = (char *)row->initial};
		bool is_yaml = strchr("[\"", row->initial[0]) && row->initial[0];
		int rc = is_yaml ? config_yaml_parse("default", row->initial, strlen(row->initial),
					   &tree, t->draft->why)
				 : 0;
		if (rc == 0)
			rc = apply_row(t, i, is_yaml ? tree : &word);
		config_yaml_free(tree);
		if (!CHECK(rc == 0 || rc == -ENOMEM) || rc < 0)
			return rc;
	}
	memset(t->seen, 0, sizeof t->seen);
	return 0;
}

static struct target whole(struct config_draft *d)
{
	return (struct target){.draft = d, .table = config_schema(), .base = d->config, .name = ""};
}

int config_apply_defaults(struct config_draft *d)
{
	struct target t = whole(d);
	int rc = apply_initials(&t);
	memset(d->nodes, 0, sizeof d->nodes);
	return rc;
}

int config_apply_tree(struct config_draft *d, const struct config_yaml *root)
{
	struct target t = whole(d);
	return root ? apply_mapping(&t, "", root) : 0;
}

int config_apply_key(struct config_draft *d, const char *key, const struct config_yaml *node)
{
	struct target t = whole(d);
	return apply_key(&t, "", key, node);
}
