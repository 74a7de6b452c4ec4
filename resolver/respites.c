/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/respites.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/base/whole_file.h"

/* What we write ourselves can be read again. */
enum {
	LINE_MAX_BYTES = DNAME_TEXT_MAX + CONFIG_NAME_MAX + 80,
	FILE_MAX_BYTES = RESPITE_KINDS * RESPITES_MAX * LINE_MAX_BYTES,
	JUMP_S = 2, /* less than that is rounding and the work of a time service */
};

static const char *const kinds[] = {[RESPITE_PAUSE] = "pause", [RESPITE_UNBLOCK] = "unblock"};
static const char *const scopes[] = {
	[RESPITE_ALL] = "all", [RESPITE_GROUP] = "group", [RESPITE_CLIENT] = "client"};

/* Are both for the same? Then only one of them is in force. */
static bool is_same(const struct respite *a, const struct respite *b)
{
	if (a->kind != b->kind || a->scope != b->scope ||
		(a->scope == RESPITE_GROUP && strcmp(a->group, b->group) != 0) ||
		(a->scope == RESPITE_CLIENT && !addr_equal(&a->client, &b->client)))
		return false;
	return a->kind == RESPITE_PAUSE ||
		(a->rule.is_self == b->rule.is_self && a->rule.is_below == b->rule.is_below &&
			dname_equal(&a->rule.name, &b->rule.name));
}

static struct respite *find(const struct respites *r, const struct respite *wanted)
{
	for (size_t i = 0; i < r->count; i++)
		if (is_same(&r->entries[i], wanted))
			return &r->entries[i];
	return NULL;
}

static size_t count_of(const struct respites *r, enum respite_kind kind)
{
	size_t n = 0;
	for (size_t i = 0; i < r->count; i++)
		n += r->entries[i].kind == kind;
	return n;
}

/* For one more. */
static int make_room(struct respites *r)
{
	if (r->count < r->room)
		return 0;
	size_t room = r->room ? r->room * 2 : 16;
	struct respite *bigger = realloc(r->entries, room * sizeof *bigger);
	if (!bigger)
		return -ENOMEM;
	r->entries = bigger;
	r->room = room;
	return 0;
}

/* --- the file's text -------------------------------------------------------------------------- */

/* What is left of a line. */
struct rest {
	const char *at, *end;
};

/* The next word, up to one blank or the end. False: there is none, or it is longer than `size` allows. */
static bool take_word(struct rest *r, char *out, size_t size)
{
	const char *blank = memchr(r->at, ' ', (size_t)(r->end - r->at));
	size_t n = (size_t)((blank ? blank : r->end) - r->at);
	if (!n || n >= size || memchr(r->at, 0, n))
		return false;
	memcpy(out, r->at, n);
	out[n] = 0;
	r->at += n + (blank != NULL);
	return true;
}

static bool take_one_of(struct rest *r, const char *const *words, int count, int *out)
{
	char word[16];
	if (!take_word(r, word, sizeof word))
		return false;
	for (*out = 0; *out < count; ++*out)
		if (!strcmp(word, words[*out]))
			return true;
	return false;
}

static bool take_seconds(struct rest *r, uint64_t *out)
{
	char word[16];
	if (!take_word(r, word, sizeof word) || word[strspn(word, "0123456789")])
		return false;
	*out = strtoull(word, NULL, 10);
	return true;
}

static bool take_whom(struct rest *r, struct respite *e)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
	char text[ADDR_TEXT_MAX];
	switch (e->scope) {
	case RESPITE_GROUP:
		return take_word(r, e->group, sizeof e->group) &&
			!e->group[strspn(e->group, letters)];
	case RESPITE_CLIENT:
		return take_word(r, text, sizeof text) && !addr_from_text(text, &e->client);
	default:
		return true;
	}
}

static bool has_good_times(const struct respite *e)
{
	if (!e->until_s)
		return e->kind == RESPITE_PAUSE;
	uint64_t max_s = e->kind == RESPITE_PAUSE ? RESPITE_PAUSE_MAX_S : RESPITE_UNBLOCK_MAX_S;
	return e->since_s < e->until_s && e->until_s - e->since_s <= max_s;
}

/* KIND SINCE UNTIL all|group NAME|client ADDRESS [RULE] */
static bool parse_line(void *arg, const char *line, size_t len)
{
	struct respites *r = arg;
	struct rest rest = {line, line + len};
	struct respite e = {0};
	int kind, scope;
	if (!len)
		return true;
	if (line[len - 1] == ' ' || !take_one_of(&rest, kinds, RESPITE_KINDS, &kind) ||
		!take_seconds(&rest, &e.since_s) || !take_seconds(&rest, &e.until_s) ||
		!take_one_of(&rest, scopes, RESPITE_CLIENT + 1, &scope))
		return false;
	e.kind = (enum respite_kind)kind;
	e.scope = (enum respite_scope)scope;
	if (!take_whom(&rest, &e) || !has_good_times(&e))
		return false;
	size_t left = (size_t)(rest.end - rest.at);
	if (e.kind == RESPITE_PAUSE ? left != 0
				    : config_rule_from_text(rest.at, left, &e.rule) ||
				config_rule_guard(LIST_ALLOW, &e.rule))
		return false;
	if (find(r, &e) || count_of(r, e.kind) >= RESPITES_MAX || make_room(r))
		return false;
	r->entries[r->count++] = e;
	return true;
}

size_t respites_parse(struct respites *r, const char *text, size_t len, size_t *first_bad)
{
	return whole_file_lines(text, len, parse_line, r, first_bad);
}

void respites_write_line(const struct respite *e, FILE *f)
{
	char text[DNAME_TEXT_MAX + 2];
	fprintf(f, "%s %" PRIu64 " %" PRIu64 " %s", kinds[e->kind], e->since_s, e->until_s,
		scopes[e->scope]);
	if (e->scope == RESPITE_GROUP)
		fprintf(f, " %s", e->group);
	if (e->scope == RESPITE_CLIENT)
		fprintf(f, " %s", addr_to_text(&e->client, text));
	if (e->kind == RESPITE_UNBLOCK)
		fprintf(f, " %s", config_rule_to_text(&e->rule, text));
	fputc('\n', f);
}

/* What a change takes out and puts in. */
struct change {
	const struct respites *of;
	const struct respite *gone; /* NULL: none */
	const struct respite *added; /* at the end; NULL: none */
};

static void write_all(const void *arg, FILE *f)
{
	const struct change *c = arg;
	for (size_t i = 0; i < c->of->count; i++)
		if (&c->of->entries[i] != c->gone)
			respites_write_line(&c->of->entries[i], f);
	if (c->added)
		respites_write_line(c->added, f);
}

/* What is over must not come back from the file, should the clock be set back before the next start. */
static void keep(const struct respites *r)
{
	struct err why;
	const struct change c = {.of = r};
	if (whole_file_write(r->path, write_all, &c, &why))
		log_warn("respites", "event=not_kept reason=\"%s\"", why.text);
}

/* --- life ------------------------------------------------------------------------------------- */

/* Those that the wall clock does not take for over get their monotonic end. Returns how many are over. */
static size_t begin_again(struct respites *r)
{
	uint64_t now_us = clock_us(), wall_ms = clock_wall_ms();
	size_t kept = 0;
	for (size_t i = 0; i < r->count; i++) {
		struct respite *e = &r->entries[i];
		uint64_t until_ms = e->until_s * 1000;
		if (e->until_s && (wall_ms < e->since_s * 1000 || wall_ms >= until_ms))
			continue;
		e->until_us = e->until_s ? now_us + (until_ms - wall_ms) * 1000 : UINT64_MAX;
		r->entries[kept++] = *e;
	}
	size_t gone = r->count - kept;
	if (gone)
		log_info("respites", "event=over_meanwhile count=%zu", gone);
	r->count = kept;
	return gone;
}

static void set_aside(const struct respites *r, size_t bad, size_t first_bad, int e)
{
	int failure = whole_file_set_aside(r->path);
	log_warn("respites",
		"event=damaged file=%s bad_lines=%zu first=%zu kept=%zu reason=\"%s\" "
		"set_aside=\"%s\"",
		r->path, bad, first_bad, r->count, e ? err_string(e) : "lines that are none",
		failure ? err_string(failure) : ".damaged");
}

int respites_load(const char *state_directory, struct respites **out, struct err *why)
{
	struct respites *r = calloc(1, sizeof *r);
	char *text = NULL;
	size_t len = 0, first_bad = 0;
	if (!r || asprintf(&r->path, "%s/respites", state_directory) < 0) {
		free(r);
		return err_set(why, -ENOMEM, "out of memory while starting");
	}
	int e = whole_file_read(r->path, FILE_MAX_BYTES, &text, &len);
	size_t bad = e ? 0 : respites_parse(r, text ? text : "", len, &first_bad);
	free(text);
	if (e || bad)
		set_aside(r, bad, first_bad, e);
	if (begin_again(r) || e || bad)
		keep(r);
	*out = r;
	return 0;
}

void respites_free(struct respites *r)
{
	if (!r)
		return;
	respites_tidy(r);
	free(r->entries);
	free(r->path);
	free(r);
}

/* --- changes: the file first, then the memory ------------------------------------------------ */

static int change(
	struct respites *r, struct respite *gone, const struct respite *added, struct err *why)
{
	const struct change c = {.of = r, .gone = gone, .added = added};
	int e = whole_file_write(r->path, write_all, &c, why);
	if (e)
		return e;
	if (gone) {
		size_t behind = (size_t)(r->entries + r->count - (gone + 1));
		memmove(gone, gone + 1, behind * sizeof *gone);
		r->count--;
	}
	if (added)
		r->entries[r->count++] = *added;
	return 0;
}

int respites_put(
	struct respites *r, const struct respite *wanted, uint64_t seconds, struct err *why)
{
	struct respite added = *wanted;
	uint64_t max_s = added.kind == RESPITE_PAUSE ? RESPITE_PAUSE_MAX_S : RESPITE_UNBLOCK_MAX_S;
	if (seconds > max_s || (!seconds && added.kind == RESPITE_UNBLOCK))
		return err_set(why, CEN_ERANGE, "it lasts from 1 second to %" PRIu64 " days",
			max_s / 86400);
	added.since_s = clock_wall_s();
	added.until_s = seconds ? added.since_s + seconds : 0;
	added.until_us = seconds ? clock_us() + seconds * 1000000 : UINT64_MAX;
	respites_tidy(r);
	struct respite *gone = find(r, &added);
	if (!gone && count_of(r, added.kind) >= RESPITES_MAX)
		return err_set(why, CEN_ELIMIT,
			"there are %d of them already, the most there may be", RESPITES_MAX);
	/* `wanted` and `gone` may be in the room that moves. */
	size_t at = gone ? (size_t)(gone - r->entries) : 0;
	int e = make_room(r);
	if (e)
		return err_set(why, e, "the change was not kept: %s", err_string(e));
	return change(r, gone ? &r->entries[at] : NULL, &added, why);
}

int respites_remove(struct respites *r, const struct respite *gone, struct err *why)
{
	respites_tidy(r);
	struct respite *found = find(r, gone);
	if (!found)
		return err_set(why, CEN_ENOTFOUND, "there is none that could be ended");
	return change(r, found, NULL, why);
}

size_t respites_in_force(const struct respites *r, enum respite_kind kind)
{
	uint64_t now_us = clock_us();
	size_t n = 0;
	for (size_t i = 0; i < r->count; i++)
		n += r->entries[i].kind == kind && !respite_is_over(&r->entries[i], now_us);
	return n;
}

/* After a jump of the wall clock: what is left is left. */
static bool set_right(struct respite *e, uint64_t now_us, uint64_t wall_ms)
{
	if (!e->until_s)
		return false;
	uint64_t until_s = (wall_ms + (e->until_us - now_us) / 1000) / 1000;
	uint64_t off_s = until_s > e->until_s ? until_s - e->until_s : e->until_s - until_s;
	if (off_s < JUMP_S)
		return false;
	uint64_t length_s = e->until_s - e->since_s;
	e->since_s = until_s > length_s ? until_s - length_s : 0;
	e->until_s = until_s;
	return true;
}

size_t respites_tidy(struct respites *r)
{
	uint64_t now_us = clock_us(), wall_ms = clock_wall_ms();
	size_t kept = 0, gone;
	bool is_changed = false;
	for (size_t i = 0; i < r->count; i++) {
		struct respite *e = &r->entries[i];
		if (respite_is_over(e, now_us))
			continue;
		is_changed |= set_right(e, now_us, wall_ms);
		r->entries[kept++] = *e;
	}
	gone = r->count - kept;
	r->count = kept;
	if (gone || is_changed)
		keep(r);
	return gone;
}
