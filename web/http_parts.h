/* SPDX-License-Identifier: BSD-2-Clause
 * What the files of the HTTP listener share. Not for others to include.
 *
 * Threads: `connections` and its members under `lock`.
 */
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "web/edge.h"
#include "web/http.h"

/* A connection, for its deadline: the library's own is one of idleness, which a trickle of octets defeats. */
struct http_connection {
	struct http_connection *next, **link;
	struct MHD_Connection *library;
	int fd;
	uint64_t since_ms; /* when it began, or its last answer ended */
	bool is_ended;
	bool is_stream; /* its answer has no end that could be late */
	bool is_waiting; /* suspended, until the stream is asked again */
};

struct http {
	struct web *web;
	bool is_local;
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock;
	struct http_connection *connections;
	unsigned count; /* of them */
	_Atomic bool is_stopping;
	_Atomic bool is_renewed; /* another one listens in its place */
	uint64_t renewed_ms;
	int listen_fd; /* given back by the library; -1: it still has it */
};

/* The answer goes out; takes what `r` hands over. `is_last`: the connection ends with it. */
enum MHD_Result http_send(
	struct http *h, struct MHD_Connection *c, struct edge_response *r, bool is_last);
/* What notice_connection made; NULL when memory was short. */
struct http_connection *http_connection_of(struct MHD_Connection *c);
