/* SPDX-License-Identifier: BSD-2-Clause
 * Answers that do not end: over real sockets, with one route of the test's own.
 */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "tests/unit/fake_edge.h"
#include "web/http.h"
#include "web/response.h"
#include "web/route.h"

enum { PATIENCE_MS = 60000 };

static struct server server;
static struct feeds feeds;
static struct evidence evidence;
static struct journal journal;
static struct web *web;
static char folder[64], socket_path[96];
static _Atomic unsigned to_say, closed; /* lines that each stream may still send */
static _Atomic bool is_over, is_held, outlasts_stop;
static _Atomic unsigned begun, handled; /* slow ones */

struct counting {
	struct edge_stream stream;
	unsigned said;
};

static long say(struct edge_stream *s, char *out, size_t max)
{
	struct counting *c = (struct counting *)s;
	if (c->said == atomic_load(&to_say))
		return atomic_load(&is_over) ? -1 : 0;
	return snprintf(out, max, "data: %u\n\n", ++c->said);
}

static void end(struct edge_stream *s)
{
	free(s);
	atomic_fetch_add(&closed, 1);
}

bool route_admit(const struct edge_request *q, struct edge_response *r)
{
	(void)q;
	(void)r;
	return true;
}

struct jobs *route_jobs(const struct edge_request *q)
{
	return strcmp(q->target.path, "/slow") == 0 ? q->web->slow : NULL;
}

bool route_takes_body(const struct edge_request *q, struct edge_response *r)
{
	(void)q;
	(void)r;
	return true;
}

void route_handle(const struct edge_request *q, struct edge_response *r)
{
	if (!strcmp(q->target.path, "/slow")) {
		atomic_fetch_add(&begun, 1);
		while (atomic_load(&is_held) &&
			(atomic_load(&outlasts_stop) || !atomic_load(&q->web->is_stopping)))
			poll(NULL, 0, 1);
		atomic_fetch_add(&handled, 1);
		response_problem(r, 404, "it took long");
		return;
	}
	if (strcmp(q->target.path, "/stream") != 0) {
		const char *word = edge_header(q, "x-word");
		response_header(r, "X-Echo", "%s", word ? word : "none");
		response_problem(r, 404, "nothing here");
		return;
	}
	struct counting *c = calloc(1, sizeof *c);
	assert_non_null(c);
	c->stream = (struct edge_stream){.fill = say, .close = end};
	r->status = 200;
	r->type = "text/event-stream";
	r->stream = &c->stream;
}

static int start(void **state)
{
	(void)state;
	struct addr_endpoint at;
	assert_int_equal(addr_endpoint_from_text("127.0.0.1:1", 0, &at), 0);
	at.port = 0;
	struct config c = {.socket = socket_path, .http_listen = &at, .http_listen_count = 1};
	struct err why = {0};
	struct web_doors doors = {
		.server = &server, .feeds = &feeds, .evidence = &evidence, .journal = &journal};
	fake_fill(&server, &feeds);
	atomic_store(&to_say, 2);
	atomic_store(&closed, 0);
	atomic_store(&is_over, false);
	atomic_store(&is_held, false);
	atomic_store(&outlasts_stop, false);
	atomic_store(&begun, 0);
	atomic_store(&handled, 0);
	if (web_start(&doors, &c, &web, &why))
		fail_msg("%s", why.text);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	web_stop(web);
	web = NULL;
	clock_thaw();
	return 0;
}

static int send_request(int fd, const char *path)
{
	char request[256];
	int n = snprintf(request, sizeof request,
		"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Word: one\r\nX-Word: two\r\n\r\n", path);
	assert_true(send(fd, request, (size_t)n, MSG_NOSIGNAL) == n);
	return fd;
}

static int open_tcp(const char *path)
{
	struct addr_endpoint at;
	struct sockaddr_storage to;
	assert_true(web_endpoint(web, 0, &at));
	socklen_t len = addr_to_sockaddr(&at, &to);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, len), 0);
	return send_request(fd, path);
}

static int open_unix(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	snprintf(to.sun_path, sizeof to.sun_path, "%s", socket_path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return send_request(fd, path);
}

static char got[1 << 16];

/* Reads on until `text` has come; NULL: until the end. */
static void read_until(int fd, const char *text)
{
	size_t n = 0;
	got[0] = 0;
	while (!text || !strstr(got, text)) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, PATIENCE_MS) <= 0)
			fail_msg("did not come in time: %s", text ? text : "the end");
		ssize_t more = read(fd, got + n, sizeof got - 1 - n);
		if (more <= 0 && !text)
			return;
		if (more <= 0)
			fail_msg("closed before %s came: %s", text, got);
		n += (size_t)more;
		got[n] = 0;
	}
}

static void waits_for_closed(unsigned n)
{
	for (int i = 0; atomic_load(&closed) < n && i < PATIENCE_MS / 10; i++)
		poll(NULL, 0, 10);
	assert_int_equal(atomic_load(&closed), n);
}

static void goes_on_when_there_is_more(void **state)
{
	(void)state;
	int fds[] = {open_tcp("/stream"), open_unix("/stream")};
	for (int i = 0; i < 2; i++) {
		read_until(fds[i], "data: 2\n\n");
		assert_non_null(strstr(got, "HTTP/1.1 200"));
		assert_non_null(strstr(got, "text/event-stream"));
	}
	atomic_store(&to_say, 3);
	for (int i = 0; i < 2; i++)
		read_until(fds[i], "data: 3\n\n");
	/* Its end is told, and the connection takes the next request. */
	atomic_store(&is_over, true);
	for (int i = 0; i < 2; i++) {
		read_until(fds[i], "0\r\n\r\n");
		send_request(fds[i], "/else");
		read_until(fds[i], "nothing here");
		assert_non_null(strstr(got, "X-Echo: two\r\n"));
		close(fds[i]);
	}
	waits_for_closed(2);
}

static void has_no_deadline(void **state)
{
	(void)state;
	int fd = open_tcp("/stream");
	read_until(fd, "data: 2\n\n");
	clock_freeze(clock_us() + (uint64_t)HTTP_REQUEST_MS * 2000, clock_wall_s());
	/* A plain one would be ended by the same look. */
	int slow = open_tcp("/stream");
	read_until(slow, "data: 2\n\n");
	clock_freeze(clock_us() + (uint64_t)HTTP_REQUEST_MS * 2000, clock_wall_s());
	poll(NULL, 0, 300);
	atomic_store(&to_say, 3);
	read_until(fd, "data: 3\n\n");
	close(fd);
	close(slow);
}

static void ends_with_the_reader(void **state)
{
	(void)state;
	int fd = open_tcp("/stream");
	read_until(fd, "data: 2\n\n");
	close(fd);
	atomic_store(&to_say, 1000);
	waits_for_closed(1);
}

static void has_a_limit(void **state)
{
	(void)state;
	int fds[EDGE_STREAMS_MAX + 1];
	for (int i = 0; i <= EDGE_STREAMS_MAX; i++) {
		/* An address may not have them all over TCP. */
		fds[i] = i % 4 == 0 ? open_tcp("/stream") : open_unix("/stream");
		read_until(fds[i], i < EDGE_STREAMS_MAX ? "data: 2\n\n" : "\r\n\r\n");
	}
	assert_non_null(strstr(got, "HTTP/1.1 503"));
	assert_non_null(strstr(got, "Retry-After: 30\r\n"));
	for (int i = 0; i <= EDGE_STREAMS_MAX; i++)
		close(fds[i]);
}

/* What waits is done elsewhere; meanwhile the connections go on. */
static void handles_slow_ones_elsewhere(void **state)
{
	(void)state;
	int slow[6];
	atomic_store(&is_held, true);
	for (int i = 0; i < 6; i++)
		slow[i] = open_tcp("/slow");
	int quick = open_tcp("/else");
	read_until(quick, "nothing here");
	assert_false(atomic_load(&handled));
	atomic_store(&is_held, false);
	for (int i = 0; i < 6; i++) {
		read_until(slow[i], "it took long");
		send_request(slow[i], "/slow");
	}
	for (int i = 0; i < 6; i++) {
		read_until(slow[i], "it took long");
		close(slow[i]);
	}
	close(quick);
}

static void stops_while_slow_ones_wait(void **state)
{
	(void)state;
	int slow[6];
	atomic_store(&is_held, true);
	for (int i = 0; i < 6; i++)
		slow[i] = open_tcp("/slow");
	while (!atomic_load(&begun))
		poll(NULL, 0, 1);
	web_stop(web);
	for (int i = 0; i < 6; i++)
		close(slow[i]);
	start(NULL);
}

static void stops_while_streams_rest(void **state)
{
	(void)state;
	int fds[] = {open_tcp("/stream"), open_tcp("/stream"), open_unix("/stream")};
	for (int i = 0; i < 3; i++)
		read_until(fds[i], "data: 2\n\n");
	web_stop(web);
	assert_int_equal(atomic_load(&closed), 3);
	for (int i = 0; i < 3; i++) {
		read_until(fds[i], NULL);
		close(fds[i]);
	}
	start(NULL);
}

static void *stop_web(void *arg)
{
	web_stop(arg);
	return NULL;
}

/* A stop may wait for a slow request; the listeners take others meanwhile. */
static void streams_begin_while_it_stops(void **state)
{
	(void)state;
	pthread_t stopper;
	atomic_store(&is_held, true);
	atomic_store(&outlasts_stop, true);
	int slow = open_tcp("/slow");
	while (!atomic_load(&begun))
		poll(NULL, 0, 1);
	assert_int_equal(pthread_create(&stopper, NULL, stop_web, web), 0);
	while (!access(socket_path, F_OK))
		poll(NULL, 0, 1);
	int stream = open_tcp("/stream");
	read_until(stream, "0\r\n\r\n");
	atomic_store(&is_held, false);
	assert_int_equal(pthread_join(stopper, NULL), 0);
	close(stream);
	close(slow);
	start(NULL);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/test_http_send.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(socket_path, sizeof socket_path, "%s/control.sock", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

#define EDGE_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EDGE_TEST(goes_on_when_there_is_more),
		EDGE_TEST(has_no_deadline),
		EDGE_TEST(ends_with_the_reader),
		EDGE_TEST(has_a_limit),
		EDGE_TEST(handles_slow_ones_elsewhere),
		EDGE_TEST(stops_while_slow_ones_wait),
		EDGE_TEST(stops_while_streams_rest),
		EDGE_TEST(streams_begin_while_it_stops),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
