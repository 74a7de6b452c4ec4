/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/fetch/fetch_hop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "feeds/plan.h"
#include "resolver/base/addr_special.h"
#include "resolver/base/clock.h"

enum { AGE_MAX_S = 30 * 86400 };

static char *part(CURLU *u, CURLUPart what, unsigned flags)
{
	char *text = NULL, *own = NULL;
	if (!curl_url_get(u, what, &text, flags))
		own = strdup(text);
	curl_free(text);
	return own;
}

/* Takes a URL apart. libcurl's own reading is used, so that what is judged here is what it asks. */
static int read_url(struct fetch_hop *out, const char *url, const char *verb, struct err *why)
{
	CURLU *u = curl_url();
	char *scheme = NULL;
	char shown[32];
	int rc = u ? 0 : err_set(why, -ENOMEM, "out of memory");
	if (!rc && curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME))
		rc = err_set(why, CEN_EFORMAT, "%s a URL that cannot be read", verb);
	if (!rc)
		scheme = part(u, CURLUPART_SCHEME, 0);
	plan_copy_plain(shown, sizeof shown, scheme ? scheme : "");
	if (!rc && strcasecmp(shown, "http") != 0 && strcasecmp(shown, "https") != 0)
		rc = err_set(why, CEN_EREFUSED, "%s %s://, and only http and https are fetched",
			verb, shown);
	if (!rc) {
		*out = (struct fetch_hop){.url = part(u, CURLUPART_URL, 0),
			.host = part(u, CURLUPART_HOST, 0),
			.port = part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT),
			.is_tls = !strcasecmp(shown, "https")};
		if (!out->url || !out->host || !out->port) {
			fetch_hop_clear(out);
			rc = err_set(why, CEN_EFORMAT, "%s a URL that cannot be read", verb);
		}
	}
	free(scheme);
	curl_url_cleanup(u);
	return rc;
}

int fetch_hop_start(struct fetch_hop *h, const char *url, struct err *why)
{
	return read_url(h, url, "its source is", why);
}

int fetch_hop_follow(struct fetch_hop *h, const char *url, struct err *why)
{
	struct fetch_hop next;
	int rc = read_url(&next, url, "redirected to", why);
	if (rc)
		return rc;
	if (h->is_tls && !next.is_tls) {
		rc = err_set(
			why, CEN_EREFUSED, "redirected from https to http, to %.200s", next.host);
		fetch_hop_clear(&next);
		return rc;
	}
	fetch_hop_clear(h);
	*h = next;
	return 0;
}

void fetch_hop_clear(struct fetch_hop *h)
{
	free(h->url);
	free(h->host);
	free(h->port);
	*h = (struct fetch_hop){0};
}

int fetch_hop_choose(const struct fetch_hop *h, const struct channel_answer *known,
	bool has_private, unsigned hops, struct curl_slist **out, struct err *why)
{
	char line[CHANNEL_TEXT_MAX + CHANNEL_HOST_MAX], text[ADDR_TEXT_MAX];
	size_t n = (size_t)snprintf(line, sizeof line, "%s:%s:", h->host, h->port), count = 0;
	for (size_t i = 0; i < known->count && n < sizeof line - 2 * ADDR_TEXT_MAX; i++) {
		const struct addr *a = &known->addresses[i];
		if (!has_private && addr_special_is_local(a))
			continue;
		n += (size_t)snprintf(line + n, sizeof line - n, addr_is_v4(a) ? "%s%s" : "%s[%s]",
			count ? "," : "", addr_to_text(a, text));
		count++;
	}
	if (!count)
		return err_set(why, CEN_EREFUSED,
			"%s%.200s is at %s, which is not a public address (allow_private lets it)",
			hops ? "redirected: " : "", h->host,
			addr_to_text(&known->addresses[0], text));
	*out = NULL;
	if (!*known->host) /* it is an address itself */
		return 0;
	*out = curl_slist_append(NULL, line);
	return *out ? 0 : err_set(why, -ENOMEM, "out of memory");
}

bool fetch_hop_skew(CURL *easy, int64_t *skew_s)
{
	struct curl_header *date, *age;
	if (curl_easy_header(easy, "Date", 0, CURLH_HEADER, -1, &date))
		return false;
	int64_t then_s = (int64_t)curl_getdate(date->value, NULL), age_s = 0;
	if (then_s < 0)
		return false;
	/* RFC 9111 4.2.3: an answer out of a cache is older by so much. */
	if (!curl_easy_header(easy, "Age", 0, CURLH_HEADER, -1, &age))
		age_s = strtoll(age->value, NULL, 10);
	if (age_s < 0 || age_s > AGE_MAX_S)
		return false;
	*skew_s = then_s + age_s - (int64_t)clock_wall_s();
	return true;
}
