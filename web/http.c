/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/http.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "web/asker.h"
#include "web/host.h"
#include "web/http_parts.h"
#include "web/http_tls.h"
#include "web/jobs.h"
#include "web/response.h"
#include "web/route.h"

enum { PASS_OVER_MAX = 16 * 1024 * 1024 };

/* A request while it is read. */
struct exchange {
	struct edge_request request;
	struct edge_response response; /* of one that is handled elsewhere */
	struct MHD_Connection *library;
	bool is_target_good, is_seen, is_handled;
	size_t body_room, passed_over; /* of the body */
};

static void forget_response(struct exchange *x)
{
	x->response.body = NULL;
	x->response.stream = NULL;
}

static void *begin_exchange(void *arg, const char *uri, struct MHD_Connection *c)
{
	struct http *h = arg;
	struct exchange *x = malloc(sizeof *x);
	if (!x)
		return NULL;
	x->is_seen = x->is_handled = false;
	x->body_room = x->passed_over = 0;
	x->library = c;
	forget_response(x);
	x->request = (struct edge_request){.web = h->web, .is_local = h->is_local};
	/* The library would decode the path and cut it at %00: the target as sent is read by ourselves. */
	x->is_target_good = target_parse(uri, strlen(uri), &x->request.target);
	return x;
}

static void end_exchange(
	void *arg, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode code)
{
	(void)code;
	struct http *h = arg;
	struct exchange *x = *state;
	if (x) {
		free(x->request.body);
		free(x->response.body);
		if (x->response.stream)
			x->response.stream->close(x->response.stream);
		free(x);
		*state = NULL;
	}
	struct http_connection *k = http_connection_of(c);
	if (k) {
		pthread_mutex_lock(&h->lock);
		k->is_stream = false;
		k->since_ms = clock_ms();
		pthread_mutex_unlock(&h->lock);
	}
}

struct http_connection *http_connection_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

static void notice_connection(
	void *arg, struct MHD_Connection *c, void **state, enum MHD_ConnectionNotificationCode code)
{
	struct http *h = arg;
	struct http_connection *k = *state;
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
		k = info ? calloc(1, sizeof *k) : NULL;
		*state = k;
		if (!k)
			return;
		k->library = c;
		k->fd = info->connect_fd;
		k->since_ms = clock_ms();
		pthread_mutex_lock(&h->lock);
		k->next = h->connections;
		k->link = &h->connections;
		if (k->next)
			k->next->link = &k->next;
		h->connections = k;
		h->count++;
		pthread_mutex_unlock(&h->lock);
	} else if (k) {
		/* Called before the descriptor is closed, so that http_sweep never ends a stranger's. */
		pthread_mutex_lock(&h->lock);
		*k->link = k->next;
		h->count--;
		if (k->next)
			k->next->link = k->link;
		pthread_mutex_unlock(&h->lock);
		free(k);
		*state = NULL;
	}
}

void http_sweep(struct http *h)
{
	uint64_t now = clock_ms();
	pthread_mutex_lock(&h->lock);
	uint64_t limit = h->count > HTTP_CONNECTIONS * 3 / 4 ? HTTP_CROWDED_MS : HTTP_REQUEST_MS;
	for (struct http_connection *k = h->connections; k; k = k->next) {
		if (k->is_ended || k->is_stream || now - k->since_ms < limit)
			continue;
		k->is_ended = true;
		atomic_fetch_add_explicit(&h->web->counters.deadlines, 1, memory_order_relaxed);
		shutdown(k->fd, SHUT_RDWR);
	}
	pthread_mutex_unlock(&h->lock);
}

void http_tick(struct http *h)
{
	struct MHD_Connection *resting[EDGE_STREAMS_MAX];
	size_t n = 0;
	pthread_mutex_lock(&h->lock);
	for (struct http_connection *k = h->connections; k && n < EDGE_STREAMS_MAX; k = k->next) {
		if (k->is_waiting) {
			k->is_waiting = false;
			resting[n++] = k->library;
		}
	}
	pthread_mutex_unlock(&h->lock);
	/* Nobody else ends a connection that rests. */
	for (size_t i = 0; i < n; i++)
		MHD_resume_connection(resting[i]);
}

struct header_look {
	const char *name, *last;
	unsigned count;
};

static enum MHD_Result look_at_header(
	void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	(void)kind;
	struct header_look *l = arg;
	if (strcasecmp(key, l->name) != 0)
		return MHD_YES;
	l->last = value;
	l->count++;
	return MHD_YES;
}

static struct header_look look_for(struct MHD_Connection *c, const char *name)
{
	struct header_look l = {.name = name};
	MHD_get_connection_values(c, MHD_HEADER_KIND, look_at_header, &l);
	return l;
}

static const char *header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

/* What the library accepts and RFC 9112 3.2 and 6.3 do not: returns false after having written the problem. */
static bool is_framing_good(struct MHD_Connection *c, const char *version, struct edge_response *r)
{
	unsigned hosts = look_for(c, MHD_HTTP_HEADER_HOST).count;
	unsigned lengths = look_for(c, MHD_HTTP_HEADER_CONTENT_LENGTH).count;
	unsigned encodings = look_for(c, MHD_HTTP_HEADER_TRANSFER_ENCODING).count;
	bool is_old = !strcmp(version, MHD_HTTP_VERSION_1_0);
	if (hosts > 1 || (hosts == 0 && !is_old)) {
		response_problem(r, 400, "exactly one Host header is needed");
		return false;
	}
	if (lengths + encodings > 1) {
		response_problem(r, 400, "more than one Content-Length or Transfer-Encoding");
		return false;
	}
	/* Of what it does not know the library takes all that comes for the body. */
	const char *encoding = header(c, MHD_HTTP_HEADER_TRANSFER_ENCODING);
	if (encoding && strcasecmp(encoding, "chunked") != 0) {
		response_problem(r, 400, "chunked is the only Transfer-Encoding that is read");
		return false;
	}
	const char *length = header(c, MHD_HTTP_HEADER_CONTENT_LENGTH);
	if (length && (strlen(length) > 5 || strtoul(length, NULL, 10) > EDGE_BODY_MAX)) {
		response_problem(r, 413, "a body is at most %d octets", EDGE_BODY_MAX);
		return false;
	}
	return true;
}

static enum edge_method method_of(const char *method)
{
	/* Method names are case-sensitive (RFC 9110 9.1). */
	if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
		return EDGE_GET;
	static const char *const names[] = {[EDGE_POST] = "POST",
		[EDGE_PUT] = "PUT",
		[EDGE_PATCH] = "PATCH",
		[EDGE_DELETE] = "DELETE"};
	for (int i = EDGE_POST; i < EDGE_OTHER; i++)
		if (!strcmp(method, names[i]))
			return (enum edge_method)i;
	return EDGE_OTHER;
}

static const char *header_of(const void *from, const char *name)
{
	return look_for((struct MHD_Connection *)(uintptr_t)from, name).last;
}

static void read_head(struct http *h, struct MHD_Connection *c, struct edge_request *q)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	q->header = header_of;
	q->header_from = c;
	q->if_none_match = header(c, MHD_HTTP_HEADER_IF_NONE_MATCH);
	q->if_match = header(c, MHD_HTTP_HEADER_IF_MATCH);
	q->content_type = header(c, MHD_HTTP_HEADER_CONTENT_TYPE);
	if (!h->is_local && info && info->client_addr)
		(void)addr_from_sockaddr(info->client_addr, &q->peer);
	q->is_secure = !h->is_local && h->web->has_tls;
	asker_find(q);
}

/* The headers are there, the body is not: refuse now what can be refused. */
static bool is_head_good(struct http *h, struct MHD_Connection *c, const char *version,
	struct exchange *x, struct edge_response *r)
{
	if (!is_framing_good(c, version, r))
		return false;
	const char *host = header(c, MHD_HTTP_HEADER_HOST);
	if (!h->is_local && host && !host_is_ours(host, h->web->names, h->web->name_count)) {
		atomic_fetch_add_explicit(&h->web->counters.foreign_hosts, 1, memory_order_relaxed);
		response_problem(r, 421,
			"ask by an IP address, as localhost or by one of http.names: the Host "
			"header holds another name");
		return false;
	}
	if (!x->is_target_good) {
		response_problem(r, 400, "the request's target is malformed");
		return false;
	}
	read_head(h, c, &x->request);
	return route_admit(&x->request, r);
}

/* Keeps a piece of the body. False when it is over the cap: a chunked one, whose length was not told. */
static bool keep_body(struct exchange *x, const char *bytes, size_t len)
{
	struct edge_request *q = &x->request;
	if (len > EDGE_BODY_MAX - q->body_len)
		return false;
	if (q->body_len + len > x->body_room) {
		size_t room = 2 * (q->body_len + len);
		char *body = realloc(q->body, room);
		if (!body)
			return false;
		q->body = body;
		x->body_room = room;
	}
	memcpy(q->body + q->body_len, bytes, len);
	q->body_len += len;
	return true;
}

/* On a thread of the jobs. */
static void handle_elsewhere(void *arg)
{
	struct exchange *x = arg;
	struct MHD_Connection *c = x->library;
	route_handle(&x->request, &x->response);
	x->is_handled = true;
	MHD_resume_connection(c); /* `answer` is called again */
}

/* The request is complete. */
static enum MHD_Result handle(struct http *h, struct MHD_Connection *c, struct exchange *x)
{
	struct edge_response r = {0};
	struct jobs *jobs = h->is_local ? NULL : route_jobs(&x->request);
	if (x->passed_over) {
		response_problem(&r, 413, "a body is at most %d octets", EDGE_BODY_MAX);
		return http_send(h, c, &r, true);
	}
	if (!route_takes_body(&x->request, &r))
		return http_send(h, c, &r, false);
	if (!jobs) {
		route_handle(&x->request, &r);
		return http_send(h, c, &r, false);
	}
	x->response = r;
	MHD_suspend_connection(c);
	if (!jobs_put(jobs, handle_elsewhere, x)) {
		atomic_fetch_add_explicit(&h->web->counters.busy, 1, memory_order_relaxed);
		response_problem(&x->response, 503, "too many such requests wait: try again");
		response_header(&x->response, MHD_HTTP_HEADER_RETRY_AFTER, "2");
		x->is_handled = true;
		MHD_resume_connection(c);
	}
	return MHD_YES;
}

/* The library calls this once with the headers, then for each piece of the body, then once more. */
static enum MHD_Result answer(void *arg, struct MHD_Connection *c, const char *url,
	const char *method, const char *version, const char *bytes, size_t *len, void **state)
{
	(void)url;
	struct http *h = arg;
	struct exchange *x = *state;
	if (!x)
		return MHD_NO;
	if (x->is_handled) {
		struct edge_response r = x->response;
		forget_response(x);
		return http_send(h, c, &r, false);
	}
	if (!x->is_seen) {
		struct edge_response r = {0};
		x->is_seen = true;
		x->request.method = method_of(method);
		if (!is_head_good(h, c, version, x, &r))
			return http_send(h, c, &r, true);
		return MHD_YES;
	}
	if (*len) {
		/* The library takes no answer before the body's end: what is too much is passed over, up to a limit. */
		if (x->passed_over || !keep_body(x, bytes, *len))
			x->passed_over += *len;
		if (x->passed_over > PASS_OVER_MAX)
			return MHD_NO;
		*len = 0;
		return MHD_YES;
	}
	return handle(h, c, x);
}

/* What the library says can be brought about by strangers: for the debug level only. */
static void note(void *arg, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));
static void note(void *arg, const char *format, va_list ap)
{
	(void)arg;
	char text[256];
	vsnprintf(text, sizeof text, format, ap);
	log_debug("http", "library=\"%s\"", text);
}

int http_new(struct web *w, int listen_fd, bool is_local, struct http **out, struct err *why)
{
	struct http *h = calloc(1, sizeof *h);
	if (!h) {
		close(listen_fd);
		return err_set(why, -ENOMEM, "http: memory is short");
	}
	h->web = w;
	h->is_local = is_local;
	h->listen_fd = -1;
	pthread_mutex_init(&h->lock, NULL);
	/* Over the control socket a handler may wait (feeds), so each connection has its thread there. */
	unsigned flags = MHD_USE_ERROR_LOG |
		(is_local ? MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
					MHD_USE_POLL
			  : MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME);
	struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, NULL},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, NULL},
		{MHD_OPTION_HTTPS_PRIORITIES, 0,
			(char[]){"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"}},
		{MHD_OPTION_END, 0, NULL}};
	if (!is_local && w->tls) {
		flags |= MHD_USE_TLS;
		tls[0].ptr_value = w->tls->certificate;
		tls[1].ptr_value = w->tls->key;
	} else {
		tls[0].option = MHD_OPTION_END;
	}
	h->daemon = MHD_start_daemon(flags, 0, NULL, NULL, answer, h, MHD_OPTION_EXTERNAL_LOGGER,
		note, NULL, MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_URI_LOG_CALLBACK,
		begin_exchange, h, MHD_OPTION_NOTIFY_COMPLETED, end_exchange, h,
		MHD_OPTION_NOTIFY_CONNECTION, notice_connection, h, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)(is_local ? HTTP_CONNECTIONS_LOCAL : HTTP_CONNECTIONS),
		MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		is_local ? 0u : (unsigned)HTTP_CONNECTIONS_PER_ADDRESS,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEADER_BYTES,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
	if (!h->daemon) {
		pthread_mutex_destroy(&h->lock);
		free(h);
		close(listen_fd);
		return err_set(
			why, CEN_ELIB, "http: libmicrohttpd did not start: %s", strerror(errno));
	}
	*out = h;
	return 0;
}

int http_renew(struct http *h, struct http **out, struct err *why)
{
	*out = h;
	if (h->is_local)
		return 0;
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_LISTEN_FD);
	int fd = info ? fcntl(info->listen_fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (fd < 0)
		return err_set(why, -errno, "http: no descriptor: %s", strerror(errno));
	int code = http_new(h->web, fd, false, out, why);
	if (code)
		return code;
	h->listen_fd = MHD_quiesce_daemon(h->daemon);
	h->renewed_ms = clock_ms();
	atomic_store(&h->is_renewed, true);
	return 0;
}

bool http_is_over(struct http *h)
{
	pthread_mutex_lock(&h->lock);
	/* One that was taken in the last moment is to be counted first. */
	bool is_over = !h->count && clock_ms() - h->renewed_ms >= HTTP_RENEWED_MS;
	pthread_mutex_unlock(&h->lock);
	return is_over;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	atomic_store(&h->is_stopping, true);
	http_tick(h); /* the library stops only when no connection rests */
	MHD_stop_daemon(h->daemon); /* closes the listening descriptor too, when it has it */
	if (h->listen_fd >= 0)
		close(h->listen_fd);
	pthread_mutex_destroy(&h->lock);
	free(h);
}
