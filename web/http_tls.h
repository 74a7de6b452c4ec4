/* SPDX-License-Identifier: BSD-2-Clause
 * The certificate of the listeners: read, and tried, at the start and at each reload.
 *
 * Threads: immutable once loaded.
 * Owns: the texts; the key's is wiped.
 */
#pragma once

#include <stdbool.h>

#include "resolver/base/err.h"

struct http_tls {
	char *certificate, *key; /* PEM */
};

/* A sentence that names the key of the configuration and the file, for files that cannot be read, are none, or do not belong
 * together. */
int http_tls_load(
	const char *certificate_file, const char *key_file, struct http_tls **out, struct err *why);
bool http_tls_equal(const struct http_tls *a, const struct http_tls *b);
void http_tls_free(struct http_tls *t);
