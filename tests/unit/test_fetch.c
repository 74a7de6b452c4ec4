/* SPDX-License-Identifier: BSD-2-Clause
 * Lists from files and from a web server that answers well, badly or not at all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "feeds/fetch/fetch.h"
#include "resolver/base/clock.h"
#include "tests/unit/folder.h"

enum { MANY = 20 };

struct test {
	struct folder folder;
	pthread_t thread;
	int listener;
	int port;
	atomic_bool is_stopping;
	atomic_uint requests, unconditional;
	char source[MANY][128], to[MANY][PATH_MAX];
};

static void answer(int fd, const char *status, const char *headers, const char *body)
{
	char text[8192];
	int n = snprintf(text, sizeof text, "HTTP/1.1 %s\r\nConnection: close\r\n%s\r\n%s", status,
		headers, body);
	for (int at = 0; at < n;) {
		ssize_t sent = send(fd, text + at, (size_t)(n - at), MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		at += (int)sent;
	}
}

static void serve(struct test *t, int fd)
{
	char request[8192], path[64] = "";
	size_t used = 0;
	while (used < sizeof request - 1) {
		ssize_t n = recv(fd, request + used, sizeof request - 1 - used, 0);
		if (n <= 0)
			return;
		used += (size_t)n;
		request[used] = 0;
		if (strstr(request, "\r\n\r\n"))
			break;
	}
	atomic_fetch_add(&t->requests, 1);
	bool is_conditional = strstr(request, "If-None-Match: \"v1\"") != NULL &&
		strstr(request, "If-Modified-Since: Mon, 02 Jan 2023 03:04:05 GMT") != NULL;
	if (!is_conditional)
		atomic_fetch_add(&t->unconditional, 1);
	if (sscanf(request, "GET %63s", path) != 1)
		return;
	static const char tags[] =
		"ETag:  \"v1\" \r\nlast-modified: Mon, 02 Jan 2023 03:04:05 GMT\r\n";
	if (!strcmp(path, "/list"))
		answer(fd, is_conditional ? "304 Not Modified" : "200 OK", tags,
			is_conditional ? "" : "a.example\n");
	else if (!strcmp(path, "/304"))
		answer(fd, "304 Not Modified", "", "");
	else if (!strcmp(path, "/moved"))
		answer(fd, "301 Moved", "Location: /list\r\nETag: \"old\"\r\n", "go there");
	else if (!strcmp(path, "/loop"))
		answer(fd, "302 Found", "Location: /loop\r\n", "");
	else if (!strcmp(path, "/to-file"))
		answer(fd, "302 Found", "Location: file:///etc/passwd\r\n", "");
	else if (!strcmp(path, "/big"))
		answer(fd, "200 OK", "Content-Length: 2000\r\n",
			"0123456789012345678901234567890123456789\n");
	else if (!strcmp(path, "/odd"))
		answer(fd, "200 OK", "ETag: \"\x01\xff\"\r\n", "a.example\n");
	else if (!strcmp(path, "/cut"))
		answer(fd, "200 OK", "Content-Length: 20\r\n", "a.example\n");
	else if (!strcmp(path, "/silent"))
		poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1); /* until it hangs up */
	else
		answer(fd, "404 Not Found", "", "<html>not here</html>");
}

static void *serve_all(void *arg)
{
	struct test *t = arg;
	while (!atomic_load(&t->is_stopping)) {
		struct pollfd p = {.fd = t->listener, .events = POLLIN};
		if (poll(&p, 1, 20) <= 0)
			continue;
		int fd = accept(t->listener, NULL, NULL);
		if (fd < 0)
			continue;
		serve(t, fd);
		close(fd);
	}
	return NULL;
}

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	folder_make(&t->folder);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof at;
	t->listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(t->listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(t->listener, 64), 0);
	assert_int_equal(getsockname(t->listener, (struct sockaddr *)&at, &len), 0);
	t->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&t->thread, NULL, serve_all, t), 0);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	atomic_store(&t->is_stopping, true);
	pthread_join(t->thread, NULL);
	close(t->listener);
	folder_remove(&t->folder);
	free(t);
	return 0;
}

static void run(struct fetch_job *jobs, size_t n, uint64_t max_bytes, uint64_t time_ms)
{
	struct fetch_options options = {.max_bytes = max_bytes,
		.time_ms = time_ms,
		.list_time_ms = time_ms,
		.retry_wait_ms = 10,
		.directory = "/tmp"};
	fetch_all(jobs, n, &options);
}

static struct fetch_job job_of(struct test *t, int i, const char *path)
{
	if (*path == '/')
		snprintf(t->source[i], sizeof t->source[i], "http://127.0.0.1:%d%s", t->port, path);
	else
		snprintf(t->source[i], sizeof t->source[i], "%s", path);
	char name[32];
	snprintf(name, sizeof name, "out%d", i);
	memcpy(t->to[i], folder_file(&t->folder, name), PATH_MAX);
	return (struct fetch_job){.source = t->source[i],
		.to = t->to[i],
		.file = -1,
		.signature_file = -1,
		.has_private = true};
}

static struct fetch_job fetch(struct test *t, const char *path)
{
	struct fetch_job job = job_of(t, 0, path);
	run(&job, 1, 1000, 10000);
	return job;
}

static void assert_content(const char *path, const char *want)
{
	char text[4096];
	FILE *in = fopen(path, "r");
	assert_non_null(in);
	text[fread(text, 1, sizeof text - 1, in)] = 0;
	fclose(in);
	assert_string_equal(text, want);
}

static void assert_failed(const struct fetch_job *job, const char *word)
{
	if (job->outcome != FETCH_FAILED || !strstr(job->why.text, word))
		fail_msg("outcome %d, \"%s\" without \"%s\"", job->outcome, job->why.text, word);
	assert_int_not_equal(access(job->to, F_OK), 0);
}

static void a_list_comes_once(void **state)
{
	struct test *t = *state;
	struct fetch_job job = fetch(t, "/list");
	assert_int_equal(job.outcome, FETCH_NEW);
	assert_string_equal(job.why.text, "");
	assert_content(job.to, "a.example\n");
	assert_string_equal(job.tags.etag, "\"v1\"");
	assert_string_equal(job.tags.modified, "Mon, 02 Jan 2023 03:04:05 GMT");
	unlink(job.to);
	job.has_content = true;
	run(&job, 1, 1000, 10000);
	assert_int_equal(job.outcome, FETCH_UNCHANGED);
	assert_string_equal(job.tags.etag, "\"v1\"");
	assert_int_not_equal(access(job.to, F_OK), 0);
	assert_int_equal(atomic_load(&t->unconditional), 1);
	/* Without the content, it is asked for whole. */
	job.has_content = false;
	run(&job, 1, 1000, 10000);
	assert_int_equal(job.outcome, FETCH_NEW);
	assert_int_equal(atomic_load(&t->unconditional), 2);
}

static void redirections(void **state)
{
	struct test *t = *state;
	struct fetch_job job = fetch(t, "/moved");
	assert_int_equal(job.outcome, FETCH_NEW);
	assert_content(job.to, "a.example\n");
	assert_string_equal(job.tags.etag, "\"v1\"");
	unlink(job.to);
	atomic_store(&t->requests, 0);
	job = fetch(t, "/loop");
	assert_failed(&job, "redirected more than 5 times");
	assert_int_equal(atomic_load(&t->requests), FETCH_REDIRECTS_MAX + 1);
	job = fetch(t, "/to-file");
	assert_failed(&job, "file");
}

static void bad_answers(void **state)
{
	struct test *t = *state;
	struct fetch_job job = fetch(t, "/missing");
	assert_failed(&job, "status 404");
	job = fetch(t, "/304");
	assert_failed(&job, "status 304");
	job = fetch(t, "/cut");
	assert_failed(&job, "");
	job = job_of(t, 0, "/big");
	run(&job, 1, 40, 10000);
	assert_failed(&job, "more than 40 bytes (feeds.max_bytes)");
	job = fetch(t, "/odd");
	assert_int_equal(job.outcome, FETCH_NEW);
	assert_string_equal(job.tags.etag, "\"\?\?\"");
	unlink(job.to);
	static const char *const others[] = {"ftp://127.0.0.1/x", "file:///etc/passwd",
		"gopher://127.0.0.1/x", "FILE:///etc/passwd"};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		job = fetch(t, others[i]);
		assert_failed(&job, "only http and https");
	}
	job = fetch(t, "http://127.0.0.1:1/closed");
	assert_failed(&job, "127.0.0.1");
}

static void silence_ends(void **state)
{
	struct test *t = *state;
	struct fetch_job job = job_of(t, 0, "/silent");
	/* Nothing but its own deadline ends it. */
	run(&job, 1, 1000, 300);
	assert_failed(&job, "timed out");
	job = job_of(t, 0, "/list");
	run(&job, 1, 1000, 0);
	assert_failed(&job, "no time");
}

static void many_at_once(void **state)
{
	struct test *t = *state;
	struct fetch_job jobs[MANY];
	for (int i = 0; i < MANY; i++)
		jobs[i] = job_of(t, i, i % 4 ? "/list" : "/missing");
	run(jobs, MANY, 1000, 20000);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(jobs[i].outcome, i % 4 ? FETCH_NEW : FETCH_FAILED);
		if (i % 4)
			assert_content(jobs[i].to, "a.example\n");
	}
}

static void files(void **state)
{
	struct test *t = *state;
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s", folder_write(&t->folder, "in", "a.example\n", 10));
	struct fetch_job job = {.source = path, .to = t->to[0], .file = -1};
	snprintf(t->to[0], sizeof t->to[0], "%s/out", t->folder.path);
	run(&job, 1, 10, 1000);
	assert_int_equal(job.outcome, FETCH_NEW);
	assert_content(job.to, "a.example\n");
	unlink(job.to);
	job.has_content = true;
	run(&job, 1, 10, 1000);
	assert_int_equal(job.outcome, FETCH_UNCHANGED);
	folder_write(&t->folder, "in", "b.example\n\n", 11);
	run(&job, 1, 10, 1000);
	assert_failed(&job, "more than 10 bytes");
	job.source = t->folder.path;
	run(&job, 1, 10, 1000);
	assert_failed(&job, "not a file");
	assert_int_equal(mkfifo(folder_file(&t->folder, "pipe"), 0600), 0);
	job.source = folder_file(&t->folder, "pipe");
	run(&job, 1, 10, 1000);
	assert_failed(&job, "not a file");
	job.source = path;
	job.has_content = false;
	snprintf(t->to[0], sizeof t->to[0], "%s/no/folder", t->folder.path);
	run(&job, 1, 100, 1000);
	assert_failed(&job, "cannot be written");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_list_comes_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(redirections, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_answers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(silence_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
