/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/journal/journal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "resolver/base/check.h"
#include "resolver/base/clock.h"
#include "resolver/base/hash.h"
#include "resolver/base/log.h"
#include "resolver/base/pseudonym.h"
#include "resolver/base/ring.h"
#include "resolver/journal/history.h"
#include "resolver/journal/querylog.h"
#include "resolver/journal/querylog_codec.h"
#include "resolver/stats.h"

enum {
	RING_BYTES = 4 << 20, /* some 40,000 events for each worker */
	ROUND_MS = 100,
	BATCH = 64, /* events for which locks are held */
	ROUND_MAX = 20000, /* events in a round: the clock is looked at between them */
	TICK_MS = 1000,
	NAMED = 1024,
};

_Static_assert(offsetof(struct journal_event, name) % 8 == 0, "names are copied in words");

/* What the configuration says of rows. */
struct settings {
	enum querylog_privacy privacy;
	bool is_enabled, has_pseudonyms, has_no_key;
	struct pseudonym_key key;
	char (*groups)[64]; /* by the numbers of the view */
	size_t group_count;
};

/* A client and what it is called. */
struct named {
	struct addr client;
	uint32_t pseudonym; /* if there are */
	struct history_client as; /* its length 0: nobody yet */
};

struct journal {
	struct ring **rings;
	unsigned ring_count;
	struct journal_hooks hooks;
	struct querylog *log;
	struct history *history;
	uint64_t next_tick_ms;
	struct stats_total total; /* the thread's own */
	char *state_directory;
	int wake_fd; /* readable: the thread is not to rest any longer */
	_Atomic bool is_resting, is_over;
	bool has_thread;
	pthread_t thread;
	_Atomic uint64_t taken, suppressed; /* written by the thread alone */

	pthread_mutex_t lock; /* of what follows */
	struct settings settings;
	struct named named[NAMED]; /* by the settings in force */
};

/* --- the path's side -------------------------------------------------------------------------- */

struct journal_event *journal_begin(struct journal *j, unsigned worker)
{
	return ring_begin(j->rings[worker], sizeof(struct journal_event));
}

static void wake(struct journal *j)
{
	uint64_t one = 1;
	MUST(write(j->wake_fd, &one, sizeof one) == sizeof one);
}

void journal_commit(struct journal *j, unsigned worker, const struct journal_event *event)
{
	/* Names are short, and the room for them is long. */
	bool is_urgent = ring_commit(
		j->rings[worker], offsetof(struct journal_event, name.bytes) + event->name.len);
	if (__builtin_expect(is_urgent, 0) && atomic_load(&j->is_resting) &&
		atomic_exchange(&j->is_resting, false))
		wake(j);
}

void journal_miss(struct journal *j, unsigned worker)
{
	ring_miss(j->rings[worker]);
}

/* --- rows ------------------------------------------------------------------------------------- */

static void count(_Atomic uint64_t *counter, unsigned n)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
		memory_order_release);
}

static void name_anew(const struct journal *j, const struct addr *client, struct named *n)
{
	n->client = *client;
	if (j->settings.has_pseudonyms) {
		pseudonym_of(&j->settings.key, client, n->as.text);
		n->pseudonym = (uint32_t)strtoul(n->as.text + sizeof "client-" - 1, NULL, 16);
	} else {
		addr_to_text(client, n->as.text);
	}
	history_name_client(j->history, &n->as);
}

/* The client as it may be kept, until the next one is named; NULL: it may not. Names are dear: those of the last ones are remembered. */
static const struct named *name_client(struct journal *j, const struct addr *client)
{
	const struct settings *s = &j->settings;
	if (s->privacy == QUERYLOG_NO_CLIENT || s->privacy == QUERYLOG_NOTHING || s->has_no_key)
		return NULL;
	struct named *n = &j->named[hash_bytes(client->bytes, sizeof client->bytes, 0) % NAMED];
	if (!n->as.len || !addr_equal(&n->client, client))
		name_anew(j, client, n);
	return n;
}

static void set_client(
	const struct settings *s, const struct named *client, struct querylog_kept *row)
{
	if (!client) {
		row->client_kind = CLIENT_WITHHELD;
	} else if (s->has_pseudonyms) {
		row->client_kind = CLIENT_PSEUDONYM;
		row->pseudonym = client->pseudonym;
	} else {
		row->client_kind = addr_is_v4(&client->client) ? CLIENT_V4 : CLIENT_V6;
		row->client = client->client;
	}
}

static void make_row(const struct settings *s, const struct journal_event *e,
	const struct named *client, struct querylog_kept *row)
{
	set_client(s, client, row);
	row->at_ms = e->at_ms;
	row->qtype = e->qtype;
	row->rcode = e->rcode;
	row->outcome = e->outcome;
	row->reply = e->reply;
	row->dga_class = e->dga_class;
	row->dga_score = e->dga_score;
	row->transport = e->transport;
	row->took_us = e->took_us;
	row->is_secure = e->is_secure;
	row->is_monitored = e->is_monitored;
	row->is_allowed = e->is_allowed;
	row->list = e->list ? e->list : "";
	row->family = e->family ? e->family : "";
	row->group = e->group < s->group_count ? s->groups[e->group] : "";
	row->name = s->privacy == QUERYLOG_NO_NAME ? NULL : &e->name;
}

/* False: there is no row of it. */
static bool take_event(struct journal *j, const struct journal_event *e, uint64_t name_hash)
{
	struct querylog_kept row;
	const struct settings *s = &j->settings;
	const struct named *client = name_client(j, &e->client);
	const struct history_fact fact = {.event = e,
		.client = client ? &client->as : NULL,
		.name_hash = name_hash,
		.has_name = s->privacy == QUERYLOG_ALL || s->privacy == QUERYLOG_NO_CLIENT};
	history_feed(j->history, &fact);
	if (!s->is_enabled || s->privacy == QUERYLOG_NOTHING)
		return false;
	make_row(s, e, client, &row);
	querylog_add(j->log, &row);
	return true;
}

/* --- the thread ------------------------------------------------------------------------------- */

/* The oldest event of all rings: what several workers answered is taken up in the order of time. NULL: there is none. */
static const struct journal_event *next_event(struct journal *j)
{
	struct ring *oldest = NULL;
	uint64_t oldest_ms = 0, at_ms;
	size_t len;
	if (j->ring_count == 1)
		return ring_next(j->rings[0], &len);
	for (unsigned i = 0; i < j->ring_count; i++) {
		if (!ring_peek(j->rings[i], &at_ms) || (oldest && at_ms >= oldest_ms))
			continue;
		oldest = j->rings[i];
		oldest_ms = at_ms;
	}
	return oldest ? ring_next(oldest, &len) : NULL;
}

/* Locks and counters are for many events at once. Those who ask how many there are find the rows of all that is counted as taken up. */
static unsigned batch_of(struct journal *j)
{
	const struct journal_event *events[BATCH];
	uint64_t name_hashes[BATCH];
	unsigned n = 0, rows = 0;
	history_enter(j->history);
	querylog_enter(j->log);
	for (; n < BATCH && (events[n] = next_event(j)); n++)
		name_hashes[n] = history_expect(j->history, events[n]);
	for (unsigned i = 0; i < n; i++)
		rows += take_event(j, events[i], name_hashes[i]);
	querylog_leave(j->log);
	history_leave(j->history);
	for (unsigned i = 0; i < j->ring_count; i++)
		ring_release(j->rings[i]);
	count(&j->suppressed, n - rows);
	count(&j->taken, n);
	return n;
}

static unsigned round_of(struct journal *j)
{
	unsigned n = 0, more = BATCH;
	pthread_mutex_lock(&j->lock);
	for (; n < ROUND_MAX && more == BATCH; n += more)
		more = batch_of(j);
	pthread_mutex_unlock(&j->lock);
	return n;
}

static void tick(struct journal *j)
{
	uint64_t now_ms = clock_ms();
	if (now_ms < j->next_tick_ms)
		return;
	j->next_tick_ms = now_ms + TICK_MS;
	j->hooks.stats(j->hooks.arg, &j->total);
	history_tick(j->history, clock_wall_ms(), &j->total);
}

/* Until the next round, a ring that fills, or the end; true at the end. */
static bool rest(struct journal *j)
{
	struct pollfd wake_up = {.fd = j->wake_fd, .events = POLLIN};
	uint64_t times;
	atomic_store(&j->is_resting, true);
	if (poll(&wake_up, 1, ROUND_MS) > 0)
		(void)!read(j->wake_fd, &times, sizeof times);
	atomic_store(&j->is_resting, false);
	return atomic_load(&j->is_over);
}

static void *main_loop(void *arg)
{
	struct journal *j = arg;
	querylog_begin(j->log);
	while (!rest(j)) {
		(void)round_of(j);
		querylog_tick(j->log);
		tick(j);
	}
	while (round_of(j) >= ROUND_MAX)
		;
	querylog_save(j->log);
	j->next_tick_ms = 0;
	tick(j);
	history_save(j->history);
	return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

static void name_group(struct settings *s, const char *name)
{
	snprintf(s->groups[s->group_count++], sizeof *s->groups, "%s", name);
}

/* In the order of the view: the default group, then the others as they are given. */
static int read_settings(const struct config *c, const char *state_directory, struct settings *out)
{
	struct err why = {0};
	*out = (struct settings){.privacy = c->querylog_privacy,
		.is_enabled = c->querylog_is_enabled,
		.has_pseudonyms = c->querylog_has_pseudonyms};
	/* Without the key nobody is named: an address must not slip through. */
	if (out->has_pseudonyms && pseudonym_key_open(state_directory, &out->key, &why)) {
		log_error(
			"journal", "event=no_pseudonyms clients=withheld reason=\"%s\"", why.text);
		out->has_no_key = true;
	}
	out->groups = calloc(c->group_count + 1, sizeof *out->groups);
	if (!out->groups)
		return -ENOMEM;
	name_group(out, "default");
	for (size_t i = 0; i < c->group_count; i++)
		if (strcmp(c->groups[i].name, "default") != 0)
			name_group(out, c->groups[i].name);
	return 0;
}

static void limit_log(struct journal *j, const struct config *c)
{
	querylog_limit(j->log, c->querylog_size_bytes, c->querylog_days, c->querylog_save_s);
}

void journal_reconfigure(struct journal *j, const struct config *config)
{
	struct settings next;
	if (read_settings(config, j->state_directory, &next))
		return; /* memory is short: as before */
	pthread_mutex_lock(&j->lock);
	free(j->settings.groups);
	j->settings = next;
	memset(j->named, 0, sizeof j->named);
	pthread_mutex_unlock(&j->lock);
	limit_log(j, config);
}

static int make_rings(struct journal *j, unsigned workers)
{
	j->rings = calloc(workers, sizeof *j->rings);
	j->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!j->rings || j->wake_fd < 0)
		return -ENOMEM;
	for (; j->ring_count < workers; j->ring_count++)
		if (!(j->rings[j->ring_count] = ring_new(RING_BYTES)))
			return -ENOMEM;
	return 0;
}

int journal_open(
	const struct config *config, unsigned workers, struct journal **out, struct err *why)
{
	*out = NULL;
	struct journal *j = calloc(1, sizeof *j);
	if (!j)
		return err_set(why, -ENOMEM, "journal: there is no memory to start with");
	j->wake_fd = -1;
	pthread_mutex_init(&j->lock, NULL);
	j->state_directory = strdup(config->state_directory);
	if (!j->state_directory || read_settings(config, j->state_directory, &j->settings) ||
		make_rings(j, workers) || !(j->log = querylog_new(j->state_directory))) {
		journal_free(j);
		return err_set(why, -ENOMEM, "journal: there is no memory to start with");
	}
	limit_log(j, config);
	int code = history_open(j->state_directory, &j->history, why);
	if (code) {
		journal_free(j);
		return code;
	}
	*out = j;
	return 0;
}

int journal_start(struct journal *j, const struct journal_hooks *hooks, struct err *why)
{
	sigset_t all, before;
	j->hooks = *hooks;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
	int code = pthread_create(&j->thread, NULL, main_loop, j);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	j->has_thread = !code;
	if (!code)
		pthread_setname_np(j->thread, "journal");
	return code ? err_set(why, -code, "journal: its thread cannot be started: %s",
			      err_string(-code))
		    : 0;
}

void journal_stop(struct journal *j)
{
	if (!j || !j->has_thread)
		return;
	atomic_store(&j->is_over, true);
	wake(j);
	pthread_join(j->thread, NULL);
	j->has_thread = false;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	for (unsigned i = 0; i < j->ring_count; i++)
		ring_free(j->rings[i]);
	free(j->rings);
	querylog_free(j->log);
	history_free(j->history);
	free(j->state_directory);
	free(j->settings.groups);
	if (j->wake_fd >= 0)
		close(j->wake_fd);
	pthread_mutex_destroy(&j->lock);
	free(j);
}

/* --- questions -------------------------------------------------------------------------------- */

struct querylog *journal_querylog(struct journal *j)
{
	return j->log;
}

struct history *journal_history(struct journal *j)
{
	return j->history;
}

/* What was taken up is read first: its row is counted before it. */
void journal_info(struct journal *j, struct journal_info *out)
{
	struct querylog_info log;
	uint64_t taken = atomic_load(&j->taken), lost = 0;
	for (unsigned i = 0; i < j->ring_count; i++)
		lost += ring_dropped(j->rings[i]);
	querylog_info(j->log, &log);
	*out = (struct journal_info){.events = taken + lost,
		.written = log.written,
		.pending = log.pending,
		.dropped = log.dropped + lost,
		.suppressed = atomic_load(&j->suppressed),
		.failed_writes = log.failed_writes,
		.log_bytes = log.bytes,
		.log_rows = log.rows,
		.oldest_ms = log.oldest_ms};
	memcpy(out->problem, log.problem, sizeof out->problem);
}
