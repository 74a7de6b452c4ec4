/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/talk.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "feeds/channel.h"
#include "resolver/base/log.h"

_Static_assert((int)CHANNEL_TEXT_MAX <= (int)SPAWN_MESSAGE_MAX, "an answer has room");

/* By the system's resolver: for a program without one of its own. */
static int ask_system(const char *host, struct addr *out, size_t max, struct err *why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
	int rc = getaddrinfo(host, NULL, &hints, &found);
	size_t n = 0;
	if (rc)
		return err_set(why, rc == EAI_NONAME ? CEN_ENOTFOUND : CEN_ELIB, "%s: %s", host,
			gai_strerror(rc));
	for (const struct addrinfo *a = found; a && n < max; a = a->ai_next)
		n += addr_from_sockaddr(a->ai_addr, &out[n]);
	freeaddrinfo(found);
	return (int)n;
}

static size_t look_up(struct talk *t, const char *host, char *answer)
{
	struct channel_answer a = {.is_final = true};
	int n;
	memcpy(a.host, host, strlen(host) + 1);
	if (t->lookups++ >= TALK_LOOKUPS_MAX)
		n = err_set(&a.why, CEN_ELIMIT, "too many hosts were looked up in one round");
	else if (t->hooks->resolve)
		n = t->hooks->resolve(
			t->hooks->arg, host, a.addresses, CHANNEL_ADDRESSES_MAX, &a.why);
	else
		n = ask_system(host, a.addresses, CHANNEL_ADDRESSES_MAX, &a.why);
	if (n > 0)
		a.count = (size_t)n;
	else if (n == 0)
		err_set(&a.why, CEN_ENOTFOUND, "%s: has no address", host);
	a.is_final = n == 0 || n == CEN_ENOTFOUND || n == CEN_ELIMIT;
	return channel_answer_to_text(&a, answer);
}

size_t talk_hear(void *arg, const char *message, size_t len, char answer[static SPAWN_MESSAGE_MAX])
{
	struct talk *t = arg;
	struct channel_message m;
	channel_parse(message, len, &m);
	switch (m.kind) {
	case CHANNEL_NAME:
		return look_up(t, m.text, answer);
	case CHANNEL_PROGRESS:
		if (t->progress)
			t->progress(t->arg, m.text, m.step, m.bytes, m.total_bytes);
		return 0;
	case CHANNEL_UNCONFINED:
		if (!t->is_warned)
			log_warn("feeds", "event=builder_not_confined reason=\"%s\"", m.text);
		t->is_warned = true;
		return 0;
	case CHANNEL_BAD:
	default:
		return 0;
	}
}
