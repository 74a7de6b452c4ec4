/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/evidence.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "resolver/base/check.h"
#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/base/rcu.h"
#include "resolver/base/ring.h"
#include "resolver/evidence/engine.h"
#include "resolver/evidence/evidence_store.h"

enum {
	RING_BYTES = 1 << 20, /* some 12,000 events: the thread comes round ten times a second */
	ROUND_MS = 100,
	BATCH = 512, /* events under one hold of the lock */
	KNOCKS_MAX = 256,
	SAVE_MS = 60000, /* between two saves of clients, */
	SAVE_CASES_MS =
		10000, /* and of cases that got more; what was opened or decided is saved at once */
};

struct evidence {
	struct engine_options options;
	uint64_t keep_ms; /* of cases that are done */
	struct pseudonym_key key;
	struct cases_privacy privacy; /* of what is shown */
	char *org, *contact, *domain; /* of who reports; NULL: not given */
	struct sinkhole *sinkhole; /* NULL: none listens */
	struct notices *notices; /* NULL: nobody is told */
	struct ring **rings;
	unsigned ring_count;
	const struct suspects *_Atomic suspects;
	int end_fd; /* readable: the thread is to end */
	bool has_thread;
	pthread_t thread;
	struct knock *taken; /* the thread's own */

	pthread_mutex_t lock; /* of all that follows */
	struct addr_table *access; /* who may ask: our clients */
	struct engine *engine;
	struct evidence_store *store; /* NULL: it cannot be used */
	struct suspects *owned_suspects;
	bool has_changed; /* cases: to be published */
	bool has_unsaved, is_urgent; /* cases */
	uint64_t next_save_ms, next_cases_ms;
	struct evidence_info info; /* its own counters */
	struct knock *knocks; /* waiting */
	unsigned knock_count;
};

/* --- the path's side -------------------------------------------------------------------------- */

void evidence_put(struct evidence *e, unsigned worker, const struct evidence_event *event)
{
	/* Names are short, and the room for them is long. */
	ring_put(e->rings[worker], event,
		offsetof(struct evidence_event, name.bytes) + event->name.len);
}

const struct suspects *_Atomic *evidence_suspects(struct evidence *e)
{
	return &e->suspects;
}

uint64_t evidence_token_seed(const struct evidence *e)
{
	return e->options.token_seed;
}

void evidence_knock(struct evidence *e, const struct knock *knock)
{
	pthread_mutex_lock(&e->lock);
	if (e->knock_count < KNOCKS_MAX)
		e->knocks[e->knock_count++] = *knock;
	else
		e->info.lost_knocks++;
	pthread_mutex_unlock(&e->lock);
}

/* --- under the lock --------------------------------------------------------------------------- */

/* The case is to be kept, and the path to be told of it: at once, or when it is saved. */
static void note_change(struct evidence *e, const struct evidence_case *c, bool is_urgent)
{
	if (!c)
		return;
	e->has_unsaved = true;
	e->is_urgent = e->is_urgent || is_urgent;
	if (!e->store)
		return;
	evidence_store_mark(e->store, c->id);
	uint64_t gone = engine_take_gone(e->engine);
	if (gone)
		evidence_store_mark(e->store, gone);
}

static void announce(struct evidence *e, const struct evidence_case *c)
{
	char text[ADDR_TEXT_MAX], alias[PSEUDONYM_TEXT];
	const char *client = !e->privacy.has_client ? "withheld"
		: e->privacy.key ? pseudonym_of(e->privacy.key, &c->client, alias)
				 : addr_to_text(&c->client, text);
	log_warn("evidence", "event=case_opened case=%llu client=%s family=%s evidence=%u",
		(unsigned long long)c->id, client, c->family_count ? c->families[0] : "unknown",
		c->evidence_count);
	notices_put(e->notices, NOTICE_OPENED, c);
}

/* What came of an event, when so many cases had been opened before. */
static void settle(struct evidence *e, const struct evidence_case *c, uint64_t opened)
{
	bool is_new = c && engine_counters(e->engine)->opened_cases != opened;
	if (is_new)
		announce(e, c);
	note_change(e, c, is_new);
}

static void take_event(struct evidence *e, const struct evidence_event *event)
{
	uint64_t opened = engine_counters(e->engine)->opened_cases;
	settle(e, engine_feed(e->engine, event), opened);
}

/* Those that came before the events that are taken up next: a token is known before who comes to it. */
static unsigned take_knocks(struct evidence *e, struct knock *out)
{
	pthread_mutex_lock(&e->lock);
	unsigned n = e->knock_count;
	memcpy(out, e->knocks, n * sizeof *out);
	e->knock_count = 0;
	pthread_mutex_unlock(&e->lock);
	return n;
}

static void take_up_knocks(struct evidence *e, struct knock *knocks, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t opened = engine_counters(e->engine)->opened_cases;
		bool is_ours = addr_table_find(e->access, &knocks[i].from.addr, 0);
		settle(e, engine_knock(e->engine, &knocks[i], is_ours), opened);
	}
}

/* Done long ago. A clock that stands before the cases forgets none. */
static void forget(struct evidence *e)
{
	uint64_t now_ms = clock_wall_ms(), id;
	if (now_ms < e->keep_ms)
		return;
	while ((id = case_book_expire(engine_book(e->engine), now_ms - e->keep_ms)) != 0) {
		e->has_changed = true;
		if (e->store)
			evidence_store_mark(e->store, id);
	}
}

static void save(struct evidence *e, bool is_last)
{
	struct err why = {0};
	uint64_t now_ms = clock_ms();
	bool has_clients = is_last || now_ms >= e->next_save_ms;
	bool has_cases =
		e->is_urgent || (e->has_unsaved && (has_clients || now_ms >= e->next_cases_ms));
	if (has_clients) {
		forget(e);
		e->has_changed = true; /* what does not stand any more */
		e->next_save_ms = now_ms + SAVE_MS;
	}
	if (has_cases) {
		e->has_changed = true;
		e->is_urgent = false;
		e->next_cases_ms = now_ms + SAVE_CASES_MS;
	}
	if (!e->store || (!has_clients && !has_cases))
		return;
	int code = evidence_store_save(e->store, e->engine, has_clients, &why);
	e->has_unsaved = e->has_unsaved && code;
	/* Said once: what follows is a counter. */
	if (code && !e->info.problem[0])
		log_error("evidence", "event=not_saved reason=\"%s\"", why.text);
	snprintf(e->info.problem, sizeof e->info.problem, "%.*s", (int)sizeof e->info.problem - 1,
		code ? why.text : "");
	e->info.saves += !code;
	e->info.failed_saves += code != 0;
}

/* The new table for the path; the old one, to be freed when no reader has it any more. NULL: nothing to free. */
static struct suspects *publish(struct evidence *e)
{
	if (!e->has_changed)
		return NULL;
	struct suspects *next = suspects_new(e->engine, &e->options, clock_wall_ms()),
			*old = e->owned_suspects;
	if (!next)
		return NULL; /* again in the next round */
	e->has_changed = false;
	e->owned_suspects = next;
	atomic_store_explicit(&e->suspects, next, memory_order_release);
	return old;
}

/* --- the thread ------------------------------------------------------------------------------- */

/* The oldest event of all rings: what several workers saw is taken up in the order of time. */
static bool take_oldest(struct evidence *e, struct evidence_event *out)
{
	struct ring *oldest = NULL;
	uint64_t oldest_ms = 0, at_ms;
	for (unsigned i = 0; i < e->ring_count; i++) {
		if (!ring_peek(e->rings[i], &at_ms) || (oldest && at_ms >= oldest_ms))
			continue;
		oldest = e->rings[i];
		oldest_ms = at_ms;
	}
	return oldest && ring_take(oldest, out, sizeof *out);
}

static bool take_batch(struct evidence *e)
{
	struct evidence_event event;
	unsigned n = 0;
	pthread_mutex_lock(&e->lock);
	for (; n < BATCH && take_oldest(e, &event); n++)
		take_event(e, &event);
	pthread_mutex_unlock(&e->lock);
	return n == BATCH;
}

static void round_of(struct evidence *e, bool is_last)
{
	unsigned knocks = take_knocks(e, e->taken);
	while (take_batch(e))
		;
	pthread_mutex_lock(&e->lock);
	take_up_knocks(e, e->taken, knocks);
	save(e, is_last);
	struct suspects *old = publish(e);
	pthread_mutex_unlock(&e->lock);
	if (old)
		rcu_wait_for_readers((void *)(uintptr_t)&e->suspects);
	free(old);
}

/* Until the next round or the end; true at the end. */
static bool rest(const struct evidence *e)
{
	struct pollfd end = {.fd = e->end_fd, .events = POLLIN};
	return poll(&end, 1, ROUND_MS) > 0;
}

static void *main_loop(void *arg)
{
	struct evidence *e = arg;
	while (!rest(e))
		round_of(e, false);
	round_of(e, true);
	return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

static int make_rings(struct evidence *e, unsigned workers)
{
	e->rings = calloc(workers, sizeof *e->rings);
	e->knocks = calloc(KNOCKS_MAX, sizeof *e->knocks);
	e->taken = calloc(KNOCKS_MAX, sizeof *e->taken);
	e->end_fd = eventfd(0, EFD_CLOEXEC);
	if (!e->rings || !e->knocks || !e->taken || e->end_fd < 0)
		return -ENOMEM;
	for (; e->ring_count < workers; e->ring_count++)
		if (!(e->rings[e->ring_count] = ring_new(RING_BYTES)))
			return -ENOMEM;
	return 0;
}

/* False when memory is short. */
static bool copy(const char *text, char **out)
{
	*out = text ? strdup(text) : NULL;
	return !text || *out;
}

void evidence_engine_options(const struct config *c, struct engine_options *out)
{
	*out = (struct engine_options){.false_positive = c->evidence_false_positive,
		.miss = c->evidence_miss,
		.half_life_s = c->evidence_half_life_s,
		.clients = c->evidence_clients,
		.cases = engine_cases_for(c->evidence_clients),
		.ipv4_bits = (uint8_t)c->evidence_ipv4_bits,
		.ipv6_bits = (uint8_t)c->evidence_ipv6_bits,
		.token_count = (uint8_t)c->sinkhole_token_count};
	randombytes_buf(&out->token_seed, sizeof out->token_seed);
	for (size_t i = 0; i < c->sinkhole_token_count; i++)
		out->tokens[i] = c->sinkhole_tokens[i];
}

static void on_knock(void *arg, const struct knock *knock)
{
	evidence_knock(arg, knock);
}

static int open_privacy(struct evidence *e, const struct config *c, struct err *why)
{
	enum querylog_privacy p = c->evidence_privacy;
	e->privacy.has_client = p == QUERYLOG_ALL || p == QUERYLOG_NO_NAME;
	e->privacy.has_name = p == QUERYLOG_ALL || p == QUERYLOG_NO_CLIENT;
	if (!c->evidence_has_pseudonyms || !e->privacy.has_client)
		return 0;
	e->privacy.key = &e->key;
	return pseudonym_key_open(c->state_directory, &e->key, why);
}

static int find(void *arg, uint64_t id, struct evidence_case *out)
{
	return evidence_case(arg, id, out);
}

static int open_sinkhole(struct evidence *e, const struct config *c, struct err *why)
{
	const struct sinkhole_options options = {.tcp = c->sinkhole_tcp,
		.tcp_count = c->sinkhole_tcp_count,
		.udp = c->sinkhole_udp,
		.udp_count = c->sinkhole_udp_count,
		.connections = c->sinkhole_connections,
		.connections_per_client = c->sinkhole_connections_per_client,
		.head_ms = c->sinkhole_timeout_ms};
	if (!options.tcp_count && !options.udp_count)
		return 0;
	return sinkhole_open(&options, on_knock, e, &e->sinkhole, why);
}

int evidence_open(
	const struct config *config, unsigned workers, struct evidence **out, struct err *why)
{
	*out = NULL;
	struct evidence *e = calloc(1, sizeof *e);
	if (!e)
		return err_set(why, -ENOMEM, "evidence: there is no memory to start with");
	e->end_fd = -1;
	pthread_mutex_init(&e->lock, NULL);
	evidence_engine_options(config, &e->options);
	e->keep_ms = (uint64_t)config->evidence_keep_s * 1000;
	e->access = addr_table_new(config->access, NULL, config->access_count);
	int code = engine_new(&e->options, &e->engine, why);
	if (!code &&
		(!e->access ||
			engine_except(e->engine, config->evidence_except,
				config->evidence_except_count) ||
			make_rings(e, workers) || !copy(config->report_org, &e->org) ||
			!copy(config->report_contact, &e->contact) ||
			!copy(config->report_domain, &e->domain)))
		code = err_set(why, -ENOMEM, "evidence: there is no memory to start with");
	if (!code)
		code = open_privacy(e, config, why);
	if (!code)
		code = open_sinkhole(e, config, why);
	if (!code)
		code = notices_open(&config->notices, find, e, &e->notices, why);
	if (code) {
		evidence_free(e);
		return code;
	}
	evidence_store_open(config->state_directory, e->engine, &e->store, e->info.problem,
		sizeof e->info.problem);
	if (e->store) {
		evidence_store_privacy(e->store, &e->privacy);
		evidence_store_notices(e->store, e->notices);
	}
	e->next_save_ms = clock_ms() + SAVE_MS;
	e->has_changed = true;
	free(publish(e));
	*out = e;
	return 0;
}

void evidence_reconfigure(struct evidence *e, const struct config *config)
{
	struct addr_table *next = addr_table_new(config->access, NULL, config->access_count);
	if (!next)
		return; /* memory is short: as before */
	pthread_mutex_lock(&e->lock);
	struct addr_table *old = e->access;
	e->access = next;
	if (!engine_except(e->engine, config->evidence_except, config->evidence_except_count))
		e->has_changed = true;
	pthread_mutex_unlock(&e->lock);
	addr_table_free(old);
}

int evidence_start(struct evidence *e, struct err *why)
{
	if (!e)
		return 0;
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
	int code = pthread_create(&e->thread, NULL, main_loop, e);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	e->has_thread = !code;
	if (code)
		return err_set(why, -code, "evidence: its thread cannot be started: %s",
			err_string(-code));
	code = notices_start(e->notices, why);
	return code || !e->sinkhole ? code : sinkhole_start(e->sinkhole, why);
}

void evidence_stop(struct evidence *e)
{
	if (!e || !e->has_thread)
		return;
	sinkhole_stop(e->sinkhole);
	notices_stop(e->notices); /* what waits is saved with the rest */
	uint64_t one = 1;
	MUST(write(e->end_fd, &one, sizeof one) == sizeof one);
	pthread_join(e->thread, NULL);
	e->has_thread = false;
}

void evidence_free(struct evidence *e)
{
	if (!e)
		return;
	sinkhole_free(e->sinkhole);
	notices_free(e->notices);
	evidence_store_close(e->store);
	for (unsigned i = 0; i < e->ring_count; i++)
		ring_free(e->rings[i]);
	free(e->rings);
	free(e->org);
	free(e->contact);
	free(e->domain);
	free(e->knocks);
	free(e->taken);
	free(e->owned_suspects);
	addr_table_free(e->access);
	engine_free(e->engine);
	if (e->end_fd >= 0)
		close(e->end_fd);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

/* --- questions -------------------------------------------------------------------------------- */

static void copy_out(
	const struct evidence *e, const struct evidence_case *c, struct evidence_case *out)
{
	*out = *c;
	cases_withhold(out, &e->privacy);
}

/* Who asks by an address would learn whose the case is. */
static bool has_addresses(const struct evidence *e)
{
	return e->privacy.has_client && !e->privacy.key;
}

size_t evidence_cases(struct evidence *e, enum case_state state, uint64_t before,
	struct evidence_case *out, size_t max)
{
	size_t n = 0;
	pthread_mutex_lock(&e->lock);
	const struct case_book *book = engine_book(e->engine);
	for (size_t i = case_book_count(book); i-- && n < max;) {
		const struct evidence_case *c = case_book_at(book, i);
		if ((!before || c->id < before) && (state == CASE_STATE_COUNT || c->state == state))
			copy_out(e, c, &out[n++]);
	}
	pthread_mutex_unlock(&e->lock);
	return n;
}

int evidence_case(struct evidence *e, uint64_t id, struct evidence_case *out)
{
	pthread_mutex_lock(&e->lock);
	const struct evidence_case *c = case_book_find(engine_book(e->engine), id);
	if (c)
		copy_out(e, c, out);
	pthread_mutex_unlock(&e->lock);
	return c ? 0 : CEN_ENOTFOUND;
}

int evidence_unseal(struct evidence *e, uint64_t id, struct evidence_case *out)
{
	const struct cases_privacy open = {.has_client = true, .has_name = e->privacy.has_name};
	if (!e->privacy.has_client)
		return CEN_EREFUSED;
	pthread_mutex_lock(&e->lock);
	struct evidence_case *c = case_book_find(engine_book(e->engine), id);
	if (c) {
		c->unsealed_count++;
		c->unsealed_ms = clock_wall_ms();
		note_change(e, c, true);
		*out = *c;
		cases_withhold(out, &open);
	}
	pthread_mutex_unlock(&e->lock);
	return c ? 0 : CEN_ENOTFOUND;
}

/* Of the prefix that is one client; its place and times do not change after the start. */
static void mask(struct evidence *e, const struct addr *address, struct addr *out)
{
	engine_mask(e->options.ipv4_bits, e->options.ipv6_bits, address, out);
}

size_t evidence_client_cases(
	struct evidence *e, const struct addr *address, struct evidence_brief *out, size_t max)
{
	struct addr client;
	size_t n = 0;
	if (!has_addresses(e))
		return 0;
	mask(e, address, &client);
	pthread_mutex_lock(&e->lock);
	const struct case_book *book = engine_book(e->engine);
	for (size_t i = case_book_count(book); i-- && n < max;) {
		const struct evidence_case *c = case_book_at(book, i);
		if (!c->client_bits || !addr_equal(&c->client, &client))
			continue;
		out[n] = (struct evidence_brief){.id = c->id, .state = c->state};
		if (c->family_count)
			memcpy(out[n].family, c->families[0], sizeof out[n].family);
		n++;
	}
	pthread_mutex_unlock(&e->lock);
	return n;
}

uint64_t evidence_client_case(struct evidence *e, const struct addr *address)
{
	struct addr client;
	if (!has_addresses(e))
		return 0;
	mask(e, address, &client);
	pthread_mutex_lock(&e->lock);
	const struct evidence_case *c = case_book_of_client(engine_book(e->engine), &client);
	uint64_t id = c ? c->id : 0;
	pthread_mutex_unlock(&e->lock);
	return id;
}

int evidence_decide(struct evidence *e, uint64_t id, enum case_state state, const char *note,
	struct evidence_case *out)
{
	pthread_mutex_lock(&e->lock);
	struct evidence_case *c = engine_decide(e->engine, id, state, note, clock_wall_s() * 1000);
	note_change(e, c, true);
	if (c) {
		notices_put(e->notices, NOTICE_CHANGED, c);
		copy_out(e, c, out);
	}
	pthread_mutex_unlock(&e->lock);
	return c ? 0 : CEN_ENOTFOUND;
}

void evidence_info(struct evidence *e, struct evidence_info *out)
{
	pthread_mutex_lock(&e->lock);
	const struct case_book *book = engine_book(e->engine);
	*out = e->info;
	out->engine = *engine_counters(e->engine);
	out->clients = engine_client_count(e->engine);
	out->cases = (uint32_t)case_book_count(book);
	out->bound = engine_bound(e->engine);
	for (size_t i = 0; i < out->cases; i++)
		out->live_cases += case_book_is_live(case_book_at(book, i));
	pthread_mutex_unlock(&e->lock);
	for (unsigned i = 0; i < e->ring_count; i++)
		out->lost_events += ring_dropped(e->rings[i]);
	notices_info(e->notices, out->notices);
	if (e->sinkhole)
		sinkhole_counters(e->sinkhole, &out->sinkhole);
}

void evidence_reporter(const struct evidence *e, struct report_context *out)
{
	*out = (struct report_context){.org = e->org,
		.contact = e->contact,
		.domain = e->domain,
		.now_ms = clock_wall_ms()};
}
