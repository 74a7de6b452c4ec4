/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "resolver/base/child.h"
#include "resolver/base/clock.h"

enum { OUTPUT_MAX = 8 << 20, CHUNK = 1 << 16, END_STEP_MS = 10, END_STEPS = 200, KEPT_MAX = 16 };

extern char **environ;

/* An unnamed file with the input: unlike a pipe, it never makes the writer wait. */
static int input_file(const char *input, struct err *why)
{
	int fd = memfd_create("cenote-plan", MFD_CLOEXEC);
	size_t len = strlen(input);
	while (fd >= 0 && len) {
		ssize_t n = write(fd, input, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			close(fd);
			fd = -1;
			break;
		}
		input += n;
		len -= (size_t)n;
	}
	if (fd < 0 || lseek(fd, 0, SEEK_SET))
		return err_set(why, -errno, "builder: no memory file: %s", strerror(errno));
	return fd;
}

/* Of the environment: how to find the libraries, the time of day, and what the sanitizers and tests have to say. */
static void keep_environment(char *kept[static KEPT_MAX])
{
	static const char *const names[] = {"LD_LIBRARY_PATH=", "TZ=", "ASAN_OPTIONS=",
		"UBSAN_OPTIONS=", "LSAN_OPTIONS=", "TSAN_OPTIONS=", "CENOTE_TEST_CLOCK_OFFSET_S="};
	size_t n = 0;
	_Static_assert(sizeof names / sizeof *names < KEPT_MAX, "room for all, and the end");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (char **e = environ; *e; e++)
			if (!strncmp(*e, names[i], strlen(names[i]))) {
				kept[n++] = *e;
				break;
			}
	kept[n] = NULL;
}

static int start(const char *word, int in, int out, pid_t *pid)
{
	char *environment[KEPT_MAX];
	keep_environment(environment);
	char *argv[] = {(char *)(uintptr_t) "cenote", (char *)(uintptr_t)word, NULL};
	const struct child c = {.program = "/proc/self/exe",
		.argv = argv,
		.environment = environment,
		.in = in,
		.out = out};
	return child_start(&c, pid);
}

static void empty(int eventfd)
{
	uint64_t count;
	while (read(eventfd, &count, sizeof count) < 0 && errno == EINTR)
		continue;
}

/* What the helper has said so far. */
struct listener {
	const struct spawn_task *task;
	int fd;
	char *text; /* its output */
	size_t used, room;
	char message[CHUNK];
};

static int append(struct listener *l, const char *bytes, size_t len)
{
	if (l->room - l->used < len + 1) {
		size_t room = l->room + 4 * (size_t)CHUNK;
		char *more = room <= OUTPUT_MAX ? realloc(l->text, room) : NULL;
		if (!more)
			return -ENOMEM;
		l->text = more;
		l->room = room;
	}
	memcpy(l->text + l->used, bytes, len);
	l->used += len;
	l->text[l->used] = 0;
	return 0;
}

/* Takes one message. 1, 0 at the end, or negative. */
static int hear(struct listener *l)
{
	char answer[SPAWN_MESSAGE_MAX];
	ssize_t n = recv(l->fd, l->message, sizeof l->message, MSG_DONTWAIT);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 1 : errno == ECONNRESET ? 0 : -errno;
	if (n == 0)
		return 0;
	if (n > 2 && !memcmp(l->message, "R ", 2)) {
		int rc = append(l, l->message + 2, (size_t)n - 2);
		return rc ? rc : 1;
	}
	if (!l->task->hear)
		return 1;
	size_t len = l->task->hear(l->task->arg, l->message, (size_t)n, answer);
	/* A helper that does not listen misses it. */
	if (len && send(l->fd, answer, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno == EBADF)
		return -errno;
	return 1;
}

/* Listens until the helper ends, the deadline, or the stop. */
static int listen_to(struct listener *l, uint64_t until_ms)
{
	const struct spawn_stop *stop = &l->task->stop;
	for (;;) {
		uint64_t now = clock_ms();
		struct pollfd p[] = {
			{.fd = l->fd, .events = POLLIN}, {.fd = stop->fd, .events = POLLIN}};
		if (now >= until_ms)
			return -ETIMEDOUT;
		int rc = poll(p, 2, (int)(until_ms - now < 60000 ? until_ms - now : 60000));
		if (rc < 0 && errno != EINTR)
			return -errno;
		if (p[1].revents & POLLIN)
			empty(stop->fd);
		if (atomic_load(stop->is_stopping))
			return -ECANCELED;
		if (rc > 0 && (p[0].revents & (POLLIN | POLLHUP | POLLERR)) && (rc = hear(l)) <= 0)
			return rc < 0 ? rc : l->text ? 0 : CEN_EFORMAT;
	}
}

/* Waits for its end, which is near when its output has ended. Kills it if not. */
static int wait_for(pid_t pid, bool is_wanted_dead, int *status)
{
	if (is_wanted_dead)
		kill(pid, SIGKILL);
	for (int i = 0; i < END_STEPS; i++) {
		pid_t got = waitpid(pid, status, WNOHANG);
		if (got == pid)
			return 0;
		if (got < 0 && errno != EINTR)
			return -errno;
		poll(NULL, 0, END_STEP_MS);
	}
	kill(pid, SIGKILL);
	return waitpid(pid, status, 0) == pid ? 0 : -errno;
}

static int explain(int rc, int status, uint32_t time_s, struct err *why)
{
	if (rc == -ECANCELED)
		return err_set(why, rc, "the builder was stopped");
	if (rc == -ETIMEDOUT || (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU))
		return err_set(why, -ETIMEDOUT,
			"the builder took longer than %" PRIu32
			" s (feeds.builder_time) and was ended",
			time_s);
	if (WIFSIGNALED(status))
		return err_set(why, CEN_ELIMIT, "the builder was killed by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) || rc)
		return err_set(why, rc ? rc : CEN_EFORMAT,
			"the builder failed without a report (exit status %d)",
			WEXITSTATUS(status));
	return 0;
}

/* Listens to the helper until its end. */
static int attend(const struct spawn_task *task, int fd, pid_t pid, uint64_t until_ms,
	char **output, struct err *why)
{
	int status = 0;
	struct listener *l = calloc(1, sizeof *l);
	if (l)
		*l = (struct listener){.task = task, .fd = fd};
	int rc = l ? listen_to(l, until_ms) : -ENOMEM;
	close(fd);
	int gone = wait_for(pid, rc != 0, &status);
	rc = gone ? err_set(why, gone, "the builder is not to be found: %s", strerror(-gone))
		  : explain(rc, status, task->time_s, why);
	if (l && !rc)
		*output = l->text;
	else if (l)
		free(l->text);
	free(l);
	return rc;
}

int spawn_run(const struct spawn_task *task, char **output, struct err *why)
{
	int ends[2];
	pid_t pid = 0;
	int in = input_file(task->input, why);
	if (in < 0)
		return in;
	/* Packets: a message comes whole or not at all, and nobody has to look for its end. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		close(in);
		return err_set(why, -errno, "builder: no socket: %s", strerror(errno));
	}
	uint64_t until_ms = clock_ms() + (uint64_t)task->time_s * 1000;
	int rc = -start(task->word, in, ends[1], &pid);
	close(in);
	close(ends[1]);
	if (!rc)
		return attend(task, ends[0], pid, until_ms, output, why);
	close(ends[0]);
	return err_set(why, rc, "the builder cannot be started: %s", strerror(-rc));
}
