/* SPDX-License-Identifier: BSD-2-Clause
 * The listeners over real sockets: what is let in, what is refused, and when a connection ends.
 */
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "resolver/base/clock.h"
#include "tests/unit/fake_edge.h"
#include "web/client.h"
#include "web/http.h"

enum { PATIENCE_MS = 60000 };

static struct server server;
static struct feeds feeds;
static struct evidence evidence;
static struct journal journal;
static struct web *web;
static char folder[64], socket_path[96];

static struct config config_here(struct addr_endpoint *at)
{
	assert_int_equal(addr_endpoint_from_text("127.0.0.1:1", 0, at), 0);
	at->port = 0;
	return (struct config){.socket = socket_path,
		.http_listen = at,
		.http_listen_count = 1,
		.http.anonymous = CONFIG_ANONYMOUS_STATS};
}

static int start(void **state)
{
	(void)state;
	struct addr_endpoint at;
	struct config c = config_here(&at);
	struct err why = {0};
	struct web_doors doors = {.server = &server,
		.feeds = &feeds,
		.evidence = &evidence,
		.journal = &journal,
		.reload = fake_reload,
		.reload_arg = &server};
	memset(&server, 0, sizeof server);
	memset(&feeds, 0, sizeof feeds);
	fake_fill(&server, &feeds);
	if (web_start(&doors, &c, &web, &why))
		fail_msg("%s", why.text);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	web_stop(web);
	clock_thaw();
	struct stat st;
	return stat(socket_path, &st) == 0; /* its file is gone */
}

static int connect_tcp(void)
{
	struct addr_endpoint at;
	struct sockaddr_storage to;
	assert_true(web_endpoint(web, 0, &at));
	socklen_t len = addr_to_sockaddr(&at, &to);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, len), 0);
	return fd;
}

static int connect_unix(void)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	snprintf(to.sun_path, sizeof to.sun_path, "%s", socket_path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* Reads until the peer closes or `max` is full; -1 when neither happens in time. */
static long read_all(int fd, char *out, size_t max)
{
	size_t n = 0;
	while (n < max) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		if (poll(&p, 1, PATIENCE_MS) <= 0)
			return -1;
		ssize_t got = read(fd, out + n, max - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	return (long)n;
}

static void send_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n <= 0)
			return; /* it has closed: the answer says why */
		bytes += n;
		len -= (size_t)n;
	}
}

static char answer[1 << 16];

/* One request on a connection of its own; the status, 0 when it was closed without an answer. */
static int ask_raw(int fd, const char *bytes, size_t len)
{
	send_all(fd, bytes, len);
	shutdown(fd, SHUT_WR);
	long n = read_all(fd, answer, sizeof answer - 1);
	close(fd);
	if (n < 0)
		fail_msg("no answer in time");
	answer[n] = 0;
	int status = 0;
	(void)sscanf(answer, "HTTP/1.1 %d", &status);
	return status;
}

static int ask_tcp(const char *request)
{
	return ask_raw(connect_tcp(), request, strlen(request));
}

static int ask_unix(const char *request)
{
	return ask_raw(connect_unix(), request, strlen(request));
}

#define HEAD(line) line " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"

static void has_header(const char *line)
{
	char wanted[256];
	snprintf(wanted, sizeof wanted, "\r\n%s", line);
	if (!strcasestr(answer, wanted))
		fail_msg("missing %s in:\n%.2000s", line, answer);
}

static void serves_and_guards(void **state)
{
	(void)state;
	assert_int_equal(ask_tcp(HEAD("GET /healthz") "\r\n"), 200);
	assert_non_null(strstr(answer, "\"status\": \"ok\""));
	has_header("Content-Security-Policy: default-src 'none'; script-src 'self';");
	has_header("X-Content-Type-Options: nosniff");
	has_header("X-Frame-Options: DENY");
	has_header("Referrer-Policy: no-referrer");
	has_header("Cache-Control: no-store");
	has_header("Content-Type: application/json");
	assert_int_equal(ask_unix(HEAD("GET /healthz") "\r\n"), 200);
	assert_int_equal(ask_tcp(HEAD("GET /metrics") "\r\n"), 200);
	assert_int_equal(ask_tcp(HEAD("HEAD /metrics") "\r\n"), 200);
	assert_null(strstr(answer, "# HELP"));
}

static void serves_the_page(void **state)
{
	(void)state;
	static const char *const paths[] = {
		"/", "/assets/base.css", "/assets/page/main.js", "/icon.svg"};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char request[256];
		snprintf(request, sizeof request,
			"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
			paths[i]);
		assert_int_equal(ask_tcp(request), 200);
		has_header("ETag: \"");
		has_header("Cache-Control: no-cache");
	}
	char tag[32], request[256];
	assert_int_equal(sscanf(strcasestr(answer, "\r\nETag: "), "\r\n%*[^:]: %31s", tag), 1);
	snprintf(request, sizeof request, HEAD("GET /icon.svg") "If-None-Match: %s\r\n\r\n", tag);
	assert_int_equal(ask_tcp(request), 304);
}

static void refuses_foreign_hosts_over_tcp(void **state)
{
	(void)state;
	assert_int_equal(
		ask_tcp("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), 421);
	has_header("Content-Type: application/problem+json");
	has_header("Connection: close");
	assert_int_equal(
		ask_unix("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"), 200);
	assert_int_equal(ask_tcp("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n"), 400);
	assert_int_equal(ask_tcp("GET /healthz HTTP/1.0\r\n\r\n"), 200);
	assert_int_equal(ask_tcp("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: "
				 "evil.example\r\nConnection: close\r\n\r\n"),
		400);
	assert_int_equal(ask_tcp(HEAD("GET /metrics") "\r\n"), 200);
	assert_non_null(strstr(answer, "cenote_http_foreign_hosts_total 1\n"));
}

static void refuses_bad_framing(void **state)
{
	(void)state;
	assert_int_equal(
		ask_unix(HEAD("POST /api/v1/reload") "Content-Length: 2\r\nContent-Length: "
						     "2\r\n\r\n{}"),
		400);
	assert_int_equal(
		ask_unix(HEAD("POST /api/v1/reload") "Content-Length: "
						     "2\r\nTransfer-Encoding: "
						     "chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
		400);
	static const char *const encodings[] = {
		"gzip", "identity", "gzip, chunked", "chunked, gzip"};
	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
		char request[256];
		snprintf(request, sizeof request,
			HEAD("POST /api/v1/reload") "Transfer-Encoding: "
						    "%s\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
			encodings[i]);
		assert_int_equal(ask_tcp(request), 400);
	}
	assert_int_equal(
		ask_unix(HEAD("POST /api/v1/reload") "Content-Length: 65537\r\n\r\n"), 413);
	assert_int_equal(
		ask_unix(HEAD("POST /api/v1/reload") "Content-Length: 99999999999\r\n\r\n"), 413);
}

static void refuses_bad_targets(void **state)
{
	(void)state;
	static const char *const bad[] = {"/%00", "/healthz%00/x", "/../healthz", "/a/../healthz",
		"/healthz?a=%zz", "http://127.0.0.1/healthz"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char request[256];
		snprintf(request, sizeof request,
			"GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", bad[i]);
		if (ask_tcp(request) != 400)
			fail_msg("%s: %.100s", bad[i], answer);
	}
	assert_int_equal(ask_tcp(HEAD("BREW /healthz") "\r\n"), 405);
	has_header("Allow: GET, HEAD");
	assert_int_equal(ask_tcp(HEAD("get /healthz") "\r\n"), 405);
}

static void changes_over_the_control_socket_only(void **state)
{
	(void)state;
	static const char body[] = "{\"kind\":\"deny\",\"rule\":\"bad.example\"}";
	char request[512];
	snprintf(request, sizeof request,
		HEAD("POST /api/v1/rules") "Content-Type: application/json\r\nContent-Length: "
					   "%zu\r\n\r\n%s",
		strlen(body), body);
	assert_int_equal(ask_tcp(request), 401);
	has_header("WWW-Authenticate: Bearer");
	assert_int_equal(server.rule_count, 0);
	assert_int_equal(ask_unix(request), 201);
	assert_int_equal(server.rule_count, 1);
	assert_int_equal(ask_unix(HEAD("POST /api/v1/rules") "Content-Length: "
							     "2\r\n\r\n{}"),
		415);
	assert_int_equal(ask_tcp(HEAD("GET /metrics") "\r\n"), 200);
	assert_non_null(strstr(answer, "cenote_http_denied_total 1\n"));
}

static void takes_a_body_up_to_the_cap(void **state)
{
	(void)state;
	size_t size = EDGE_BODY_MAX, room = size + 65536;
	char *request = malloc(room);
	assert_non_null(request);
	size_t n = (size_t)snprintf(request, room,
		HEAD("POST /api/v1/reload") "Content-Type: application/json\r\nContent-Length: "
					    "%zu\r\n\r\n",
		size);
	memset(request + n, ' ', size);
	request[n] = '{';
	request[n + size - 1] = '}';
	assert_int_equal(ask_raw(connect_unix(), request, n + size), 200);
	/* A length that is not told beforehand. */
	n = (size_t)snprintf(request, room,
		HEAD("POST /api/v1/reload") "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", size + 1);
	memset(request + n, ' ', size + 1);
	memcpy(request + n + size + 1, "\r\n0\r\n\r\n", 7);
	assert_int_equal(ask_raw(connect_unix(), request, n + size + 8), 413);
	free(request);
}

static void refuses_endless_headers(void **state)
{
	(void)state;
	size_t size = 2 * HTTP_HEADER_BYTES;
	char *request = malloc(size);
	assert_non_null(request);
	size_t n = (size_t)snprintf(request, size, HEAD("GET /healthz") "X: ");
	memset(request + n, 'a', size - n);
	int status = ask_raw(connect_tcp(), request, size);
	assert_true(status == 431 || status == 413 || status == 0);
	free(request);
	assert_int_equal(ask_tcp(HEAD("GET /healthz") "\r\n"), 200);
}

static void keeps_a_connection(void **state)
{
	(void)state;
	static const char request[] = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
	int fd = connect_tcp();
	for (int i = 0; i < 3; i++) {
		send_all(fd, request, sizeof request - 1);
		struct pollfd p = {.fd = fd, .events = POLLIN};
		assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
		assert_true(read(fd, answer, sizeof answer) > 100);
		assert_memory_equal(answer, "HTTP/1.1 200", 12);
	}
	close(fd);
}

/* A trickle of octets keeps a connection from being idle, but not alive. */
static void ends_a_slow_request(void **state)
{
	(void)state;
	int fd = connect_tcp();
	send_all(fd, "GET /heal", 9);
	/* A second connection proves that the edge has seen the first: accepted in order. */
	assert_int_equal(ask_tcp(HEAD("GET /healthz") "\r\n"), 200);
	clock_freeze(clock_us() + (uint64_t)(HTTP_REQUEST_MS + 1000) * 1000, clock_wall_s());
	send_all(fd, "t", 1);
	assert_int_equal(read_all(fd, answer, sizeof answer), 0);
	close(fd);
	assert_int_equal(ask_tcp(HEAD("GET /metrics") "\r\n"), 200);
	assert_non_null(strstr(answer, "cenote_http_deadline_closes_total 1\n"));
}

static void limits_connections_of_an_address(void **state)
{
	(void)state;
	int fds[HTTP_CONNECTIONS_PER_ADDRESS + 8];
	size_t n = sizeof fds / sizeof *fds;
	for (size_t i = 0; i < n; i++)
		fds[i] = connect_tcp();
	/* The last ones are closed without an answer, the control socket goes on. */
	assert_int_equal(read_all(fds[n - 1], answer, sizeof answer), 0);
	assert_int_equal(ask_unix(HEAD("GET /healthz") "\r\n"), 200);
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
}

static void client_and_edge_understand_each_other(void **state)
{
	(void)state;
	struct client_reply r;
	struct err why = {0};
	assert_int_equal(client_ask(socket_path, "POST", "/api/v1/rules",
				 "{\"kind\":\"allow\",\"rule\":\"*.good.example\"}", 10, &r, &why),
		0);
	assert_int_equal(r.status, 201);
	assert_non_null(strstr(r.body, "*.good.example"));
	client_free(&r);
	char target[256] = "/api/v1/rules";
	assert_true(client_add_param(target, sizeof target, "kind", "allow"));
	assert_true(client_add_param(target, sizeof target, "rule", "*.good.example"));
	assert_int_equal(client_ask(socket_path, "DELETE", target, NULL, 10, &r, &why), 0);
	assert_int_equal(r.status, 200);
	client_free(&r);
	assert_int_equal(server.rule_count, 0);
}

/* A command that waits for a build does not hold up the daemon's end. */
static void stops_while_a_handler_waits(void **state)
{
	(void)state;
	static const char request[] = HEAD("GET /api/v1/lists?wait_ms=10000") "\r\n";
	feeds.settles_after = UINT32_MAX;
	/* Its ten seconds never pass. */
	clock_freeze(clock_us(), clock_wall_s());
	int fd = connect_unix();
	send_all(fd, request, sizeof request - 1);
	while (!feeds.waits)
		sched_yield();
	web_stop(web);
	clock_thaw();
	close(fd);
	start(NULL);
}

static void guards_its_socket(void **state)
{
	(void)state;
	struct stat st;
	assert_int_equal(lstat(socket_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	struct addr_endpoint at;
	struct config c = config_here(&at);
	struct web *second = NULL;
	struct err why = {0};
	struct web_doors doors = {.server = &server, .feeds = &feeds};
	assert_int_equal(web_start(&doors, &c, &second, &why), CEN_ELOCKED);
	assert_non_null(strstr(why.text, socket_path));
	assert_int_equal(ask_unix(HEAD("GET /healthz") "\r\n"), 200);
	/* The TCP port is taken: said with the address. */
	char other[120];
	snprintf(other, sizeof other, "%s/other.sock", folder);
	c.socket = other;
	assert_true(web_endpoint(web, 0, &at));
	assert_int_equal(web_start(&doors, &c, &second, &why), -EADDRINUSE);
	assert_non_null(strstr(why.text, "127.0.0.1:"));
	assert_int_equal(lstat(other, &st), -1);
}

static void takes_the_place_of_the_dead(void **state)
{
	(void)state;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	snprintf(at.sun_path, sizeof at.sun_path, "%s", socket_path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	close(fd); /* its file stays, nobody listens */
	start(NULL);
	assert_int_equal(ask_unix(HEAD("GET /healthz") "\r\n"), 200);
	assert_int_equal(stop(NULL), 0);
	/* A file that is no socket is nobody's to remove. */
	FILE *f = fopen(socket_path, "w");
	assert_non_null(f);
	fclose(f);
	struct addr_endpoint http;
	struct config c = config_here(&http);
	struct err why = {0};
	struct web_doors doors = {.server = &server, .feeds = &feeds};
	assert_int_equal(web_start(&doors, &c, &web, &why), -EEXIST);
	assert_int_equal(unlink(socket_path), 0);
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/test_http.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	/* The socket's own folder is made by the edge. */
	snprintf(socket_path, sizeof socket_path, "%s/run/control.sock", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	char run[80];
	snprintf(run, sizeof run, "%s/run", folder);
	return rmdir(run) || rmdir(folder);
}

#define EDGE_TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EDGE_TEST(serves_and_guards),
		EDGE_TEST(serves_the_page),
		EDGE_TEST(refuses_foreign_hosts_over_tcp),
		EDGE_TEST(refuses_bad_framing),
		EDGE_TEST(refuses_bad_targets),
		EDGE_TEST(changes_over_the_control_socket_only),
		EDGE_TEST(takes_a_body_up_to_the_cap),
		EDGE_TEST(refuses_endless_headers),
		EDGE_TEST(keeps_a_connection),
		EDGE_TEST(ends_a_slow_request),
		EDGE_TEST(limits_connections_of_an_address),
		EDGE_TEST(client_and_edge_understand_each_other),
		EDGE_TEST(stops_while_a_handler_waits),
		EDGE_TEST(guards_its_socket),
		cmocka_unit_test(takes_the_place_of_the_dead),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
