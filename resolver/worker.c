/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "resolver/base/check.h"
#include "resolver/base/clock.h"
#include "resolver/base/rcu.h"
#include "resolver/evidence/evidence.h"
#include "resolver/nameservers.h"
#include "resolver/policy_rules.h"
#include "resolver/recurse.h"
#include "resolver/refresh.h"
#include "resolver/stats.h"
#include "resolver/tcp.h"
#include "resolver/udp.h"

enum { SPARE_SLOTS = 128, DRAIN_TICK_MS = 20 };

/* --- the frame around every callback --- */

void worker_enter(struct worker *w)
{
	if (w->depth++)
		return;
	rcu_reader_enter();
	w->view = atomic_load_explicit(w->published, memory_order_acquire);
	if (w->evidence)
		w->suspects =
			atomic_load_explicit(evidence_suspects(w->evidence), memory_order_acquire);
	w->now_us = clock_us();
}

void worker_leave(struct worker *w)
{
	if (--w->depth)
		return;
	udp_flush(w->udp);
	if (w->batch_count) {
		uint64_t took_us = clock_us() - w->now_us;
		stats_add(&w->stats->latency[stats_bucket(took_us)], w->batch_count);
		stats_add(&w->stats->latency_sum_us, took_us * w->batch_count);
		w->batch_count = 0;
	}
	w->view = NULL;
	w->suspects = NULL;
	if (w->evidence)
		rcu_reader_release((void *)(uintptr_t)evidence_suspects(w->evidence));
	rcu_reader_leave((void *)(uintptr_t)w->published);
}

/* --- slots --- */

struct query *worker_take(struct worker *w)
{
	struct query *q = w->free;
	if (!q)
		return NULL;
	w->free = q->next;
	w->free_count--;
	/* The names are long and always written before they are read: not worth clearing. */
	memset(q, 0, offsetof(struct query, qname));
	memset(&q->outcome, 0, sizeof *q - offsetof(struct query, outcome));
	q->qname.len = 1;
	q->qname.labels = 0;
	q->qname.bytes[0] = 0;
	q->ede = EDE_NONE;
	q->list = q->monitored = -1;
	return q;
}

void worker_give_back(struct worker *w, struct query *q)
{
	q->next = w->free;
	w->free = q;
	w->free_count++;
}

static int make_slots(struct worker *w, const struct config *config)
{
	w->slot_count = config->recursion_in_flight / w->worker_count + SPARE_SLOTS;
	w->slots = calloc(w->slot_count, sizeof *w->slots);
	if (!w->slots)
		return -ENOMEM;
	for (uint32_t i = w->slot_count; i--;)
		worker_give_back(w, &w->slots[i]);
	return 0;
}

/* --- the end --- */

static void on_drain_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct worker *w = arg;
	bool is_over = clock_us() >= w->stop_by_us;
	if (is_over) {
		worker_enter(w);
		recurse_give_up(w->recurse);
		worker_leave(w);
	}
	if (is_over || !recurse_in_flight(w->recurse))
		event_base_loopbreak(w->base);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct worker *w = arg;
	uint64_t n;
	if (read(fd, &n, sizeof n) < 0 || !atomic_load(&w->is_stopping))
		return;
	struct timeval tick = {.tv_usec = DRAIN_TICK_MS * 1000};
	udp_drain(w->udp);
	tcp_drain(w->tcp);
	event_add(w->stop_timer, &tick);
}

void worker_stop(struct worker *w, uint32_t grace_ms)
{
	if (!w || !w->is_thread_started)
		return;
	uint64_t one = 1;
	w->stop_by_us = clock_us() + (uint64_t)grace_ms * 1000;
	atomic_store(&w->is_stopping, true);
	MUST(write(w->wake_fd, &one, sizeof one) == sizeof one);
	pthread_join(w->thread, NULL);
	w->is_thread_started = false;
}

/* --- life --- */

static void *main_loop(void *arg)
{
	struct worker *w = arg;
	rcu_register_thread();
	rcu_thread_offline();
	event_base_dispatch(w->base);
	rcu_unregister_thread();
	return NULL;
}

int worker_start(struct worker *w)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
	int e = pthread_create(&w->thread, NULL, main_loop, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	w->is_thread_started = !e;
	return -e;
}

static int make_loop(struct worker *w)
{
	w->base = event_base_new();
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!w->base || w->wake_fd < 0)
		return -ENOMEM;
	w->wake = event_new(w->base, w->wake_fd, EV_READ | EV_PERSIST, on_wake, w);
	w->stop_timer = event_new(w->base, -1, EV_PERSIST, on_drain_tick, w);
	return w->wake && w->stop_timer && !event_add(w->wake, NULL) ? 0 : -ENOMEM;
}

int worker_new(
	const struct worker_shared *shared, unsigned index, struct worker **out, struct err *why)
{
	struct worker *w = calloc(1, sizeof *w);
	if (!w)
		return err_set(why, -ENOMEM, "out of memory while starting worker %u", index);
	w->index = index;
	w->worker_count = shared->worker_count;
	w->published = shared->view;
	w->cache = shared->cache;
	w->botnets = shared->botnets;
	w->evidence = shared->evidence;
	w->journal = shared->journal;
	w->list_names = shared->list_names;
	w->token_seed = w->evidence ? evidence_token_seed(w->evidence) : 0;
	w->flight = shared->flight;
	w->tcp_limits = shared->tcp_limits;
	w->wake_fd = -1;
	w->stats = calloc(1, sizeof *w->stats);
	w->policy = calloc(1, sizeof *w->policy);
	int e = w->stats && w->policy ? make_slots(w, shared->config) : -ENOMEM;
	if (!e)
		e = policy_work_init(w->policy);
	if (!e)
		e = make_loop(w);
	if (e)
		err_set(why, e, "out of memory while starting worker %u", index);
	if (!e)
		e = udp_new(w, shared->config, &w->udp, why);
	if (!e)
		e = tcp_new(w, shared->config, &w->tcp, why);
	if (!e)
		e = refresh_new(w, &w->refresh, why);
	if (!e)
		e = nameservers_new(w, &w->nameservers, why);
	if (!e)
		e = recurse_new(w, shared->config, &w->recurse, why);
	if (e)
		worker_free(w);
	else
		*out = w;
	return e;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	recurse_free(w->recurse);
	nameservers_free(w->nameservers);
	refresh_free(w->refresh);
	tcp_free(w->tcp);
	udp_free(w->udp);
	if (w->wake)
		event_free(w->wake);
	if (w->stop_timer)
		event_free(w->stop_timer);
	if (w->wake_fd >= 0)
		close(w->wake_fd);
	if (w->base)
		event_base_free(w->base);
	if (w->policy)
		policy_work_clear(w->policy);
	free(w->policy);
	free(w->slots);
	free(w->stats);
	free(w);
}
