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
	size_t nodes;
	unsigned documents;
	/* The open collections, outermost first. */
	unsigned depth;
	struct {
		struct config_yaml *node;
		struct config_yaml **end; /* where the next child is linked */
		char *key; /* read in a mapping, its value not yet */
		unsigned key_line;
	} open[CONFIG_YAML_DEPTH_MAX];
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
	return err_set(r->why, CEN_EFORMAT, "%s:%zu: %s", r->name, e->start_mark.line + 1, what);
}

static int fail_memory(const struct reader *r)
{
	return err_set(r->why, -ENOMEM, "%s: memory is short", r->name);
}

/* libyaml's own words, with the place. */
static int fail_syntax(const struct reader *r, const yaml_parser_t *p)
{
	if (p->error == YAML_MEMORY_ERROR)
		return fail_memory(r);
	if (p->error == YAML_READER_ERROR)
		return err_set(r->why, CEN_EFORMAT, "%s: not YAML: %s at byte %zu (allowed: UTF-8)",
			r->name, p->problem, p->problem_offset);
	bool is_alias = p->context && strstr(p->context, "alias");
	return err_set(r->why, CEN_EFORMAT, "%s:%zu: not YAML: %s%s%s%s", r->name,
		p->problem_mark.line + 1, p->problem ? p->problem : "syntax error",
		p->context ? ", " : "", p->context ? p->context : "",
		is_alias ? " (a value that begins with * must be quoted)" : "");
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

static int add_node(struct reader *r, const yaml_event_t *e, enum config_yaml_kind kind,
	struct config_yaml **out)
{
	if (r->nodes++ == CONFIG_YAML_NODES_MAX)
		return fail(r, e, "too many values in one file (allowed: 300000)");
	struct config_yaml *n = calloc(1, sizeof *n);
	if (!n)
		return fail_memory(r);
	n->kind = kind;
	n->line = (unsigned)e->start_mark.line + 1;
	if (r->depth == 0) {
		r->root = n;
	} else {
		struct config_yaml *parent = r->open[r->depth - 1].node;
		n->key = r->open[r->depth - 1].key;
		if (n->key)
			n->line = r->open[r->depth - 1].key_line;
		r->open[r->depth - 1].key = NULL;
		*r->open[r->depth - 1].end = n;
		r->open[r->depth - 1].end = &n->next;
		parent->count++;
	}
	*out = n;
	return 0;
}

static bool wants_key(const struct reader *r)
{
	return r->depth > 0 && r->open[r->depth - 1].node->kind == CONFIG_YAML_MAPPING &&
		!r->open[r->depth - 1].key;
}

static int on_scalar(struct reader *r, const yaml_event_t *e)
{
	if (e->data.scalar.tag)
		return fail(r, e, "a tag (!word) has no meaning here");
	if (wants_key(r)) {
		r->open[r->depth - 1].key_line = (unsigned)e->start_mark.line + 1;
		return copy_text(r, e, &r->open[r->depth - 1].key);
	}
	struct config_yaml *n;
	int rc = add_node(r, e, CONFIG_YAML_SCALAR, &n);
	if (rc < 0)
		return rc;
	n->is_plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return copy_text(r, e, &n->text);
}

static int on_open(struct reader *r, const yaml_event_t *e, enum config_yaml_kind kind)
{
	if (wants_key(r))
		return fail(r, e, "a key must be a word");
	if (r->depth == CONFIG_YAML_DEPTH_MAX)
		return fail(r, e, "nested too deep (allowed: 16 levels)");
	struct config_yaml *n;
	int rc = add_node(r, e, kind, &n);
	if (rc < 0)
		return rc;
	r->open[r->depth].node = n;
	r->open[r->depth].end = &n->first;
	r->open[r->depth].key = NULL;
	r->depth++;
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
		r->depth--;
		return 0;
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
	if (rc < 0) {
		for (unsigned i = 0; i < r.depth; i++)
			free(r.open[i].key);
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
