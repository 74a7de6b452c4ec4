/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/recurse_context.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unbound-event.h>
#include <unbound.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/base/wire.h"
#include "resolver/recurse.h"

enum { CHECK_TIMEOUT_MS = 10000 };

/* While a context is made, what the library says goes here; later it is logged. */
static _Thread_local struct err *library_words;

static ssize_t on_library_line(void *cookie, const char *line, size_t n)
{
	(void)cookie;
	/* `[time] libunbound[pid:thread] error: words` */
	const char *words = memmem(line, n, "] libunbound[", 13);
	if (words)
		words = memchr(words + 13, ']', n - (size_t)(words + 13 - line));
	size_t skip = words ? (size_t)(words + 2 - line) : 0;
	if (skip > n)
		skip = n;
	int len = (int)strcspn(line + skip, "\n");
	if (len > (int)(n - skip))
		len = (int)(n - skip);
	if (library_words)
		err_set(library_words, 0, "%.*s", len, line + skip);
	else
		log_warn("recurse", "library=\"%.*s\"", len, line + skip);
	return (ssize_t)n;
}

/* The library has one log stream for the process and writes to it from any thread until the end: this one stays open. Made on the
 * control side, before there are workers. */
static FILE *library_log(void)
{
	static FILE *stream;
	static char line[1024];
	if (stream)
		return stream;
	stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = on_library_line});
	if (stream)
		setvbuf(stream, line, _IOLBF, sizeof line);
	return stream;
}

static void on_probe(
	void *arg, int rcode, void *packet, int len, int sec, char *why, int is_limited)
{
	(void)packet;
	(void)len;
	(void)sec;
	(void)why;
	(void)is_limited;
	*(bool *)arg = rcode == RCODE_NOERROR;
}

/* Settings are only looked at with the first question: ask one that needs no network. */
static int probe(struct ub_ctx *ctx, struct err *why)
{
	bool is_answered = false;
	int e = ub_resolve_event(
		ctx, RECURSE_PROBE_NAME, TYPE_A, CLASS_IN, &is_answered, on_probe, NULL);
	if (!e && is_answered)
		return 0;
	if (library_words->text[0])
		return err_set(why, CEN_ELIB, "the resolver library: %s", library_words->text);
	return err_set(why, CEN_ELIB, "the resolver library: %s",
		e ? ub_strerror(e) : "no answer to the first question");
}

static int configure(struct ub_ctx *ctx, const char *text, struct err *why)
{
	char path[64];
	size_t n = strlen(text);
	int fd = memfd_create("resolver", MFD_CLOEXEC);
	if (fd < 0)
		return err_set(why, -errno, "no memory file: %s", err_string(-errno));
	int e = write(fd, text, n) == (ssize_t)n ? 0 : UB_NOMEM;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (!e)
		e = ub_ctx_config(ctx, path);
	close(fd);
	if (!e)
		return 0;
	return err_set(why, CEN_ELIB, "the resolver library refused its configuration: %s",
		library_words->text[0] ? library_words->text : ub_strerror(e));
}

int recurse_context_from_text(
	struct event_base *base, const char *text, struct ub_ctx **out, struct err *why)
{
	struct err words = {.text = ""};
	int e = 0;
	library_words = &words;
	struct ub_ctx *ctx = ub_ctx_create_event(base);
	if (!ctx)
		e = err_set(why, -ENOMEM, "the resolver library made no context");
	if (!e) {
		ub_ctx_debugout(ctx, library_log());
		e = configure(ctx, text, why);
	}
	if (!e)
		e = probe(ctx, why);
	if (e && ctx)
		ub_ctx_delete(ctx);
	if (!e)
		*out = ctx;
	library_words = NULL;
	return e;
}

int recurse_context_new(
	struct event_base *base, const struct config *config, struct ub_ctx **out, struct err *why)
{
	char *text;
	int e = recurse_config_text(config, &text, why);
	if (e)
		return e;
	e = recurse_context_from_text(base, text, out, why);
	free(text);
	return e;
}

void recurse_context_free(struct ub_ctx *ctx)
{
	if (ctx)
		ub_ctx_delete(ctx);
}

/* --- trying a configuration ------------------------------------------------------------------ */

static void check_in_child(const struct config *config, int to)
{
	struct err why = {.text = ""};
	struct ub_ctx *ctx;
	struct event_base *base = event_base_new();
	int e = base ? recurse_context_new(base, config, &ctx, &why)
		     : err_set(&why, -ENOMEM, "no memory for an event loop");
	if (e && write(to, why.text, strlen(why.text)) < 0)
		_exit(2);
	_exit(e ? 1 : 0);
}

/* Reads until the child closes its end. False when it takes too long. */
static bool read_words(int from, char *text, size_t size)
{
	uint64_t end_ms = clock_ms() + CHECK_TIMEOUT_MS;
	size_t n = 0;
	for (;;) {
		uint64_t now_ms = clock_ms();
		struct pollfd p = {.fd = from, .events = POLLIN};
		if (now_ms >= end_ms || poll(&p, 1, (int)(end_ms - now_ms)) == 0)
			return false;
		ssize_t got = read(from, text + n, size - 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	text[n] = 0;
	return true;
}

int recurse_check(const struct config *config, struct err *why)
{
	char *text;
	char words[sizeof why->text];
	int pipe_fds[2], status = 0;
	/* What can be said without the library first. */
	int e = recurse_config_text(config, &text, why);
	if (e)
		return e;
	free(text);
	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_set(why, -errno, "no pipe: %s", err_string(-errno));
	pid_t child = fork();
	if (child == 0)
		check_in_child(config, pipe_fds[1]);
	close(pipe_fds[1]);
	bool is_done = child > 0 && read_words(pipe_fds[0], words, sizeof words);
	close(pipe_fds[0]);
	if (child < 0)
		return err_set(why, -EAGAIN, "no process to try the resolver in");
	if (!is_done)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!is_done)
		return err_set(why, -ETIMEDOUT, "the resolver library did not start in %d s",
			CHECK_TIMEOUT_MS / 1000);
	if (WIFSIGNALED(status))
		return err_set(why, CEN_ELIB, "the resolver library crashes (signal %d)",
			WTERMSIG(status));
	return WEXITSTATUS(status) ? err_set(why, CEN_ELIB, "%s", words) : 0;
}
