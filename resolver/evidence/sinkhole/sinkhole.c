/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/sinkhole/sinkhole.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "resolver/base/check.h"
#include "resolver/base/hash.h"
#include "resolver/evidence/sinkhole/sinkhole_internal.h"

enum { BACKLOG = 1024, SWEEP_MS = 200, NICE = 10 };

uint32_t sinkhole_bucket(const struct sinkhole *s, const struct addr *client)
{
	return (uint32_t)(hash_bytes(client->bytes, addr_client_len(client), s->seed) %
		SINKHOLE_BUCKETS);
}

void sinkhole_tell(struct sinkhole *s, const struct knock *k)
{
	sinkhole_count(&s->knocks[k->kind]);
	s->on_knock(s->arg, k);
}

/* --- sockets ---------------------------------------------------------------------------------- */

static void set_options(int fd, bool is_v4, bool is_tcp)
{
	int one = 1;
	if (!is_v4)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (is_tcp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	/* An address that is routed here need be on no interface. */
	if (is_v4)
		setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof one);
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof one);
	if (!is_tcp && is_v4)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
	else if (!is_tcp)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one, sizeof one);
}

static int refuse_address(const struct addr_endpoint *at, bool is_tcp, int e, struct err *why)
{
	char text[ADDR_TEXT_MAX];
	addr_endpoint_to_text(at, text);
	if (e == EACCES)
		return err_set(why, -e,
			"sinkhole: %s port %u is not for this user (give the program "
			"CAP_NET_BIND_SERVICE, or listen on a "
			"port above 1023 and redirect %u to it)",
			is_tcp ? "TCP" : "UDP", at->port, at->port);
	return err_set(why, -e, "sinkhole: %s %s cannot be listened on: %s", is_tcp ? "TCP" : "UDP",
		text, err_string(-e));
}

static int open_socket(
	struct sinkhole *s, const struct addr_endpoint *at, bool is_tcp, struct err *why)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(at, &sa);
	struct sinkhole_socket *to = &s->sockets[s->socket_count];
	int type = is_tcp ? SOCK_STREAM : SOCK_DGRAM;
	to->sinkhole = s;
	to->fd = socket(sa.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (to->fd < 0)
		return refuse_address(at, is_tcp, errno, why);
	s->socket_count++;
	set_options(to->fd, sa.ss_family == AF_INET, is_tcp);
	if (bind(to->fd, (struct sockaddr *)&sa, len) || (is_tcp && listen(to->fd, BACKLOG)))
		return refuse_address(at, is_tcp, errno, why);
	to->event = event_new(s->base, to->fd, EV_READ | EV_PERSIST,
		is_tcp ? sinkhole_tcp_accept : sinkhole_udp_receive, to);
	if (!to->event || event_add(to->event, NULL))
		return err_set(why, -ENOMEM, "sinkhole: there is no memory to start with");
	return 0;
}

static int open_sockets(struct sinkhole *s, const struct sinkhole_options *o, struct err *why)
{
	int code = 0;
	s->tcp_count = o->tcp_count;
	for (size_t i = 0; i < o->tcp_count && !code; i++)
		code = open_socket(s, &o->tcp[i], true, why);
	for (size_t i = 0; i < o->udp_count && !code; i++)
		code = open_socket(s, &o->udp[i], false, why);
	return code;
}

/* --- the thread ------------------------------------------------------------------------------- */

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct sinkhole *s = arg;
	(void)fd;
	(void)what;
	sinkhole_tcp_sweep(s);
	if (!s->is_resting)
		return;
	s->is_resting = false;
	for (size_t i = 0; i < s->tcp_count; i++)
		event_add(s->sockets[i].event, NULL);
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	struct sinkhole *s = arg;
	(void)fd;
	(void)what;
	event_base_loopbreak(s->base);
}

static void *main_loop(void *arg)
{
	struct sinkhole *s = arg;
	/* Answers come first: in Linux a thread has a priority of its own. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	event_base_dispatch(s->base);
	return NULL;
}

/* --- life ------------------------------------------------------------------------------------- */

static int make_loop(struct sinkhole *s)
{
	struct timeval sweep = {.tv_usec = SWEEP_MS * 1000};
	s->base = event_base_new();
	s->end_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!s->base || s->end_fd < 0)
		return -ENOMEM;
	s->sweep = event_new(s->base, -1, EV_PERSIST, on_sweep, s);
	s->end = event_new(s->base, s->end_fd, EV_READ, on_end, s);
	return s->sweep && s->end && !event_add(s->sweep, &sweep) && !event_add(s->end, NULL)
		? 0
		: -ENOMEM;
}

static int make_slots(struct sinkhole *s)
{
	s->slots = calloc(s->connections, sizeof *s->slots);
	if (!s->slots)
		return -ENOMEM;
	for (uint32_t i = s->connections; i--;) {
		s->slots[i].sinkhole = s;
		s->slots[i].next = s->free;
		s->free = &s->slots[i];
	}
	return 0;
}

int sinkhole_open(const struct sinkhole_options *options,
	void (*on_knock)(void *arg, const struct knock *), void *arg, struct sinkhole **out,
	struct err *why)
{
	struct sinkhole *s = calloc(1, sizeof *s);
	*out = NULL;
	if (!s)
		return err_set(why, -ENOMEM, "sinkhole: there is no memory to start with");
	s->end_fd = -1;
	s->on_knock = on_knock;
	s->arg = arg;
	s->connections = options->connections;
	s->per_client = options->connections_per_client < UINT16_MAX
		? options->connections_per_client
		: UINT16_MAX;
	s->head_ms = options->head_ms;
	s->ring.prev = s->ring.next = &s->ring;
	randombytes_buf(&s->seed, sizeof s->seed);
	s->sockets = calloc(options->tcp_count + options->udp_count + 1, sizeof *s->sockets);
	int code = s->sockets ? make_loop(s) : -ENOMEM;
	if (!code)
		code = make_slots(s);
	if (code)
		err_set(why, code, "sinkhole: there is no memory to start with");
	else
		code = open_sockets(s, options, why);
	if (code)
		sinkhole_free(s);
	else
		*out = s;
	return code;
}

int sinkhole_start(struct sinkhole *s, struct err *why)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
	int e = pthread_create(&s->thread, NULL, main_loop, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	s->has_thread = !e;
	return e ? err_set(why, -e, "sinkhole: its thread cannot be started: %s", err_string(-e))
		 : 0;
}

void sinkhole_stop(struct sinkhole *s)
{
	uint64_t one = 1;
	if (!s || !s->has_thread)
		return;
	MUST(write(s->end_fd, &one, sizeof one) == sizeof one);
	pthread_join(s->thread, NULL);
	s->has_thread = false;
}

void sinkhole_free(struct sinkhole *s)
{
	if (!s)
		return;
	sinkhole_tcp_close_all(s);
	for (size_t i = 0; i < s->socket_count; i++) {
		if (s->sockets[i].event)
			event_free(s->sockets[i].event);
		close(s->sockets[i].fd);
	}
	if (s->sweep)
		event_free(s->sweep);
	if (s->end)
		event_free(s->end);
	if (s->end_fd >= 0)
		close(s->end_fd);
	if (s->base)
		event_base_free(s->base);
	free(s->sockets);
	free(s->slots);
	free(s);
}

void sinkhole_counters(const struct sinkhole *s, struct sinkhole_counters *out)
{
#define X(symbol, suffix, help) \
	out->symbol = atomic_load_explicit(&s->symbol, memory_order_relaxed);
	SINKHOLE_EVENTS(X)
#undef X
	for (unsigned i = 0; i < KNOCK_KIND_COUNT; i++)
		out->knocks[i] = atomic_load_explicit(&s->knocks[i], memory_order_relaxed);
	out->open = atomic_load_explicit(&s->open_count, memory_order_relaxed);
}

bool sinkhole_endpoint(const struct sinkhole *s, size_t i, struct addr_endpoint *out)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof sa;
	return i < s->socket_count &&
		!getsockname(s->sockets[i].fd, (struct sockaddr *)&sa, &len) &&
		addr_endpoint_from_sockaddr((struct sockaddr *)&sa, out);
}
