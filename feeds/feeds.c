/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/feeds.h"

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
#include <unistd.h>

#include "feeds/ledger.h"
#include "feeds/plan.h"
#include "feeds/spawn.h"
#include "feeds/store.h"
#include "resolver/base/clock.h"
#include "resolver/base/log.h"

enum {
	RETRY_FIRST_S = 60, /* after a build that failed; doubles */
	RETRY_MAX_S = 3600,
	SLEEP_MAX_MS = 3600 * 1000,
	BREATH_MS = 500, /* when there is not even memory for a plan */
};

struct feeds {
	pthread_mutex_t lock; /* of all below but what is marked */
	pthread_cond_t settled; /* a round has ended */
	pthread_t thread;
	struct feeds_hooks hooks; /* set at open */
	int lock_fd; /* of the state folder; -1: could not be locked */
	int wake_fd; /* an eventfd: set at open */
	atomic_bool is_stopping;
	bool is_started;
	bool is_wanted; /* look now, whatever is due */
	char *state_directory, *cache_directory; /* set at open */
	struct ledger ledger;
	struct plan limits; /* what a plan says but for the lists and the digest */
	struct feeds_status status;
	uint64_t digest; /* of the generation that serves */
	uint32_t fails; /* builds that failed in a row */
	uint64_t retry_ms; /* of clock_ms: build again; UINT64_MAX: no need */
};

static void ledger_path(const struct feeds *f, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/feeds.json", f->state_directory);
}

static int configure(struct feeds *f, const struct config *c)
{
	f->limits = (struct plan){
		.max_bytes = c->feeds_max_bytes,
		.max_rules = c->feeds_max_rules,
		.memory_bytes = c->feeds_builder_memory_bytes,
		.time_s = c->feeds_builder_time_s,
		.junk_percent = c->feeds_junk_percent,
	};
	return ledger_configure(&f->ledger, c);
}

/* What the status says of the generation in force. */
static void note_generation(struct feeds *f, const struct listdb *db)
{
	f->status.generation = listdb_number(db);
	f->status.names = listdb_name_count(db);
	f->status.created_s = listdb_created_s(db);
	f->digest = listdb_digest(db);
	ledger_take_generation(&f->ledger, db);
	log_info("feeds",
		"event=generation generation=%" PRIu64 " names=%" PRIu64 " lists=%" PRIu32,
		listdb_number(db), listdb_name_count(db), listdb_index(db)->list_count);
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
	ledger_clear(&f->ledger);
	pthread_cond_destroy(&f->settled);
	pthread_mutex_destroy(&f->lock);
	free(f->state_directory);
	free(f->cache_directory);
	free(f);
}

static struct feeds *allocate(const struct config *config, struct feeds_hooks hooks)
{
	struct feeds *f = calloc(1, sizeof *f);
	pthread_condattr_t monotonic;
	if (!f)
		return NULL;
	pthread_mutex_init(&f->lock, NULL);
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
	*db = NULL;
	rc = store_open_newest(f->state_directory, db, &trouble);
	if (!rc)
		note_generation(f, *db);
	else if (f->ledger.count)
		log_error("feeds", "event=unfiltered reason=\"%s\"", trouble.text);
	f->is_wanted = true;
	*out = f;
	return 0;
}

static void wake(struct feeds *f)
{
	uint64_t one = 1;
	if (write(f->wake_fd, &one, sizeof one) < 0)
		log_debug("feeds", "event=wake reason=\"%s\"", strerror(errno));
}

static int make_plan(struct feeds *f, struct plan *plan)
{
	*plan = f->limits;
	plan->parent = (int64_t)getpid();
	plan->has_generation = f->status.generation != 0;
	plan->digest = f->digest;
	plan->state_directory = strdup(f->state_directory);
	plan->cache_directory = strdup(f->cache_directory);
	int rc = plan->state_directory && plan->cache_directory ? ledger_plan(&f->ledger, plan)
								: -ENOMEM;
	if (rc)
		plan_free(plan);
	return rc;
}

/* Runs the helper. 0 with its report, or the sentence. */
static int run_helper(
	struct feeds *f, const struct plan *plan, struct plan_report *report, struct err *why)
{
	struct spawn_stop stop = {f->wake_fd, &f->is_stopping};
	char *input = plan_to_text(plan), *output = NULL;
	int rc = input ? 0 : err_set(why, -ENOMEM, "feeds: out of memory");
	if (!rc)
		rc = spawn_run("build-generation", input, plan->time_s, &stop, &output, why);
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

/* What came of a round; `db` is the new generation or NULL. */
static void settle(struct feeds *f, const struct plan *plan, int rc,
	const struct plan_report *report, const struct listdb *db, const struct err *why)
{
	if (rc == -ECANCELED)
		return;
	pthread_mutex_lock(&f->lock);
	if (report->results)
		ledger_apply(&f->ledger, report);
	else
		ledger_apply_failure(&f->ledger, plan, why->text);
	ledger_postpone(&f->ledger);
	if (db)
		note_generation(f, db);
	if (rc)
		note_failure(f, why);
	else
		note_success(f, db != NULL);
	char *text = ledger_to_text(&f->ledger);
	pthread_mutex_unlock(&f->lock);
	save_ledger(f, text);
	free(text);
}

static void run_round(struct feeds *f, const struct plan *plan)
{
	struct plan_report report = {0};
	struct err why = {""};
	struct listdb *db = NULL;
	int rc = run_helper(f, plan, &report, &why);
	if (!rc && report.error[0])
		rc = err_set(&why, CEN_ELIB, "%s", report.error);
	if (!rc && report.generation)
		rc = store_open(f->state_directory, report.generation, &db, &why);
	settle(f, plan, rc, &report, db, &why);
	plan_report_free(&report);
	if (db)
		f->hooks.on_generation(f->hooks.arg, db);
}

/* Sleeps until something is due. False: it is time to end. The lock is held before and after. */
static bool wait_until_due(struct feeds *f)
{
	while (!atomic_load(&f->is_stopping)) {
		uint64_t now = clock_ms(), next = ledger_next_ms(&f->ledger);
		uint64_t count;
		if (f->retry_ms < next)
			next = f->retry_ms;
		if (f->is_wanted || next <= now)
			return true;
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
		f->status.is_building = true;
		pthread_mutex_unlock(&f->lock);
		run_round(f, &plan);
		plan_free(&plan);
		pthread_mutex_lock(&f->lock);
		f->status.is_building = false;
		pthread_cond_broadcast(&f->settled);
	}
	pthread_cond_broadcast(&f->settled);
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

int feeds_start(struct feeds *f, struct err *why)
{
	int rc = pthread_create(&f->thread, NULL, run, f);
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
	if (configure(f, config))
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
		f->is_wanted = true;
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
	while (!(is_settled = !f->is_wanted && !f->status.is_building)) {
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

size_t feeds_list_status(struct feeds *f, struct feeds_list_status *out, size_t max)
{
	pthread_mutex_lock(&f->lock);
	size_t n = f->ledger.count;
	for (size_t i = 0; i < n && i < max; i++)
		ledger_status(&f->ledger, i, &out[i]);
	pthread_mutex_unlock(&f->lock);
	return n;
}

void feeds_stop(struct feeds *f)
{
	if (!f)
		return;
	atomic_store(&f->is_stopping, true);
	wake(f);
	if (f->is_started)
		pthread_join(f->thread, NULL);
	release(f);
}
