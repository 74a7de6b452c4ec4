/* SPDX-License-Identifier: BSD-2-Clause
 * One hop of the way to a list: a URL that may be asked, and the addresses that may be connected to.
 *
 * Threads: pure. Owns: its texts, until fetch_hop_clear.
 */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

#include "feeds/channel.h"
#include "resolver/base/err.h"

struct fetch_hop {
	char *url;
	char *host; /* an IPv6 address in brackets */
	char *port;
	bool is_tls;
};

/* 0, or a code with the sentence. */
int fetch_hop_start(struct fetch_hop *h, const char *url, struct err *why);
/* Goes on to where a server redirects: http or https, and what was under TLS stays there. On failure nothing has changed. */
int fetch_hop_follow(struct fetch_hop *h, const char *url, struct err *why);
void fetch_hop_clear(struct fetch_hop *h);

/* Which addresses of the host may be connected to, in libcurl's words (owned by the caller; NULL: the host is an address). `hops`: redirections so far. */
int fetch_hop_choose(const struct fetch_hop *h, const struct channel_answer *known,
	bool has_private, unsigned hops, struct curl_slist **out, struct err *why);

/* By how much the clock of the server that gave this answer is before ours, in seconds. False: it does not say. */
bool fetch_hop_skew(CURL *easy, int64_t *skew_s);
