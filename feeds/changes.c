/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/changes.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feeds/listdb/listdb_diff.h"
#include "feeds/store.h"
#include "resolver/base/log.h"

enum { WORD_MAX = DNAME_TEXT_MAX + 64, SHOWN_MAX = 200 };

struct changes {
	uint64_t added, removed;
	size_t max;
	json_t *list;
	bool is_short; /* of memory */
};

static const char *verb_word(uint8_t verb)
{
	return verb == RULE_MATCH ? "" : rule_verb_name(verb);
}

static const char *trigger_word(uint8_t trigger)
{
	static const char *const words[RULE_TRIGGERS] = {
		[RULE_NAME] = "",
		[RULE_PATTERN] = "pattern ",
		[RULE_ANSWER] = "answer ",
		[RULE_CLIENT] = "client ",
		[RULE_NS_NAME] = "server ",
		[RULE_NS_ADDRESS] = "server ",
	};
	return trigger < RULE_TRIGGERS ? words[trigger] : "";
}

static void put_name(char *text, const struct dname *name, bool is_self, bool is_below)
{
	char word[DNAME_TEXT_MAX];
	dname_to_text(name->bytes, word);
	snprintf(text, WORD_MAX, "%s%s", is_self && is_below ? "" : is_self ? "=" : "*.", word);
}

static void put_other(char *text, const struct listdb_change *c)
{
	const struct listdb_rule *r = c->rule;
	char address[ADDR_TEXT_MAX];
	if (r->trigger == RULE_PATTERN) {
		size_t len = r->text_len < SHOWN_MAX ? r->text_len : SHOWN_MAX;
		snprintf(text, WORD_MAX, "/%.*s/", (int)len, listdb_rule_text(c->of, r));
		for (char *p = text; *p; p++)
			*p = *p >= ' ' && *p < 127 ? *p : '?';
	} else {
		addr_to_text(&r->prefix.addr, address);
		bool is_v4 = addr_is_v4(&r->prefix.addr) && r->prefix.bits >= 96;
		snprintf(text, WORD_MAX, "%s/%d", address,
			is_v4 ? r->prefix.bits - 96 : r->prefix.bits);
	}
}

static bool add(void *arg, const struct listdb_change *change)
{
	struct changes *c = arg;
	uint64_t *count = change->is_added ? &c->added : &c->removed;
	++*count;
	if (c->added + c->removed > c->max)
		return true;
	char word[WORD_MAX], text[WORD_MAX + 64];
	const struct listdb_rule *r = change->rule;
	if (change->name)
		put_name(word, change->name, r ? r->flags & LISTDB_RULE_SELF : change->is_self,
			r ? r->flags & LISTDB_RULE_BELOW : change->is_below);
	else
		put_other(word, change);
	const char *verb = r ? verb_word(r->verb) : "";
	snprintf(text, sizeof text, "%c%s%s%s%s%s", change->is_added ? '+' : '-',
		r ? trigger_word(r->trigger) : "", word, *verb ? " (" : "", verb, *verb ? ")" : "");
	c->is_short = json_array_append_new(c->list, json_string(text)) || c->is_short;
	return true;
}

int changes_between(struct listdb *before, struct listdb *after, const char *list, size_t max,
	json_t **out, struct err *why)
{
	struct changes c = {.max = max, .list = json_array()};
	int rc = c.list ? listdb_diff(before, after, list, add, &c) : -ENOMEM;
	if (!rc && c.is_short)
		rc = -ENOMEM;
	if (rc) {
		json_decref(c.list);
		if (rc == CEN_ENOTFOUND)
			return err_set(why, rc, "neither generation has the list \"%.64s\"", list);
		return err_set(why, rc, "the generations cannot be compared: %s", err_string(rc));
	}
	*out = json_pack("{s:I, s:I, s:o}", "added", (json_int_t)c.added, "removed",
		(json_int_t)c.removed, "changes", c.list);
	return *out ? 0 : err_set(why, -ENOMEM, "out of memory");
}

static void path_of(const char *held, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s.diff", held);
}

static json_t *hash_text(uint64_t hash)
{
	char text[17];
	snprintf(text, sizeof text, "%016" PRIx64, hash);
	return json_string(text);
}

void changes_keep(const char *held, uint64_t hash, struct listdb *before, struct listdb *after,
	const char *list)
{
	char path[PATH_MAX];
	json_t *o = NULL;
	struct err why;
	path_of(held, path);
	int rc = changes_between(before, after, list, CHANGES_KEPT, &o, &why);
	if (!rc)
		json_object_set_new(o, "hash", hash_text(hash));
	char *text = rc ? NULL : json_dumps(o, JSON_COMPACT);
	if (!rc)
		rc = text ? store_write_file(path, text, strlen(text), &why)
			  : err_set(&why, -ENOMEM, "out of memory");
	if (rc)
		log_warn("feeds", "event=changes list=%s reason=\"%s\"", list, why.text);
	free(text);
	json_decref(o);
}

void changes_forget(const char *held)
{
	char path[PATH_MAX];
	path_of(held, path);
	unlink(path);
}

int changes_read(const char *held, uint64_t hash, json_t **out, struct err *why)
{
	char path[PATH_MAX];
	path_of(held, path);
	json_t *o = json_load_file(path, JSON_REJECT_DUPLICATES, NULL), *mine = hash_text(hash);
	bool is_good = json_equal(json_object_get(o, "hash"), mine) &&
		json_is_array(json_object_get(o, "changes")) &&
		json_is_integer(json_object_get(o, "added")) &&
		json_is_integer(json_object_get(o, "removed"));
	json_decref(mine);
	if (!is_good) {
		json_decref(o);
		return err_set(why, CEN_ENOTFOUND,
			"%s: what the held content changes is not known "
			"any more; the next update shows it again",
			path);
	}
	json_object_del(o, "hash");
	*out = o;
	return 0;
}
