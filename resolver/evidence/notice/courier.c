/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/notice/courier.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "resolver/base/check.h"
#include "resolver/base/clock.h"
#include "resolver/base/log.h"

enum { PAUSE_MAX_MS = 3600000, HOUR_MS = 3600000, REST_MS = 60000 };

struct courier {
	struct courier_options options;
	int wake_fd; /* readable: something has come, or the thread is to end */
	bool has_thread;
	pthread_t thread;
	atomic_bool is_ending;

	pthread_mutex_t lock; /* of all that follows */
	struct notice waiting
		[COURIER_WAITING_MAX]; /* a ring from `first` on; the one that is under way is still there */
	unsigned first, count, tries; /* of the first one */
	unsigned failures; /* in a row */
	uint64_t next_ms; /* not before */
	uint64_t hour_ms; /* when the hour's share began */
	uint32_t in_hour;
	struct courier_counters counters;
};

uint64_t courier_pause_ms(uint32_t wait_ms, unsigned failures)
{
	uint64_t pause_ms = (uint64_t)wait_ms << (failures > 24 ? 24 : failures ? failures - 1 : 0);
	return pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS;
}

/* --- the queue, under the lock ---------------------------------------------------------------- */

static bool has_share(struct courier *c)
{
	uint64_t now_ms = clock_ms();
	if (!c->options.per_hour)
		return true;
	if (!c->in_hour || now_ms - c->hour_ms >= HOUR_MS) {
		c->hour_ms = now_ms;
		c->in_hour = 0;
	}
	return c->in_hour++ < c->options.per_hour;
}

static void take_off(struct courier *c)
{
	c->first = (c->first + 1) % COURIER_WAITING_MAX;
	c->count--;
	c->tries = 0;
}

/* After a try; `why` has the sentence of a failure. */
static void settle(struct courier *c, enum courier_result result, const struct err *why)
{
	bool was_well = !c->counters.problem[0];
	if (result == COURIER_DONE) {
		c->counters.delivered++;
		c->counters.problem[0] = 0;
		c->failures = 0;
		take_off(c);
		return;
	}
	snprintf(c->counters.problem, sizeof c->counters.problem, "%.*s",
		(int)sizeof c->counters.problem - 1, why->text);
	if (was_well)
		log_warn("evidence", "event=not_told receiver=%s reason=\"%s\"", c->options.name,
			c->counters.problem);
	c->counters.failed_tries++;
	if (result == COURIER_NEVER || ++c->tries == COURIER_TRIES_MAX) {
		c->counters.given_up++;
		take_off(c);
	}
	if (result == COURIER_NEVER)
		return;
	uint64_t pause_ms = courier_pause_ms(c->options.wait_ms, ++c->failures);
	c->next_ms = clock_ms() + pause_ms + randombytes_uniform((uint32_t)(pause_ms / 2) + 1);
}

/* --- the thread ------------------------------------------------------------------------------- */

/* The next one that is due; else false, and how long there is to wait. */
static bool next_due(struct courier *c, struct notice *out, int *rest_ms)
{
	uint64_t now_ms = clock_ms();
	pthread_mutex_lock(&c->lock);
	bool is_due = c->count && now_ms >= c->next_ms;
	*rest_ms = REST_MS;
	if (is_due)
		*out = c->waiting[c->first];
	else if (c->count && c->next_ms - now_ms < REST_MS)
		*rest_ms = (int)(c->next_ms - now_ms);
	pthread_mutex_unlock(&c->lock);
	return is_due;
}

static void *main_loop(void *arg)
{
	struct courier *c = arg;
	struct notice n;
	int rest_ms;
	while (!atomic_load(&c->is_ending)) {
		if (!next_due(c, &n, &rest_ms)) {
			struct pollfd wake = {.fd = c->wake_fd, .events = POLLIN};
			uint64_t count;
			if (poll(&wake, 1, rest_ms) > 0)
				MUST(read(c->wake_fd, &count, sizeof count) == sizeof count);
			continue;
		}
		struct err why = {""};
		enum courier_result result =
			c->options.carry(c->options.arg, &n, &c->is_ending, &why);
		/* A try that was broken off says nothing about the receiver. */
		if (result != COURIER_DONE && atomic_load(&c->is_ending))
			break;
		pthread_mutex_lock(&c->lock);
		settle(c, result, &why);
		pthread_mutex_unlock(&c->lock);
	}
	return NULL;
}

static void wake(struct courier *c)
{
	uint64_t one = 1;
	MUST(write(c->wake_fd, &one, sizeof one) == sizeof one);
}

/* --- life ------------------------------------------------------------------------------------- */

int courier_new(const struct courier_options *options, struct courier **out, struct err *why)
{
	struct courier *c = calloc(1, sizeof *c);
	*out = NULL;
	if (!c)
		return err_set(why, -ENOMEM, "%s: memory is short", options->name);
	c->options = *options;
	c->wake_fd = eventfd(0, EFD_CLOEXEC);
	if (c->wake_fd < 0) {
		int code = -errno;
		free(c);
		return err_set(why, code, "%s: %s", options->name, err_string(code));
	}
	pthread_mutex_init(&c->lock, NULL);
	*out = c;
	return 0;
}

int courier_start(struct courier *c, struct err *why)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
	int code = pthread_create(&c->thread, NULL, main_loop, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	c->has_thread = !code;
	return code ? err_set(why, -code, "%s: its thread cannot be started: %s", c->options.name,
			      err_string(-code))
		    : 0;
}

void courier_stop(struct courier *c)
{
	if (!c || !c->has_thread)
		return;
	atomic_store(&c->is_ending, true);
	wake(c);
	pthread_join(c->thread, NULL);
	c->has_thread = false;
}

void courier_free(struct courier *c)
{
	if (!c)
		return;
	close(c->wake_fd);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* --- from any thread -------------------------------------------------------------------------- */

static void add(struct courier *c, const struct notice *n, bool is_new)
{
	pthread_mutex_lock(&c->lock);
	bool is_taken = c->count < COURIER_WAITING_MAX && (!is_new || has_share(c));
	if (is_taken)
		c->waiting[(c->first + c->count++) % COURIER_WAITING_MAX] = *n;
	else
		c->counters.dropped++;
	pthread_mutex_unlock(&c->lock);
	if (is_taken)
		wake(c);
}

void courier_put(struct courier *c, const struct notice *n)
{
	add(c, n, true);
}

void courier_restore(struct courier *c, const struct notice *n)
{
	add(c, n, false);
}

size_t courier_waiting(struct courier *c, struct notice out[static COURIER_WAITING_MAX])
{
	pthread_mutex_lock(&c->lock);
	size_t n = c->count;
	for (unsigned i = 0; i < n; i++)
		out[i] = c->waiting[(c->first + i) % COURIER_WAITING_MAX];
	pthread_mutex_unlock(&c->lock);
	return n;
}

void courier_counters(struct courier *c, struct courier_counters *out)
{
	pthread_mutex_lock(&c->lock);
	*out = c->counters;
	out->waiting = c->count;
	pthread_mutex_unlock(&c->lock);
}
