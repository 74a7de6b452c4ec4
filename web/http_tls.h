/* SPDX-License-Identifier: BSD-2-Clause
 * The certificate of the listeners: read, and tried, once at the start.
 *
 * Threads: immutable once loaded.
 * Owns: the texts; the key's is wiped.
 */
#pragma once

#include "resolver/base/err.h"

struct http_tls {
	char *certificate, *key; /* PEM */
};

/* A sentence that names the key of the configuration and the file, for files that cannot be read, are none, or do not belong
 * together. */
int http_tls_load(
	const char *certificate_file, const char *key_file, struct http_tls **out, struct err *why);
void http_tls_free(struct http_tls *t);
