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

#include "feeds/calendar_feed.h"
#include "feeds/changes.h"
#include "feeds/fetch/fetch.h"
#include "feeds/format/intake.h"
#include "feeds/format/publics.h"
#include "feeds/guard.h"
#include "feeds/listdb/build.h"
#include "feeds/listdb/listdb_file.h"
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
	char path_held[PATH_MAX]; /* the content that a guard holds */
	bool has_content, has_held;
	const char
		*candidate; /* path_new, or path_held: content that may come to serve; NULL: none */
	bool is_in; /* the candidate is in the generation in hand */
	uint64_t hash, hash_new; /* of what serves, and of the candidate */
	struct plan_tags tags_new;
	enum feeds_guard accepted; /* is not asked about the candidate */
};

struct update {
	const struct plan *plan;
	struct plan_report *report;
	struct item *items;
	struct publics *publics;
	struct guard *guard;
	struct build *build;
	struct listdb *before; /* the newest generation there is; NULL: none */
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

/* What is held becomes a candidate. */
static void judge_held(struct item *it, enum feeds_guard accepted)
{
	it->candidate = it->path_held;
	it->hash_new = it->result->held.hash;
	it->tags_new = it->result->held.tags;
	it->accepted = accepted;
}

static void drop_held(struct item *it)
{
	unlink(it->path_held);
	changes_forget(it->path_held);
	it->has_held = false;
	it->result->held = (struct plan_held){.guard = FEEDS_GUARD_NONE};
}

/* Held content of which nothing is known may come from another source. */
static void find_held(struct item *it)
{
	const struct plan_held *held = &it->plan->held;
	uint64_t hash = 0;
	it->has_held = held->guard && hash_file(it->path_held, &hash) && hash == held->hash;
	if (!it->has_held) {
		drop_held(it);
		return;
	}
	it->result->held = *held;
	set_reason(it, FEEDS_HELD, held->reason);
	if (it->plan->accepted == held->hash)
		judge_held(it, held->guard);
}

static void fill_items(struct update *u)
{
	for (size_t i = 0; i < u->plan->list_count; i++) {
		struct item *it = &u->items[i];
		it->plan = &u->plan->lists[i];
		it->result = &u->report->results[i];
		snprintf(it->result->name, sizeof it->result->name, "%s", it->plan->name);
		it->result->tags = it->plan->tags;
		it->result->refusal = it->plan->refusal;
		/* A name may be `..`: what is added keeps the file in its folder. */
		snprintf(it->path, sizeof it->path, "%s/lists/%s.list", u->plan->cache_directory,
			it->plan->name);
		snprintf(it->path_new, sizeof it->path_new, "%s/lists/%s.new",
			u->plan->cache_directory, it->plan->name);
		snprintf(it->path_held, sizeof it->path_held, "%s/lists/%s.held",
			u->plan->cache_directory, it->plan->name);
		it->has_content = hash_file(it->path, &it->hash);
		set_reason(it, it->has_content ? FEEDS_OK : FEEDS_NEVER, "");
		find_held(it);
	}
}

/* Bad content is remembered: while it is the same it is neither sent nor read again. */
static void remember_bad(struct item *it, const struct plan_tags *tags, const char *words)
{
	struct plan_refusal *bad = &it->result->refusal;
	*bad = (struct plan_refusal){.hash = it->hash_new, .tags = *tags};
	plan_copy_plain(bad->reason, sizeof bad->reason, words);
}

static void refuse_again(struct item *it, const struct plan_tags *tags)
{
	it->result->refusal = it->plan->refusal;
	it->result->refusal.tags = *tags;
	set_reason(it, FEEDS_REFUSED, it->plan->refusal.reason);
}

/* It is not what its digest or signature says. A signature may come later than what it is of. */
static void take_unproved(struct item *it, const struct fetch_job *job)
{
	set_reason(it, FEEDS_REFUSED, job->why.text);
	if (!*it->plan->key && hash_file(it->path_new, &it->hash_new))
		remember_bad(it, &job->tags, job->why.text);
	unlink(it->path_new);
}

/* What came of one list's fetching: is there a candidate? */
static void take_new(struct item *it, const struct fetch_job *job)
{
	if (!hash_file(it->path_new, &it->hash_new)) {
		set_reason(it, it->has_content ? FEEDS_STALE : FEEDS_NEVER,
			"what was fetched cannot be read back");
		it->result->is_fetched = false;
		return;
	}
	if (it->has_content && it->hash_new == it->hash) {
		it->result->tags = job->tags; /* the same content under another tag */
		unlink(it->path_new);
		drop_held(it); /* the source has taken it back */
		set_reason(it, FEEDS_OK, "");
	} else if (it->plan->refusal.hash && it->hash_new == it->plan->refusal.hash) {
		refuse_again(it, &job->tags);
		unlink(it->path_new);
	} else if (it->has_held && it->hash_new == it->result->held.hash) {
		it->result->held.tags = job->tags;
		unlink(it->path_new);
	} else {
		it->tags_new = job->tags;
		it->candidate = it->path_new;
	}
}

static void take_outcome(struct item *it, const struct fetch_job *job)
{
	it->result->is_fetched = job->outcome != FETCH_FAILED;
	it->result->patience_s = job->patience_s;
	/* Out of date, and known to be bad no more; unless it turns out so below. */
	it->result->refusal = (struct plan_refusal){0};
	if (job->outcome == FETCH_FAILED)
		set_reason(it, it->has_content ? FEEDS_STALE : FEEDS_NEVER, job->why.text);
	if (job->is_refused)
		take_unproved(it, job);
	if (job->is_refusal_again)
		refuse_again(it, &job->refusal->tags);
	if (job->outcome == FETCH_NEW)
		take_new(it, job);
	if (job->outcome != FETCH_FAILED && !it->candidate && it->has_held && it->plan->is_by_hand)
		judge_held(it, FEEDS_GUARD_NONE);
}

/* Its content is there already, or not yet: the daemon transfers it. Whether a build is due for it, the daemon says. */
static bool is_transferred(const struct item *it)
{
	return config_xfr_is(it->plan->source);
}

/* One server whose clock agrees with ours is enough to believe ours. */
static void note_skew(struct plan_report *r, const struct fetch_job *job)
{
	if (!job->has_skew || (r->has_skew && imaxabs(r->skew_s) <= imaxabs(job->skew_s)))
		return;
	r->has_skew = true;
	r->skew_s = job->skew_s;
}

static int fetch_due(struct update *u)
{
	size_t n = 0, count = u->plan->list_count;
	/* The other half of the time is for building. */
	uint64_t time_ms = (uint64_t)u->plan->time_s * 500;
	struct fetch_options options = {.max_bytes = u->plan->max_bytes,
		.time_ms = time_ms,
		.list_time_ms =
			u->plan->fetch_time_s ? (uint64_t)u->plan->fetch_time_s * 1000 : time_ms,
		.retry_wait_ms = u->plan->retry_wait_ms,
		.directory = u->plan->files_directory,
		.ca_file = u->plan->ca_file,
		.calendar = &u->plan->calendar,
		.channel = u->plan->channel};
	struct fetch_job *jobs = calloc(count ? count : 1, sizeof *jobs);
	struct item **of = calloc(count ? count : 1, sizeof(struct item *));
	for (size_t i = 0; jobs && of && i < count; i++) {
		struct item *it = &u->items[i];
		/* What the operator accepts is what was seen, not what has come since. */
		if (is_transferred(it) || it->candidate ||
			(!it->plan->is_due && (it->has_content || it->has_held)))
			continue;
		it->result->is_asked = true;
		of[n] = it;
		jobs[n++] = (struct fetch_job){.name = it->plan->name,
			.source = it->plan->source,
			.to = it->path_new,
			.file = u->plan->files ? u->plan->files[i].source : -1,
			.signature_file = u->plan->files ? u->plan->files[i].signature : -1,
			.has_private = it->plan->has_private,
			.refusal = &it->plan->refusal,
			.sha256 = it->plan->sha256,
			.key = it->plan->key,
			.signature = it->plan->signature,
			.has_content = it->has_content || it->has_held,
			/* Is there something newer than what was seen last? */
			.tags = it->has_held ? it->plan->held.tags : it->plan->tags};
	}
	int rc = jobs && of ? 0 : -ENOMEM;
	if (!rc)
		fetch_all(jobs, n, &options);
	for (size_t i = 0; !rc && i < n; i++) {
		take_outcome(of[i], &jobs[i]);
		note_skew(u->report, &jobs[i]);
		if (jobs[i].is_ours)
			u->disk = jobs[i].why;
	}
	free(of);
	free(jobs);
	return rc;
}

/* Are the changes of a transferred zone to go into a generation? */
static bool is_folding(const struct update *u)
{
	for (size_t i = 0; i < u->plan->list_count; i++) {
		const struct item *it = &u->items[i];
		if (is_transferred(it) && it->plan->is_due && it->has_content)
			return true;
	}
	return false;
}

/* Of everything that decides what the generation says. */
static uint64_t digest_of(const struct update *u)
{
	uint64_t d = hash_bytes(CENOTE_VERSION, sizeof CENOTE_VERSION, LISTDB_VERSION);
	for (size_t i = 0; i < u->plan->list_count; i++) {
		const struct item *it = &u->items[i];
		/* What changes in a transferred zone acts by itself and is no reason for a build. */
		uint64_t hash = it->is_in			 ? it->hash_new
			: it->has_content && !is_transferred(it) ? it->hash
								 : 0;
		uint64_t facts[] = {hash, it->has_content || it->is_in, (uint64_t)it->plan->match,
			(uint64_t)it->plan->format};
		d = hash_bytes(it->plan->name, strlen(it->plan->name) + 1, d);
		d = hash_bytes(facts, sizeof facts, d);
	}
	return d;
}

static void log_list(const struct item *it, const struct intake_report *r)
{
	char reasons[512] = "";
	size_t used = 0;
	for (int i = FORMAT_LOCAL; i < FORMAT_SKIPS && used < sizeof reasons; i++)
		if (r->skips[i])
			used += (size_t)snprintf(reasons + used, sizeof reasons - used,
				" \"%s\"=%" PRIu64, format_skip_name((enum format_skip)i),
				r->skips[i]);
	log_info("feeds",
		"event=list list=%s format=%s lines=%" PRIu64 " rules=%" PRIu64 " skipped=%" PRIu64
		"%s",
		it->plan->name, r->format ? r->format->name : "unknown", r->lines, r->rules,
		intake_skipped(r), reasons);
	for (unsigned i = 0; i < r->bad_count; i++)
		log_info("feeds",
			"event=skipped list=%s line=%" PRIu64 " reason=\"%s\" text=\"%s\"",
			it->plan->name, r->bad[i].line, format_skip_name(r->bad[i].reason),
			r->bad[i].text);
}

static const struct listdb_list *find_before(const struct update *u, const char *name)
{
	for (uint32_t i = 0; u->before && i < listdb_index(u->before)->list_count; i++)
		if (!strcmp(listdb_list(u->before, i)->name, name))
			return listdb_list(u->before, i);
	return NULL;
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
	if (!rc && calendar_list_is(it->plan->source))
		rc = calendar_feed_take(path, &limits, u->publics, u->guard, u->build, &r,
			&it->result->calendar, why);
	else if (!rc)
		rc = intake_list(path, format_by_name(config_format_name(it->plan->format)),
			it->plan->match, &limits, u->publics, u->build, &r, why);
	*is_fatal = rc && r.has_build_failed;
	if (path != it->path && r.lines)
		log_list(it, &r);
	if (rc)
		return rc;
	struct listdb_list about = {
		.lines = r.lines,
		.skipped = intake_skipped(&r),
		.point = it->plan->point,
		.source = hash_bytes(it->plan->source, strlen(it->plan->source), 0),
		.fetched_s = stat(path, &st) ? 0 : (uint64_t)st.st_mtim.tv_sec,
		.taken_s = clock_wall_s(),
	};
	snprintf(about.name, sizeof about.name, "%s", it->plan->name);
	snprintf(about.format, sizeof about.format, "%s", r.format->name);
	snprintf(it->result->format, sizeof it->result->format, "%s", r.format->name);
	const struct listdb_list *old = find_before(u, about.name);
	if (old && old->source == about.source && old->taken_s)
		about.taken_s = old->taken_s;
	return build_keep(u->build, &about, why);
}

/* The candidate if it is good, else the old content. Fails only when nothing can be built. */
static int take_in_best(struct update *u, struct item *it, struct err *fatal)
{
	struct err why = {""};
	bool is_fatal = false;
	int rc = it->candidate ? take_in(u, it, it->candidate, &is_fatal, &why) : 0;
	it->is_in = !rc && it->candidate;
	if (it->is_in)
		return 0;
	if (it->candidate && !is_fatal) {
		if (it->candidate == it->path_new)
			unlink(it->path_new);
		/* A limit may be that of all lists together. */
		if (it->candidate == it->path_new && rc != CEN_ELIMIT)
			remember_bad(it, &it->tags_new, why.text);
		it->candidate = NULL;
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

/* What all tries to build have in common. */
static int prepare(struct update *u, struct err *why)
{
	struct err none;
	if (store_open_newest(u->plan->state_directory, &u->before, &none))
		u->before = NULL;
	if (!(u->publics = publics_new(PUBLICS_FILE)) || !(u->guard = guard_new(u->plan)))
		return err_set(why, -ENOMEM, "builder: out of memory");
	return 0;
}

static int take_in_all(struct update *u, struct err *why)
{
	struct build_options options = {.folder = u->generations,
		.max_rules = u->plan->max_rules,
		.memory_bytes = u->plan->memory_bytes};
	build_free(u->build);
	u->build = NULL;
	int rc = build_new(&options, &u->build, why);
	for (size_t i = 0; !rc && i < u->plan->list_count; i++)
		rc = take_in_best(u, &u->items[i], why);
	return rc;
}

/* Writes the generation and verifies it by opening. */
static int write_file(struct update *u, uint64_t digest, struct listdb **db, struct err *why)
{
	uint64_t newest = 0;
	store_numbers(u->plan->state_directory, &newest, 1);
	struct build_head head = {
		.number = newest + 1, .created_s = clock_wall_s(), .digest = digest};
	snprintf(u->path, sizeof u->path, "%s/tmp-%ld.mdb", u->generations, (long)getpid());
	int rc = build_write(u->build, u->path, &head, why);
	return rc ? rc : listdb_open(u->path, db, why);
}

/* Out of this generation, and kept for the operator to decide. */
static void hold(struct item *it, enum feeds_guard guard, const char *words)
{
	if (it->candidate == it->path_new && rename(it->path_new, it->path_held)) {
		unlink(it->path_new);
		drop_held(it);
		set_reason(it, FEEDS_REFUSED, words);
	} else {
		struct plan_held *held = &it->result->held;
		*held = (struct plan_held){
			.guard = guard, .hash = it->hash_new, .tags = it->tags_new};
		plan_copy_plain(held->reason, sizeof held->reason, words);
		set_reason(it, FEEDS_HELD, words);
		it->has_held = true;
	}
	it->candidate = NULL;
	it->is_in = false;
}

/* How many candidates the guards hold. */
static size_t judge(struct update *u, struct listdb *db)
{
	size_t n = 0;
	for (size_t i = 0; i < u->plan->list_count; i++) {
		struct item *it = &u->items[i];
		struct err why;
		enum feeds_guard guard = it->is_in
			? guard_judge(u->guard, it->plan, db, u->before, it->accepted, &why)
			: FEEDS_GUARD_NONE;
		uint64_t hash = it->hash_new;
		if (guard)
			hold(it, guard, why.text);
		if (guard && it->has_held)
			changes_keep(it->path_held, hash, u->before, db, it->plan->name);
		n += guard != FEEDS_GUARD_NONE;
	}
	return n;
}

/* What is in the generation now serves. Before the generation gets its number: a builder that dies in between is followed by one
 * that builds the same again. */
static void keep_contents(struct update *u)
{
	for (size_t i = 0; i < u->plan->list_count; i++) {
		struct item *it = &u->items[i];
		if (!it->is_in)
			continue;
		const char *from = it->candidate;
		it->candidate = NULL;
		if (rename(from, it->path)) {
			char words[PLAN_REASON_MAX];
			snprintf(words, sizeof words, "it serves, but is not kept: %s",
				strerror(errno));
			set_reason(it, FEEDS_STALE, words);
			continue;
		}
		drop_held(it);
		it->result->tags = it->tags_new;
		it->result->is_changed = true;
		set_reason(it, FEEDS_OK, "");
	}
}

static int give_number(struct update *u, uint64_t number, struct err *why)
{
	keep_contents(u);
	int rc = store_add(u->plan->state_directory, u->path, number, why);
	if (rc)
		return rc;
	u->report->generation = number;
	return 0;
}

/* Builds until no guard holds anything of what is in it: twice at most, for what is held is in no second one. */
static int build_guarded(struct update *u, struct err *why)
{
	for (;;) {
		int rc = take_in_all(u, why);
		if (rc)
			return rc;
		uint64_t digest = digest_of(u);
		/* Nothing new was good; or nothing is there yet, and an empty generation would only look like one. */
		bool is_empty = !build_list_count(u->build) && !u->plan->has_generation;
		bool is_same = u->plan->has_generation && digest == u->plan->digest;
		if (is_empty || (is_same && !is_folding(u)))
			return 0;
		struct listdb *db = NULL;
		rc = write_file(u, digest, &db, why);
		uint64_t number = rc ? 0 : listdb_number(db);
		bool is_held = !rc && judge(u, db);
		listdb_close(db);
		if (!rc && !is_held)
			rc = give_number(u, number, why);
		if (rc || is_held)
			unlink(u->path);
		if (!is_held)
			return rc;
	}
}

static int build_what_changed(struct update *u, struct err *why)
{
	bool is_same = u->plan->has_generation && digest_of(u) == u->plan->digest;
	for (size_t i = 0; i < u->plan->list_count; i++)
		is_same = is_same && !u->items[i].candidate;
	if (is_same && !is_folding(u))
		return 0;
	int rc = prepare(u, why);
	return rc ? rc : build_guarded(u, why);
}

/* What the daemon is told when something but a list's source was at fault. */
static void report_failure(struct update *u, int failed, struct err *why)
{
	if (failed == -ENOMEM)
		err_set(why, failed,
			"the builder needs more memory than %" PRIu64
			" bytes (feeds.builder_memory)",
			u->plan->memory_bytes);
	/* What was fetched and could not be built is asked for again. */
	for (size_t i = 0; failed && u->items && i < u->plan->list_count; i++) {
		struct item *it = &u->items[i];
		if (!it->candidate)
			continue;
		set_reason(it, it->has_content ? FEEDS_STALE : FEEDS_NEVER, why->text);
		it->result->is_fetched = false;
	}
	if (!failed)
		*why = u->disk;
	plan_copy_plain(u->report->error, sizeof u->report->error, why->text);
}

static bool is_configured(const void *arg, const char *name, size_t len)
{
	const struct plan *plan = arg;
	for (size_t i = 0; i < plan->list_count; i++)
		if (!strncmp(plan->lists[i].name, name, len) && !plan->lists[i].name[len])
			return true;
	return false;
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
		if (!failed && !rc)
			store_sweep_lists(plan->cache_directory, is_configured, plan);
		report_failure(&u, failed, &why);
	}
	publics_free(u.publics);
	guard_free(u.guard);
	listdb_close(u.before);
	build_free(u.build);
	free(u.items);
	return rc;
}
