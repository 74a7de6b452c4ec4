/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/config_yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
	const char *name;
	struct err *why;
	struct config_yaml *root;
	struct config_yaml *open; /* the innermost collection that is not at its end */
	unsigned depth; /* of `open` */
	char *key; /* of the next value in `open` */
	unsigned key_line;
	size_t nodes;
	unsigned documents;
};

void config_yaml_free(struct config_yaml *node)
{
	while (node) {
		struct config_yaml *next = node->next;
		config_yaml_free(node->first);
		free(node->text);
		free(node->key);
		free(node);
		node = next;
	}
}

static int fail(const struct reader *r, const yaml_event_t *e, const char *what)
{
	err_set(r->why, CEN_EFORMAT, "%s:%zu: %s", r->name, e->start_mark.line + 1, what);
	return CEN_EFORMAT;
}

static int fail_memory(const struct reader *r)
{
	err_set(r->why, -ENOMEM, "%s: memory is short", r->name);
	return -ENOMEM;
}

/* libyaml's own words, with the place. */
static int fail_syntax(const struct reader *r, const yaml_parser_t *p)
{
	if (p->error == YAML_MEMORY_ERROR)
		return fail_memory(r);
	if (p->error == YAML_READER_ERROR)
		return err_set(r->why, CEN_EFORMAT, "%s: not YAML: %s at byte %zu (allowed: UTF-8)",
			r->name, p->problem, p->problem_offset);
	bool is_unquoted =
		p->context && (strstr(p->context, "alias") || strstr(p->context, "flow node"));
	return err_set(r->why, CEN_EFORMAT, "%s:%zu: not YAML: %s%s%s%s", r->name,
		p->problem_mark.line + 1, p->problem ? p->problem : "syntax error",
		p->context ? ", " : "", p->context ? p->context : "",
		is_unquoted ? " (a value that begins with * or : must be quoted)" : "");
}

/* A copy of a scalar, or NULL with a sentence. */
static int copy_text(const struct reader *r, const yaml_event_t *e, char **out)
{
	size_t n = e->data.scalar.length;
	if (memchr(e->data.scalar.value, 0, n))
		return fail(r, e, "a value holds a zero octet, which none may");
	*out = malloc(n + 1);
	if (!*out)
		return fail_memory(r);
	memcpy(*out, e->data.scalar.value, n);
	(*out)[n] = 0;
	return 0;
}

/* Makes a node and links it to its parent. NULL with a sentence when it cannot. */
static struct config_yaml *add_node(
	struct reader *r, const yaml_event_t *e, enum config_yaml_kind kind, int *rc)
{
	struct config_yaml *n = calloc(1, sizeof *n), *parent = r->open;
	if (!n || r->nodes++ == CONFIG_YAML_NODES_MAX) {
		*rc = n ? fail(r, e, "too many values in one file (allowed: 300000)")
			: fail_memory(r);
		free(n);
		return NULL;
	}
	n->kind = kind;
	n->line = r->key ? r->key_line : (unsigned)e->start_mark.line + 1;
	n->key = r->key;
	r->key = NULL;
	n->parent = parent;
	if (!parent) {
		config_yaml_free(r->root); /* none: a document has one root */
		r->root = n;
		return n;
	}
	*(parent->last ? &parent->last->next : &parent->first) = n;
	parent->last = n;
	parent->count++;
	return n;
}

static bool wants_key(const struct reader *r)
{
	return r->open && r->open->kind == CONFIG_YAML_MAPPING && !r->key;
}

static int on_scalar(struct reader *r, const yaml_event_t *e)
{
	int rc = 0;
	if (e->data.scalar.tag)
		return fail(r, e, "a tag (!word) has no meaning here");
	if (wants_key(r)) {
		r->key_line = (unsigned)e->start_mark.line + 1;
		return copy_text(r, e, &r->key);
	}
	struct config_yaml *n = add_node(r, e, CONFIG_YAML_SCALAR, &rc);
	if (!n)
		return rc;
	n->is_plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return copy_text(r, e, &n->text);
}

static int on_open(struct reader *r, const yaml_event_t *e, enum config_yaml_kind kind)
{
	int rc = 0;
	if (wants_key(r))
		return fail(r, e, "a key must be a word");
	if (r->depth == CONFIG_YAML_DEPTH_MAX)
		return fail(r, e, "nested too deep (allowed: 16 levels)");
	struct config_yaml *n = add_node(r, e, kind, &rc);
	if (!n)
		return rc;
	r->open = n;
	r->depth++;
	return 0;
}

static int on_close(struct reader *r)
{
	if (!r->open)
		return err_set(
			r->why, CEN_ELIB, "%s: libyaml closes what it did not open", r->name);
	r->open = r->open->parent;
	r->depth--;
	return 0;
}

static int on_event(struct reader *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return r->documents++ ? fail(r, e, "a second document (---) begins; allowed is one")
				      : 0;
	case YAML_ALIAS_EVENT:
		return fail(r, e,
			"an alias (*word) is not taken; text that begins with * must be quoted");
	case YAML_SCALAR_EVENT:
		return on_scalar(r, e);
	case YAML_SEQUENCE_START_EVENT:
		return e->data.sequence_start.tag ? fail(r, e, "a tag (!word) has no meaning here")
						  : on_open(r, e, CONFIG_YAML_SEQUENCE);
	case YAML_MAPPING_START_EVENT:
		return e->data.mapping_start.tag ? fail(r, e, "a tag (!word) has no meaning here")
						 : on_open(r, e, CONFIG_YAML_MAPPING);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_close(r);
	default:
		return 0;
	}
}

static int read_events(struct reader *r, yaml_parser_t *p)
{
	for (;;) {
		yaml_event_t e;
		if (!yaml_parser_parse(p, &e))
			return fail_syntax(r, p);
		bool is_end = e.type == YAML_STREAM_END_EVENT;
		int rc = on_event(r, &e);
		yaml_event_delete(&e);
		if (rc < 0 || is_end)
			return rc;
	}
}

int config_yaml_parse(
	const char *name, const char *text, size_t len, struct config_yaml **out, struct err *why)
{
	struct reader r = {.name = name, .why = why};
	if (len > CONFIG_YAML_BYTES_MAX)
		return err_set(why, CEN_ELIMIT, "%s: too long (allowed: 4MiB)", name);
	yaml_parser_t p;
	if (!yaml_parser_initialize(&p))
		return fail_memory(&r);
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	int rc = read_events(&r, &p);
	yaml_parser_delete(&p);
	free(r.key);
	if (rc < 0) {
		config_yaml_free(r.root);
		return rc;
	}
	*out = r.root;
	return 0;
}

bool config_yaml_is_null(const struct config_yaml *node)
{
	return node->kind == CONFIG_YAML_SCALAR && node->is_plain &&
		(!node->text[0] || !strcmp(node->text, "~") || !strcmp(node->text, "null"));
}

const struct config_yaml *config_yaml_get(const struct config_yaml *node, const char *key)
{
	const struct config_yaml *c = node ? node->first : NULL;
	while (c && (!c->key || strcmp(c->key, key) != 0))
		c = c->next;
	return c;
}

const struct config_yaml *config_yaml_item(const struct config_yaml *node, size_t i)
{
	const struct config_yaml *c = node ? node->first : NULL;
	for (; c && i; i--)
		c = c->next;
	return c;
}
