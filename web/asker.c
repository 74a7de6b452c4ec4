/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/asker.h"

#include <string.h>
#include <strings.h>

#include "web/auth.h"
#include "web/response.h"

enum { HOPS_MAX = 16 };

bool asker_cookie(const char *header, const char *name, char *out, size_t size)
{
	size_t name_len = strlen(name);
	for (const char *at = header; *at;) {
		at += strspn(at, "; \t");
		size_t len = strcspn(at, ";");
		if (len > name_len && !memcmp(at, name, name_len) && at[name_len] == '=') {
			const char *value = at + name_len + 1;
			size_t n = len - name_len - 1;
			while (n && (value[n - 1] == ' ' || value[n - 1] == '\t'))
				n--;
			if (n >= size)
				return false;
			memcpy(out, value, n);
			out[n] = 0;
			return true;
		}
		at += len;
	}
	return false;
}

static bool is_trusted(const struct addr_prefix *trusted, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_prefix_contains(&trusted[i], a))
			return true;
	return false;
}

/* One hop as proxies write it: an address, some of them with a port. */
static bool read_hop(const char *at, size_t len, struct addr *out)
{
	char text[ADDR_TEXT_MAX];
	struct addr_endpoint e;
	if (!len || len >= sizeof text)
		return false;
	memcpy(text, at, len);
	text[len] = 0;
	if (addr_endpoint_from_text(text, 0, &e))
		return false;
	*out = e.addr;
	return true;
}

void asker_forwarded(const char *header, const struct addr_prefix *trusted, size_t trusted_count,
	struct addr *peer)
{
	size_t end = strlen(header);
	for (int hops = 0; end && hops < HOPS_MAX && is_trusted(trusted, trusted_count, peer);
		hops++) {
		size_t begin = end;
		while (begin && header[begin - 1] != ',')
			begin--;
		size_t first = begin + strspn(header + begin, " \t");
		size_t last = end;
		while (last > first && (header[last - 1] == ' ' || header[last - 1] == '\t'))
			last--;
		if (first >= last || !read_hop(header + first, last - first, peer))
			return;
		end = begin ? begin - 1 : 0;
	}
}

bool asker_is_same_origin(const char *origin, const char *host)
{
	const char *at = strstr(origin, "://");
	return at && !strcasecmp(at + 3, host);
}

static void find_place(struct edge_request *q)
{
	const struct web *w = q->web;
	if (!is_trusted(w->trusted, w->trusted_count, &q->peer))
		return;
	const char *scheme = edge_header(q, "X-Forwarded-Proto");
	const char *hops = edge_header(q, "X-Forwarded-For");
	q->is_secure |= scheme && !strcasecmp(scheme, "https");
	if (hops)
		asker_forwarded(hops, w->trusted, w->trusted_count, &q->peer);
}

static const char *key_of(const struct edge_request *q)
{
	static const char scheme[] = "Bearer ";
	const char *key = edge_header(q, "X-API-Key"), *text = edge_header(q, "Authorization");
	if (key)
		return key;
	return text && !strncasecmp(text, scheme, sizeof scheme - 1) ? text + sizeof scheme - 1
								     : NULL;
}

void asker_find(struct edge_request *q)
{
	if (q->is_local) {
		q->scope = EDGE_ADMIN;
		q->is_known = true;
		return;
	}
	find_place(q);
	q->auth_changes = auth_changes(q->web->auth);
	const char *key = key_of(q), *cookies = edge_header(q, "Cookie");
	char session[AUTH_SESSION_ROOM];
	enum edge_scope found = EDGE_NOBODY;
	if (key) {
		found = auth_scope_of_key(q->web, key, &q->peer);
		q->has_wrong_key = found == EDGE_NOBODY;
	} else if (cookies && asker_cookie(cookies, EDGE_COOKIE, session, sizeof session)) {
		found = auth_session_check(q->web->auth, session, &q->until_s);
		q->is_session = found != EDGE_NOBODY;
	}
	q->is_known = found != EDGE_NOBODY;
	bool is_open = atomic_load(&q->web->anonymous) == CONFIG_ANONYMOUS_STATS;
	q->scope = found == EDGE_NOBODY && is_open ? EDGE_STATS : found;
}

bool asker_is_own_page(const struct edge_request *q, struct edge_response *r)
{
	/* A key is in no browser's keeping: a page that has it may use it. */
	if (q->is_local || q->method == EDGE_GET || (q->is_known && !q->is_session))
		return true;
	const char *site = edge_header(q, "Sec-Fetch-Site"), *origin = edge_header(q, "Origin");
	const char *host = edge_header(q, "Host");
	bool is_own = !q->is_session;
	if (site)
		is_own = !strcmp(site, "same-origin");
	else if (origin)
		is_own = host && asker_is_same_origin(origin, host);
	if (!is_own) {
		atomic_fetch_add_explicit(&q->web->counters.foreign_pages, 1, memory_order_relaxed);
		response_problem(r, 403,
			"a page of another origin, or none that tells its own, asked for this; "
			"programs send an API key");
	}
	return is_own;
}
