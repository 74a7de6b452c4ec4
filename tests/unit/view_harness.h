/* SPDX-License-Identifier: BSD-2-Clause
 * A view of real parts: configuration text, a generation built here, own rules. Include after cmocka.h.
 */
#pragma once

#include "feeds/listdb/build.h"
#include "resolver/respites.h"
#include "resolver/rules.h"
#include "resolver/view.h"
#include "tests/unit/config_text.h"
#include "tests/unit/folder.h"

/* The rules of one list, separated by blanks, in the form of config_rule_from_text. */
struct view_harness_list {
	const char *name, *rules;
};

/* A list in another format, or with rules that say more. */
struct view_harness_more {
	const char *name; /* of a list; NULL ends them */
	const char *format;
	void (*add)(struct build *b); /* NULL: none */
};

struct view_harness {
	struct folder folder;
	unsigned generations;
	struct config *config;
	struct listdb *db;
	struct rules rules; /* at run time */
	struct respites respites; /* the same */
	struct overlay *overlay; /* for the next join; the test's own */
	struct view *view;
	const struct view_harness_more *more; /* for the next join; NULL: none */
};

static inline struct config_rule view_harness_rule(const char *text, size_t len)
{
	struct config_rule r;
	if (config_rule_from_text(text, len, &r))
		fail_msg("not a rule: %.*s", (int)len, text);
	return r;
}

static inline void view_harness_add_list(
	struct build *b, const struct view_harness_list *l, const struct view_harness_more *more)
{
	struct listdb_list about = {.name = ""};
	struct err why = {""};
	while (more && more->name && strcmp(more->name, l->name) != 0)
		more++;
	bool has_more = more && more->name;
	snprintf(about.format, sizeof about.format, "%s", has_more ? more->format : "domains");
	snprintf(about.name, sizeof about.name, "%s", l->name);
	if (build_begin(b, &why))
		fail_msg("%s", why.text);
	for (const char *at = l->rules; *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		struct config_rule r = view_harness_rule(at, len);
		struct rule rule = {.is_self = r.is_self, .is_below = r.is_below};
		rule.len = (uint8_t)dname_key(&r.name, rule.key);
		if (build_add(b, &rule, &why))
			fail_msg("%s", why.text);
		at += len;
	}
	if (has_more && more->add)
		more->add(b);
	if (build_keep(b, &about, &why))
		fail_msg("%s", why.text);
}

/* Owned by the caller. */
static inline struct listdb *view_harness_build(
	struct view_harness *h, const struct view_harness_list *lists, size_t n)
{
	struct build_options options = {.folder = h->folder.path, .run_keys = 1000};
	struct build_head head = {.number = ++h->generations, .created_s = 1, .digest = 1};
	struct build *b = NULL;
	struct listdb *db = NULL;
	struct err why = {""};
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%u.mdb", h->folder.path, h->generations);
	if (build_new(&options, &b, &why))
		fail_msg("%s", why.text);
	for (size_t i = 0; i < n; i++)
		view_harness_add_list(b, &lists[i], h->more);
	if (build_write(b, path, &head, &why) || listdb_open(path, &db, &why))
		fail_msg("%s", why.text);
	build_free(b);
	return db;
}

static inline void view_harness_start(struct view_harness *h)
{
	memset(h, 0, sizeof *h);
	folder_make(&h->folder);
}

static inline void view_harness_finish(struct view_harness *h)
{
	view_free(h->view);
	listdb_close(h->db);
	config_free(h->config);
	free(h->rules.entries);
	free(h->respites.entries);
	folder_remove(&h->folder);
}

/* Lists NULL: there is no generation yet. */
static inline struct view *view_harness_join(
	struct view_harness *h, const char *config, const struct view_harness_list *lists, size_t n)
{
	struct err why = {""};
	view_free(h->view);
	listdb_close(h->db);
	config_free(h->config);
	h->view = NULL;
	h->config = parse(config);
	h->db = lists ? view_harness_build(h, lists, n) : NULL;
	struct view_parts parts = {.config = h->config,
		.db = h->db,
		.rules = &h->rules,
		.respites = &h->respites,
		.overlay = h->overlay};
	if (view_new(h->generations + 1, &parts, NULL, &h->view, &why))
		fail_msg("%s", why.text);
	return h->view;
}

/* A run-time rule, for the next join. */
static inline void view_harness_set(struct view_harness *h, const char *line)
{
	size_t first_bad = 0;
	assert_int_equal(rules_parse(&h->rules, line, strlen(line), &first_bad), 0);
}

/* A pause or an unblocked name by its line in the file, over at `until_us`, for the next join. */
static inline void view_harness_respite(struct view_harness *h, const char *line, uint64_t until_us)
{
	size_t first_bad = 0;
	assert_int_equal(respites_parse(&h->respites, line, strlen(line), &first_bad), 0);
	h->respites.entries[h->respites.count - 1].until_us = until_us;
}
