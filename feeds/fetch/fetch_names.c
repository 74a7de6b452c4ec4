/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/fetch/fetch_names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct name {
	struct channel_answer answer;
	bool is_known;
};

struct fetch_names {
	int channel;
	bool is_closed; /* nobody will answer any more */
	struct name *names;
	size_t count, room;
	struct channel_answer literal;
};

struct fetch_names *fetch_names_new(int channel)
{
	struct fetch_names *n = calloc(1, sizeof *n);
	if (n)
		n->channel = channel;
	return n;
}

void fetch_names_free(struct fetch_names *n)
{
	if (n)
		free(n->names);
	free(n);
}

static struct name *find(const struct fetch_names *n, const char *host)
{
	for (size_t i = 0; i < n->count; i++)
		if (!strcasecmp(n->names[i].answer.host, host))
			return &n->names[i];
	return NULL;
}

static bool is_literal(const char *host, struct channel_answer *out)
{
	char text[CHANNEL_HOST_MAX];
	size_t len = strlen(host);
	if (*host == '[' && len > 2 && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	if (len >= sizeof text)
		return false;
	memcpy(text, host, len);
	text[len] = 0;
	*out = (struct channel_answer){.count = 1};
	return !addr_from_text(text, &out->addresses[0]);
}

static const struct channel_answer *fail(struct fetch_names *n, const char *words)
{
	n->literal = (struct channel_answer){.is_final = true};
	err_set(&n->literal.why, CEN_ELIB, "%s", words);
	return &n->literal;
}

static struct name *add(struct fetch_names *n, const char *host)
{
	if (n->count == n->room) {
		size_t room = n->room ? 2 * n->room : 16;
		struct name *more = realloc(n->names, room * sizeof *more);
		if (!more)
			return NULL;
		n->names = more;
		n->room = room;
	}
	struct name *name = &n->names[n->count];
	memset(name, 0, sizeof *name);
	strncpy(name->answer.host, host, sizeof name->answer.host - 1);
	n->count++;
	return name;
}

const struct channel_answer *fetch_names_find(struct fetch_names *n, const char *host)
{
	struct name *known = find(n, host);
	if (known)
		return known->is_known ? &known->answer
			: n->is_closed ? fail(n, "the daemon does not answer")
				       : NULL;
	if (is_literal(host, &n->literal))
		return &n->literal;
	if (!n->channel)
		return fail(n, "nobody is there to ask for the address of a host");
	if (strlen(host) >= CHANNEL_HOST_MAX || !channel_ask(n->channel, host))
		return fail(n, "the name of its host is no name");
	return add(n, host) ? NULL : fail(n, "out of memory");
}

void fetch_names_forget(struct fetch_names *n, const char *host)
{
	struct name *known = find(n, host);
	if (known && known->is_known && !known->answer.count && !known->answer.is_final)
		*known = n->names[--n->count];
}

void fetch_names_take(struct fetch_names *n)
{
	struct channel_answer answer;
	int rc;
	while (n->channel && !n->is_closed && (rc = channel_take(n->channel, &answer))) {
		n->is_closed = rc < 0;
		struct name *known = rc > 0 ? find(n, answer.host) : NULL;
		if (!known || known->is_known)
			continue;
		known->answer = answer;
		known->is_known = true;
	}
}
