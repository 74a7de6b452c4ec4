/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/schedule.h"
#include "resolver/base/calendar_list.h"
#include "resolver/base/clock.h"
#include "resolver/base/hash.h"
#include "resolver/base/log.h"

enum { FILE_VERSION = 1, FAILS_MAX = 1000, JITTER_PARTS = 10, SOON_MS = 60000, DAY_S = 86400 };

static struct ledger_entry *find(const struct ledger *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->entries[i].status.name, name))
			return &l->entries[i];
	return NULL;
}

static struct schedule schedule_of(const struct ledger_entry *e)
{
	return (struct schedule){e->refresh_s, e->at, e->fails, e->patience_s, e->is_calendar};
}

static uint64_t wait_ms(const struct ledger_entry *e)
{
	struct schedule s = schedule_of(e);
	return schedule_jitter_ms(&s, schedule_wait_s(&s, clock_wall_s()));
}

static void schedule(struct ledger_entry *e)
{
	e->due_ms = clock_ms() + wait_ms(e);
}

/* Counted from 1970-01-01 in UTC, and 1; -1: not known. */
static int64_t day_of(const struct ledger *l, uint64_t wall_s)
{
	return l->is_day_unknown ? -1 : (int64_t)(wall_s / DAY_S) + 1;
}

static int copy_text(char **to, const char *from)
{
	free(*to);
	*to = strdup(from ? from : "");
	return *to ? 0 : -ENOMEM;
}

/* How its content is known to be the maker's. Another way: what is there was not checked so, and is fetched again. */
static int take_proof(struct ledger_entry *e, const struct config_list *c)
{
	int rc = copy_text(&e->sha256, c->sha256);
	rc = rc ? rc : copy_text(&e->key, c->key);
	rc = rc ? rc : copy_text(&e->signature, c->signature);
	if (rc)
		return rc;
	uint64_t proof = hash_bytes(e->sha256, strlen(e->sha256) + 1, 0);
	proof = hash_bytes(e->key, strlen(e->key) + 1, proof);
	proof = hash_bytes(e->signature, strlen(e->signature) + 1, proof);
	if (e->proof != proof) {
		e->proof = proof;
		e->tags = (struct plan_tags){"", ""};
		e->is_due_now = true;
	}
	return 0;
}

static void clear_entry(struct ledger_entry *e)
{
	free(e->source);
	free(e->sha256);
	free(e->key);
	free(e->signature);
	e->source = e->sha256 = e->key = e->signature = NULL;
}

static int entry_init(struct ledger_entry *e, const struct config_list *c, struct ledger *old)
{
	struct ledger_entry *known = find(old, c->name);
	if (known && !strcmp(known->source, c->source)) {
		*e = *known;
		known->source = known->sha256 = known->key = known->signature = NULL; /* moved */
		known->status.name[0] = 0;
		bool is_other_time = e->at != c->at;
		e->at = c->at;
		e->refresh_s = c->refresh_s;
		/* A shorter refresh acts now, and so does another time of day. */
		uint64_t latest_ms = clock_ms() + wait_ms(e);
		if (e->due_ms > latest_ms || is_other_time)
			e->due_ms = latest_ms;
	} else {
		e->is_due_now = true;
		e->source = strdup(c->source);
		snprintf(e->status.name, sizeof e->status.name, "%s", c->name);
	}
	e->match = c->match;
	e->format = c->format;
	e->refresh_s = c->refresh_s;
	e->is_deny = c->kind == LIST_DENY;
	e->floor = c->floor;
	e->max_change_percent = c->max_change_percent;
	e->shadow_s = c->shadow_s;
	e->at = c->at;
	e->has_private = c->has_private;
	/* What it was judged by may be another now. */
	e->refusal = (struct plan_refusal){0};
	/* The helper knows whether the files that it is made of are the same. */
	e->is_calendar = calendar_list_is(c->source);
	e->is_due_now = e->is_due_now || e->is_calendar;
	/* A transferred zone has timers of its own. */
	if (config_xfr_is(c->source)) {
		e->due_ms = UINT64_MAX;
		e->is_due_now = false;
	}
	return e->source ? take_proof(e, c) : -ENOMEM;
}

int ledger_configure(struct ledger *l, const struct config *config)
{
	struct ledger next = {.count = config->list_count};
	next.entries = calloc(next.count ? next.count : 1, sizeof *next.entries);
	int rc = next.entries ? 0 : -ENOMEM;
	for (size_t i = 0; !rc && i < next.count; i++)
		rc = entry_init(&next.entries[i], &config->lists[i], l);
	if (rc) {
		ledger_clear(&next);
		return rc;
	}
	next.is_day_unknown = l->is_day_unknown;
	memcpy(next.past, l->past, sizeof next.past);
	next.past_count = l->past_count;
	ledger_clear(l);
	*l = next;
	return 0;
}

void ledger_clear(struct ledger *l)
{
	for (size_t i = 0; l->entries && i < l->count; i++)
		clear_entry(&l->entries[i]);
	free(l->entries);
	*l = (struct ledger){0};
}

static const char *text_at(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	return s ? s : "";
}

static uint64_t number_at(const json_t *o, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(o, key));
	return v > 0 ? (uint64_t)v : 0;
}

static uint64_t hex_at(const json_t *o, const char *key)
{
	return strtoull(text_at(o, key), NULL, 16);
}

static void held_load(struct ledger_entry *e, const json_t *o)
{
	uint64_t guard = number_at(o, "guard");
	if (!guard || guard >= FEEDS_GUARDS)
		return;
	e->held.guard = (enum feeds_guard)guard;
	e->held.hash = hex_at(o, "hash");
	plan_copy_plain(e->held.tags.etag, sizeof e->held.tags.etag, text_at(o, "etag"));
	plan_copy_plain(
		e->held.tags.modified, sizeof e->held.tags.modified, text_at(o, "modified"));
	plan_copy_plain(e->held.reason, sizeof e->held.reason, text_at(o, "reason"));
	e->status.held_s = number_at(o, "since");
}

static json_t *held_to_json(const struct ledger_entry *e)
{
	char hash[17];
	snprintf(hash, sizeof hash, "%016" PRIx64, e->held.hash);
	return json_pack("{s:i, s:s, s:s, s:s, s:s, s:I}", "guard", (int)e->held.guard, "hash",
		hash, "etag", e->held.tags.etag, "modified", e->held.tags.modified, "reason",
		e->held.reason, "since", (json_int_t)e->status.held_s);
}

static void past_load(struct ledger *l, const json_t *past)
{
	size_t i;
	json_t *one;
	l->past_count = 0;
	json_array_foreach(past, i, one)
	{
		if (l->past_count < LEDGER_PAST_MAX)
			l->past[l->past_count++] = (struct ledger_past){number_at(one, "number"),
				number_at(one, "created"), number_at(one, "names")};
	}
}

static json_t *past_to_json(const struct ledger *l)
{
	json_t *a = json_array();
	for (size_t i = 0; i < l->past_count; i++)
		json_array_append_new(a,
			json_pack("{s:I, s:I, s:I}", "number", (json_int_t)l->past[i].number,
				"created", (json_int_t)l->past[i].created_s, "names",
				(json_int_t)l->past[i].names));
	return a;
}

static void entry_load(struct ledger_entry *e, const json_t *o)
{
	struct feeds_list_status *s = &e->status;
	if (strcmp(text_at(o, "source"), e->source) != 0 || hex_at(o, "proof") != e->proof)
		return;
	plan_copy_plain(e->tags.etag, sizeof e->tags.etag, text_at(o, "etag"));
	plan_copy_plain(e->tags.modified, sizeof e->tags.modified, text_at(o, "modified"));
	plan_copy_plain(s->reason, sizeof s->reason, text_at(o, "reason"));
	plan_copy_plain(s->format, sizeof s->format, text_at(o, "format"));
	uint64_t state = number_at(o, "state");
	held_load(e, json_object_get(o, "held"));
	s->state = state < FEEDS_STATES ? (enum feeds_state)state : FEEDS_NEVER;
	s->checked_s = number_at(o, "checked");
	s->changed_s = number_at(o, "changed");
	plan_calendar_from_json(json_object_get(o, "calendar"), &s->calendar);
	e->fails = number_at(o, "fails") < FAILS_MAX ? (uint32_t)number_at(o, "fails") : FAILS_MAX;
	/* Only a time in the past counts: the wall clock may have been wrong. */
	struct schedule when = schedule_of(e);
	uint64_t now_s = clock_wall_s(),
		 due_s = s->checked_s + schedule_wait_s(&when, s->checked_s);
	if (!s->checked_s || s->checked_s > now_s || due_s <= now_s)
		return;
	e->due_ms = clock_ms() + schedule_jitter_ms(&when, due_s - now_s);
	e->is_due_now = e->is_calendar;
}

void ledger_load(struct ledger *l, const char *path)
{
	json_error_t why;
	json_t *o = json_load_file(path, JSON_REJECT_DUPLICATES, &why), *one;
	size_t i;
	if (!o) {
		if (json_error_code(&why) != json_error_cannot_open_file)
			log_warn("feeds", "event=ledger file=%s reason=\"%s\"", path, why.text);
		return;
	}
	const json_t *lists =
		number_at(o, "version") == FILE_VERSION ? json_object_get(o, "lists") : NULL;
	json_array_foreach(lists, i, one)
	{
		struct ledger_entry *e = find(l, text_at(one, "name"));
		if (e)
			entry_load(e, one);
	}
	past_load(l, json_object_get(o, "generations"));
	json_decref(o);
}

static json_t *entry_to_json(const struct ledger_entry *e)
{
	const struct feeds_list_status *s = &e->status;
	char proof[17];
	snprintf(proof, sizeof proof, "%016" PRIx64, e->proof);
	return json_pack("{s:o, s:s, s:o, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:I, s:I, s:i}",
		"calendar", plan_calendar_to_json(&s->calendar), "proof", proof, "held",
		held_to_json(e), "name", s->name, "source", e->source, "etag", e->tags.etag,
		"modified", e->tags.modified, "state", (int)s->state, "reason", s->reason, "format",
		s->format, "checked", (json_int_t)s->checked_s, "changed", (json_int_t)s->changed_s,
		"fails", (int)e->fails);
}

char *ledger_to_text(const struct ledger *l)
{
	json_t *lists = json_array();
	for (size_t i = 0; i < l->count; i++)
		json_array_append_new(lists, entry_to_json(&l->entries[i]));
	json_t *o = json_pack("{s:i, s:o, s:o}", "version", FILE_VERSION, "lists", lists,
		"generations", past_to_json(l));
	char *text = o ? json_dumps(o, JSON_INDENT(1)) : NULL;
	json_decref(o);
	return text;
}

void ledger_take_generation(struct ledger *l, const struct listdb_list *lists, size_t count)
{
	for (size_t i = 0; i < l->count; i++) {
		struct feeds_list_status *s = &l->entries[i].status;
		s->rules = s->unique = s->lines = s->skipped = 0;
		l->entries[i].taken_s = 0;
	}
	for (size_t i = 0; i < count; i++) {
		const struct listdb_list *from = &lists[i];
		struct ledger_entry *e = find(l, from->name);
		if (!e)
			continue;
		e->taken_s = from->taken_s;
		e->status.rules = from->rules;
		e->status.unique = from->unique;
		e->status.lines = from->lines;
		e->status.skipped = from->skipped;
		if (!e->status.changed_s)
			e->status.changed_s = from->fetched_s;
		if (e->status.state == FEEDS_NEVER && !e->status.reason[0])
			e->status.state = FEEDS_OK;
		memcpy(e->status.format, from->format, sizeof e->status.format);
	}
}

void ledger_note_built(struct ledger *l, const struct ledger_past *built)
{
	size_t kept = l->past_count < LEDGER_PAST_MAX ? l->past_count : LEDGER_PAST_MAX - 1;
	memmove(&l->past[1], l->past, kept * sizeof *l->past);
	l->past[0] = *built;
	l->past_count = kept + 1;
}

uint64_t ledger_names_of(const struct ledger *l, uint64_t number)
{
	for (size_t i = 0; i < l->past_count; i++)
		if (l->past[i].number == number)
			return l->past[i].names;
	return 0;
}

int ledger_accept(struct ledger *l, const char *name)
{
	struct ledger_entry *e = find(l, name);
	if (!e)
		return CEN_ENOTFOUND;
	if (!e->held.guard)
		return CEN_EREFUSED;
	e->accepted = e->held.hash;
	return 0;
}

int ledger_held(const struct ledger *l, const char *name, uint64_t *hash)
{
	const struct ledger_entry *e = find(l, name);
	if (!e)
		return CEN_ENOTFOUND;
	*hash = e->held.hash;
	return e->held.guard ? 0 : CEN_EREFUSED;
}

static uint64_t shadow_left_s(const struct ledger_entry *e)
{
	struct config_list c = {.shadow_s = e->shadow_s};
	uint64_t now_s = clock_wall_s();
	if (!config_list_is_shadowed(&c, e->taken_s, now_s))
		return 0;
	uint64_t left_s = e->taken_s + e->shadow_s - now_s;
	return left_s;
}

uint64_t ledger_shadow_s(const struct ledger *l)
{
	uint64_t next_s = 0;
	for (size_t i = 0; i < l->count; i++) {
		uint64_t left_s = shadow_left_s(&l->entries[i]);
		if (left_s && (!next_s || left_s < next_s))
			next_s = left_s;
	}
	return next_s;
}

uint64_t ledger_newest_s(const struct ledger *l)
{
	uint64_t newest_s = 0;
	for (size_t i = 0; i < l->count; i++) {
		const struct feeds_list_status *s = &l->entries[i].status;
		newest_s = s->checked_s > newest_s ? s->checked_s : newest_s;
		newest_s = s->changed_s > newest_s ? s->changed_s : newest_s;
	}
	return newest_s;
}

int ledger_set_due(struct ledger *l, const char *name)
{
	struct ledger_entry *one = name ? find(l, name) : NULL;
	if (name && !one)
		return CEN_ENOTFOUND;
	for (size_t i = 0; i < l->count; i++)
		if (!one || one == &l->entries[i])
			l->entries[i].is_due_now = l->entries[i].is_by_hand = true;
	return 0;
}

uint64_t ledger_next_ms(const struct ledger *l)
{
	uint64_t next = UINT64_MAX;
	for (size_t i = 0; i < l->count; i++) {
		if (l->is_day_unknown && l->entries[i].is_calendar)
			continue;
		if (l->entries[i].is_due_now)
			return 0;
		if (l->entries[i].due_ms < next)
			next = l->entries[i].due_ms;
	}
	return next;
}

void ledger_turn_day(struct ledger *l, uint64_t now_s, bool is_known)
{
	l->is_day_unknown = !is_known;
	for (size_t i = 0; is_known && i < l->count; i++) {
		struct ledger_entry *e = &l->entries[i];
		bool is_other = e->is_calendar && e->made_day != day_of(l, now_s);
		e->is_due_now = e->is_due_now || (is_other && e->made_day && !e->fails);
	}
}

/* What is due soon is taken along: one build for both. But tomorrow is not today. */
static uint64_t soon_ms(const struct ledger_entry *e)
{
	if (e->is_calendar)
		return 0;
	uint64_t part = (uint64_t)e->refresh_s * 1000 / JITTER_PARTS;
	return part < SOON_MS ? part : SOON_MS;
}

/* While nobody knows what day it is, the calendar that is there serves on. */
static bool is_due(const struct ledger *l, const struct ledger_entry *e, uint64_t now_ms)
{
	if (l->is_day_unknown && e->is_calendar)
		return false;
	return e->is_due_now || e->due_ms <= now_ms + soon_ms(e);
}

int ledger_plan(struct ledger *l, struct plan *plan)
{
	plan->lists = calloc(l->count ? l->count : 1, sizeof *plan->lists);
	if (!plan->lists)
		return -ENOMEM;
	plan->list_count = l->count;
	uint64_t now = clock_ms();
	for (size_t i = 0; i < l->count; i++) {
		struct ledger_entry *e = &l->entries[i];
		struct plan_list *p = &plan->lists[i];
		*p = (struct plan_list){.name = strdup(e->status.name),
			.source = strdup(e->source),
			.match = e->match,
			.format = e->format,
			.is_deny = e->is_deny,
			.floor = e->floor,
			.max_change_percent = e->max_change_percent,
			.held = e->held,
			.is_by_hand = e->is_by_hand,
			.accepted = e->accepted,
			.is_due = is_due(l, e, now),
			.tags = e->tags,
			.refusal = e->refusal,
			.has_private = e->has_private,
			.sha256 = strdup(e->sha256),
			.key = strdup(e->key),
			.signature = strdup(e->signature)};
		e->planned_day = day_of(l, clock_wall_s());
		e->is_due_now = e->is_by_hand = false;
		e->accepted = 0; /* what is accepted while this round runs is the next one's */
		if (!p->name || !p->source || !p->sha256 || !p->key || !p->signature)
			return -ENOMEM;
	}
	return 0;
}

static void apply_held(struct ledger_entry *e, const struct plan_held *held)
{
	struct feeds_list_status *s = &e->status;
	if (held->guard && (held->guard != e->held.guard || held->hash != e->held.hash))
		s->held_s = clock_wall_s();
	if (!held->guard)
		s->held_s = 0;
	e->held = *held;
}

static void apply(struct ledger_entry *e, const struct plan_result *r)
{
	struct feeds_list_status *s = &e->status;
	uint64_t now_s = clock_wall_s();
	bool is_same_held = r->held.guard == e->held.guard && r->held.hash == e->held.hash;
	e->tags = r->tags;
	e->refusal = r->refusal;
	e->patience_s = r->patience_s;
	apply_held(e, &r->held);
	if (r->calendar.is_known)
		s->calendar = r->calendar;
	if (r->is_asked && r->is_fetched)
		e->made_day = e->planned_day;
	if (r->is_changed)
		s->changed_s = now_s;
	if (!r->is_asked && !r->is_changed && is_same_held &&
		(r->state == FEEDS_OK || r->state == FEEDS_HELD)) {
		if (s->state == FEEDS_NEVER)
			s->state = r->state;
		return; /* what was found when it was asked last still stands */
	}
	if (r->state != s->state || strcmp(r->reason, s->reason) != 0) {
		if (r->state == FEEDS_OK)
			log_info("feeds", "event=state list=%s state=ok", s->name);
		else
			log_warn("feeds", "event=state list=%s state=%s reason=\"%s\"", s->name,
				feeds_state_name(r->state), r->reason);
	}
	s->state = r->state;
	memcpy(s->reason, r->reason, sizeof s->reason);
	if (!r->is_asked)
		return;
	s->checked_s = now_s;
	/* What is held is the operator's to decide: no reason to ask the source sooner. */
	bool is_good = r->is_fetched && (r->state == FEEDS_OK || r->state == FEEDS_HELD);
	e->fails = is_good ? 0 : e->fails < FAILS_MAX ? e->fails + 1 : FAILS_MAX;
	schedule(e);
}

void ledger_apply(struct ledger *l, const struct plan_report *report)
{
	for (size_t i = 0; i < report->result_count; i++) {
		struct ledger_entry *e = find(l, report->results[i].name);
		if (e)
			apply(e, &report->results[i]);
	}
}

void ledger_apply_failure(struct ledger *l, const struct plan *plan, const char *reason)
{
	for (size_t i = 0; i < plan->list_count; i++) {
		struct ledger_entry *e = find(l, plan->lists[i].name);
		if (!e || !plan->lists[i].is_due)
			continue;
		struct plan_result r = {
			.state = e->status.state == FEEDS_NEVER ? FEEDS_NEVER : FEEDS_STALE,
			.is_asked = true,
			.tags = e->tags,
			.held = e->held,
			.refusal = e->refusal,
		};
		plan_copy_plain(r.reason, sizeof r.reason, reason);
		apply(e, &r);
	}
}

void ledger_postpone(struct ledger *l)
{
	uint64_t now = clock_ms();
	for (size_t i = 0; i < l->count; i++)
		if (l->entries[i].due_ms <= now)
			l->entries[i].due_ms = now +
				wait_ms(&(struct ledger_entry){
					.refresh_s = SCHEDULE_RETRY_S, .fails = 1});
}

void ledger_progress(struct ledger *l, const char *name, enum feeds_step step, uint64_t bytes,
	uint64_t total_bytes)
{
	for (size_t i = 0; i < l->count; i++) {
		struct feeds_list_status *s = &l->entries[i].status;
		if (name && strcmp(s->name, name) != 0)
			continue;
		s->step = step;
		s->bytes = bytes;
		s->total_bytes = total_bytes;
	}
}

void ledger_status(const struct ledger *l, size_t i, struct feeds_list_status *out)
{
	const struct ledger_entry *e = &l->entries[i];
	uint64_t now_ms = clock_ms();
	*out = e->status;
	out->guard = e->held.guard;
	memcpy(out->held_reason, e->held.reason, sizeof out->held_reason);
	out->shadow_s = shadow_left_s(e);
	out->next_s = clock_wall_s() + (e->due_ms > now_ms ? (e->due_ms - now_ms + 999) / 1000 : 0);
}
