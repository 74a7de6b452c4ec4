/* SPDX-License-Identifier: BSD-2-Clause
 * What the commands use to speak to a running daemon: HTTP over its control socket.
 *
 * Threads: one at a time. Uses libcurl.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "resolver/base/err.h"

struct client_reply {
	long status; /* of HTTP */
	char *body; /* terminated; free with client_free */
	size_t len;
};

enum { CLIENT_REPLY_MAX = 16 * 1024 * 1024 };

/* One request. `body` NULL: none, else JSON. Returns -ECONNREFUSED, with a sentence that says which socket, when nobody
 * answers there; -EACCES when this user may not; another negative code for a broken exchange. An answer of any status is a success. */
int client_ask(const char *socket, const char *method, const char *target, const char *body,
	unsigned timeout_s, struct client_reply *out, struct err *why);
void client_free(struct client_reply *r);

/* Appends `name=value`, escaped, behind a '?' or '&'. False when `target` is full. */
bool client_add_param(char *target, size_t size, const char *name, const char *value);
