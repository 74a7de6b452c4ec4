/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "resolver/base/clock.h"

enum { OUTPUT_MAX = 8 << 20, CHUNK = 1 << 16, END_STEP_MS = 10, END_STEPS = 200 };

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

static int start(const char *word, int in, int out, pid_t *pid)
{
	char *argv[] = {(char *)(uintptr_t) "cenote", (char *)(uintptr_t)word, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	int rc = posix_spawn_file_actions_init(&files);
	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (rc) {
		posix_spawn_file_actions_destroy(&files);
		return rc;
	}
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(pid, "/proc/self/exe", &files, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

static void empty(int eventfd)
{
	uint64_t count;
	while (read(eventfd, &count, sizeof count) < 0 && errno == EINTR)
		continue;
}

/* Reads until the end of the helper's output, the deadline, or the stop. */
static int listen_to(int fd, uint64_t until_ms, const struct spawn_stop *stop, char **output)
{
	char *text = NULL;
	size_t used = 0, room = 0;
	int rc = 0;
	for (ssize_t n = 1; n && !rc;) {
		uint64_t now = clock_ms();
		struct pollfd p[] = {
			{.fd = fd, .events = POLLIN}, {.fd = stop->fd, .events = POLLIN}};
		if (now >= until_ms)
			rc = -ETIMEDOUT;
		else if (poll(p, 2, (int)(until_ms - now < 60000 ? until_ms - now : 60000)) < 0)
			rc = errno == EINTR ? 0 : -errno;
		if (p[1].revents & POLLIN)
			empty(stop->fd);
		if (!rc && atomic_load(stop->is_stopping))
			rc = -ECANCELED;
		if (rc || !(p[0].revents & (POLLIN | POLLHUP | POLLERR)))
			continue;
		if (room - used < CHUNK + 1) {
			char *more =
				room < OUTPUT_MAX ? realloc(text, room + 4 * (size_t)CHUNK) : NULL;
			if (!more) {
				rc = -ENOMEM;
				continue;
			}
			text = more;
			room += 4 * (size_t)CHUNK;
		}
		n = read(fd, text + used, CHUNK);
		if (n < 0)
			rc = errno == EINTR ? 0 : -errno;
		else
			used += (size_t)n;
	}
	if (rc || !text) {
		free(text);
		return rc ? rc : CEN_EFORMAT;
	}
	text[used] = 0;
	*output = text;
	return 0;
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

int spawn_run(const char *word, const char *input, uint32_t time_s, const struct spawn_stop *stop,
	char **output, struct err *why)
{
	int ends[2], status = 0;
	pid_t pid = 0;
	char *text = NULL;
	int in = input_file(input, why);
	if (in < 0)
		return in;
	if (pipe2(ends, O_CLOEXEC)) {
		close(in);
		return err_set(why, -errno, "builder: no pipe: %s", strerror(errno));
	}
	uint64_t until_ms = clock_ms() + (uint64_t)time_s * 1000;
	int rc = -start(word, in, ends[1], &pid);
	close(in);
	close(ends[1]);
	if (rc) {
		close(ends[0]);
		return err_set(why, rc, "the builder cannot be started: %s", strerror(-rc));
	}
	rc = listen_to(ends[0], until_ms, stop, &text);
	close(ends[0]);
	int gone = wait_for(pid, rc != 0, &status);
	rc = gone ? err_set(why, gone, "the builder is not to be found: %s", strerror(-gone))
		  : explain(rc, status, time_s, why);
	if (rc)
		free(text);
	else
		*output = text;
	return rc;
}
