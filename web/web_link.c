/* SPDX-License-Identifier: BSD-2-Clause
 * The page's address for people.
 */
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "web/auth.h"
#include "web/web.h"

static bool is_any(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	addr_to_text(a, text);
	return !strcmp(text, "0.0.0.0") || !strcmp(text, "::");
}

/* An address of this machine that others reach, of the family of `like`. */
static bool find_own(const struct addr *like, struct addr *out)
{
	struct ifaddrs *all;
	bool is_found = false;
	if (getifaddrs(&all))
		return false;
	for (const struct ifaddrs *i = all; i && !is_found; i = i->ifa_next) {
		struct addr a;
		bool is_link_local;
		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || i->ifa_flags & IFF_LOOPBACK ||
			!addr_from_sockaddr(i->ifa_addr, &a))
			continue;
		is_link_local = a.bytes[0] == 0xFE && (a.bytes[1] & 0xC0) == 0x80;
		if (addr_is_v4(&a) != addr_is_v4(like) || is_link_local)
			continue;
		*out = a;
		is_found = true;
	}
	freeifaddrs(all);
	return is_found;
}

bool web_link(struct web *w, size_t i, char *out, size_t size)
{
	struct addr_endpoint at;
	char host[DNAME_TEXT_MAX + 8], token[AUTH_TOKEN_ROOM];
	if (!web_endpoint(w, i, &at))
		return false;
	bool is_everywhere = is_any(&at.addr);
	/* The machine's own listeners on all addresses are reached from itself in any case. */
	if (is_everywhere && !find_own(&at.addr, &at.addr) &&
		addr_from_text(addr_is_v4(&at.addr) ? "127.0.0.1" : "::1", &at.addr))
		return false;
	if (is_everywhere && w->name_count) {
		char name[DNAME_TEXT_MAX];
		snprintf(host, sizeof host, "%s:%u", dname_to_text(w->names[0].bytes, name),
			at.port);
	} else {
		addr_endpoint_to_text(&at, host);
	}
	bool has_token = auth_token(w->auth, token);
	int n = snprintf(out, size, "http%s://%s/%s%s", w->has_tls ? "s" : "", host,
		has_token ? "#setup=" : "", has_token ? token : "");
	return n > 0 && (size_t)n < size;
}
