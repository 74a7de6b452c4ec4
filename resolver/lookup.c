/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/lookup.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unbound-event.h>
#include <unbound.h>

#include "resolver/answer.h"
#include "resolver/base/clock.h"
#include "resolver/local.h"
#include "resolver/recurse.h"
#include "resolver/recurse_context.h"
#include "resolver/worker.h"

enum {
	SEC_BOGUS = 1, /* what the library's callback says of an answer */
	TICK_MS = 100, /* how exactly the deadline is kept, and a stop */
};

/* What one configuration makes of it. */
struct lookup_setup {
	char *text; /* the library's configuration */
	struct view *view; /* of which only `local` is there */
};

struct lookup {
	pthread_mutex_t lock; /* of the next three */
	pthread_cond_t freed;
	bool is_busy; /* somebody looks up: all below is theirs */
	struct lookup_setup next; /* to be used from the next question on; text NULL: none */
	struct lookup_setup now;
	struct event_base *base;
	struct ub_ctx *context; /* NULL: not made yet */
	atomic_bool is_stopping; /* any thread */
};

/* One host that is looked up. */
struct lookup_task {
	struct dname name;
	struct addr *out;
	size_t max, count;
	uint64_t end_ms; /* by clock_ms */
	unsigned waiting; /* questions without an answer yet */
	bool is_late;
	const atomic_bool *is_stopping;
	struct err *why; /* what went wrong last */
	int e;
	uint8_t *space; /* WIRE_MAX octets for an answer */
	char host[DNAME_TEXT_MAX]; /* for sentences */
};

/* Of A or AAAA. */
struct lookup_question {
	struct lookup_task *task;
	uint16_t type;
};

static const char late[] = "no answer within the deadline";

/* --- answers --- */

static struct query *start_query(
	const struct lookup_task *t, uint16_t type, struct query *q, uint8_t *out)
{
	memset(q, 0, sizeof *q);
	q->qname = t->name;
	memcpy(q->qname_as_sent, t->name.bytes, t->name.len);
	q->qtype = type;
	q->qclass = CLASS_IN;
	q->has_question = q->has_rd = true;
	q->ede = EDE_NONE;
	q->list = -1;
	q->out = out;
	q->out_max = WIRE_MAX;
	q->out_len = query_records_at(q);
	return q;
}

/* The library gives the chain and then the addresses, nothing else. */
static void take_addresses(struct lookup_task *t, const struct query *q)
{
	struct answer_cursor c = {0};
	struct answer_record r;
	while (answer_next(q, &c, &r) && t->count < t->max) {
		const uint8_t *data = q->out + r.data_at;
		if (r.section || r.type != q->qtype)
			continue;
		if (r.type == TYPE_A && r.data_len == 4)
			addr_from_v4(data, &t->out[t->count++]);
		else if (r.type == TYPE_AAAA && r.data_len == 16)
			memcpy(t->out[t->count++].bytes, data, 16);
	}
}

static void take_packet(struct lookup_task *t, uint16_t type, const uint8_t *packet, uint32_t len)
{
	struct query q;
	start_query(t, type, &q, t->space);
	if (!answer_take(&q, packet, len, 0, UINT32_MAX))
		t->e = err_set(t->why, CEN_EFORMAT, "%s: malformed answer", t->host);
	else if (q.rcode == RCODE_NXDOMAIN)
		t->e = err_set(t->why, CEN_ENOTFOUND, "%s: there is no such name", t->host);
	else if (q.rcode != RCODE_NOERROR)
		t->e = err_set(t->why, -EIO, "%s: no usable answer from upstream", t->host);
	else
		take_addresses(t, &q);
}

static void on_answer(
	void *arg, int rcode, void *packet, int len, int sec, char *why, int is_limited)
{
	(void)is_limited;
	struct lookup_question *question = arg;
	struct lookup_task *t = question->task;
	t->waiting--;
	if (t->is_late) /* the context is being deleted */
		return;
	if (sec == SEC_BOGUS)
		t->e = err_set(t->why, CEN_EREFUSED, "%s: DNSSEC validation failed: %.200s",
			t->host, why ? why : "");
	else if (rcode != RCODE_NOERROR || !packet || len <= 0)
		t->e = err_set(t->why, -EIO, "%s: no usable answer from upstream", t->host);
	else
		take_packet(t, question->type, packet, (uint32_t)len);
}

/* --- asking --- */

static bool ask_local(struct lookup *l, struct lookup_task *t)
{
	struct worker *w = calloc(1, sizeof *w);
	bool is_answered = false;
	if (!w)
		return false;
	w->view = l->now.view;
	static const uint16_t types[] = {TYPE_A, TYPE_AAAA};
	for (unsigned i = 0; i < 2; i++) {
		struct query q;
		start_query(t, types[i], &q, t->space);
		if (local(w, &q) != STEP_REPLY)
			continue;
		is_answered = true;
		take_addresses(t, &q);
	}
	free(w);
	if (is_answered && !t->count)
		t->e = err_set(
			t->why, CEN_ENOTFOUND, "%s: a local name without addresses", t->host);
	return is_answered;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct lookup_task *t = arg;
	t->is_late = clock_ms() >= t->end_ms || atomic_load(t->is_stopping);
}

/* Both questions at once, then the loop until both are answered or it is too late. */
static void ask_upstream(struct lookup *l, struct lookup_task *t)
{
	struct lookup_question questions[] = {{t, TYPE_A}, {t, TYPE_AAAA}};
	char name[DNAME_TEXT_MAX];
	static const struct timeval tick = {.tv_usec = TICK_MS * 1000};
	struct event *timer = event_new(l->base, -1, EV_PERSIST, on_timer, t);
	if (!timer || event_add(timer, &tick)) {
		t->e = err_set(t->why, -ENOMEM, "%s: out of memory", t->host);
		goto out;
	}
	dname_to_text(t->name.bytes, name);
	for (unsigned i = 0; i < 2; i++) {
		t->waiting++;
		if (!ub_resolve_event(l->context, name, questions[i].type, CLASS_IN, &questions[i],
			    on_answer, NULL))
			continue;
		t->waiting--;
		t->e = err_set(t->why, CEN_ELIB, "%s: the resolver library did not take it", name);
	}
	while (t->waiting && !t->is_late)
		event_base_loop(l->base, EVLOOP_ONCE);
	if (t->waiting) {
		t->e = err_set(t->why, -ETIMEDOUT, "%s: %s", t->host, late);
		/* Calls on_answer for what is under way, while there is still something to call it with. */
		recurse_context_free(l->context);
		l->context = NULL;
	}
out:
	if (timer)
		event_free(timer);
}

/* --- set-up --- */

static void clear_setup(struct lookup_setup *s)
{
	view_free(s->view);
	free(s->text);
	*s = (struct lookup_setup){0};
}

static int make_setup(const struct config *config, struct lookup_setup *out, struct err *why)
{
	struct lookup_setup s = {.view = calloc(1, sizeof *s.view)};
	int e = s.view ? recurse_config_text(config, &s.text, why)
		       : err_set(why, -ENOMEM, "out of memory");
	if (!e)
		e = local_new(config, &s.view->local, why);
	if (e)
		clear_setup(&s);
	else
		*out = s;
	return e;
}

/* By whose turn it is. */
static int prepare(struct lookup *l, struct err *why)
{
	pthread_mutex_lock(&l->lock);
	if (l->next.text) {
		recurse_context_free(l->context);
		l->context = NULL;
		clear_setup(&l->now);
		l->now = l->next;
		l->next = (struct lookup_setup){0};
	}
	pthread_mutex_unlock(&l->lock);
	if (!l->base && !(l->base = event_base_new()))
		return err_set(why, -ENOMEM, "out of memory");
	return l->context ? 0 : recurse_context_from_text(l->base, l->now.text, &l->context, why);
}

static int look_up(struct lookup *l, struct lookup_task *t)
{
	int e = prepare(l, t->why);
	if (e)
		return e;
	t->space = malloc(WIRE_MAX);
	if (!t->space)
		return err_set(t->why, -ENOMEM, "%s: out of memory", t->host);
	if (!ask_local(l, t))
		ask_upstream(l, t);
	free(t->space);
	if (t->count)
		return (int)t->count;
	return t->e ? t->e : err_set(t->why, CEN_ENOTFOUND, "%s: has no address", t->host);
}

/* False when others have kept it for too long. */
static bool take_turn(struct lookup *l, uint64_t end_ms)
{
	struct timespec end = {
		.tv_sec = (time_t)(end_ms / 1000), .tv_nsec = (long)(end_ms % 1000) * 1000000};
	pthread_mutex_lock(&l->lock);
	int e = 0;
	while (l->is_busy && !e)
		e = pthread_cond_timedwait(&l->freed, &l->lock, &end);
	bool is_free = !l->is_busy;
	l->is_busy = true;
	pthread_mutex_unlock(&l->lock);
	return is_free;
}

static void end_turn(struct lookup *l)
{
	pthread_mutex_lock(&l->lock);
	l->is_busy = false;
	pthread_cond_signal(&l->freed);
	pthread_mutex_unlock(&l->lock);
}

int lookup_host_within(struct lookup *l, const char *host, struct addr *out, size_t max,
	uint32_t deadline_ms, struct err *why)
{
	struct lookup_task t = {.out = out,
		.max = max,
		.end_ms = clock_ms() + deadline_ms,
		.why = why,
		.is_stopping = &l->is_stopping};
	if (!max)
		return err_set(why, -EINVAL, "no room for an address");
	if (!addr_from_text(host, out))
		return 1;
	if (dname_from_text(host, strlen(host), &t.name) || !t.name.labels)
		return err_set(why, CEN_EFORMAT, "\"%.100s\" is not the name of a host", host);
	dname_to_text(t.name.bytes, t.host);
	if (!take_turn(l, t.end_ms))
		return err_set(why, -ETIMEDOUT, "%s: %s", t.host, late);
	int n = look_up(l, &t);
	end_turn(l);
	return n;
}

int lookup_reconfigure(struct lookup *l, const struct config *config, struct err *why)
{
	struct lookup_setup s;
	int e = make_setup(config, &s, why);
	if (e)
		return e;
	pthread_mutex_lock(&l->lock);
	clear_setup(&l->next);
	l->next = s;
	pthread_mutex_unlock(&l->lock);
	return 0;
}

int lookup_new(const struct config *config, struct lookup **out, struct err *why)
{
	struct lookup *l = calloc(1, sizeof *l);
	if (!l)
		return err_set(why, -ENOMEM, "out of memory");
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&l->freed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	int e = make_setup(config, &l->next, why);
	if (e)
		lookup_free(l);
	else
		*out = l;
	return e;
}

void lookup_stop(struct lookup *l)
{
	if (l)
		atomic_store(&l->is_stopping, true);
}

void lookup_free(struct lookup *l)
{
	if (!l)
		return;
	recurse_context_free(l->context);
	if (l->base)
		event_base_free(l->base);
	clear_setup(&l->next);
	clear_setup(&l->now);
	pthread_cond_destroy(&l->freed);
	pthread_mutex_destroy(&l->lock);
	free(l);
}
