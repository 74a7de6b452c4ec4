/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A question's way: caps -> parked -> library -> callback -> pipeline_resume. The callback may come inside of the call that starts
 * the question, so nobody touches a query after that call. A callback may also lead to new questions (a TCP client's next one):
 * those wait in `starting` until the library has been left, or the stack would grow with the client's pipeline.
 *
 * Parked queries stand in two rings in the order of their arrival: `fresh`, until the stale timer (RFC 8767 5), then
 * `late`, until the deadline. One timer looks at the heads of both while somebody waits.
 */
#include "resolver/recurse.h"

#include <errno.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unbound-event.h>

#include "resolver/answer.h"
#include "resolver/base/check.h"
#include "resolver/base/suffix.h"
#include "resolver/cache.h"
#include "resolver/pipeline.h"
#include "resolver/recurse_context.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

enum {
	TICK_MS = 50, /* how exactly deadlines are kept */
	BOGUS_TTL_S = 60,
	SEC_BOGUS = 1, /* what the library's callback says of an answer */
	SEC_SECURE = 2,
};

struct recurse {
	struct worker *worker;
	struct ub_ctx *context;
	struct event *tick, *start;
	struct query_link fresh, late, starting;
	_Atomic uint32_t parked; /* written here, read by whoever shows it */
	uint32_t parked_max; /* this worker's share of `recursion.in_flight` */
	unsigned depth; /* library callbacks that we are inside of */
	bool is_ending;
};

/* --- rings ----------------------------------------------------------------------------------- */

static void ring_init(struct query_link *l)
{
	l->prev = l->next = l;
}

static bool ring_is_empty(const struct query_link *l)
{
	return l->next == l;
}

static void ring_append(struct query_link *ring, struct query_link *l)
{
	l->prev = ring->prev;
	l->next = ring;
	ring->prev->next = l;
	ring->prev = l;
}

/* Harmless for one that stands nowhere. */
static void ring_remove(struct query_link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	ring_init(l);
}

static struct query *ring_first(const struct query_link *ring)
{
	if (ring_is_empty(ring))
		return NULL;
	return (struct query *)((char *)ring->next - offsetof(struct query, waiting));
}

/* --- verdicts -------------------------------------------------------------------------------- */

static void fail(struct query *q, enum query_outcome outcome, int16_t ede, const char *text)
{
	q->outcome = outcome;
	q->rcode = RCODE_SERVFAIL;
	q->ede = ede;
	q->ede_text = text;
	q->source = ANSWER_NONE;
	q->answer_count = q->authority_count = q->additional_count = 0;
	q->is_secure = false;
}

/* The library says why an answer is bogus in words; the first of these that it contains decides (RFC 8914 4.7-4.13). Names in its
 * sentence have no spaces, so an asker cannot choose the reason by the name. */
static void fail_bogus(struct query *q, const char *why)
{
	static const struct {
		const char *words;
		int16_t ede;
		const char *text;
	} reasons[] = {
		{"signature expired", EDE_SIGNATURE_EXPIRED, "signature expired"},
		{"signature before inception", EDE_SIGNATURE_NOT_YET_VALID,
			"signature not yet valid"},
		{"no DNSKEY", EDE_DNSKEY_MISSING, "no DNSKEY"},
		{"No DNSKEY", EDE_DNSKEY_MISSING, "no DNSKEY"},
		{"DNSKEY RRset did not match", EDE_DNSKEY_MISSING, "no DNSKEY matches the DS"},
		{"no keys have a DS", EDE_DNSKEY_MISSING, "no DNSKEY matches the DS"},
		{"DS hash mismatches key", EDE_DNSKEY_MISSING, "no DNSKEY matches the DS"},
		{"keyset not secured by DNSKEY that matches DS", EDE_DNSKEY_MISSING,
			"no DNSKEY matches the DS"},
		{"signatures from unknown keys", EDE_DNSKEY_MISSING, "signed by unknown keys"},
		{"no signatures", EDE_RRSIGS_MISSING, "no signatures"},
		{"signature missing", EDE_RRSIGS_MISSING, "no signatures"},
		{"no NSEC", EDE_NSEC_MISSING, "proof of non-existence missing"},
		{"proof failed", EDE_NSEC_MISSING, "proof of non-existence missing"},
		{"no proof of that", EDE_NSEC_MISSING, "proof of non-existence missing"},
	};
	for (size_t i = 0; why && i < sizeof reasons / sizeof reasons[0]; i++)
		if (strstr(why, reasons[i].words)) {
			fail(q, OUTCOME_BOGUS, reasons[i].ede, reasons[i].text);
			return;
		}
	fail(q, OUTCOME_BOGUS, EDE_DNSSEC_BOGUS, "DNSSEC validation failed");
}

static bool is_forwarded(const struct config *c, const struct dname *name)
{
	for (size_t i = 0; i < c->forward_count; i++)
		if (dname_is_at_or_below(name, &c->forward[i].zone))
			return true;
	return false;
}

/* RFC 8914 4.23, 4.24: authorities that cannot be reached, or another server: a forwarder. */
static void fail_upstream(const struct worker *w, struct query *q, const char *text)
{
	bool is_to_forwarder = is_forwarded(w->view->config, &q->qname);
	fail(q, OUTCOME_SERVFAIL, is_to_forwarder ? EDE_NETWORK_ERROR : EDE_NO_REACHABLE_AUTHORITY,
		text);
}

/* For those who wait: an expired answer is better than none (RFC 8767 4). */
static bool take_stale(struct worker *w, struct query *q)
{
	if (q->is_answered || q->transport == TRANSPORT_NONE)
		return false;
	pipeline_lend_out(w, q);
	return cache_take_stale(w, q);
}

/* --- parked queries -------------------------------------------------------------------------- */

static void arm(struct recurse *r)
{
	static const struct timeval tick = {0, TICK_MS * 1000};
	if (!event_pending(r->tick, EV_TIMEOUT, NULL))
		event_add(r->tick, &tick);
}

static void park(struct recurse *r, struct query *q)
{
	q->worker = r->worker;
	q->is_parked = true;
	q->packet = NULL;
	if (q->transport == TRANSPORT_UDP && q->peer) {
		memcpy(&q->peer_space, q->peer, sizeof q->peer_space);
		q->peer = (struct sockaddr_storage *)&q->peer_space;
	}
	ring_init(&q->waiting);
	r->parked++;
}

static void unpark(struct recurse *r, struct query *q)
{
	ring_remove(&q->waiting);
	flight_give_back(r->worker->flight, &q->flight);
	q->is_parked = false;
	r->parked--;
}

/* Nobody waits for our own refreshes: they have no deadline. */
static void wait_for_answer(struct recurse *r, struct query *q)
{
	if (q->transport == TRANSPORT_NONE)
		return;
	ring_append(&r->fresh, &q->waiting);
	arm(r);
}

static uint64_t age_ms(const struct worker *w, const struct query *q)
{
	return w->now_us > q->arrived_us ? (w->now_us - q->arrived_us) / 1000 : 0;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct recurse *r = arg;
	struct worker *w = r->worker;
	struct query *q;
	worker_enter(w);
	uint32_t deadline_ms = w->view->config->recursion_deadline_ms;
	uint32_t stale_ms = w->view->config->recursion_stale_after_ms;
	if (stale_ms > deadline_ms)
		stale_ms = deadline_ms;
	while ((q = ring_first(&r->fresh)) && age_ms(w, q) >= stale_ms) {
		ring_remove(&q->waiting);
		if (take_stale(w, q))
			pipeline_answer_early(w, q);
		else
			ring_append(&r->late, &q->waiting);
	}
	while ((q = ring_first(&r->late)) && age_ms(w, q) >= deadline_ms) {
		ring_remove(&q->waiting);
		fail_upstream(w, q, "no answer within the deadline");
		pipeline_answer_early(w, q);
	}
	worker_leave(w);
	if (!ring_is_empty(&r->fresh) || !ring_is_empty(&r->late))
		arm(r);
}

/* --- questions to the library ---------------------------------------------------------------- */

static const char no_usable[] = "no usable answer from upstream";

static void take_answer(
	struct worker *w, struct query *q, int rcode, const uint8_t *packet, int len, int sec)
{
	const struct config *c = w->view->config;
	/* After a failure the packet is another message's bytes. */
	if (rcode != RCODE_NOERROR || !packet || len <= 0)
		fail_upstream(w, q, no_usable);
	else if (!answer_take(q, packet, (uint32_t)len, c->cache_min_ttl_s, c->cache_max_ttl_s))
		fail(q, OUTCOME_SERVFAIL, EDE_OTHER, "malformed answer");
	else if (q->rcode == RCODE_SERVFAIL)
		fail_upstream(w, q, no_usable); /* one that the library remembers (RFC 9520) */
	q->is_secure = sec == SEC_SECURE && q->source == ANSWER_FRESH;
	if (sec == SEC_BOGUS && q->min_ttl_s > BOGUS_TTL_S)
		q->min_ttl_s = BOGUS_TTL_S; /* RFC 4035 4.7: not for long */
}

static void on_answer(
	void *arg, int rcode, void *packet, int len, int sec, char *why, int is_limited)
{
	(void)is_limited;
	struct query *q = arg;
	struct worker *w = q->worker;
	struct recurse *r = w->recurse;
	unpark(r, q);
	if (r->is_ending) {
		worker_give_back(w, q);
		return;
	}
	r->depth++;
	worker_enter(w);
	if (q->is_answered)
		stats_add(&w->stats->upstream_late, 1);
	/* What an early answer has filled in is over. */
	q->outcome = OUTCOME_RECURSED;
	q->ede = EDE_NONE;
	q->ede_text = NULL;
	q->source = ANSWER_NONE;
	q->is_secure = q->is_clean = false;
	pipeline_lend_out(w, q);
	/* RFC 4035 3.2.2: with CD the client judges for itself and gets even bogus data, which the library hands out, too. All is validated,
	 * as Unbound's daemon does, so that good data can carry AD. */
	if (sec == SEC_BOGUS && !q->has_cd)
		fail_bogus(q, why);
	else
		take_answer(w, q, rcode, packet, len, sec);
	if (q->outcome == OUTCOME_SERVFAIL)
		take_stale(w, q);
	pipeline_resume(w, q);
	worker_leave(w);
	r->depth--;
}

/* False when the library did not take it; else the query may already be gone. */
static bool ask(struct recurse *r, struct query *q)
{
	char name[DNAME_TEXT_MAX];
	stats_add(&r->worker->stats->upstream_queries, 1);
	/* The lower-case name: letter case is the client's own, or the library's (0x20). */
	return ub_resolve_event(r->context, dname_to_text(q->qname.bytes, name), q->qtype,
		       q->qclass, q, on_answer, NULL) == 0;
}

static const char not_taken[] = "the resolver library did not take the question";

static void on_start(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct recurse *r = arg;
	struct worker *w = r->worker;
	struct query *q;
	struct query_link batch;
	ring_init(&batch);
	while ((q = ring_first(&r->starting))) {
		ring_remove(&q->waiting);
		ring_append(&batch, &q->waiting);
	}
	worker_enter(w);
	while ((q = ring_first(&batch))) {
		ring_remove(&q->waiting);
		wait_for_answer(r, q);
		if (ask(r, q))
			continue;
		unpark(r, q);
		fail(q, OUTCOME_SERVFAIL, EDE_OTHER, not_taken);
		pipeline_lend_out(w, q);
		pipeline_resume(w, q);
	}
	worker_leave(w);
}

/* --- the stage ------------------------------------------------------------------------------- */

/* A cap is reached. */
static enum step refuse(
	struct worker *w, struct query *q, _Atomic uint64_t *counter, int16_t ede, const char *text)
{
	if (take_stale(w, q))
		return STEP_NEXT;
	stats_add(counter, 1);
	fail(q, OUTCOME_SERVFAIL, ede, text);
	return STEP_REPLY;
}

enum step recurse(struct worker *w, struct query *q)
{
	if (q->source != ANSWER_NONE)
		return STEP_NEXT;
	struct recurse *r = w->recurse;
	const struct config *c = w->view->config;
	const struct flight_caps caps = {.per_client = c->recursion_in_flight_per_client,
		.per_domain = c->recursion_in_flight_per_domain};
	if (r->parked >= r->parked_max)
		return refuse(
			w, q, &w->stats->limit_total, EDE_OTHER, "too many questions under way");
	/* Nobody else's share is at stake for a refresh of our own. */
	const struct addr *client = q->transport == TRANSPORT_NONE ? NULL : &q->client;
	struct dname domain;
	suffix_registrable(&q->qname, &domain);
	switch (flight_take(w->flight, &caps, client, &domain, &q->flight)) {
	case FLIGHT_CLIENT:
		return refuse(w, q, &w->stats->limit_client, EDE_OTHER,
			"too many questions of this client under way");
	case FLIGHT_DOMAIN:
		return refuse(w, q, &w->stats->limit_domain, EDE_NO_REACHABLE_AUTHORITY,
			"too many questions for this domain under way");
	case FLIGHT_OK:
		break;
	}
	park(r, q);
	if (r->depth) {
		ring_append(&r->starting, &q->waiting);
		event_active(r->start, EV_TIMEOUT, 0);
		return STEP_PARK;
	}
	wait_for_answer(r, q);
	if (ask(r, q))
		return STEP_PARK;
	unpark(r, q);
	fail(q, OUTCOME_SERVFAIL, EDE_OTHER, not_taken);
	return STEP_REPLY;
}

void recurse_give_up(struct recurse *r)
{
	struct query_link *const rings[] = {&r->fresh, &r->late};
	struct query *q;
	for (int i = 0; i < 2; i++)
		while ((q = ring_first(rings[i]))) {
			ring_remove(&q->waiting);
			if (!take_stale(r->worker, q))
				fail(q, OUTCOME_SERVFAIL, EDE_OTHER,
					"the resolver is being stopped");
			pipeline_answer_early(r->worker, q);
		}
}

uint32_t recurse_in_flight(const struct recurse *r)
{
	return r->parked;
}

/* --- life --- */

int recurse_new(
	struct worker *w, const struct config *config, struct recurse **out, struct err *why)
{
	if (!CHECK(w->flight != NULL))
		return err_set(why, -EINVAL, "no in-flight counters");
	struct recurse *r = calloc(1, sizeof *r);
	if (!r)
		return err_set(why, -ENOMEM, "no memory for the resolver");
	r->worker = w;
	r->parked_max = (config->recursion_in_flight + w->worker_count - 1) / w->worker_count;
	ring_init(&r->fresh);
	ring_init(&r->late);
	ring_init(&r->starting);
	int e = 0;
	r->tick = evtimer_new(w->base, on_tick, r);
	r->start = event_new(w->base, -1, 0, on_start, r);
	if (!r->tick || !r->start)
		e = err_set(why, -ENOMEM, "no memory for the resolver's timers");
	if (!e)
		e = recurse_context_new(w->base, config, &r->context, why);
	if (e)
		recurse_free(r);
	else
		*out = r;
	return e;
}

void recurse_free(struct recurse *r)
{
	struct query *q;
	if (!r)
		return;
	r->is_ending = true;
	/* Calls on_answer for all that is under way. */
	recurse_context_free(r->context);
	while ((q = ring_first(&r->starting))) {
		unpark(r, q);
		worker_give_back(r->worker, q);
	}
	if (r->tick)
		event_free(r->tick);
	if (r->start)
		event_free(r->start);
	free(r);
}
