/* SPDX-License-Identifier: BSD-2-Clause
 * The helper process: a plan on standard input, one round under limits and without most rights, talk and a report on standard output.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feeds/channel.h"
#include "feeds/confine.h"
#include "feeds/feeds.h"
#include "feeds/fetch/fetch.h"
#include "feeds/format/publics.h"
#include "feeds/plan.h"
#include "feeds/store.h"
#include "feeds/update.h"
#include "resolver/base/log.h"

enum { EXIT_BAD_PLAN = 2, EXIT_ORPHAN = 3, NICE = 10 };

static struct rlimit at_most(uint64_t value)
{
	return (struct rlimit){.rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value};
}

/* Maps of files are not counted: they are the page cache's, which the kernel takes back at will. */
static void limit_process(const struct plan *p)
{
	struct rlimit core = at_most(0), cpu = at_most(p->time_s), data = at_most(p->memory_bytes);
	bool is_limited = !setrlimit(RLIMIT_CORE, &core) && !setrlimit(RLIMIT_CPU, &cpu);
#if !defined(CENOTE_SANITIZED) /* sanitizers map terabytes */
	is_limited = is_limited && !setrlimit(RLIMIT_DATA, &data);
#else
	(void)data;
#endif
	if (!is_limited)
		log_warn("feeds", "event=limit reason=\"%s\"", strerror(errno));
	/* Queries go first. */
	errno = 0;
	if (nice(NICE) == -1 && errno)
		log_debug("feeds", "event=nice reason=\"%s\"", strerror(errno));
}

static char *read_all(int fd, size_t *len)
{
	size_t room = 1 << 16, used = 0;
	char *text = malloc(room);
	for (ssize_t n = 1; text && n;) {
		if (used == room) {
			char *more = room < PLAN_TEXT_MAX ? realloc(text, room * 2) : NULL;
			if (!more) {
				free(text);
				return NULL;
			}
			text = more;
			room *= 2;
		}
		n = read(fd, text + used, room - used);
		if (n < 0 && errno != EINTR)
			n = 0;
		if (n > 0)
			used += (size_t)n;
	}
	*len = used;
	return text;
}

/* A folder in its place would give away all below it. */
static const char *only_file(const char *path)
{
	struct stat st;
	return !stat(path, &st) && S_ISREG(st.st_mode) ? path : "";
}

/* From here on only what a round needs can be reached: of the state folder the generations, and none of the files that lists may lie among. */
static void give_up_rights(const struct plan *p)
{
	char generations[PATH_MAX], lists[PATH_MAX];
	snprintf(generations, sizeof generations, "%s/generations", p->state_directory);
	snprintf(lists, sizeof lists, "%s/lists", p->cache_directory);
	const struct confine_path paths[] = {
		{generations, true},
		{lists, true},
		{PUBLICS_FILE, false},
		{only_file(p->calendar.seeds), false},
		{only_file(p->calendar.popular), false},
		{*p->ca_file ? p->ca_file : "/etc/ssl", false},
		{"/usr/lib/ssl", false},
		{"/usr/share/ca-certificates", false},
		{"/usr/local/share/ca-certificates", false},
#if defined(CENOTE_SANITIZED)
		{"/proc", false},
#endif
	};
	struct err why;
	if (confine_files(paths, sizeof paths / sizeof *paths, &why))
		channel_unconfined(STDOUT_FILENO, why.text);
}

/* What has to be opened or made before. */
static int prepare(struct plan *p)
{
	struct err why;
	p->channel = STDOUT_FILENO;
	limit_process(p);
	int rc = fetch_init(&why);
	if (!rc)
		rc = fetch_open_files(p);
	/* When it cannot be made, the round will say so. */
	store_make(p->state_directory, p->cache_directory, &why);
	give_up_rights(p);
	return rc;
}

int feeds_helper_main(calendar_list_maker *make_calendar)
{
	struct plan plan;
	struct plan_report report;
	struct err why;
	size_t len = 0;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a write past a limit fails with a sentence instead */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	char *text = read_all(STDIN_FILENO, &len);
	int rc = text ? plan_from_text(text, len, &plan, &why) : -ENOMEM;
	free(text);
	if (rc)
		return EXIT_BAD_PLAN;
	/* The parent may have gone before PR_SET_PDEATHSIG: then another daemon may be at work here. */
	if (plan.parent != getppid()) {
		plan_free(&plan);
		return EXIT_ORPHAN;
	}
	plan.calendar.make = make_calendar;
	report = (struct plan_report){0};
	rc = prepare(&plan);
	if (!rc)
		rc = update_run(&plan, &report);
	plan_free(&plan);
	text = rc ? NULL : plan_report_to_text(&report);
	plan_report_free(&report);
	bool is_said = text && channel_report(STDOUT_FILENO, text);
	free(text);
	return is_said ? EXIT_SUCCESS : EXIT_FAILURE;
}
