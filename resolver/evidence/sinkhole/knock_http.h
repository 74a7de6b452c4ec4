/* SPDX-License-Identifier: BSD-2-Clause
 * The head of an HTTP request, as far as it came and however broken it is.
 *
 * Threads: pure. Standards: RFC 9112 (2.2, 3, 5.1), RFC 9110 7.2 and 10.1.5.
 * Rule: a bot's request is evidence, not a thing to be served: what can be told is told, nothing is refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/evidence/sinkhole/knock.h"

enum knock_http_state {
	KNOCK_HTTP_NOT, /* whatever follows, it is no request */
	KNOCK_HTTP_MAYBE, /* too little came to tell */
	KNOCK_HTTP_HEAD, /* a request whose head has not ended */
	KNOCK_HTTP_WHOLE, /* a request with its whole head */
};

/* A request starts with a method of upper-case letters and a blank; then comes `/`, `*`, `http`, or a version at the end of the
 * line; a well-known method needs none of that. So `NICK foo` and `SSH-2.0-x` are none. */
enum knock_http_state knock_http_look(const uint8_t *bytes, size_t len);

/* Fills request_line, host and user_agent of `k` from what came; the first of several fields counts. */
void knock_http_read(const uint8_t *bytes, size_t len, struct knock *k);

/* Does the request ask for a head alone (RFC 9110 9.3.2)? */
bool knock_http_is_head(const struct knock *k);
