/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The path without its network: the same judgements (policy_judge, dga_score, suspects), in the same order, on what was recorded.
 */
#include "resolver/replay/replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dga/calendar.h"
#include "dga/dga.h"
#include "dga/label.h"
#include "resolver/base/hash.h"
#include "resolver/base/wire.h"
#include "resolver/classify.h"
#include "resolver/evidence/suspects.h"
#include "resolver/policy.h"

enum {
	CALENDAR_SLOTS = 1 << 20,
	CALENDAR_NAMES_MAX = CALENDAR_SLOTS / 2,
	MINUTE_MS = 60000,
	DAY_MS = 86400000
};

/* A name of the calendar by its hash. */
struct calendar_slot {
	uint64_t hash; /* 0: free */
	const char *family; /* static */
};

struct replay {
	const struct view *view;
	struct engine_options options;
	struct engine *engine;
	struct suspects *suspects;
	size_t case_count; /* when they were made */
	uint64_t suspects_ms; /* the record's clock then */
	struct policy_work work;
	struct calendar_slot *calendar; /* of the days around the record's */
	size_t calendar_count;
	int64_t calendar_day;
	struct replay_name *names;
	size_t name_count;
	struct replay_result result;
};

int replay_new(const struct view *v, const struct engine_options *options, struct replay **out,
	struct err *why)
{
	struct replay *r = calloc(1, sizeof *r);
	if (!r)
		return err_set(why, -ENOMEM, "memory is short");
	r->view = v;
	r->options = *options;
	r->calendar_day = -1;
	r->calendar = calloc(CALENDAR_SLOTS, sizeof *r->calendar);
	r->names = calloc(2 * (size_t)REPLAY_NAMES_MAX, sizeof *r->names);
	int code = 0;
	if (!r->calendar || !r->names || policy_work_init(&r->work))
		code = err_set(why, -ENOMEM, "memory is short");
	if (!code)
		code = engine_new(options, &r->engine, why);
	if (!code &&
		engine_except(
			r->engine, v->config->evidence_except, v->config->evidence_except_count))
		code = err_set(why, -ENOMEM, "memory is short");
	if (code)
		replay_free(r);
	else
		*out = r;
	return code;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	policy_work_clear(&r->work);
	engine_free(r->engine);
	free(r->suspects);
	free(r->calendar);
	free(r->names);
	free(r);
}

/* --- the calendar of the record's days ----------------------------------------------------------- */

static struct calendar_slot *slot_of(struct replay *r, const struct dname *name)
{
	uint64_t hash = hash_bytes(name->bytes, name->len, 1) | 1;
	size_t i = (size_t)(hash >> 1) % CALENDAR_SLOTS;
	while (r->calendar[i].hash && r->calendar[i].hash != hash)
		i = (i + 1) % CALENDAR_SLOTS;
	if (!r->calendar[i].hash && r->calendar_count < CALENDAR_NAMES_MAX)
		r->calendar[i].family = NULL;
	return &r->calendar[i];
}

static bool add_name(void *arg, int64_t day, const struct calendar_maker *maker, const char *text)
{
	struct replay *r = arg;
	struct dname name;
	struct label label;
	(void)day;
	if (r->calendar_count >= CALENDAR_NAMES_MAX)
		return false;
	/* As in the list: what is popular, or too short, is nobody's proof. */
	if (dname_from_text(text, strlen(text), &name) || !label_find(&name, &label))
		return true;
	bool is_popular = r->view->dga && dga_is_popular(r->view->dga, &name);
	struct calendar_slot *s = is_popular ? NULL : slot_of(r, &name);
	if (!s || s->hash)
		return true;
	s->hash = hash_bytes(name.bytes, name.len, 1) | 1;
	s->family = maker->family;
	r->calendar_count++;
	return true;
}

static const char *family_of(struct replay *r, const struct capture_message *m)
{
	const struct config *c = r->view->config;
	int64_t day = (int64_t)(m->at_ms / DAY_MS);
	if (c->dga_calendar_mode == LIST_MODE_OFF)
		return NULL;
	if (day != r->calendar_day) {
		struct calendar_request q = {.first_day = day - c->dga_calendar_days,
			.last_day = day + c->dga_calendar_days,
			.seeds = c->dga_calendar_seeds};
		struct err why;
		memset(r->calendar, 0, CALENDAR_SLOTS * sizeof *r->calendar);
		r->calendar_count = 0;
		r->calendar_day = day;
		(void)calendar_each(&q, add_name, r, &why); /* days out of range have none */
	}
	return slot_of(r, &m->name)->family;
}

/* --- what would have been blocked ---------------------------------------------------------------- */

static void note_blocked(
	struct replay *r, const struct capture_message *m, const char *by, bool is_popular)
{
	uint64_t hash = hash_bytes(m->name.bytes, m->name.len, 0);
	size_t room = 2 * (size_t)REPLAY_NAMES_MAX, i = (size_t)hash % room;
	while (r->names[i].name.labels && !dname_equal(&r->names[i].name, &m->name))
		i = (i + 1) % room;
	struct replay_name *n = &r->names[i];
	if (!n->name.labels && r->name_count == REPLAY_NAMES_MAX) {
		r->result.names_lost++;
		return;
	}
	if (!n->name.labels) {
		r->name_count++;
		n->name = m->name;
		n->by = by;
		n->is_popular = is_popular;
	}
	n->count++;
	n->clients |= UINT64_C(1) << hash_bytes(m->client.bytes, sizeof m->client.bytes, 0) % 64;
}

static bool is_more(const struct replay_name *a, const struct replay_name *b)
{
	int clients = __builtin_popcountll(a->clients) - __builtin_popcountll(b->clients);
	if (a->is_popular != b->is_popular)
		return a->is_popular;
	return clients ? clients > 0 : a->count > b->count;
}

size_t replay_candidates(const struct replay *r, const struct replay_name **out, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < 2 * (size_t)REPLAY_NAMES_MAX; i++) {
		const struct replay_name *one = &r->names[i];
		if (!one->name.labels || (n == max && !is_more(one, out[n - 1])))
			continue;
		size_t at = n < max ? n++ : n - 1;
		for (; at && is_more(one, out[at - 1]); at--)
			out[at] = out[at - 1];
		out[at] = one;
	}
	return n;
}

/* --- one message --------------------------------------------------------------------------------- */

static void tell(struct replay *r, const struct capture_message *m, enum evidence_kind kind,
	const char *family, const struct dga_verdict *found, bool is_held)
{
	const struct evidence_event e = {.at_ms = m->at_ms,
		.client = m->client,
		.kind = kind,
		.qtype = m->type,
		.score = found->score,
		.class = found->class,
		.is_held = is_held,
		.family = family,
		.name = m->name};
	(void)engine_feed(r->engine, &e);
}

/* True: the question would have been answered by policy. */
static bool judge_question(struct replay *r, const struct capture_message *m,
	const struct dga_verdict *found, const struct policy_verdict *v)
{
	static const struct dga_verdict none;
	const struct config *c = r->view->config;
	const char *family = v->kind == POLICY_ALLOW ? NULL : family_of(r, m);
	bool is_by_calendar = family && c->dga_calendar_mode == LIST_MODE_BLOCK;
	bool is_by_classifier = found->class != DGA_NONE && c->dga_mode == LIST_MODE_BLOCK &&
		v->kind == POLICY_NONE;
	bool is_denied = v->kind == POLICY_DENY;
	r->result.questions++;
	r->result.suspects += found->class != DGA_NONE;
	r->result.monitored += v->monitored >= 0 || (family && !is_by_calendar);
	if (v->list >= 0)
		r->result.list_hits[v->list]++;
	if (is_denied || is_by_calendar || is_by_classifier) {
		r->result.blocked++;
		note_blocked(r, m,
			is_denied	 ? r->view->lists[v->list].name
				: family ? "dga-calendar"
					 : "classifier",
			found->is_popular);
	}
	if (family)
		tell(r, m, EVIDENCE_CALENDAR, family, &none, false);
	else if (is_denied && r->view->lists[v->list].is_botnet && !found->is_popular)
		tell(r, m, EVIDENCE_LISTED, NULL, &none, false);
	return is_denied || is_by_calendar || is_by_classifier;
}

static const struct suspect *suspect_of(struct replay *r, const struct capture_message *m)
{
	size_t cases = case_book_count(engine_book(r->engine));
	if (!r->suspects || cases != r->case_count || m->at_ms - r->suspects_ms >= MINUTE_MS) {
		free(r->suspects);
		r->suspects = suspects_new(r->engine, &r->options, m->at_ms);
		r->case_count = cases;
		r->suspects_ms = m->at_ms;
	}
	return r->suspects ? suspects_find(r->suspects, &m->client) : NULL;
}

static void judge_answer(
	struct replay *r, const struct capture_message *m, const struct dga_verdict *found)
{
	const struct config *c = r->view->config;
	if ((found->is_popular && found->score >= 0) || classify_is_exempt(c, &m->name, m->type))
		return;
	if (m->rcode == RCODE_NXDOMAIN && !m->has_answer) {
		tell(r, m, EVIDENCE_NXDOMAIN, NULL, found, false);
		return;
	}
	if (m->rcode != RCODE_NOERROR || !m->has_answer)
		return;
	const struct suspect *s = suspect_of(r, m);
	if (!s || !suspects_is_generated(s, found->score, &m->name))
		return;
	r->result.held_back++;
	note_blocked(r, m, "evidence", false);
	tell(r, m, EVIDENCE_MEETING, NULL, found, c->evidence_mode == LIST_MODE_BLOCK);
}

void replay_message(struct replay *r, const struct capture_message *m)
{
	struct dga_verdict found = {0};
	struct policy_question about = {.name = &m->name,
		.client = &m->client,
		.group = (uint16_t)addr_table_find(r->view->group_of_client, &m->client, 0),
		.type = m->type,
		.is_first = true};
	struct replay_result *t = &r->result;
	t->first_ms = !t->first_ms || m->at_ms < t->first_ms ? m->at_ms : t->first_ms;
	t->last_ms = m->at_ms > t->last_ms ? m->at_ms : t->last_ms;
	struct policy_verdict v = policy_judge(r->view, &r->work, &about);
	if (r->view->dga) {
		dga_score(r->view->dga, &m->name, &found);
		/* Whatever its score. */
		found.is_popular = dga_is_popular(r->view->dga, &m->name);
	}
	bool is_blocked =
		m->has_question ? judge_question(r, m, &found, &v) : v.kind == POLICY_DENY;
	if (!is_blocked && v.kind != POLICY_ALLOW && m->rcode >= 0 && r->view->dga)
		judge_answer(r, m, &found);
}

const struct replay_result *replay_result(const struct replay *r)
{
	return &r->result;
}

struct engine *replay_engine(struct replay *r)
{
	return r->engine;
}
