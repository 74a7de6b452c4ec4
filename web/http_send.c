/* SPDX-License-Identifier: BSD-2-Clause
 * Answers on their way out, with the headers that all have; and those that do not end.
 */
#include <poll.h>
#include <stdlib.h>

#include "web/http_parts.h"
#include "web/response.h"

enum { STREAM_PIECE = 4096 };

static const char *const security_headers[][2] = {
	{"Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
		"require-trusted-types-for 'script'; trusted-types 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
};

static void count_response(struct web *w, unsigned status)
{
	unsigned class = status / 100;
	atomic_fetch_add_explicit(
		&w->counters.responses[class < 6 ? class : 0], 1, memory_order_relaxed);
}

struct reader {
	struct http *http;
	struct MHD_Connection *library;
	struct edge_stream *stream;
};

/* Nothing to send: the library lets the connection rest until http_tick. */
static void rest(struct reader *s)
{
	struct http *h = s->http;
	struct http_connection *k = http_connection_of(s->library);
	if (h->is_local || !k) {
		poll(NULL, 0, HTTP_STREAM_STEP_MS); /* its thread is its own */
		return;
	}
	MHD_suspend_connection(s->library);
	pthread_mutex_lock(&h->lock);
	bool is_stopping = atomic_load(&h->is_stopping);
	k->is_waiting = !is_stopping;
	pthread_mutex_unlock(&h->lock);
	if (is_stopping)
		MHD_resume_connection(s->library);
}

static ssize_t read_stream(void *arg, uint64_t at, char *out, size_t max)
{
	(void)at;
	struct reader *s = arg;
	struct http *h = s->http;
	if (atomic_load(&h->is_stopping) || atomic_load(&h->is_renewed) ||
		atomic_load(&h->web->is_stopping))
		return MHD_CONTENT_READER_END_OF_STREAM;
	long n = s->stream->fill(s->stream, out, max);
	if (n < 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == 0)
		rest(s);
	return n;
}

static void close_stream(void *arg)
{
	struct reader *s = arg;
	s->stream->close(s->stream);
	atomic_fetch_sub(&s->http->web->streams, 1);
	free(s);
}

/* NULL after having closed the stream: too many, or no memory. */
static struct MHD_Response *stream_response(
	struct http *h, struct MHD_Connection *c, struct edge_stream *stream)
{
	struct reader *s = malloc(sizeof *s);
	if (!s) {
		stream->close(stream);
		return NULL;
	}
	*s = (struct reader){.http = h, .library = c, .stream = stream};
	atomic_fetch_add(&h->web->streams, 1);
	struct MHD_Response *m = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_PIECE, read_stream, s, close_stream);
	if (!m) {
		close_stream(s);
		return NULL;
	}
	struct http_connection *k = http_connection_of(c);
	if (k) {
		pthread_mutex_lock(&h->lock);
		k->is_stream = true;
		pthread_mutex_unlock(&h->lock);
	}
	web_wake(h->web);
	return m;
}

static struct MHD_Response *whole_response(const struct edge_response *r)
{
	const void *bytes = r->body ? r->body : r->fixed;
	struct MHD_Response *m = MHD_create_response_from_buffer(r->len, (void *)(uintptr_t)bytes,
		r->body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	if (!m)
		free(r->body);
	return m;
}

static void refuse_surplus_stream(struct web *w, struct edge_response *r)
{
	if (!r->stream || atomic_load(&w->streams) < EDGE_STREAMS_MAX)
		return;
	r->stream->close(r->stream);
	r->stream = NULL;
	atomic_fetch_add_explicit(&w->counters.refused_streams, 1, memory_order_relaxed);
	response_problem(
		r, 503, "%d live streams are open, the most there may be", EDGE_STREAMS_MAX);
	response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, "30");
}

enum MHD_Result http_send(
	struct http *h, struct MHD_Connection *c, struct edge_response *r, bool is_last)
{
	refuse_surplus_stream(h->web, r);
	struct MHD_Response *m = r->stream ? stream_response(h, c, r->stream) : whole_response(r);
	if (!m)
		return MHD_NO;
	for (size_t i = 0; i < sizeof security_headers / sizeof *security_headers; i++)
		MHD_add_response_header(m, security_headers[i][0], security_headers[i][1]);
	if (r->type)
		MHD_add_response_header(m, MHD_HTTP_HEADER_CONTENT_TYPE, r->type);
	if (r->etag)
		MHD_add_response_header(m, MHD_HTTP_HEADER_ETAG, r->etag);
	MHD_add_response_header(
		m, MHD_HTTP_HEADER_CACHE_CONTROL, r->etag ? "no-cache" : "no-store");
	for (unsigned i = 0; i < r->header_count; i++)
		MHD_add_response_header(m, r->headers[i].name, r->headers[i].value);
	if (is_last || atomic_load(&h->is_renewed))
		MHD_add_response_header(m, MHD_HTTP_HEADER_CONNECTION, "close");
	count_response(h->web, r->status);
	enum MHD_Result result = MHD_queue_response(c, r->status, m);
	MHD_destroy_response(m);
	return result;
}
