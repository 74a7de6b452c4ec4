/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/record.h"

#include "resolver/base/clock.h"
#include "resolver/base/hash.h"
#include "resolver/classify.h"
#include "resolver/evidence/evidence.h"
#include "resolver/journal/journal.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

/* --- evidence --------------------------------------------------------------------------------- */

static void testify(struct worker *w, const struct query *q, enum evidence_kind kind)
{
	struct evidence_event e;
	e.at_ms = clock_wall_ms();
	e.client = q->client;
	e.kind = kind;
	e.qtype = q->qtype;
	e.score = q->dga_score;
	e.class = q->dga_class;
	e.is_held = false;
	e.family = q->family ? botnets_name(w->botnets, q->family - 1U) : NULL;
	dname_copy(&e.name, &q->qname);
	evidence_put(w->evidence, w->index, &e);
}

/* So many people ask for it that it says nothing of one of them: lists err, and an upstream that is cut off may say that nothing exists. */
static bool is_popular(const struct worker *w, const struct query *q)
{
	return w->view->dga && dga_is_popular(w->view->dga, &q->qname);
}

/* A name that was looked up and does not exist. What lies in zones of the operator's own says nothing. */
static bool is_missing(const struct worker *w, const struct query *q)
{
	if (q->rcode != RCODE_NXDOMAIN || q->answer_count || !q->dga_score || q->is_allowed ||
		q->is_aliased)
		return false;
	if (q->outcome != OUTCOME_RECURSED && q->outcome != OUTCOME_CACHED &&
		q->outcome != OUTCOME_STALE)
		return false;
	return !classify_is_exempt(w->view->config, &q->qname, q->qtype);
}

/* Has the evidence been told of this client and name within the hour? It counts a name once a day: most of what does not exist is asked
 * for again at once, as another type or by another program. */
static bool is_old_news(struct worker *w, const struct query *q)
{
	uint64_t hour = w->now_us / 3600000000;
	uint64_t h = hash_bytes(q->client.bytes, sizeof q->client.bytes, hour);
	h = hash_bytes(q->qname.bytes, q->qname.len, h);
	uint32_t *slot = &w->told[h % WORKER_TOLD], tag = (uint32_t)(h >> 32) | 1;
	bool is_old = *slot == tag;
	*slot = tag;
	return is_old;
}

/* What the question says of the client who asked. */
static void gather(struct worker *w, const struct query *q)
{
	if (q->is_allowed || w->view->config->evidence_mode == LIST_MODE_OFF)
		return;
	/* A bot is one also while nothing is blocked. */
	bool is_listed = q->is_spared_bot || (q->list >= 0 && w->view->lists[q->list].is_botnet);
	if (__builtin_expect(q->family, 0))
		testify(w, q, EVIDENCE_CALENDAR);
	else if (is_listed && !is_popular(w, q))
		testify(w, q, EVIDENCE_LISTED);
	else if (!is_listed && is_missing(w, q) && !is_old_news(w, q) &&
		(q->dga_score < 0 || !is_popular(w, q)))
		testify(w, q, EVIDENCE_NXDOMAIN);
}

/* --- journal ---------------------------------------------------------------------------------- */

static enum journal_reply reply_of_type(uint16_t type)
{
	switch (type) {
	case TYPE_A:
	case TYPE_AAAA:
		return JOURNAL_REPLY_IP;
	case TYPE_CNAME:
	case TYPE_DNAME:
		return JOURNAL_REPLY_CNAME;
	case TYPE_PTR:
		return JOURNAL_REPLY_DOMAIN;
	case TYPE_MX:
	case TYPE_NS:
	case TYPE_SOA:
	case TYPE_SRV:
	case TYPE_TXT:
		return JOURNAL_REPLY_RRNAME;
	case TYPE_DS:
	case TYPE_DNSKEY:
	case TYPE_RRSIG:
	case TYPE_NSEC:
		return JOURNAL_REPLY_DNSSEC;
	default:
		return JOURNAL_REPLY_BLOB;
	}
}

/* What the client was told; of an answer, by its first record. */
static enum journal_reply reply_of(const struct query *q)
{
	size_t at = query_records_at(q);
	switch (q->outcome) {
	case OUTCOME_DROPPED_MALFORMED:
	case OUTCOME_DROPPED_POLICY:
	case OUTCOME_DROPPED_LIMIT:
		return JOURNAL_REPLY_NONE;
	default:
		break;
	}
	switch (q->rcode) {
	case RCODE_NOERROR:
		break;
	case RCODE_SERVFAIL:
		return JOURNAL_REPLY_SERVFAIL;
	case RCODE_NXDOMAIN:
		return JOURNAL_REPLY_NXDOMAIN;
	case RCODE_NOTIMP:
		return JOURNAL_REPLY_NOTIMP;
	case RCODE_REFUSED:
		return JOURNAL_REPLY_REFUSED;
	default:
		return JOURNAL_REPLY_OTHER;
	}
	if (!q->answer_count)
		return JOURNAL_REPLY_NODATA;
	if (!dname_skip(q->out, q->out_len, &at) || at + 2 > q->out_len)
		return JOURNAL_REPLY_OTHER;
	return reply_of_type(wire_u16(q->out + at));
}

static bool is_generated_monitored(const struct worker *w, const struct query *q)
{
	return q->dga_class != DGA_NONE && !q->is_allowed &&
		(w->view->config->dga_mode == LIST_MODE_MONITOR || q->is_paused);
}

/* Of those that are answered in one batch only each eighth looks at the clock, which costs as much as all else here: some 20 us at most. */
static uint64_t journal_now_us(struct worker *w, const struct query *q)
{
	if (q->arrived_us != w->now_us || w->batch_count % 8 == 0)
		w->journal_us = clock_us();
	return w->journal_us;
}

/* The two clocks are compared ten times a second. */
static uint64_t journal_wall_ms(struct worker *w, uint64_t now_us)
{
	if (now_us - w->wall_at_us >= 100000 || !w->wall_us) {
		w->wall_us = clock_wall_ms() * 1000;
		w->wall_at_us = now_us;
	}
	return (w->wall_us + (now_us - w->wall_at_us)) / 1000;
}

static void journalise(struct worker *w, const struct query *q, enum journal_reply reply)
{
	uint64_t now_us = journal_now_us(w, q);
	struct journal_event *e = journal_begin(w->journal, w->index);
	if (!e)
		return;
	const struct view *v = w->view;
	int list = q->list >= 0 ? v->lists[q->list].counter : q->monitored;
	bool is_blocked = stats_outcome_is_blocked(q->outcome);
	e->at_ms = journal_wall_ms(w, now_us);
	e->client = q->client;
	e->took_us = (uint32_t)(now_us - q->arrived_us);
	e->dga_score = q->dga_score;
	e->qtype = q->qtype;
	e->rcode = q->rcode;
	e->group = q->group;
	e->outcome = (uint8_t)q->outcome;
	e->reply = (uint8_t)reply;
	e->dga_class = (uint8_t)q->dga_class;
	e->transport = (uint8_t)q->transport;
	e->is_secure = q->is_secure;
	e->is_monitored = !is_blocked && (q->monitored >= 0 || is_generated_monitored(w, q));
	e->is_allowed = q->is_allowed;
	e->list = list >= 0 ? w->list_names[list] : "";
	e->family = q->family ? botnets_name(w->botnets, q->family - 1U) : NULL;
	dname_copy(&e->name, q->is_aliased ? &q->asked : &q->qname);
	journal_commit(w->journal, w->index, e);
}

/* --- counters --------------------------------------------------------------------------------- */

enum step record(struct worker *w, struct query *q)
{
	struct stats_worker *s = w->stats;
	if (q->transport == TRANSPORT_NONE)
		return STEP_NEXT;
	stats_add(&s->outcomes[q->outcome], 1);
	enum journal_reply reply = reply_of(q);
	stats_add(&s->types[stats_type_index(q->qtype)], 1);
	stats_add(&s->transports[q->transport], 1);
	stats_add(&s->replies[reply], 1);
	if (q->list >= 0)
		stats_add(&s->list_hits[w->view->lists[q->list].counter], 1);
	if (__builtin_expect(q->family, 0))
		stats_add(&s->families[q->family - 1], 1);
	if (w->evidence)
		gather(w, q);
	if (w->journal)
		journalise(w, q, reply);
	if (q->arrived_us == w->now_us) {
		w->batch_count++; /* answered within its batch: one clock reading for all of them, in worker_leave */
	} else {
		uint64_t took_us = clock_us() - q->arrived_us;
		stats_add(&s->latency[stats_bucket(took_us)], 1);
		stats_add(&s->latency_sum_us, took_us);
	}
	return STEP_NEXT;
}

void record_no_slot(struct worker *w, enum transport transport)
{
	stats_add(&w->stats->no_slot, 1);
	stats_add(&w->stats->outcomes[OUTCOME_DROPPED_LIMIT], 1);
	stats_add(&w->stats->transports[transport], 1);
	stats_add(&w->stats->types[STATS_TYPES - 1], 1);
	stats_add(&w->stats->replies[JOURNAL_REPLY_NONE], 1);
	if (w->journal)
		journal_miss(w->journal, w->index);
}
