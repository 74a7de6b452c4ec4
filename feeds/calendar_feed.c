/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/calendar_feed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/fetch/fetch_job.h"
#include "feeds/format/format.h"
#include "feeds/format/reader.h"
#include "feeds/listdb/detail.h"

/* --- making it --- */

/* Another file has another mark; one that is not there has none. */
static void mark_file(const char *path, char *out, size_t size)
{
	struct stat st;
	if (!*path || stat(path, &st))
		snprintf(out, size, "%s", *path ? "missing" : "none");
	else
		snprintf(out, size, "%jd.%09ld-%jd-%ju", (intmax_t)st.st_mtim.tv_sec,
			st.st_mtim.tv_nsec, (intmax_t)st.st_size, (uintmax_t)st.st_ino);
}

static void mark(const struct calendar_list_wish *wish, struct plan_tags *out)
{
	char seeds[96], popular[96];
	*out = (struct plan_tags){"", ""};
	mark_file(wish->seeds, seeds, sizeof seeds);
	mark_file(wish->popular, popular, sizeof popular);
	snprintf(out->etag, sizeof out->etag,
		"calendar-" CENOTE_VERSION " %" PRId64 "-%" PRId64 " %s %s",
		wish->is_undated ? -1 : wish->first_day, wish->is_undated ? -1 : wish->last_day,
		seeds, popular);
}

static int write_all(FILE *to, const struct plan_calendar *plan, const char *path, struct err *why)
{
	const struct calendar_list_wish *wish = &plan->wish;
	struct calendar_list_tally tally = {0};
	int rc = plan->make(wish, to, &tally, why);
	if (rc)
		return rc;
	bool is_written = fprintf(to,
				  "# days %" PRId64 " %" PRId64 " families %" PRIu32
				  " popular %" PRIu64 " short %" PRIu64 "\n",
				  wish->is_undated ? 0 : wish->first_day,
				  wish->is_undated ? 0 : wish->last_day, tally.families,
				  tally.popular, tally.too_short) > 0 &&
		!fflush(to) && !ferror(to);
	return is_written
		? 0
		: err_set(why, errno ? -errno : CEN_ELIB, "%s: %s", path, strerror(errno));
}

void calendar_feed_make(struct fetch_job *job, const struct plan_calendar *plan)
{
	struct plan_tags tags;
	mark(&plan->wish, &tags);
	if (job->has_content && !strcmp(tags.etag, job->tags.etag)) {
		job->outcome = FETCH_UNCHANGED;
		return;
	}
	if (!plan->make) {
		err_set(&job->why, CEN_ENOTFOUND, "this program has no calendar");
		return;
	}
	int fd = fetch_job_create(job), own = fd < 0 ? -1 : dup(fd);
	FILE *to = own < 0 ? NULL : fdopen(own, "w");
	if (!to && fd >= 0)
		err_set(&job->why, -errno, "%s: %s", job->to, strerror(errno));
	if (!to && own >= 0)
		close(own);
	bool is_good = to && !write_all(to, plan, job->to, &job->why);
	if (to)
		fclose(to);
	if (fd >= 0)
		fetch_job_settle(job, fd, is_good);
	if (job->outcome == FETCH_NEW)
		job->tags = tags;
}

/* --- taking it in --- */

struct taking {
	const struct publics *publics;
	const struct guard *guard;
	struct build *build;
	struct intake_report *report;
	struct calendar_list_facts *facts;
	char family[CALENDAR_LIST_FAMILY_MAX + 1]; /* of the line before */
	struct detail_writer about; /* says it */
};

static void take_facts(const char *line, size_t len, struct calendar_list_facts *facts)
{
	char text[160];
	struct calendar_list_facts f = *facts;
	snprintf(text, sizeof text, "%.*s", (int)(len < sizeof text ? len : 0), line);
	if (sscanf(text,
		    "# days %" SCNd64 " %" SCNd64 " families %" SCNu32 " popular %" SCNu64
		    " short %" SCNu64,
		    &f.first_day, &f.last_day, &f.families, &f.popular, &f.too_short) == 5)
		*facts = f;
}

/* Names of one family come one after another. */
static bool take_family(struct taking *t, const char *at, size_t len)
{
	if (!len || len >= sizeof t->family)
		return false;
	if (strlen(t->family) == len && !memcmp(t->family, at, len))
		return true;
	memcpy(t->family, at, len);
	t->family[len] = 0;
	t->about.len = 0;
	detail_put(&t->about, DETAIL_FAMILY, t->family, len + 1);
	if (detail_is_good(t->about.bytes, t->about.len))
		return true;
	t->family[0] = 0;
	return false;
}

/* 0 also for a line that is none. */
static int take_line(struct taking *t, const char *line, size_t len, struct err *why)
{
	struct rule rule;
	const char *tab = memchr(line, '\t', len);
	if (len && *line == '#') {
		take_facts(line, len, t->facts);
		t->report->skips[FORMAT_COMMENT]++;
		return 0;
	}
	size_t n = tab ? (size_t)(tab - line) : 0;
	format_clear(&rule);
	enum format_skip bad = n && take_family(t, tab + 1, len - n - 1)
		? format_read_name(t->publics, (struct format_text){line, n}, &rule)
		: FORMAT_MALFORMED;
	if (bad) {
		t->report->skips[bad]++;
		return 0;
	}
	if (guard_touches(t->guard, rule.key, rule.len)) {
		t->facts->protected ++;
		return 0;
	}
	rule.is_self = rule.is_below = true;
	rule.about = t->about.bytes;
	rule.about_len = t->about.len;
	t->report->rules++;
	t->report->kinds[RULE_NAME][RULE_MATCH]++;
	return t->build ? build_add(t->build, &rule, why) : 0;
}

static int take_lines(struct taking *t, struct reader *reader, struct err *why)
{
	struct reader_line line;
	int rc;
	while ((rc = reader_next(reader, &line, why)) > 0) {
		t->report->lines++;
		if (line.is_too_long) {
			t->report->skips[FORMAT_TOO_LONG]++;
			continue;
		}
		rc = take_line(t, line.at, line.len, why);
		t->report->has_build_failed = rc && rc != CEN_ELIMIT;
		if (rc)
			return rc;
	}
	return rc;
}

int calendar_feed_take(const char *path, const struct intake_limits *limits,
	const struct publics *publics, const struct guard *guard, struct build *build,
	struct intake_report *report, struct calendar_list_facts *facts, struct err *why)
{
	static const struct format format = {"calendar", NULL, NULL};
	struct taking t = {.publics = publics,
		.guard = guard,
		.build = build,
		.report = report,
		.facts = facts};
	struct reader *reader;
	*report = (struct intake_report){.format = &format};
	*facts = (struct calendar_list_facts){.is_known = true};
	int rc = reader_open(path, limits->max_bytes, &reader, why);
	if (rc)
		return rc;
	rc = take_lines(&t, reader, why);
	reader_close(reader);
	return rc;
}
