/* SPDX-License-Identifier: BSD-2-Clause
 * What the handlers of the web edge share, and the request and response they work on. Not for others to include.
 *
 * Threads: `struct web` is set up by web_start and constant after, but for its atomics.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "web/target.h"
#include "web/web.h"

enum { EDGE_BODY_MAX = 64 * 1024, EDGE_LISTENERS_MAX = 16 };

/* X(symbol, "metric_suffix", "help") */
#define EDGE_EVENTS(X) \
	X(deadlines, "http_deadline_closes", "HTTP connections closed at the total deadline") \
	X(foreign_hosts, "http_foreign_hosts", \
		"HTTP requests refused for a Host header that is not ours") \
	X(denied, "http_denied", "HTTP requests refused for want of a log-in or of its scope") \
	X(foreign_pages, "http_foreign_pages", \
		"HTTP requests for a change refused because a page of another origin asked") \
	X(busy, "http_busy", "HTTP requests refused because too many that take long waited") \
	X(logins, "http_logins", "Log-ins") \
	X(failed_logins, "http_failed_logins", "Log-ins with a wrong password or link") \
	X(held_logins, "http_held_logins", "Log-ins refused after too many wrong ones") \
	X(wrong_keys, "http_wrong_keys", "HTTP requests with an API key that is none") \
	X(refused_streams, "http_refused_streams", \
		"Live streams refused because there were too many")

struct edge_counters {
	_Atomic uint64_t responses[6]; /* by the hundreds of the status */
#define X(symbol, name, help) _Atomic uint64_t symbol;
	EDGE_EVENTS(X)
#undef X
};

enum edge_method { EDGE_GET, EDGE_POST, EDGE_PUT, EDGE_PATCH, EDGE_DELETE, EDGE_OTHER };

/* What the asker may, each with all before it. */
enum edge_scope {
	EDGE_NOBODY, /* what is open to everybody */
	EDGE_STATS, /* counters, history, the lists' state: nothing of who asked for what */
	EDGE_CONTROL, /* who asked for what; pause, rules, cases */
	EDGE_ADMIN, /* configuration, keys, the lists' content */
};

struct edge_request {
	struct web *web;
	enum edge_method method; /* HEAD is read as GET; the library sends no body */
	enum edge_scope scope;
	bool is_local; /* over the control socket, which trusts its file's mode */
	bool is_known; /* the socket, a session or a key said who asks */
	bool is_session; /* it was a session */
	uint64_t until_s; /* when that is over */
	unsigned auth_changes; /* of auth_changes, before that was said */
	bool has_wrong_key;
	bool is_secure; /* over TLS, here or to a proxy that may say so */
	struct addr peer; /* who asks; all zero over the control socket */
	struct target target;
	const char *if_none_match, *if_match; /* NULL: not sent */
	const char *content_type;
	char *body; /* NULL: none */
	size_t body_len;
	/* The last header of a name in any case, or NULL; ask by edge_header. Some proxies add a line of their own behind those that the
	 * client sent: the last one is what the nearest proxy says. */
	const char *(*header)(const void *from, const char *name);
	const void *header_from;
};

static inline const char *edge_header(const struct edge_request *q, const char *name)
{
	return q->header ? q->header(q->header_from, name) : NULL;
}

/* An answer that goes on, such as text/event-stream. To be the first member of what its maker needs. */
struct edge_stream {
	/* Writes what there is, at most `max` octets, and returns their number. 0: nothing now, it is asked again within a quarter of
	 * a second. Negative: it has ended. Never waits. */
	long (*fill)(struct edge_stream *s, char *out, size_t max);
	void (*close)(struct edge_stream *s); /* frees it; called once, also when nobody reads */
};

enum { EDGE_STREAMS_MAX = 64, EDGE_HEADERS_MAX = 4 };

struct edge_response {
	unsigned status;
	const char *type; /* static */
	char *body; /* malloc'd, handed over; NULL: `fixed` */
	const void *fixed; /* static content */
	size_t len;
	const char *etag; /* static; NULL: not to be kept by anybody */
	struct edge_stream *stream; /* in place of a body; handed over */
	unsigned header_count; /* see response_header */
	struct {
		const char *name; /* static */
		char value[512];
	} headers[EDGE_HEADERS_MAX];
};

typedef void edge_handler(const struct edge_request *q, struct edge_response *r);

/* The name of the cookie that carries a session. */
#define EDGE_COOKIE "cenote_session"

struct http;
struct http_tls;
struct auth;
struct jobs;

struct web {
	struct web_doors doors;
	char *config_file, *socket; /* copies */
	struct addr_endpoint *dns_listen;
	size_t dns_listen_count;
	struct addr_endpoint http_listen[EDGE_LISTENERS_MAX];
	size_t http_listen_count;
	/* The control socket's is the first, when there is one. */
	struct http *https[EDGE_LISTENERS_MAX + 1];
	struct http *renewed[EDGE_LISTENERS_MAX]; /* others are in their place; the sweeper's */
	size_t renewed_count;
	_Atomic size_t http_count; /* counts up after the place is filled */
	uint64_t socket_inode;
	uint64_t started_s;
	_Atomic bool is_open; /* all listeners are there */
	_Atomic bool is_stopping;
	_Atomic int anonymous; /* enum config_anonymous */
	_Atomic unsigned streams;
	struct auth *auth;
	struct jobs *log_ins; /* one at a time: each takes 64 MiB for a tenth of a second */
	struct jobs *slow; /* what waits for the disk or for other threads */
	struct dname *names; /* of this host */
	size_t name_count;
	struct addr_prefix *trusted; /* proxies */
	size_t trusted_count;
	bool has_tls; /* all TCP listeners have */
	char *certificate_file, *key_file; /* copies */
	struct http_tls *tls; /* what they have been given; the sweeper's */
	struct http_tls *_Atomic next_tls; /* what they are to be given */
	struct edge_counters counters;
	struct edge_sweeper *sweeper;
};

/* A stream has begun: the edge's clock goes faster from now on. */
void web_wake(struct web *w);
