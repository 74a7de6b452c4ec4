/* SPDX-License-Identifier: BSD-2-Clause
 * One HTTP listener: http*.c alone know libmicrohttpd. Checks what the library lets through, collects the body, and hands
 * complete requests to route.c.
 *
 * Threads: the library's; http_new, http_sweep and http_free from the control side.
 * Owns: the listening descriptor and the connections.
 * Standards: RFC 9110, RFC 9112.
 */
#pragma once

#include <stdbool.h>

#include "resolver/base/err.h"

struct http;
struct web;

enum {
	HTTP_IDLE_S = 20, /* a connection on which nothing moves */
	HTTP_REQUEST_MS =
		30000, /* from the first octet (or the answer before) to the last of the answer */
	HTTP_STREAM_STEP_MS = 200, /* between two looks for what a stream has to send */
	HTTP_CROWDED_MS = 5000, /* the same while three quarters of the places are taken */
	HTTP_RENEWED_MS = 10000, /* at least, until a renewed listener is ended */
	HTTP_CONNECTIONS = 1280, /* 16 kB each while a request is read */
	HTTP_CONNECTIONS_LOCAL = 128, /* each has a thread */
	HTTP_CONNECTIONS_PER_ADDRESS = 64,
	HTTP_HEADER_BYTES = 16 * 1024,
};

/* Takes `listen_fd`, also on failure. `is_local`: the control socket. Serves at once. */
int http_new(struct web *w, int listen_fd, bool is_local, struct http **out, struct err *why);
/* Ends the connections whose request is over its deadline. To be called about each second. */
void http_sweep(struct http *h);
/* Lets the streams that wait look for what they have to send. To be called each HTTP_STREAM_STEP_MS while there are any. */
void http_tick(struct http *h);
/* A listener at the same address, with the edge's certificate of now. From then on `h` takes no connection, and each that it has ends
 * with its next answer. The control socket's listener is given back as it is. */
int http_renew(struct http *h, struct http **out, struct err *why);
/* Has a renewed one nothing left to do? */
bool http_is_over(struct http *h);
/* Waits for the handlers that run. */
void http_free(struct http *h);
