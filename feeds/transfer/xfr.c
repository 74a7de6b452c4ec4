/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/transfer/xfr.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/format/publics.h"
#include "feeds/transfer/xfr_listen.h"
#include "feeds/transfer/xfr_overlay.h"
#include "feeds/transfer/xfr_zone.h"
#include "feeds/transfer/zone_text.h"
#include "resolver/base/clock.h"
#include "resolver/base/log.h"

enum { SLEEP_MAX_MS = 3600 * 1000, FOLD_GAP_MS = 60000 };

struct xfr {
	pthread_mutex_t lock; /* of all below but what is marked */
	pthread_t thread;
	bool is_started;
	struct xfr_hooks hooks; /* set at new */
	int wake_fd; /* an eventfd: set at new */
	atomic_bool is_stopping;
	char *state_directory; /* set at new */
	struct publics *publics; /* immutable */
	struct xfr_zone **zones;
	size_t count;
	uint64_t stamp; /* rises when `zones` or the listeners change */
	struct xfr_listen listen;
	bool is_dirty; /* the overlay is old */
	bool has_published;
	bool was_busy; /* and nobody was told yet that it is over */
	uint64_t publish_at_ms;
	uint64_t fold_at_ms; /* no build is asked for before */
};

static int load_settings(
	const struct config *c, const struct config_list *l, struct xfr_zone_settings *out)
{
	struct err why = {""};
	memset(out, 0, sizeof *out);
	snprintf(out->name, sizeof out->name, "%s", l->name);
	if (config_xfr_from_text(l->source, &out->source))
		return CEN_EFORMAT;
	out->limits = (struct zone_limits){c->feeds_max_bytes, c->feeds_max_rules};
	out->total_ms = (uint64_t)c->feeds_builder_time_s * 1000;
	for (size_t i = 0; l->tsig && i < c->tsig_key_count; i++) {
		if (strcmp(c->tsig_keys[i].name, l->tsig) != 0)
			continue;
		out->has_key = true;
		if (tsig_key_load(&c->tsig_keys[i], &out->key, &why))
			snprintf(out->fault, sizeof out->fault, "%.200s", why.text);
	}
	return 0;
}

/* The zone of that name; entries may be NULL. */
static struct xfr_zone **find(struct xfr_zone **zones, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (zones[i] && !strcmp(zones[i]->settings.name, name))
			return &zones[i];
	return NULL;
}

/* Is the store that is open good for these settings? */
static bool is_same_zone(const struct xfr_zone_settings *a, const struct xfr_zone_settings *b)
{
	return dname_equal(&a->source.zone, &b->source.zone) &&
		a->limits.max_bytes == b->limits.max_bytes &&
		a->limits.max_records == b->limits.max_records;
}

/* Takes the zone over from before, or makes it anew. A file must not be open twice: what is there goes first. */
static struct xfr_zone *take_zone(
	struct xfr *x, const struct xfr_zone_settings *settings, struct xfr_zone **old)
{
	struct xfr_zone *z = old ? *old : NULL;
	bool is_served = z && z->is_served;
	uint64_t point = z ? z->point : 0;
	if (old)
		*old = NULL;
	if (z && is_same_zone(&z->settings, settings)) {
		xfr_zone_change(z, settings);
		return z;
	}
	xfr_zone_free(z);
	z = xfr_zone_new(settings, x->state_directory);
	if (z) { /* the generation has not changed */
		z->is_served = is_served;
		z->point = point;
	}
	return z;
}

static int fill_zones(struct xfr *x, const struct config *c, struct xfr_zone **zones, size_t *count)
{
	struct xfr_zone_settings *s = calloc(1, sizeof *s);
	int rc = s ? 0 : -ENOMEM;
	for (size_t i = 0; !rc && i < c->list_count; i++) {
		if (!config_xfr_is(c->lists[i].source) || load_settings(c, &c->lists[i], s))
			continue;
		struct xfr_zone *z = take_zone(x, s, find(x->zones, x->count, s->name));
		if (z)
			zones[(*count)++] = z;
		else
			rc = -ENOMEM;
	}
	if (s)
		explicit_bzero(s, sizeof *s);
	free(s);
	return rc;
}

static void wake(struct xfr *x)
{
	uint64_t one = 1;
	if (write(x->wake_fd, &one, sizeof one) < 0)
		log_debug("feeds", "event=wake reason=\"%s\"", strerror(errno));
}

static void make_folder(const struct xfr *x)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/zones", x->state_directory);
	if (mkdir(path, 0750) && errno != EEXIST)
		log_error("feeds", "event=zones folder=%s reason=\"%s\"", path, strerror(errno));
}

int xfr_configure(struct xfr *x, const struct config *c)
{
	size_t count = 0;
	struct xfr_zone **zones = calloc(c->list_count ? c->list_count : 1, sizeof *zones);
	if (!zones)
		return -ENOMEM;
	pthread_mutex_lock(&x->lock);
	int rc = fill_zones(x, c, zones, &count);
	for (size_t i = 0; i < x->count; i++)
		xfr_zone_free(x->zones[i]);
	free(x->zones);
	x->zones = zones;
	x->count = count;
	x->stamp++;
	x->is_dirty = x->was_busy = true;
	if (count)
		make_folder(x);
	xfr_listen_set(&x->listen, c->notify_listen, count ? c->notify_listen_count : 0);
	pthread_mutex_unlock(&x->lock);
	wake(x);
	return rc;
}

int xfr_new(const struct config *config, struct xfr_hooks hooks, struct xfr **out, struct err *why)
{
	struct xfr *x = calloc(1, sizeof *x);
	if (!x)
		return err_set(why, -ENOMEM, "feeds: out of memory");
	pthread_mutex_init(&x->lock, NULL);
	x->hooks = hooks;
	x->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	x->state_directory = strdup(config->state_directory);
	x->publics = publics_new(PUBLICS_FILE);
	if (x->wake_fd < 0 || !x->state_directory || !x->publics || xfr_configure(x, config)) {
		xfr_free(x);
		return err_set(why, -ENOMEM, "feeds: out of memory");
	}
	*out = x;
	return 0;
}

void xfr_free(struct xfr *x)
{
	if (!x)
		return;
	atomic_store(&x->is_stopping, true);
	if (x->is_started) {
		wake(x);
		pthread_join(x->thread, NULL);
	}
	for (size_t i = 0; i < x->count; i++)
		xfr_zone_free(x->zones[i]);
	free(x->zones);
	xfr_listen_set(&x->listen, NULL, 0);
	if (x->wake_fd >= 0)
		close(x->wake_fd);
	publics_free(x->publics);
	pthread_mutex_destroy(&x->lock);
	free(x->state_directory);
	free(x);
}

/* Makes the overlay and hands it out. The lock is held before and after. */
static void publish(struct xfr *x)
{
	uint64_t start = clock_ms();
	x->is_dirty = false;
	struct overlay *o = x->count || x->has_published
		? xfr_overlay_make(x->zones, x->count, x->publics)
		: NULL;
	if (o && !x->hooks.on_overlay) {
		/* Nobody takes overlays: every change needs a build. */
		for (size_t i = 0; i < x->count; i++)
			x->zones[i]->is_fold_wanted |= x->zones[i]->changes > 0;
		overlay_release(o);
	} else if (o) {
		x->has_published = true;
		pthread_mutex_unlock(&x->lock);
		x->hooks.on_overlay(x->hooks.arg, o);
		pthread_mutex_lock(&x->lock);
	}
	/* At most a fifth of the time goes into overlays, whatever they cost. */
	uint64_t now = clock_ms(), gap = (now - start) * 4;
	x->publish_at_ms = now + (gap > XFR_PUBLISH_GAP_MS ? gap : XFR_PUBLISH_GAP_MS);
}

void xfr_publish(struct xfr *x)
{
	pthread_mutex_lock(&x->lock);
	publish(x);
	pthread_mutex_unlock(&x->lock);
}

/* Asks for a build when a zone needs one, but not again and again. The lock is held before and after. */
static void ask_for_fold(struct xfr *x)
{
	bool is_wanted = false;
	for (size_t i = 0; i < x->count; i++)
		is_wanted |= x->zones[i]->is_fold_wanted && !x->zones[i]->is_fold_asked;
	if (!is_wanted && (clock_ms() < x->fold_at_ms))
		return;
	for (size_t i = 0; i < x->count; i++) {
		is_wanted |= x->zones[i]->is_fold_wanted;
		x->zones[i]->is_fold_asked = x->zones[i]->is_fold_wanted;
	}
	x->fold_at_ms = is_wanted ? clock_ms() + FOLD_GAP_MS : UINT64_MAX;
	if (!is_wanted)
		return;
	pthread_mutex_unlock(&x->lock);
	x->hooks.on_fold(x->hooks.arg);
	pthread_mutex_lock(&x->lock);
}

/* What the thread polls: the wake-up, the listeners, then a place for each zone. */
struct round {
	struct pollfd *fds;
	size_t room, count;
	uint64_t stamp, wait_ms;
};

static bool prepare(const struct xfr *x, struct round *r)
{
	size_t need = 1 + x->listen.count + x->count;
	if (!r->fds || r->room < need) {
		struct pollfd *more = realloc(r->fds, need * sizeof *more);
		if (!more)
			return false;
		r->fds = more;
		r->room = need;
	}
	r->stamp = x->stamp;
	r->count = 0;
	r->fds[r->count++] = (struct pollfd){.fd = x->wake_fd, .events = POLLIN};
	for (size_t i = 0; i < x->listen.count; i++)
		r->fds[r->count++] = (struct pollfd){.fd = x->listen.fds[i], .events = POLLIN};
	uint64_t next = x->is_dirty ? x->publish_at_ms : UINT64_MAX;
	next = x->fold_at_ms && x->fold_at_ms < next ? x->fold_at_ms : next;
	for (size_t i = 0; i < x->count; i++) {
		const struct xfr_zone *z = x->zones[i];
		uint64_t at = xfr_zone_next_ms(z);
		next = at < next ? at : next;
		r->fds[r->count++] = z->conn ? xfr_conn_poll(z->conn) : (struct pollfd){.fd = -1};
	}
	uint64_t now = clock_ms();
	r->wait_ms = next > now ? next - now : 0;
	if (r->wait_ms > SLEEP_MAX_MS)
		r->wait_ms = SLEEP_MAX_MS;
	return true;
}

/* NOTIFYs that came in. */
static void take_notifies(struct xfr *x, const struct round *r)
{
	for (size_t i = 0; i < x->listen.count; i++)
		if (r->fds[1 + i].revents)
			xfr_listen_take(&x->listen, i, x->zones, x->count);
}

static void step_zones(struct xfr *x, const struct round *r, bool is_current)
{
	for (size_t i = 0; i < x->count; i++) {
		short revents = is_current ? r->fds[1 + x->listen.count + i].revents : 0;
		if (xfr_zone_step(x->zones[i], revents))
			x->is_dirty = true;
	}
}

/* The lock is held. */
static bool is_busy(const struct xfr *x)
{
	uint64_t now = clock_ms();
	bool is = x->count && x->is_dirty;
	for (size_t i = 0; i < x->count; i++)
		is |= x->zones[i]->conn || xfr_zone_next_ms(x->zones[i]) <= now;
	return is;
}

bool xfr_is_busy(struct xfr *x)
{
	pthread_mutex_lock(&x->lock);
	bool is = is_busy(x);
	pthread_mutex_unlock(&x->lock);
	return is;
}

/* Lets those know who wait for it. The lock is held before and after. */
static void say_idle(struct xfr *x)
{
	bool was_busy = x->was_busy;
	x->was_busy = is_busy(x);
	if (!was_busy || x->was_busy)
		return;
	pthread_mutex_unlock(&x->lock);
	x->hooks.on_idle(x->hooks.arg);
	pthread_mutex_lock(&x->lock);
}

static void *run(void *arg)
{
	struct xfr *x = arg;
	struct round r = {0};
	uint64_t count;
	pthread_mutex_lock(&x->lock);
	while (!atomic_load(&x->is_stopping) && prepare(x, &r)) {
		pthread_mutex_unlock(&x->lock);
		poll(r.fds, r.count, (int)r.wait_ms);
		if (read(x->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
			log_debug("feeds", "event=wake reason=\"%s\"", strerror(errno));
		pthread_mutex_lock(&x->lock);
		/* Zones may have come and gone meanwhile. */
		bool is_current = r.stamp == x->stamp;
		if (is_current)
			take_notifies(x, &r);
		step_zones(x, &r, is_current);
		if (x->is_dirty && clock_ms() >= x->publish_at_ms)
			publish(x);
		ask_for_fold(x);
		say_idle(x);
	}
	pthread_mutex_unlock(&x->lock);
	free(r.fds);
	return NULL;
}

int xfr_start(struct xfr *x, struct err *why)
{
	int rc = pthread_create(&x->thread, NULL, run, x);
	if (rc)
		return err_set(why, -rc, "feeds: no thread: %s", strerror(rc));
	pthread_setname_np(x->thread, "transfers");
	x->is_started = true;
	return 0;
}

void xfr_note_generation(struct xfr *x, const struct listdb *db)
{
	pthread_mutex_lock(&x->lock);
	for (size_t i = 0; i < x->count; i++)
		x->zones[i]->is_served_next = false;
	for (uint32_t i = 0; i < listdb_index(db)->list_count; i++) {
		const struct listdb_list *l = listdb_list(db, i);
		struct xfr_zone **z = find(x->zones, x->count, l->name);
		if (!z)
			continue;
		(*z)->is_served_next = true;
		(*z)->point_next = l->point;
	}
	pthread_mutex_unlock(&x->lock);
}

void xfr_use_generation(struct xfr *x)
{
	pthread_mutex_lock(&x->lock);
	for (size_t i = 0; i < x->count; i++) {
		struct xfr_zone *z = x->zones[i];
		z->is_served = z->is_served_next;
		z->point = z->point_next;
		/* To be found out anew with the next overlay. */
		z->is_fold_wanted = z->is_fold_asked = false;
		xfr_zone_forget(z);
	}
	x->is_dirty = x->was_busy = true;
	pthread_mutex_unlock(&x->lock);
	wake(x);
}

static void plan_zone(struct xfr_zone *z, const char *cache, struct plan_list *p)
{
	char path[PATH_MAX];
	struct stat st;
	struct err why = {""};
	p->is_due = z->is_fold_wanted;
	snprintf(path, sizeof path, "%s/lists/%s.list", cache, z->settings.name);
	uint64_t point = z->store ? zone_facts(z->store)->point : 0;
	bool is_good = z->is_exported && z->exported_point == point && !stat(path, &st);
	if (z->store && !is_good) {
		if (!zone_text_write(z->store, &z->settings.source.zone, path, &why)) {
			z->is_exported = true;
			z->exported_point = point;
		} else {
			log_error("feeds", "event=export list=%s reason=\"%s\"", z->settings.name,
				why.text);
		}
	}
	p->point = z->is_exported ? z->exported_point : 0;
}

void xfr_plan(struct xfr *x, struct plan *plan)
{
	for (size_t i = 0; i < plan->list_count; i++) {
		struct plan_list *p = &plan->lists[i];
		if (!config_xfr_is(p->source))
			continue;
		p->format = LIST_FORMAT_RPZ;
		p->is_due = false;
		pthread_mutex_lock(&x->lock);
		struct xfr_zone **z = find(x->zones, x->count, p->name);
		if (z)
			plan_zone(*z, plan->cache_directory, p);
		pthread_mutex_unlock(&x->lock);
	}
}

void xfr_ask(struct xfr *x, const char *name)
{
	pthread_mutex_lock(&x->lock);
	for (size_t i = 0; i < x->count; i++)
		if (!name || !strcmp(x->zones[i]->settings.name, name))
			xfr_zone_ask_now(x->zones[i]);
	x->was_busy = true;
	pthread_mutex_unlock(&x->lock);
	wake(x);
}

bool xfr_status(struct xfr *x, const char *name, struct feeds_list_status *s)
{
	pthread_mutex_lock(&x->lock);
	struct xfr_zone **z = find(x->zones, x->count, name);
	if (z)
		xfr_zone_status(*z, s);
	pthread_mutex_unlock(&x->lock);
	return z;
}

void xfr_notify_counts(struct xfr *x, struct feeds_notify_counts *out)
{
	pthread_mutex_lock(&x->lock);
	*out = x->listen.counts;
	pthread_mutex_unlock(&x->lock);
}
