/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/nameservers.h"

#include <errno.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/answer.h"
#include "resolver/cache.h"
#include "resolver/pipeline.h"
#include "resolver/policy_rules.h"
#include "resolver/stats.h"
#include "resolver/view.h"
#include "resolver/worker.h"

enum { TICK_MS = 20, LABELS_MIN = 2 };

struct nameservers {
	struct worker *worker;
	struct event *tick, *ready;
	struct query_link waiting; /* in the order of their arrival here */
	struct query_link over; /* to be run again */
	uint32_t last_number;
	struct query probe; /* for looking into the cache */
	uint8_t out[WIRE_MAX];
};

/* --- what is known --- */

static void note_missing(struct nameservers_missing *m, const struct dname *name, uint16_t type)
{
	if (m->count == NAMESERVERS_ASKED_MAX)
		return;
	m->asked[m->count].name = *name;
	m->asked[m->count++].type = type;
}

/* False when the cache has no answer; else it is in n->probe. */
static bool look_up(struct nameservers *n, const struct dname *name, uint16_t type)
{
	struct query *q = &n->probe;
	memset(q, 0, offsetof(struct query, qname));
	memset(&q->outcome, 0, sizeof *q - offsetof(struct query, outcome));
	q->transport = TRANSPORT_NONE;
	q->qname = *name;
	q->qtype = type;
	q->qclass = CLASS_IN;
	q->has_question = q->has_rd = true;
	q->out = n->out;
	q->out_max = sizeof n->out;
	memcpy(q->out + WIRE_HEADER, name->bytes, name->len);
	return cache(n->worker, q) == STEP_REPLY || q->source != ANSWER_NONE;
}

static void take_addresses(struct nameservers *n)
{
	const struct query *q = &n->probe;
	struct answer_cursor c = {0};
	struct answer_record r;
	while (answer_next(q, &c, &r)) {
		const uint8_t *data = q->out + r.data_at;
		struct addr a;
		if (r.type == TYPE_A && r.data_len == 4)
			addr_from_v4(data, &a);
		else if (r.type == TYPE_AAAA && r.data_len == 16)
			memcpy(a.bytes, data, 16);
		else
			continue;
		policy_gather_server_address(n->worker->view, n->worker->policy, &a);
	}
}

/* The names in the NS set that was found; returns how many. */
static unsigned take_names(struct nameservers *n, struct dname *names, unsigned max)
{
	const struct query *q = &n->probe;
	struct answer_cursor c = {0};
	struct answer_record r;
	unsigned count = 0;
	while (count < max && answer_next(q, &c, &r)) {
		size_t at = r.data_at;
		/* "NS ." is no server. */
		if (r.section == 0 && r.type == TYPE_NS &&
			dname_from_packet(q->out, r.end_at, &at, &names[count]) &&
			names[count].labels)
			count++;
	}
	return count;
}

static void gather_zone(
	struct nameservers *n, const struct dname *zone, struct nameservers_missing *missing)
{
	enum { SERVERS_MAX = 13 };
	static const uint16_t types[] = {TYPE_A, TYPE_AAAA};
	const struct view *v = n->worker->view;
	struct dname names[SERVERS_MAX];
	if (!look_up(n, zone, TYPE_NS)) {
		note_missing(missing, zone, TYPE_NS);
		return;
	}
	unsigned count = take_names(n, names, SERVERS_MAX);
	if (view_has_trigger(v, RULE_NS_ADDRESS))
		take_addresses(n); /* what came with the set */
	for (unsigned i = 0; i < count; i++) {
		policy_gather_server(v, n->worker->policy, &names[i]);
		for (unsigned t = 0; t < 2 && view_has_trigger(v, RULE_NS_ADDRESS); t++) {
			if (look_up(n, &names[i], types[t]))
				take_addresses(n);
			else
				note_missing(missing, &names[i], types[t]);
		}
	}
}

void nameservers_gather(
	struct worker *w, const struct dname *name, struct nameservers_missing *missing)
{
	unsigned depth = name->labels < LABELS_MIN ? 0 : name->labels - LABELS_MIN + 1u;
	/* Of a very deep name the upper ones: that is where zones are cut. */
	unsigned from = depth > NAMESERVERS_DEPTH_MAX ? depth - NAMESERVERS_DEPTH_MAX : 0;
	for (unsigned i = from; i < depth; i++) {
		struct dname zone;
		dname_parent(name, i, &zone);
		gather_zone(w->nameservers, &zone, missing);
	}
}

/* --- waiting --- */

static void link_append(struct query_link *ring, struct query_link *l)
{
	l->prev = ring->prev;
	l->next = ring;
	ring->prev->next = l;
	ring->prev = l;
}

static struct query *query_of(struct query_link *l)
{
	return (struct query *)((char *)l - offsetof(struct query, waiting));
}

static void link_remove(struct query_link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
}

static struct query *first_of(const struct query_link *ring)
{
	if (ring->next == ring)
		return NULL;
	return query_of(ring->next);
}

static void run_again(struct nameservers *n, struct query *q)
{
	q->wait_number = 0;
	link_remove(&q->waiting);
	link_append(&n->over, &q->waiting);
	event_active(n->ready, EV_TIMEOUT, 0);
}

static void arm(struct nameservers *n)
{
	static const struct timeval tick = {0, TICK_MS * 1000};
	if (n->waiting.next != &n->waiting && !event_pending(n->tick, EV_TIMEOUT, NULL))
		evtimer_add(n->tick, &tick);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct nameservers *n = arg;
	struct query *q;
	worker_enter(n->worker);
	while ((q = first_of(&n->waiting)) && q->wait_by_us <= n->worker->now_us)
		run_again(n, q);
	worker_leave(n->worker);
	arm(n);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct nameservers *n = arg;
	struct query *q;
	worker_enter(n->worker);
	while ((q = first_of(&n->over))) {
		link_remove(&q->waiting);
		pipeline_return(n->worker, q);
	}
	worker_leave(n->worker);
}

static void ask(struct worker *w, struct query *waiter, const struct dname *name, uint16_t type)
{
	/* Clients come first: a question of our own never takes one of the last slots. */
	struct query *q = w->free_count > w->slot_count / 4 ? worker_take(w) : NULL;
	if (!q)
		return;
	q->transport = TRANSPORT_NONE;
	q->arrived_us = w->now_us;
	q->qname = *name;
	memcpy(q->qname_as_sent, name->bytes, name->len);
	q->qtype = type;
	q->qclass = CLASS_IN;
	q->has_question = q->has_rd = true;
	q->waiter = waiter;
	q->waiter_number = waiter->wait_number;
	waiter->wait_count++;
	pipeline_refresh(w, q);
}

static void park(struct nameservers *n, struct query *q)
{
	if (!++n->last_number)
		n->last_number = 1;
	q->wait_number = n->last_number;
	q->wait_count = 1; /* ourselves, until all is asked */
	if (!q->wait_rounds++) {
		q->wait_by_us = n->worker->now_us + NAMESERVERS_WAIT_MS * (uint64_t)1000;
		q->waited_outcome = q->outcome;
	}
	q->packet = NULL;
	if (q->transport == TRANSPORT_UDP && q->peer &&
		q->peer != (struct sockaddr_storage *)&q->peer_space) {
		memcpy(&q->peer_space, q->peer, sizeof q->peer_space);
		q->peer = (struct sockaddr_storage *)&q->peer_space;
	}
	/* In the order of their ends: who waits again stands before those that came meanwhile. */
	struct query_link *behind = &n->waiting;
	while (behind->prev != &n->waiting && query_of(behind->prev)->wait_by_us > q->wait_by_us)
		behind = behind->prev;
	link_append(behind, &q->waiting);
	arm(n);
}

bool nameservers_wait(struct worker *w, struct query *q, const struct nameservers_missing *missing)
{
	bool is_over = q->wait_rounds == NAMESERVERS_ROUNDS_MAX ||
		(q->wait_rounds && q->wait_by_us <= w->now_us);
	if (!missing->count || is_over || q->transport == TRANSPORT_NONE || q->is_answered)
		return false;
	park(w->nameservers, q);
	for (unsigned i = 0; i < missing->count; i++)
		ask(w, q, &missing->asked[i].name, missing->asked[i].type);
	if (!--q->wait_count)
		run_again(w->nameservers, q);
	return true;
}

void nameservers_done(struct worker *w, struct query *q)
{
	struct query *waiter = q->waiter;
	q->waiter = NULL;
	if (waiter->wait_number == q->waiter_number && !--waiter->wait_count)
		run_again(w->nameservers, waiter);
}

/* --- life --- */

int nameservers_new(struct worker *w, struct nameservers **out, struct err *why)
{
	struct nameservers *n = calloc(1, sizeof *n);
	if (!n)
		return err_set(why, -ENOMEM, "out of memory while starting worker %u", w->index);
	n->worker = w;
	n->waiting.prev = n->waiting.next = &n->waiting;
	n->over.prev = n->over.next = &n->over;
	n->tick = evtimer_new(w->base, on_tick, n);
	n->ready = event_new(w->base, -1, 0, on_ready, n);
	if (!n->tick || !n->ready) {
		nameservers_free(n);
		return err_set(why, -ENOMEM, "out of memory while starting worker %u", w->index);
	}
	*out = n;
	return 0;
}

void nameservers_free(struct nameservers *n)
{
	if (!n)
		return;
	if (n->tick)
		event_free(n->tick);
	if (n->ready)
		event_free(n->ready);
	free(n);
}
