/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/feeds.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "feeds/feeds_internal.h"
#include "feeds/spawn.h"
#include "feeds/store.h"
#include "resolver/base/clock.h"
#include "resolver/base/log.h"

enum {
	RETRY_FIRST_S = 60, /* after a build that failed; doubles */
	RETRY_MAX_S = 3600,
	SLEEP_MAX_MS = 60 * 1000, /* then the wall clock is looked at: it may have jumped */
	BREATH_MS = 500, /* when there is not even memory for a plan */
};

static void ledger_path(const struct feeds *f, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/feeds.json", f->state_directory);
}

static int copy_names(char ***to, size_t *count, const struct dname *from, size_t n)
{
	char text[DNAME_TEXT_MAX];
	*to = calloc(n ? n : 1, sizeof **to);
	for (*count = 0; *to && *count < n; ++*count)
		if (!((*to)[*count] = strdup(dname_to_text(from[*count].bytes, text))))
			return -ENOMEM;
	return *to ? 0 : -ENOMEM;
}

static int copy_upstreams(struct plan *p, const struct config *c)
{
	char text[ADDR_TEXT_MAX];
	size_t n = 0;
	for (size_t i = 0; i < c->forward_count; i++)
		n += c->forward[i].to_count;
	p->upstreams = calloc(n ? n : 1, sizeof *p->upstreams);
	for (size_t i = 0; p->upstreams && i < c->forward_count; i++) {
		for (size_t k = 0; k < c->forward[i].to_count; k++) {
			addr_to_text(&c->forward[i].to[k].addr, text);
			if (!(p->upstreams[p->upstream_count++] = strdup(text)))
				return -ENOMEM;
		}
	}
	return p->upstreams ? 0 : -ENOMEM;
}

static int configure(struct feeds *f, const struct config *c)
{
	struct plan p = {
		.max_bytes = c->feeds_max_bytes,
		.max_rules = c->feeds_max_rules,
		.memory_bytes = c->feeds_builder_memory_bytes,
		.time_s = c->feeds_builder_time_s,
		.junk_percent = c->feeds_junk_percent,
		.fetch_time_s = c->feeds_fetch_time_s,
		.retry_wait_ms = c->feeds_retry_wait_ms,
		.files_directory = strdup(c->feeds_directory ? c->feeds_directory : ""),
		.ca_file = strdup(c->feeds_ca_file ? c->feeds_ca_file : ""),
	};
	int rc = p.files_directory && p.ca_file ? 0 : -ENOMEM;
	if (!rc)
		rc = copy_names(&p.protected, &p.protected_count, c->feeds_protected,
			c->feeds_protected_count);
	if (!rc)
		rc = copy_names(&p.unprotected, &p.unprotected_count, c->feeds_unprotected,
			c->feeds_unprotected_count);
	if (!rc)
		rc = copy_upstreams(&p, c);
	if (!rc)
		rc = feeds_calendar_configure(f, &p.calendar, c);
	if (!rc)
		rc = ledger_configure(&f->ledger, c);
	if (rc) {
		plan_free(&p);
		return rc;
	}
	plan_free(&f->limits);
	f->limits = p;
	f->keep = c->feeds_keep;
	return 0;
}

static void set_error(struct feeds *f, const struct err *why)
{
	snprintf(f->status.last_error, sizeof f->status.last_error, "%.*s",
		(int)sizeof f->status.last_error - 1, why->text);
}

static void release(struct feeds *f)
{
	if (f->lock_fd >= 0)
		close(f->lock_fd);
	if (f->wake_fd >= 0)
		close(f->wake_fd);
	xfr_free(f->xfr);
	ledger_clear(&f->ledger);
	plan_free(&f->limits);
	pthread_cond_destroy(&f->settled);
	pthread_mutex_destroy(&f->lock);
	pthread_mutex_destroy(&f->force_lock);
	free(f->state_directory);
	free(f->cache_directory);
	free(f);
}

static void wake(struct feeds *f)
{
	uint64_t one = 1;
	if (write(f->wake_fd, &one, sizeof one) < 0)
		log_debug("feeds", "event=wake reason=\"%s\"", strerror(errno));
}

/* On the transfers' thread: a zone is new or has changed much. */
static void take_fold(void *arg)
{
	struct feeds *f = arg;
	pthread_mutex_lock(&f->lock);
	f->is_wanted = true;
	pthread_mutex_unlock(&f->lock);
	wake(f);
}

/* The same thread: nothing is under way there. */
static void take_idle(void *arg)
{
	struct feeds *f = arg;
	pthread_mutex_lock(&f->lock);
	pthread_cond_broadcast(&f->settled);
	pthread_mutex_unlock(&f->lock);
}

static void give_overlay(void *arg, struct overlay *o)
{
	struct feeds *f = arg;
	f->hooks.on_overlay(f->hooks.arg, o);
}

static struct feeds *allocate(const struct config *config, struct feeds_hooks hooks)
{
	struct feeds *f = calloc(1, sizeof *f);
	pthread_condattr_t monotonic;
	if (!f)
		return NULL;
	pthread_mutex_init(&f->lock, NULL);
	pthread_mutex_init(&f->force_lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&f->settled, &monotonic);
	pthread_condattr_destroy(&monotonic);
	f->hooks = hooks;
	f->lock_fd = -1;
	f->retry_ms = UINT64_MAX;
	f->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->state_directory = strdup(config->state_directory);
	f->cache_directory = strdup(config->cache_directory);
	if (f->wake_fd < 0 || !f->state_directory || !f->cache_directory || configure(f, config)) {
		release(f);
		return NULL;
	}
	return f;
}

int feeds_open(const struct config *config, struct feeds_hooks hooks, struct feeds **out,
	struct listdb **db, struct err *why)
{
	char path[PATH_MAX];
	struct err trouble = {""};
	struct feeds *f = allocate(config, hooks);
	if (!f)
		return err_set(why, -ENOMEM, "feeds: out of memory");
	int rc = store_make(f->state_directory, f->cache_directory, &trouble);
	if (!rc)
		rc = f->lock_fd = store_lock(f->state_directory, &trouble);
	if (rc == CEN_ELOCKED) {
		*why = trouble;
		release(f);
		return rc;
	}
	if (rc < 0) { /* read-only, perhaps: what is there can still serve */
		set_error(f, &trouble);
		log_error("feeds", "event=state_folder reason=\"%s\"", trouble.text);
	}
	ledger_path(f, path);
	ledger_load(&f->ledger, path);
	/* After the lock: the zones' files are this process's alone. */
	struct xfr_hooks transfers = {.on_overlay = hooks.on_overlay ? give_overlay : NULL,
		.on_fold = take_fold,
		.on_idle = take_idle,
		.arg = f};
	if (xfr_new(config, transfers, &f->xfr, why)) {
		release(f);
		return -ENOMEM;
	}
	rc = feeds_force_open(f, db, &trouble);
	if (!rc) {
		xfr_note_generation(f->xfr, *db);
		xfr_use_generation(f->xfr);
	} else if (f->ledger.count)
		log_error("feeds", "event=unfiltered reason=\"%s\"", trouble.text);
	clockwatch_note(&f->clock, f->status.created_s);
	clockwatch_note(&f->clock, ledger_newest_s(&f->ledger));
	feeds_calendar_look(f);
	f->is_wanted = true;
	*out = f;
	return 0;
}

static int make_plan(struct feeds *f, struct plan *plan)
{
	const struct plan *from = &f->limits;
	*plan = *from;
	plan->protected = plan->unprotected = plan->upstreams = NULL;
	plan->protected_count = plan->unprotected_count = plan->upstream_count = 0;
	plan->calendar = (struct plan_calendar){0};
	plan->parent = (int64_t)getpid();
	plan->has_generation = f->status.newest != 0;
	plan->digest = f->digest;
	plan->state_directory = strdup(f->state_directory);
	plan->cache_directory = strdup(f->cache_directory);
	plan->files_directory = strdup(from->files_directory);
	plan->ca_file = strdup(from->ca_file);
	bool is_whole = plan->state_directory && plan->cache_directory && plan->files_directory &&
		plan->ca_file;
	int rc = is_whole ? ledger_plan(&f->ledger, plan) : -ENOMEM;
	if (!rc)
		rc = feeds_calendar_plan(f, &plan->calendar);
	if (!rc)
		rc = plan_copy_texts(&plan->protected, &plan->protected_count, from->protected,
			from->protected_count);
	if (!rc)
		rc = plan_copy_texts(&plan->unprotected, &plan->unprotected_count,
			from->unprotected, from->unprotected_count);
	if (!rc)
		rc = plan_copy_texts(&plan->upstreams, &plan->upstream_count, from->upstreams,
			from->upstream_count);
	if (rc)
		plan_free(plan);
	return rc;
}

/* The helper has got on with a list. */
static void on_progress(
	void *arg, const char *list, enum feeds_step step, uint64_t bytes, uint64_t total_bytes)
{
	struct feeds *f = arg;
	pthread_mutex_lock(&f->lock);
	ledger_progress(&f->ledger, list, step, bytes, total_bytes);
	pthread_mutex_unlock(&f->lock);
}

/* Runs the helper. 0 with its report, or the sentence. */
static int run_helper(
	struct feeds *f, const struct plan *plan, struct plan_report *report, struct err *why)
{
	struct spawn_task task = {.word = "build-generation",
		.time_s = plan->time_s,
		.stop = {f->wake_fd, &f->is_stopping},
		.hear = talk_hear,
		.arg = &f->talk};
	char *input = plan_to_text(plan), *output = NULL;
	int rc = input ? 0 : err_set(why, -ENOMEM, "feeds: out of memory");
	f->talk.hooks = &f->hooks;
	f->talk.progress = on_progress;
	f->talk.arg = f;
	f->talk.lookups = 0;
	task.input = input;
	if (!rc)
		rc = spawn_run(&task, &output, why);
	free(input);
	if (!rc)
		rc = plan_report_from_text(output, strlen(output), report, why);
	free(output);
	return rc;
}

/* The lock is held. */
static void note_success(struct feeds *f, bool is_built)
{
	f->status.builds += is_built;
	f->status.last_error[0] = 0;
	f->fails = 0;
	f->retry_ms = UINT64_MAX;
}

static void note_failure(struct feeds *f, const struct err *why)
{
	uint64_t wait_s = (uint64_t)RETRY_FIRST_S << (f->fails < 6 ? f->fails : 6);
	f->fails++;
	f->retry_ms = clock_ms() + (wait_s < RETRY_MAX_S ? wait_s : RETRY_MAX_S) * 1000;
	f->status.build_failures++;
	set_error(f, why);
	log_error("feeds", "event=build_failed reason=\"%s\"", why->text);
}

/* Writes the ledger; not under the lock, as a disk may take its time. Only the thread does this. */
static void save_ledger(struct feeds *f, char *text)
{
	char path[PATH_MAX];
	struct err why;
	ledger_path(f, path);
	int rc = text ? store_write_file(path, text, strlen(text), &why)
		      : err_set(&why, -ENOMEM, "%s: out of memory", path);
	if (!rc)
		return;
	log_error("feeds", "event=ledger reason=\"%s\"", why.text);
	pthread_mutex_lock(&f->lock);
	if (!f->status.last_error[0])
		set_error(f, &why);
	pthread_mutex_unlock(&f->lock);
}

/* What came of a round. */
static void settle(struct feeds *f, const struct plan *plan, int rc,
	const struct plan_report *report, const struct err *why)
{
	if (rc == -ECANCELED)
		return;
	pthread_mutex_lock(&f->lock);
	if (report->has_skew)
		clockwatch_hear(&f->clock, report->skew_s);
	if (report->results)
		ledger_apply(&f->ledger, report);
	else
		ledger_apply_failure(&f->ledger, plan, why->text);
	ledger_postpone(&f->ledger);
	ledger_progress(&f->ledger, NULL, FEEDS_IDLE, 0, 0);
	if (rc)
		note_failure(f, why);
	else
		note_success(f, report->generation != 0);
	char *text = ledger_to_text(&f->ledger);
	pthread_mutex_unlock(&f->lock);
	save_ledger(f, text);
	free(text);
}

static void run_round(struct feeds *f, const struct plan *plan, bool is_to_release)
{
	struct plan_report report = {0};
	struct err why = {""};
	struct listdb *db = NULL;
	int rc = run_helper(f, plan, &report, &why);
	if (!rc && report.error[0])
		rc = err_set(&why, CEN_ELIB, "%s", report.error);
	if (!rc && report.generation)
		rc = store_open(f->state_directory, report.generation, &db, &why);
	if (db)
		feeds_force_built(f, db);
	if (report.generation)
		feeds_force_prune(f);
	if (is_to_release && rc != -ECANCELED)
		feeds_force_newest(f);
	settle(f, plan, rc, &report, &why);
	plan_report_free(&report);
}

/* A list begins to act. The lock is held before and after. */
static void end_shadow(struct feeds *f)
{
	if (!f->hooks.on_shadow_end)
		return;
	pthread_mutex_unlock(&f->lock);
	f->hooks.on_shadow_end(f->hooks.arg);
	pthread_mutex_lock(&f->lock);
}

/* Sleeps until something is due. False: it is time to end. The lock is held before and after. */
static bool wait_until_due(struct feeds *f)
{
	while (!atomic_load(&f->is_stopping)) {
		feeds_calendar_look(f);
		uint64_t now = clock_ms(), next = ledger_next_ms(&f->ledger);
		uint64_t count;
		if (f->retry_ms < next)
			next = f->retry_ms;
		if (f->is_wanted || next <= now)
			return true;
		uint64_t shadow_ms = ledger_shadow_s(&f->ledger) * 1000;
		if (f->has_shadow && (!shadow_ms || shadow_ms > f->shadow_left_ms))
			end_shadow(f);
		f->has_shadow = shadow_ms != 0;
		f->shadow_left_ms = shadow_ms;
		if (shadow_ms && now + shadow_ms < next)
			next = now + shadow_ms;
		struct pollfd p = {.fd = f->wake_fd, .events = POLLIN};
		pthread_mutex_unlock(&f->lock);
		poll(&p, 1, (int)(next - now < SLEEP_MAX_MS ? next - now : SLEEP_MAX_MS));
		if (read(f->wake_fd, &count, sizeof count) < 0 && errno != EAGAIN)
			log_debug("feeds", "event=wake reason=\"%s\"", strerror(errno));
		pthread_mutex_lock(&f->lock);
	}
	return false;
}

static void *run(void *arg)
{
	struct feeds *f = arg;
	pthread_mutex_lock(&f->lock);
	while (wait_until_due(f)) {
		struct plan plan;
		struct err why = {"feeds: out of memory"};
		int rc = make_plan(f, &plan);
		f->is_wanted = false;
		if (rc) {
			note_failure(f, &why);
			pthread_mutex_unlock(&f->lock);
			poll(NULL, 0, BREATH_MS);
			pthread_mutex_lock(&f->lock);
			continue;
		}
		bool is_to_release = f->is_to_release;
		f->is_to_release = false;
		f->status.is_building = true;
		pthread_mutex_unlock(&f->lock);
		xfr_plan(f->xfr, &plan);
		run_round(f, &plan, is_to_release);
		plan_free(&plan);
		pthread_mutex_lock(&f->lock);
		f->status.is_building = false;
		pthread_cond_broadcast(&f->settled);
	}
	pthread_cond_broadcast(&f->settled);
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

void feeds_publish(struct feeds *f)
{
	xfr_publish(f->xfr);
}

int feeds_start(struct feeds *f, struct err *why)
{
	int rc = xfr_start(f->xfr, why);
	if (rc)
		return rc;
	rc = pthread_create(&f->thread, NULL, run, f);
	if (rc)
		return err_set(why, -rc, "feeds: no thread: %s", strerror(rc));
	pthread_setname_np(f->thread, "feeds");
	f->is_started = true;
	return 0;
}

void feeds_reconfigure(struct feeds *f, const struct config *config)
{
	struct err why = {"feeds: out of memory"};
	pthread_mutex_lock(&f->lock);
	if (configure(f, config) || xfr_configure(f->xfr, config))
		set_error(f, &why);
	f->is_wanted = true;
	pthread_mutex_unlock(&f->lock);
	wake(f);
}

int feeds_update(struct feeds *f, const char *name)
{
	pthread_mutex_lock(&f->lock);
	int rc = ledger_set_due(&f->ledger, name);
	if (!rc)
		f->is_wanted = f->is_to_release = true;
	pthread_mutex_unlock(&f->lock);
	if (!rc) {
		xfr_ask(f->xfr, name);
		wake(f);
	}
	return rc;
}

int feeds_accept(struct feeds *f, const char *name)
{
	pthread_mutex_lock(&f->lock);
	int rc = ledger_accept(&f->ledger, name);
	if (!rc)
		f->is_wanted = f->is_to_release = true;
	pthread_mutex_unlock(&f->lock);
	if (!rc)
		wake(f);
	return rc;
}

bool feeds_wait(struct feeds *f, uint32_t timeout_ms)
{
	uint64_t until_us = clock_us() + (uint64_t)timeout_ms * 1000;
	struct timespec t = {
		.tv_sec = (time_t)(until_us / 1000000),
		.tv_nsec = (long)(until_us % 1000000 * 1000),
	};
	bool is_settled;
	pthread_mutex_lock(&f->lock);
	while (!(is_settled = !f->is_wanted && !f->status.is_building && !xfr_is_busy(f->xfr))) {
		if (atomic_load(&f->is_stopping) ||
			pthread_cond_timedwait(&f->settled, &f->lock, &t))
			break;
	}
	pthread_mutex_unlock(&f->lock);
	return is_settled;
}

void feeds_status(struct feeds *f, struct feeds_status *out)
{
	pthread_mutex_lock(&f->lock);
	*out = f->status;
	out->list_count = (uint32_t)f->ledger.count;
	pthread_mutex_unlock(&f->lock);
}

static void fill_status(struct feeds *f, size_t i, struct feeds_list_status *out)
{
	ledger_status(&f->ledger, i, out);
	xfr_status(f->xfr, out->name, out);
}

size_t feeds_list_status(struct feeds *f, struct feeds_list_status *out, size_t max)
{
	pthread_mutex_lock(&f->lock);
	size_t n = f->ledger.count;
	for (size_t i = 0; i < n && i < max; i++)
		fill_status(f, i, &out[i]);
	pthread_mutex_unlock(&f->lock);
	return n;
}

void feeds_notify_counts(struct feeds *f, struct feeds_notify_counts *out)
{
	xfr_notify_counts(f->xfr, out);
}

void feeds_stop(struct feeds *f)
{
	if (!f)
		return;
	atomic_store(&f->is_stopping, true);
	wake(f);
	if (f->is_started)
		pthread_join(f->thread, NULL);
	f->is_started = false;
	release(f);
}
