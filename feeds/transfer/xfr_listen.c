/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/transfer/xfr_listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "feeds/transfer/notify.h"
#include "feeds/transfer/xfr.h"
#include "resolver/base/clock.h"
#include "resolver/base/log.h"

enum { AT_ONCE = 64, ZONES_MAX = CONFIG_LISTS_MAX };

static bool is_same(const struct addr_endpoint *a, const struct addr_endpoint *b)
{
	return addr_equal(&a->addr, &b->addr) && a->port == b->port && a->scope == b->scope;
}

static int open_socket(const struct addr_endpoint *at)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(at, &sa);
	int on = 1;
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && sa.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (fd >= 0 && !bind(fd, (struct sockaddr *)&sa, len))
		return fd;
	char text[ADDR_TEXT_MAX];
	log_error("feeds", "event=notify_listen address=%s reason=\"%s\"",
		addr_endpoint_to_text(at, text), strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool is_among(const struct addr_endpoint *e, const struct addr_endpoint *of, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_same(e, &of[i]))
			return true;
	return false;
}

void xfr_listen_set(struct xfr_listen *l, const struct addr_endpoint *at, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->count; i++) {
		if (!is_among(&l->at[i], at, count)) {
			close(l->fds[i]);
			continue;
		}
		l->fds[kept] = l->fds[i];
		l->at[kept++] = l->at[i];
	}
	l->count = kept;
	for (size_t i = 0; i < count && l->count < XFR_LISTEN_MAX; i++) {
		if (is_among(&at[i], l->at, l->count))
			continue;
		int fd = open_socket(&at[i]);
		if (fd < 0)
			continue;
		l->fds[l->count] = fd;
		l->at[l->count++] = at[i];
	}
}

static bool is_over_limit(struct xfr_listen *l)
{
	uint64_t second = clock_ms() / 1000;
	if (l->second != second) {
		l->second = second;
		l->in_second = 0;
	}
	return ++l->in_second > XFR_NOTIFY_PER_S;
}

static size_t known_zones(
	struct xfr_zone *const *zones, size_t count, struct notify_zone out[static ZONES_MAX])
{
	size_t n = 0;
	for (; n < count && n < ZONES_MAX; n++) {
		const struct xfr_zone *z = zones[n];
		out[n] = (struct notify_zone){
			.zone = &z->settings.source.zone,
			.primary = &z->settings.source.primary.addr,
			.key = z->settings.has_key && !z->settings.fault[0] ? &z->settings.key
									    : NULL,
			.has_serial = z->store,
			.serial = z->store ? zone_facts(z->store)->soa.serial : 0,
		};
	}
	return n;
}

static void take_one(struct xfr_listen *l, struct xfr_zone *const *zones,
	const struct notify_zone *known, size_t count, int fd, uint8_t *wire, size_t len,
	const struct sockaddr_storage *sa, socklen_t sa_len)
{
	struct addr from;
	size_t index = 0;
	if (is_over_limit(l) || !addr_from_sockaddr((const struct sockaddr *)sa, &from)) {
		l->counts.dropped++;
		return;
	}
	enum notify_outcome outcome =
		notify_answer(known, count, &from, wire, &len, clock_wall_s(), &index);
	if (outcome == NOTIFY_IGNORED) {
		l->counts.dropped++;
		return;
	}
	l->counts.refused += outcome == NOTIFY_REFUSED;
	l->counts.taken += outcome != NOTIFY_REFUSED;
	if (outcome == NOTIFY_NEWS)
		xfr_zone_notify(zones[index]);
	/* An answer that cannot be sent is one that the primary asks for again (RFC 1996 3.6). */
	if (sendto(fd, wire, len, MSG_NOSIGNAL, (const struct sockaddr *)sa, sa_len) < 0)
		l->counts.unanswered++;
}

void xfr_listen_take(struct xfr_listen *l, size_t i, struct xfr_zone *const *zones, size_t count)
{
	struct notify_zone known[ZONES_MAX];
	uint8_t wire[NOTIFY_MAX];
	size_t n = known_zones(zones, count, known);
	for (int k = 0; k < AT_ONCE; k++) {
		struct sockaddr_storage sa;
		socklen_t sa_len = sizeof sa;
		ssize_t len =
			recvfrom(l->fds[i], wire, sizeof wire, 0, (struct sockaddr *)&sa, &sa_len);
		if (len < 0)
			return;
		take_one(l, zones, known, n, l->fds[i], wire, (size_t)len, &sa, sa_len);
	}
}
