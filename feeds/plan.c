/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void plan_copy_plain(char *to, size_t size, const char *from)
{
	size_t i = 0;
	for (; from[i] && i + 1 < size; i++)
		to[i] = from[i] >= ' ' && from[i] < 127 ? from[i] : '?';
	to[i] = 0;
}

/* JSON's integers are signed: 64 bits travel as text. */
static json_t *hex(uint64_t v)
{
	char text[17];
	snprintf(text, sizeof text, "%016" PRIx64, v);
	return json_string(text);
}

static const char *text_at(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static uint64_t hex_at(const json_t *o, const char *key)
{
	return strtoull(text_at(o, key), NULL, 16);
}

static uint64_t number_at(const json_t *o, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(o, key));
	return v > 0 ? (uint64_t)v : 0;
}

static bool is_true_at(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static json_t *held_to_json(const struct plan_held *h)
{
	return json_pack("{s:i, s:o, s:s, s:s, s:s}", "guard", (int)h->guard, "hash", hex(h->hash),
		"etag", h->tags.etag, "modified", h->tags.modified, "reason", h->reason);
}

static void held_from_json(const json_t *o, struct plan_held *h)
{
	uint64_t guard = number_at(o, "guard");
	h->guard = guard < FEEDS_GUARDS ? (enum feeds_guard)guard : FEEDS_GUARD_NONE;
	h->hash = hex_at(o, "hash");
	plan_copy_plain(h->tags.etag, sizeof h->tags.etag, text_at(o, "etag"));
	plan_copy_plain(h->tags.modified, sizeof h->tags.modified, text_at(o, "modified"));
	plan_copy_plain(h->reason, sizeof h->reason, text_at(o, "reason"));
}

static json_t *texts_to_json(char *const *texts, size_t n)
{
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_string(texts[i]));
	return a;
}

static int texts_from_json(const json_t *a, char ***to, size_t *count)
{
	size_t n = json_array_size(a);
	*to = calloc(n ? n : 1, sizeof **to);
	for (size_t i = 0; *to && i < n; i++) {
		const char *text = json_string_value(json_array_get(a, i));
		if (text && !((*to)[(*count)++] = strdup(text)))
			return -ENOMEM;
	}
	return *to ? 0 : -ENOMEM;
}

/* Takes `o`; NULL when memory is short. */
static json_t *with_guards(json_t *o, const struct plan_list *l)
{
	json_t *g = json_pack("{s:b, s:I, s:I, s:b, s:o, s:o}", "is_deny", l->is_deny, "floor",
		(json_int_t)l->floor, "max_change", (json_int_t)l->max_change_percent, "is_by_hand",
		l->is_by_hand, "accepted", hex(l->accepted), "held", held_to_json(&l->held));
	if (!o || !g || json_object_update(o, g)) {
		json_decref(o);
		o = NULL;
	}
	json_decref(g);
	return o;
}

static void guards_from_json(const json_t *o, struct plan_list *l)
{
	l->is_deny = is_true_at(o, "is_deny");
	l->floor = number_at(o, "floor");
	l->max_change_percent = (uint32_t)number_at(o, "max_change");
	l->is_by_hand = is_true_at(o, "is_by_hand");
	l->accepted = hex_at(o, "accepted");
	held_from_json(json_object_get(o, "held"), &l->held);
}

static json_t *refusal_to_json(const struct plan_refusal *r)
{
	return json_pack("{s:o, s:s, s:s, s:s}", "hash", hex(r->hash), "etag", r->tags.etag,
		"modified", r->tags.modified, "reason", r->reason);
}

static void refusal_from_json(const json_t *o, struct plan_refusal *r)
{
	r->hash = hex_at(o, "hash");
	plan_copy_plain(r->tags.etag, sizeof r->tags.etag, text_at(o, "etag"));
	plan_copy_plain(r->tags.modified, sizeof r->tags.modified, text_at(o, "modified"));
	plan_copy_plain(r->reason, sizeof r->reason, text_at(o, "reason"));
}

/* How it is fetched. */
static json_t *way_to_json(const struct plan_list *l)
{
	return json_pack("{s:b, s:s*, s:s*, s:s*, s:o}", "has_private", l->has_private, "sha256",
		l->sha256, "key", l->key, "signature", l->signature, "refusal",
		refusal_to_json(&l->refusal));
}

static int way_from_json(const json_t *o, struct plan_list *l)
{
	refusal_from_json(json_object_get(o, "refusal"), &l->refusal);
	l->has_private = is_true_at(o, "has_private");
	l->sha256 = strdup(text_at(o, "sha256"));
	l->key = strdup(text_at(o, "key"));
	l->signature = strdup(text_at(o, "signature"));
	return l->sha256 && l->key && l->signature ? 0 : -ENOMEM;
}

static json_t *list_to_json(const struct plan_list *l)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:I, s:b, s:s, s:s, s:o}", "name", l->name, "source",
		l->source, "match", (int)l->match, "format", (int)l->format, "point",
		(json_int_t)l->point, "is_due", l->is_due, "etag", l->tags.etag, "modified",
		l->tags.modified, "way", way_to_json(l));
}

static json_t *wish_to_json(const struct plan_calendar *c)
{
	return json_pack("{s:I, s:I, s:b, s:s*, s:s*}", "first", (json_int_t)c->wish.first_day,
		"last", (json_int_t)c->wish.last_day, "is_undated", c->wish.is_undated, "seeds",
		c->seeds, "popular", c->popular);
}

static int wish_from_json(const json_t *o, struct plan_calendar *c)
{
	c->seeds = strdup(text_at(o, "seeds"));
	c->popular = strdup(text_at(o, "popular"));
	c->wish = (struct calendar_list_wish){.first_day = (int64_t)number_at(o, "first"),
		.last_day = (int64_t)number_at(o, "last"),
		.is_undated = is_true_at(o, "is_undated"),
		.seeds = c->seeds,
		.popular = c->popular};
	return c->seeds && c->popular ? 0 : -ENOMEM;
}

struct json_t *plan_calendar_to_json(const struct calendar_list_facts *c)
{
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I}", "is_known", c->is_known, "first",
		(json_int_t)c->first_day, "last", (json_int_t)c->last_day, "families",
		(json_int_t)c->families, "popular", (json_int_t)c->popular, "short",
		(json_int_t)c->too_short, "protected", (json_int_t)c->protected);
}

void plan_calendar_from_json(const struct json_t *o, struct calendar_list_facts *c)
{
	*c = (struct calendar_list_facts){.is_known = is_true_at(o, "is_known"),
		.first_day = (int64_t)number_at(o, "first"),
		.last_day = (int64_t)number_at(o, "last"),
		.families = (uint32_t)number_at(o, "families"),
		.popular = number_at(o, "popular"),
		.too_short = number_at(o, "short"),
		.protected = number_at(o, "protected")};
}

static char *dump(json_t *o)
{
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return text;
}

char *plan_to_text(const struct plan *p)
{
	json_t *lists = json_array();
	for (size_t i = 0; lists && i < p->list_count; i++) {
		if (json_array_append_new(
			    lists, with_guards(list_to_json(&p->lists[i]), &p->lists[i]))) {
			json_decref(lists);
			return NULL;
		}
	}
	json_t *guards = json_pack("{s:o, s:o, s:o}", "protected",
		texts_to_json(p->protected, p->protected_count), "unprotected",
		texts_to_json(p->unprotected, p->unprotected_count), "upstreams",
		texts_to_json(p->upstreams, p->upstream_count));
	json_t *way = json_pack("{s:i, s:i, s:s*, s:s*}", "fetch_time_s", (int)p->fetch_time_s,
		"retry_wait_ms", (int)p->retry_wait_ms, "files", p->files_directory, "ca_file",
		p->ca_file);
	return dump(json_pack(
		"{s:o, s:o, s:I, s:s, s:s, s:b, s:o, s:I, s:I, s:I, s:i, s:i, s:o, s:o}",
		"calendar", wish_to_json(&p->calendar), "way", way, "parent", (json_int_t)p->parent,
		"state", p->state_directory, "cache", p->cache_directory, "has_generation",
		p->has_generation, "digest", hex(p->digest), "max_bytes", (json_int_t)p->max_bytes,
		"max_rules", (json_int_t)p->max_rules, "memory", (json_int_t)p->memory_bytes,
		"time_s", (int)p->time_s, "junk_percent", (int)p->junk_percent, "lists", lists,
		"guards", guards));
}

static json_t *result_to_json(const struct plan_result *r)
{
	return json_pack("{s:o, s:o, s:o, s:i, s:s, s:i, s:s, s:s, s:b, s:b, s:b, s:s, s:s}",
		"calendar", plan_calendar_to_json(&r->calendar), "refusal",
		refusal_to_json(&r->refusal), "held", held_to_json(&r->held), "patience_s",
		(int)r->patience_s, "name", r->name, "state", (int)r->state, "reason", r->reason,
		"format", r->format, "is_asked", r->is_asked, "is_fetched", r->is_fetched,
		"is_changed", r->is_changed, "etag", r->tags.etag, "modified", r->tags.modified);
}

char *plan_report_to_text(const struct plan_report *r)
{
	json_t *results = json_array();
	for (size_t i = 0; results && i < r->result_count; i++) {
		if (json_array_append_new(results, result_to_json(&r->results[i]))) {
			json_decref(results);
			return NULL;
		}
	}
	return dump(json_pack("{s:I, s:s, s:o, s:b, s:I}", "generation", (json_int_t)r->generation,
		"error", r->error, "lists", results, "has_skew", r->has_skew, "skew",
		(json_int_t)r->skew_s));
}

static json_t *load(const char *text, size_t len, struct err *why)
{
	json_error_t e;
	json_t *o = len <= PLAN_TEXT_MAX ? json_loadb(text, len, JSON_REJECT_DUPLICATES, &e) : NULL;
	if (!json_is_object(o)) {
		json_decref(o);
		err_set(why, CEN_EFORMAT,
			"the builder and its daemon do not understand each other");
		return NULL;
	}
	return o;
}

static int list_from_json(const json_t *o, struct plan_list *l)
{
	l->name = strdup(text_at(o, "name"));
	l->source = strdup(text_at(o, "source"));
	l->match = (enum list_match)number_at(o, "match");
	l->format = (enum list_format)number_at(o, "format");
	l->point = number_at(o, "point");
	l->is_due = is_true_at(o, "is_due");
	guards_from_json(o, l);
	plan_copy_plain(l->tags.etag, sizeof l->tags.etag, text_at(o, "etag"));
	plan_copy_plain(l->tags.modified, sizeof l->tags.modified, text_at(o, "modified"));
	int rc = way_from_json(json_object_get(o, "way"), l);
	return rc || !l->name || !l->source ? -ENOMEM : 0;
}

int plan_from_text(const char *text, size_t len, struct plan *out, struct err *why)
{
	json_t *o = load(text, len, why);
	if (!o)
		return CEN_EFORMAT;
	const json_t *lists = json_object_get(o, "lists");
	const json_t *guards = json_object_get(o, "guards"), *way = json_object_get(o, "way");
	struct plan p = {
		.parent = (int64_t)number_at(o, "parent"),
		.state_directory = strdup(text_at(o, "state")),
		.cache_directory = strdup(text_at(o, "cache")),
		.has_generation = is_true_at(o, "has_generation"),
		.digest = hex_at(o, "digest"),
		.max_bytes = number_at(o, "max_bytes"),
		.max_rules = number_at(o, "max_rules"),
		.memory_bytes = number_at(o, "memory"),
		.time_s = (uint32_t)number_at(o, "time_s"),
		.junk_percent = (uint32_t)number_at(o, "junk_percent"),
		.fetch_time_s = (uint32_t)number_at(way, "fetch_time_s"),
		.retry_wait_ms = (uint32_t)number_at(way, "retry_wait_ms"),
		.files_directory = strdup(text_at(way, "files")),
		.ca_file = strdup(text_at(way, "ca_file")),
		.list_count = json_array_size(lists),
	};
	p.lists = calloc(p.list_count ? p.list_count : 1, sizeof *p.lists);
	bool is_whole =
		p.state_directory && p.cache_directory && p.files_directory && p.ca_file && p.lists;
	int rc = is_whole ? wish_from_json(json_object_get(o, "calendar"), &p.calendar) : -ENOMEM;
	if (!rc)
		rc = texts_from_json(
			json_object_get(guards, "protected"), &p.protected, &p.protected_count);
	if (!rc)
		rc = texts_from_json(json_object_get(guards, "unprotected"), &p.unprotected,
			&p.unprotected_count);
	if (!rc)
		rc = texts_from_json(
			json_object_get(guards, "upstreams"), &p.upstreams, &p.upstream_count);
	for (size_t i = 0; !rc && i < p.list_count; i++)
		rc = list_from_json(json_array_get(lists, i), &p.lists[i]);
	json_decref(o);
	if (rc) {
		plan_free(&p);
		return err_set(why, rc, "builder: out of memory");
	}
	*out = p;
	return 0;
}

static void result_from_json(const json_t *o, struct plan_result *r)
{
	plan_copy_plain(r->name, sizeof r->name, text_at(o, "name"));
	plan_copy_plain(r->reason, sizeof r->reason, text_at(o, "reason"));
	plan_copy_plain(r->format, sizeof r->format, text_at(o, "format"));
	plan_copy_plain(r->tags.etag, sizeof r->tags.etag, text_at(o, "etag"));
	plan_copy_plain(r->tags.modified, sizeof r->tags.modified, text_at(o, "modified"));
	uint64_t state = number_at(o, "state");
	r->state = state < FEEDS_STATES ? (enum feeds_state)state : FEEDS_NEVER;
	held_from_json(json_object_get(o, "held"), &r->held);
	r->is_asked = is_true_at(o, "is_asked");
	r->is_fetched = is_true_at(o, "is_fetched");
	r->is_changed = is_true_at(o, "is_changed");
	refusal_from_json(json_object_get(o, "refusal"), &r->refusal);
	r->patience_s = (uint32_t)number_at(o, "patience_s");
	plan_calendar_from_json(json_object_get(o, "calendar"), &r->calendar);
}

int plan_report_from_text(const char *text, size_t len, struct plan_report *out, struct err *why)
{
	json_t *o = load(text, len, why);
	if (!o)
		return CEN_EFORMAT;
	const json_t *lists = json_object_get(o, "lists");
	struct plan_report r = {
		.generation = number_at(o, "generation"),
		.result_count = json_array_size(lists),
		.has_skew = is_true_at(o, "has_skew"),
		.skew_s = (int64_t)json_integer_value(json_object_get(o, "skew")),
	};
	plan_copy_plain(r.error, sizeof r.error, text_at(o, "error"));
	r.results = calloc(r.result_count ? r.result_count : 1, sizeof *r.results);
	for (size_t i = 0; r.results && i < r.result_count; i++)
		result_from_json(json_array_get(lists, i), &r.results[i]);
	json_decref(o);
	if (!r.results)
		return err_set(why, -ENOMEM, "feeds: out of memory");
	*out = r;
	return 0;
}

int plan_copy_texts(char ***to, size_t *count, char *const *from, size_t n)
{
	*to = calloc(n ? n : 1, sizeof **to);
	for (*count = 0; *to && *count < n; ++*count)
		if (!((*to)[*count] = strdup(from[*count])))
			return -ENOMEM;
	return *to ? 0 : -ENOMEM;
}

static void free_texts(char **texts, size_t n)
{
	for (size_t i = 0; texts && i < n; i++)
		free(texts[i]);
	free(texts);
}

void plan_free(struct plan *p)
{
	free_texts(p->protected, p->protected_count);
	free_texts(p->unprotected, p->unprotected_count);
	free_texts(p->upstreams, p->upstream_count);
	for (size_t i = 0; p->lists && i < p->list_count; i++) {
		free(p->lists[i].name);
		free(p->lists[i].source);
		free(p->lists[i].sha256);
		free(p->lists[i].key);
		free(p->lists[i].signature);
	}
	for (size_t i = 0; p->files && i < p->list_count; i++) {
		if (p->files[i].source >= 0)
			close(p->files[i].source);
		if (p->files[i].signature >= 0)
			close(p->files[i].signature);
	}
	free(p->files);
	free(p->calendar.seeds);
	free(p->calendar.popular);
	free(p->files_directory);
	free(p->ca_file);
	free(p->lists);
	free(p->state_directory);
	free(p->cache_directory);
	*p = (struct plan){0};
}

void plan_report_free(struct plan_report *r)
{
	free(r->results);
	*r = (struct plan_report){0};
}
