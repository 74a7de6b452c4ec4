/* SPDX-License-Identifier: BSD-2-Clause
 * Who may use the web edge, and how: the rows of `http:` but for its addresses.
 *
 * Threads: as struct config.
 */
#pragma once

#include <stddef.h>

#include "resolver/base/addr.h"
#include "resolver/base/dname.h"

enum config_anonymous {
	CONFIG_ANONYMOUS_NONE,
	CONFIG_ANONYMOUS_METRICS, /* /metrics */
	CONFIG_ANONYMOUS_STATS, /* all that counts, nothing that tells who asked for what */
};

struct config_http {
	enum config_anonymous anonymous; /* what may be read without a log-in */
	struct dname *names; /* of this host, for the Host header */
	size_t name_count;
	struct addr_prefix *trusted_proxies; /* may say for whom they ask */
	size_t trusted_proxy_count;
	char *certificate, *key; /* files; NULL: no TLS */
};
