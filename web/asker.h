/* SPDX-License-Identifier: BSD-2-Clause
 * Who asks, and from where: address, session, key; and whether a page of somebody else's had the browser ask.
 *
 * Threads: the edge's; the parsers are pure.
 */
#pragma once

#include "web/edge.h"

/* Fills in who asks, from the connection's peer and the headers. */
void asker_find(struct edge_request *q);
/* Nobody's page but our own had a browser send this? False after having written the problem. */
bool asker_is_own_page(const struct edge_request *q, struct edge_response *r);

/* The value of a cookie; false when it is not there, or longer than `size` lets it be. */
bool asker_cookie(const char *header, const char *name, char *out, size_t size);
/* The client behind proxies that may speak for it, by X-Forwarded-For. */
void asker_forwarded(const char *header, const struct addr_prefix *trusted, size_t trusted_count,
	struct addr *peer);
/* Does an Origin header name the host that was asked? */
bool asker_is_same_origin(const char *origin, const char *host);
