/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/server_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/base/rcu.h"
#include "resolver/cache_store.h"
#include "resolver/classifier.h"
#include "resolver/recurse.h"

enum { GRACE_MS = 2000 };

/* --- views: under the lock --- */

/* A list keeps its counter while the process lives, whatever its place in the generations. */
static uint16_t counter_of(struct server *s, const char *name)
{
	unsigned i = 0;
	while (i < s->counter_count && strcmp(s->counter_names[i], name) != 0)
		i++;
	/* Names beyond share the last one. */
	if (i >= STATS_LISTS - 1) {
		i = STATS_LISTS - 1;
		name = "others";
	}
	if (i >= s->counter_count) {
		snprintf(s->counter_names[i], sizeof s->counter_names[i], "%s", name);
		s->counter_count = i + 1;
	}
	return (uint16_t)i;
}

static int publish(
	struct server *s, const struct config *config, struct listdb *db, struct err *why)
{
	struct view *v = NULL, *old = s->owned_view;
	const struct view *same = old && old->config == config ? old : NULL;
	const struct view_parts parts = {.config = config,
		.db = db,
		.rules = s->rules,
		.respites = s->respites,
		.overlay = s->overlay,
		.dga = s->dga};
	int e = view_new(s->serial + 1, &parts, same, &v, why);
	if (e)
		return e;
	s->serial++;
	for (unsigned bit = 0; bit < LISTDB_LISTS_MAX; bit++)
		if (v->lists[bit].name[0])
			v->lists[bit].counter = counter_of(s, v->lists[bit].name);
	atomic_store_explicit(&s->view, v, memory_order_release);
	s->owned_view = v;
	if (old) {
		rcu_wait_for_readers((void *)(uintptr_t)&s->view);
		view_hand_over(old, v);
	}
	view_free(old);
	return 0;
}

int server_publish(struct server *s, struct err *why)
{
	return publish(s, s->config, s->db, why);
}

/* With its classifier, which is opened anew: the files may have changed under their names. */
static int take_config(struct server *s, const struct config *config, struct err *why)
{
	struct dga *old = s->dga, *next = NULL;
	int e = classifier_open(config, &next, why);
	if (e)
		return e;
	s->dga = next;
	e = publish(s, config, s->db, why);
	if (e)
		s->dga = old;
	else
		s->dga_problem[0] = 0;
	dga_close(e ? next : old);
	return e;
}

int server_set_config(struct server *s, struct config *config, struct err *why)
{
	pthread_mutex_lock(&s->lock);
	int e = take_config(s, config, why);
	struct config *gone = config;
	if (e) {
		s->failed_reloads++;
		snprintf(s->last_reload_error, sizeof s->last_reload_error, "%s",
			why ? why->text : "");
	} else {
		gone = s->config;
		s->config = config;
		s->reloads++;
		s->last_reload_error[0] = 0;
	}
	config_free(gone);
	pthread_mutex_unlock(&s->lock);
	return e;
}

int server_set_generation(struct server *s, struct listdb *db, struct err *why)
{
	pthread_mutex_lock(&s->lock);
	int e = publish(s, s->config, db, why);
	struct listdb *gone = e ? db : s->db;
	if (!e)
		s->db = db;
	listdb_close(gone);
	pthread_mutex_unlock(&s->lock);
	return e;
}

int server_refresh(struct server *s, struct err *why)
{
	pthread_mutex_lock(&s->lock);
	int e = server_publish(s, why);
	pthread_mutex_unlock(&s->lock);
	return e;
}

int server_set_overlay(struct server *s, struct overlay *overlay, struct err *why)
{
	pthread_mutex_lock(&s->lock);
	struct overlay *gone = s->overlay;
	s->overlay = overlay;
	int e = server_publish(s, why);
	if (e) {
		s->overlay = gone;
		gone = overlay;
	}
	overlay_release(gone);
	pthread_mutex_unlock(&s->lock);
	return e;
}

void server_note_failed_reload(struct server *s, const struct err *why)
{
	pthread_mutex_lock(&s->lock);
	s->failed_reloads++;
	snprintf(s->last_reload_error, sizeof s->last_reload_error, "%s", why->text);
	pthread_mutex_unlock(&s->lock);
}

/* --- what it knows --- */

void server_stats(struct server *s, struct stats_total *out)
{
	memset(out, 0, sizeof *out);
	for (unsigned i = 0; i < s->worker_count; i++)
		stats_sum(out, s->workers[i]->stats);
}

void server_info(struct server *s, struct server_info *out)
{
	struct cache_usage usage;
	cache_usage(s->cache, &usage);
	memset(out, 0, sizeof *out);
	out->started_s = s->started_wall_s;
	out->uptime_s = (clock_us() - s->started_us) / 1000000;
	out->workers = s->worker_count;
	out->cache_bytes = usage.bytes;
	out->cache_used_bytes = usage.used_bytes;
	out->cache_entries = usage.entries;
	out->cache_evictions = usage.evictions;
	out->tcp_connections = tcp_limits_total(s->tcp_limits);
	for (unsigned i = 0; i < s->worker_count; i++)
		out->in_flight += recurse_in_flight(s->workers[i]->recurse);
	pthread_mutex_lock(&s->lock);
	out->config_reloads = s->reloads;
	out->config_failures = s->failed_reloads;
	out->view_serial = s->serial;
	out->pauses = (uint32_t)respites_in_force(s->respites, RESPITE_PAUSE);
	out->unblocks = (uint32_t)respites_in_force(s->respites, RESPITE_UNBLOCK);
	out->dga_mode = s->config->dga_mode;
	out->dga_threshold = s->config->dga_threshold;
	out->has_classifier = s->dga != NULL;
	out->dga_threshold_score = s->dga ? dga_threshold(s->dga) : 0;
	snprintf(out->dga_problem, sizeof out->dga_problem, "%s", s->dga_problem);
	snprintf(out->last_reload_error, sizeof out->last_reload_error, "%s", s->last_reload_error);
	pthread_mutex_unlock(&s->lock);
}

void server_read_config(
	struct server *s, void (*read)(void *arg, const struct config *config), void *arg)
{
	pthread_mutex_lock(&s->lock);
	read(arg, s->config);
	pthread_mutex_unlock(&s->lock);
}

const char *server_list_counter_name(struct server *s, unsigned index)
{
	pthread_mutex_lock(&s->lock);
	bool is_known = index < s->counter_count;
	pthread_mutex_unlock(&s->lock);
	return is_known ? s->counter_names[index] : NULL;
}

const char *server_family_name(const struct server *s, unsigned index)
{
	return botnets_name(&s->botnets, index);
}

/* --- life --- */

/* One plain bind of an address: 0 or the errno. SO_REUSEPORT would let a second cenote bind the same port, and each would get half
 * of the queries. */
static int try_address(const struct addr_endpoint *at)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(at, &sa);
	int one = 1, fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	if (sa.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	int e = bind(fd, (struct sockaddr *)&sa, len) ? errno : 0;
	close(fd);
	return e;
}

/* Every machine with IPv6 has ::1; one without still has to start with the default addresses. */
static bool is_without_ipv6(const struct addr_endpoint *at, int e)
{
	return !addr_is_v4(&at->addr) && addr_is_loopback(&at->addr) &&
		(e == EADDRNOTAVAIL || e == EAFNOSUPPORT);
}

static int check_addresses(struct config *config, struct err *why)
{
	char text[ADDR_TEXT_MAX];
	size_t kept = 0;
	for (size_t i = 0; i < config->listen_count; i++) {
		const struct addr_endpoint *at = &config->listen[i];
		int e = try_address(at);
		addr_endpoint_to_text(at, text);
		if (e == EADDRINUSE)
			return err_set(why, -e,
				"listen: %s is in use by another program (another cenote?)", text);
		if (is_without_ipv6(at, e))
			log_warn("server", "event=no_ipv6 left_out=%s", text);
		else
			config->listen[kept++] = *at; /* of the rest udp_new says what is wrong */
	}
	config->listen_count = kept;
	if (!kept)
		return err_set(
			why, -EADDRNOTAVAIL, "listen: this machine has none of the addresses");
	return 0;
}

static int make_workers(struct server *s, struct err *why)
{
	struct worker_shared shared = {
		.config = s->config,
		.cache = s->cache,
		.botnets = &s->botnets,
		.evidence = s->evidence,
		.journal = s->journal,
		.list_names = (const char(*)[64])s->counter_names,
		.flight = s->flight,
		.tcp_limits = s->tcp_limits,
		.view = &s->view,
		.worker_count = s->config->workers,
	};
	s->workers = calloc(shared.worker_count, sizeof *s->workers);
	if (!s->workers)
		return err_set(why, -ENOMEM, "out of memory while starting workers");
	for (unsigned i = 0; i < shared.worker_count; i++) {
		int e = worker_new(&shared, i, &s->workers[i], why);
		if (e)
			return e;
		s->worker_count++;
	}
	return 0;
}

int server_new(struct config *config, struct listdb *db, struct evidence *evidence,
	struct journal *journal, struct server **out, struct err *why)
{
	struct server *s = calloc(1, sizeof *s);
	if (!s) {
		listdb_close(db);
		config_free(config);
		return err_set(why, -ENOMEM, "out of memory while starting");
	}
	pthread_mutex_init(&s->lock, NULL);
	s->config = config;
	s->db = db;
	s->evidence = evidence;
	s->journal = journal;
	s->started_wall_s = clock_wall_s();
	s->started_us = clock_us();
	botnets_fill(&s->botnets);
	int e = check_addresses(config, why);
	if (!e)
		e = rules_load(config->state_directory, &s->rules, why);
	if (!e)
		e = respites_load(config->state_directory, &s->respites, why);
	if (!e)
		e = cache_new(config->cache_size_bytes, &s->cache, why);
	if (!e && config->cache_is_kept)
		cache_store_load(s->cache, config);
	if (!e)
		e = flight_new(&s->flight, why);
	if (!e && !(s->tcp_limits = tcp_limits_new(config)))
		e = err_set(why, -ENOMEM, "out of memory while starting");
	classifier_open_anyway(config, &s->dga, s->dga_problem, sizeof s->dga_problem);
	if (!e)
		e = publish(s, config, db, why);
	if (!e)
		e = make_workers(s, why);
	if (e)
		server_free(s);
	else
		*out = s;
	return e;
}

int server_start(struct server *s, struct err *why)
{
	s->has_served = true;
	for (unsigned i = 0; i < s->worker_count; i++) {
		int e = worker_start(s->workers[i]);
		if (e)
			return err_set(why, e, "worker %u cannot be started: %s", i, err_string(e));
	}
	return 0;
}

void server_stop(struct server *s)
{
	for (unsigned i = 0; i < s->worker_count; i++)
		worker_stop(s->workers[i], GRACE_MS);
}

void server_free(struct server *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->worker_count; i++)
		worker_free(s->workers[i]);
	free(s->workers);
	if (s->cache && s->has_served && s->config->cache_is_kept)
		cache_store_save(s->cache, s->config);
	view_free(s->owned_view);
	tcp_limits_free(s->tcp_limits);
	flight_free(s->flight);
	cache_free(s->cache);
	dga_close(s->dga);
	respites_free(s->respites);
	rules_free(s->rules);
	overlay_release(s->overlay);
	listdb_close(s->db);
	config_free(s->config);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
