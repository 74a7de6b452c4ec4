/* SPDX-License-Identifier: BSD-2-Clause */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "resolver/base/clock.h"
#include "resolver/evidence/sinkhole/knock_read.h"
#include "resolver/evidence/sinkhole/sinkhole_internal.h"

enum { BATCH = 64 };

/* Is there room for one more in this second? */
static bool is_within_rate(struct sinkhole *s, const struct addr *client)
{
	uint64_t second = clock_ms() / 1000;
	if (second != s->second) {
		s->second = second;
		s->udp_total = 0;
		memset(s->udp_by_client, 0, sizeof s->udp_by_client);
	}
	uint16_t *count = &s->udp_by_client[sinkhole_bucket(s, client)];
	if (*count >= SINKHOLE_UDP_PER_CLIENT || s->udp_total >= SINKHOLE_UDP_TOTAL)
		return false;
	++*count;
	s->udp_total++;
	return true;
}

/* Where it was sent to (RFC 3542 6.1 and its like for IPv4). */
static void take_destination(struct msghdr *m, struct addr *to)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			uint8_t v4[4];
			memcpy(v4, &info.ipi_addr, sizeof v4);
			addr_from_v4(v4, to);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof info);
			memcpy(to->bytes, &info.ipi6_addr, sizeof to->bytes);
		}
	}
}

static bool receive_one(struct sinkhole *s, int fd)
{
	uint8_t bytes[KNOCK_HEAD_MAX];
	struct sockaddr_storage from = {0};
	union {
		struct cmsghdr head;
		uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct iovec v = {.iov_base = bytes, .iov_len = sizeof bytes};
	struct msghdr m = {.msg_name = &from,
		.msg_namelen = sizeof from,
		.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control};
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
	if (n < 0)
		return false;
	struct knock k = {.at_ms = clock_wall_ms(), .is_udp = true};
	struct sockaddr_storage local = {0};
	socklen_t len = sizeof local;
	sinkhole_count(&s->datagrams);
	if (!addr_endpoint_from_sockaddr((struct sockaddr *)&from, &k.from) ||
		!is_within_rate(s, &k.from.addr)) {
		sinkhole_count(&s->datagrams_dropped);
		return true;
	}
	if (!getsockname(fd, (struct sockaddr *)&local, &len))
		(void)addr_endpoint_from_sockaddr((struct sockaddr *)&local, &k.to);
	take_destination(&m, &k.to.addr);
	knock_read(&k, bytes, (size_t)n);
	sinkhole_tell(s, &k);
	return true;
}

void sinkhole_udp_receive(evutil_socket_t fd, short what, void *arg)
{
	const struct sinkhole_socket *socket = arg;
	(void)what;
	for (unsigned i = 0; i < BATCH && receive_one(socket->sinkhole, fd); i++)
		;
}
