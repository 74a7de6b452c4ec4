/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/cases.h"

#include <math.h>
#include <string.h>

/* Before anything was seen: one device in a thousand. */
static const double PRIOR_ODDS = 1e-3;

static const char *const state_names[] = {
#define X(symbol, name) [CASE_##symbol] = (name),
	CASE_STATES(X)
#undef X
};

static const char *const kind_names[] = {
#define X(symbol, name) [EVIDENCE_##symbol] = (name),
	EVIDENCE_KINDS(X)
#undef X
};

static const char *const knock_names[] = {
#define X(symbol, name) [KNOCK_##symbol] = (name),
	KNOCK_KINDS(X)
#undef X
};

static void withhold_client(struct evidence_case *c)
{
	static const struct addr nobody = {{0}};
	c->client = nobody;
	c->client_bits = 0;
	for (unsigned i = 0; i < c->knock_count; i++) {
		c->knocks[i].from = (struct addr_endpoint){.addr = nobody};
		c->knocks[i].asker = nobody;
	}
}

static void withhold_names(struct evidence_case *c)
{
	for (unsigned i = 0; i < c->line_count; i++)
		(void)dname_from_text(".", 1, &c->lines[i].name);
	for (unsigned i = 0; i < c->knock_count; i++) {
		struct knock *k = &c->knocks[i];
		k->request_line[0] = k->host[0] = k->user_agent[0] = k->sni[0] = 0;
		k->head_len = 0;
	}
}

void cases_withhold(struct evidence_case *c, const struct cases_privacy *privacy)
{
	if (privacy->has_client && privacy->key && c->client_bits)
		pseudonym_of(privacy->key, &c->client, c->alias);
	if (!privacy->has_client || privacy->key)
		withhold_client(c);
	if (!privacy->has_name)
		withhold_names(c);
}

double cases_confidence(const struct evidence_case *c)
{
	return 1 / (1 + exp(c->sum / -1000.0) / PRIOR_ODDS);
}

const char *cases_state_name(enum case_state state)
{
	return state_names[state];
}

enum case_state cases_state_from_name(const char *name)
{
	unsigned i = 0;
	while (i < CASE_STATE_COUNT && strcmp(state_names[i], name) != 0)
		i++;
	return (enum case_state)i;
}

const char *cases_kind_name(enum evidence_kind kind)
{
	return kind_names[kind];
}

const char *cases_knock_name(enum knock_kind kind)
{
	return knock_names[kind];
}

const char *cases_advice(const struct evidence_case *c)
{
	switch (c->state) {
	case CASE_CLOSED:
		return "Closed: the device is taken for clean. New evidence opens a new case.";
	case CASE_FALSE_POSITIVE:
		return "Marked as a false positive: what was seen here no longer counts.";
	default:
		break;
	}
	if (c->knock_total)
		return "Take the device off the network now: it tried to reach a botnet's server "
		       "and came to the "
		       "sinkhole instead. Back up its documents, set it up anew from a trusted "
		       "source, and "
		       "change the passwords that were used on it, from another device.";
	return "A program on the device asks for the names that malware makes up. Find the device "
	       "by its address, "
	       "scan it with an up-to-date scanner that starts from other media, and install all "
	       "updates; if "
	       "nothing is found and it goes on, set the device up anew. Behind a router that "
	       "shares one address, "
	       "look at the devices behind it one by one.";
}
