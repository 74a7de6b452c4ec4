/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/update.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/build.h"
#include "feeds/fetch.h"
#include "feeds/intake.h"
#include "feeds/listdb_file.h"
#include "feeds/publics.h"
#include "feeds/store.h"
#include "resolver/base/clock.h"
#include "resolver/base/hash.h"
#include "resolver/base/log.h"

/* A list on its way. */
struct item {
	const struct plan_list *plan;
	struct plan_result *result;
	char path[PATH_MAX]; /* the content that serves */
	char path_new[PATH_MAX]; /* the content that was just fetched */
	bool has_content, has_new;
	uint64_t hash, hash_new; /* of the contents */
	struct plan_tags tags_new;
};

struct update {
	const struct plan *plan;
	struct plan_report *report;
	struct item *items;
	struct publics *publics;
	struct build *build;
	char generations[PATH_MAX - 64];
	char path[PATH_MAX]; /* of the file being written; "": none */
	struct err disk; /* our own disk could not take what was fetched */
};

/* Words of a sentence into a reason. */
static void set_reason(struct item *it, enum feeds_state state, const char *words)
{
	it->result->state = state;
	plan_copy_plain(it->result->reason, sizeof it->result->reason, words);
}

static bool hash_file(const char *path, uint64_t *out)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is_good = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
		!listdb_file_checksum(fd, (uint64_t)st.st_size, out);
	if (fd >= 0)
		close(fd);
	return is_good;
}

static void fill_items(struct update *u)
{
	for (size_t i = 0; i < u->plan->list_count; i++) {
		struct item *it = &u->items[i];
		it->plan = &u->plan->lists[i];
		it->result = &u->report->results[i];
		snprintf(it->result->name, sizeof it->result->name, "%s", it->plan->name);
		it->result->tags = it->plan->tags;
		/* A name may be `..`: what is added keeps the file in its folder. */
		snprintf(it->path, sizeof it->path, "%s/lists/%s.list", u->plan->cache_directory,
			it->plan->name);
		snprintf(it->path_new, sizeof it->path_new, "%s/lists/%s.new",
			u->plan->cache_directory, it->plan->name);
		it->has_content = hash_file(it->path, &it->hash);
		set_reason(it, it->has_content ? FEEDS_OK : FEEDS_NEVER, "");
	}
}

/* What came of one list's fetching. */
static void take_outcome(struct item *it, const struct fetch_job *job)
{
	it->result->is_fetched = job->outcome != FETCH_FAILED;
	if (job->outcome == FETCH_FAILED) {
		set_reason(it, it->has_content ? FEEDS_STALE : FEEDS_NEVER, job->why.text);
		return;
	}
	if (job->outcome == FETCH_UNCHANGED)
		return;
	if (!hash_file(it->path_new, &it->hash_new)) {
		set_reason(it, it->has_content ? FEEDS_STALE : FEEDS_NEVER,
			"what was fetched cannot be read back");
		it->result->is_fetched = false;
		return;
	}
	it->tags_new = job->tags;
	it->has_new = !it->has_content || it->hash_new != it->hash;
	if (!it->has_new) {
		it->result->tags = job->tags; /* the same content under another tag */
		unlink(it->path_new);
	}
}

static int fetch_due(struct update *u)
{
	size_t n = 0, count = u->plan->list_count;
	struct fetch_job *jobs = calloc(count ? count : 1, sizeof *jobs);
	struct item **of = calloc(count ? count : 1, sizeof(struct item *));
	for (size_t i = 0; jobs && of && i < count; i++) {
		struct item *it = &u->items[i];
		if (!it->plan->is_due && it->has_content)
			continue;
		it->result->is_asked = true;
		of[n] = it;
		jobs[n++] = (struct fetch_job){.source = it->plan->source,
			.to = it->path_new,
			.has_content = it->has_content,
			.tags = it->plan->tags};
	}
	int rc = jobs && of ? 0 : -ENOMEM;
	/* The other half of the time is for building. */
	if (!rc)
		fetch_all(jobs, n, u->plan->max_bytes, (uint64_t)u->plan->time_s * 500);
	for (size_t i = 0; !rc && i < n; i++) {
		take_outcome(of[i], &jobs[i]);
		if (jobs[i].is_ours)
			u->disk = jobs[i].why;
	}
	free(of);
	free(jobs);
	return rc;
}

/* Of everything that decides what the generation says. */
static uint64_t digest_of(const struct update *u)
{
	uint64_t d = hash_bytes(CENOTE_VERSION, sizeof CENOTE_VERSION, LISTDB_VERSION);
	for (size_t i = 0; i < u->plan->list_count; i++) {
		const struct item *it = &u->items[i];
		uint64_t facts[] = {it->has_content ? it->hash : 0, it->has_content,
			(uint64_t)it->plan->match, (uint64_t)it->plan->format};
		d = hash_bytes(it->plan->name, strlen(it->plan->name) + 1, d);
		d = hash_bytes(facts, sizeof facts, d);
	}
	return d;
}

static void log_list(const struct item *it, const struct intake_report *r)
{
	log_info("feeds",
		"event=list list=%s format=%s lines=%" PRIu64 " rules=%" PRIu64 " skipped=%" PRIu64
		" malformed=%" PRIu64 " addresses=%" PRIu64 " public_suffixes=%" PRIu64
		" too_long=%" PRIu64 " local=%" PRIu64,
		it->plan->name, r->format ? r->format->name : "unknown", r->lines, r->rules,
		intake_skipped(r), r->skips[FORMAT_MALFORMED], r->skips[FORMAT_ADDRESS],
		r->skips[FORMAT_PUBLIC_SUFFIX], r->skips[FORMAT_TOO_LONG], r->skips[FORMAT_LOCAL]);
	for (unsigned i = 0; i < r->bad_count; i++)
		log_info("feeds",
			"event=skipped list=%s line=%" PRIu64 " reason=\"%s\" text=\"%s\"",
			it->plan->name, r->bad[i].line, format_skip_name(r->bad[i].reason),
			r->bad[i].text);
}

/* Takes one content into the build. 0, or a code with the sentence of why it is refused; `*is_fatal`: of why nothing can be
 * built. */
static int take_in(
	struct update *u, struct item *it, const char *path, bool *is_fatal, struct err *why)
{
	struct intake_limits limits = {u->plan->max_bytes, u->plan->junk_percent};
	struct intake_report r = {0};
	struct stat st;
	int rc = build_begin(u->build, why);
	if (!rc)
		rc = intake_list(path, format_by_name(config_format_name(it->plan->format)),
			it->plan->match, &limits, u->publics, u->build, &r, why);
	*is_fatal = rc && r.has_build_failed;
	if (path == it->path_new && r.lines)
		log_list(it, &r);
	if (rc)
		return rc;
	struct listdb_list about = {
		.lines = r.lines,
		.skipped = intake_skipped(&r),
		.point = it->plan->point,
		.fetched_s = stat(path, &st) ? 0 : (uint64_t)st.st_mtim.tv_sec,
	};
	snprintf(about.name, sizeof about.name, "%s", it->plan->name);
	snprintf(about.format, sizeof about.format, "%s", r.format->name);
	snprintf(it->result->format, sizeof it->result->format, "%s", r.format->name);
	return build_keep(u->build, &about, why);
}

/* The new content if it is good, else the old one. Fails only when nothing can be built. */
static int take_in_best(struct update *u, struct item *it, struct err *fatal)
{
	struct err why = {""};
	bool is_fatal = false;
	int rc = it->has_new ? take_in(u, it, it->path_new, &is_fatal, &why) : 0;
	if (!rc && it->has_new) {
		if (rename(it->path_new, it->path)) {
			/* It serves, but is not kept. */
			err_set(&why, -errno, "%s: %s", it->path, strerror(errno));
			set_reason(it, FEEDS_STALE, why.text);
			return 0;
		}
		it->hash = it->hash_new;
		it->has_content = true;
		it->result->tags = it->tags_new;
		it->result->is_changed = true;
		set_reason(it, FEEDS_OK, "");
		return 0;
	}
	if (it->has_new && !is_fatal) {
		unlink(it->path_new);
		set_reason(it, FEEDS_REFUSED, why.text);
	}
	if (!is_fatal && it->has_content && (rc = take_in(u, it, it->path, &is_fatal, &why))) {
		set_reason(it, FEEDS_REFUSED, why.text);
		it->has_content = false; /* not in this generation */
	}
	if (is_fatal)
		*fatal = why;
	return is_fatal ? rc : 0;
}

static int begin(struct update *u, struct err *why)
{
	struct build_options options = {.folder = u->generations,
		.max_rules = u->plan->max_rules,
		.memory_bytes = u->plan->memory_bytes};
	int rc = build_new(&options, &u->build, why);
	if (!rc && !(u->publics = publics_new(PUBLICS_FILE)))
		rc = err_set(why, -ENOMEM, "builder: out of memory");
	return rc;
}

/* Writes, verifies by opening, and gives the file its number. */
static int write_generation(struct update *u, uint64_t digest, struct err *why)
{
	uint64_t newest = 0;
	store_numbers(u->plan->state_directory, &newest, 1);
	struct build_head head = {
		.number = newest + 1, .created_s = clock_wall_s(), .digest = digest};
	snprintf(u->path, sizeof u->path, "%s/tmp-%ld.mdb", u->generations, (long)getpid());
	int rc = build_write(u->build, u->path, &head, why);
	struct listdb *db = NULL;
	if (!rc)
		rc = listdb_open(u->path, &db, why);
	listdb_close(db);
	if (!rc)
		rc = store_add(u->plan->state_directory, u->path, head.number, why);
	if (rc) {
		unlink(u->path);
		return rc;
	}
	u->report->generation = head.number;
	store_prune(u->plan->state_directory, FEEDS_KEPT_GENERATIONS);
	return 0;
}

static int build_what_changed(struct update *u, struct err *why)
{
	bool is_same = u->plan->has_generation && digest_of(u) == u->plan->digest;
	for (size_t i = 0; i < u->plan->list_count; i++)
		is_same = is_same && !u->items[i].has_new;
	if (is_same)
		return 0;
	int rc = begin(u, why);
	for (size_t i = 0; !rc && i < u->plan->list_count; i++)
		rc = take_in_best(u, &u->items[i], why);
	if (rc)
		return rc;
	uint64_t digest = digest_of(u);
	/* Nothing new was good; or nothing is there yet, and an empty generation would only look like one. */
	bool is_empty = !build_list_count(u->build) && !u->plan->has_generation;
	if (is_empty || (u->plan->has_generation && digest == u->plan->digest))
		return 0;
	return write_generation(u, digest, why);
}

/* What the daemon is told when something but a list's source was at fault. */
static void report_failure(struct update *u, int failed, struct err *why)
{
	if (failed == -ENOMEM)
		err_set(why, failed,
			"the builder needs more memory than %" PRIu64
			" bytes (feeds.builder_memory)",
			u->plan->memory_bytes);
	if (!failed)
		*why = u->disk;
	plan_copy_plain(u->report->error, sizeof u->report->error, why->text);
}

int update_run(const struct plan *plan, struct plan_report *report)
{
	struct err why = {""};
	struct update u = {.plan = plan, .report = report};
	*report = (struct plan_report){.result_count = plan->list_count};
	size_t n = plan->list_count ? plan->list_count : 1;
	report->results = calloc(n, sizeof *report->results);
	u.items = calloc(n, sizeof *u.items);
	int rc = report->results && u.items ? 0 : -ENOMEM;
	snprintf(u.generations, sizeof u.generations, "%s/generations", plan->state_directory);
	if (!rc) {
		int failed = store_make(plan->state_directory, plan->cache_directory, &why);
		if (!failed) {
			store_sweep(plan->state_directory, plan->cache_directory);
			fill_items(&u);
			rc = fetch_due(&u);
		}
		if (!failed && !rc)
			failed = build_what_changed(&u, &why);
		report_failure(&u, failed, &why);
	}
	publics_free(u.publics);
	build_free(u.build);
	free(u.items);
	return rc;
}
