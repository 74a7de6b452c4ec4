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
	X(denied_writes, "http_denied_writes", \
		"HTTP requests over TCP that asked for a change and were refused")

struct edge_counters {
	_Atomic uint64_t responses[6]; /* by the hundreds of the status */
#define X(symbol, name, help) _Atomic uint64_t symbol;
	EDGE_EVENTS(X)
#undef X
};

enum edge_method { EDGE_GET, EDGE_POST, EDGE_DELETE, EDGE_OTHER };

struct edge_request {
	struct web *web;
	enum edge_method method; /* HEAD is read as GET; the library sends no body */
	bool is_local; /* over the control socket: may change things */
	struct target target;
	const char *if_none_match; /* NULL: not sent */
	const char *content_type;
	char *body; /* NULL: none */
	size_t body_len;
};

struct edge_response {
	unsigned status;
	const char *type; /* static */
	char *body; /* malloc'd, handed over; NULL: `fixed` */
	const void *fixed; /* static content */
	size_t len;
	const char *etag; /* static; NULL: not to be kept by anybody */
	const char *allow; /* static; for 405 */
};

typedef void edge_handler(const struct edge_request *q, struct edge_response *r);

struct http;

struct web {
	struct web_doors doors;
	char *config_file, *socket; /* copies */
	struct addr_endpoint *dns_listen;
	size_t dns_listen_count;
	struct addr_endpoint http_listen[EDGE_LISTENERS_MAX];
	size_t http_listen_count;
	struct http *https[EDGE_LISTENERS_MAX + 1]; /* the control socket's is the last */
	size_t http_count;
	uint64_t socket_inode;
	uint64_t started_s;
	_Atomic bool is_stopping;
	struct edge_counters counters;
	struct edge_sweeper *sweeper;
};
