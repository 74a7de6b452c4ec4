/* SPDX-License-Identifier: BSD-2-Clause
 * The helper process: a plan on standard input, one round under limits, a report on standard output.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "feeds/feeds.h"
#include "feeds/plan.h"
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
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they map terabytes */
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

static bool write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

int feeds_helper_main(void)
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
	limit_process(&plan);
	rc = update_run(&plan, &report);
	plan_free(&plan);
	text = rc ? NULL : plan_report_to_text(&report);
	plan_report_free(&report);
	bool is_said = text && write_all(STDOUT_FILENO, text, strlen(text));
	free(text);
	return is_said ? EXIT_SUCCESS : EXIT_FAILURE;
}
