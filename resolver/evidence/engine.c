/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dga/label.h"
#include "resolver/base/hash.h"
#include "resolver/evidence/sprt.h"
#include "resolver/evidence/swarm.h"
#include "resolver/evidence/token.h"

enum {
	CLIENTS_A_CASE = 50,
	CASES_MIN = 100,
	CASES_MAX = 10000,
	SLOT_S = 6 * 3600, /* what is not a new name counts again after this */
	LINE_LLR_MIN = 200, /* milli-nats: less is not worth a line */
	STANDS_MIN = 1000, /* milli-nats: with less, what spoke against a client has faded */
	SUSPECT_SCORE =
		2000, /* milli-nats: from here on many clients that ask for the same name say something */
};

struct engine {
	struct engine_options options;
	struct sprt bounds;
	struct clients *clients;
	struct case_book *book;
	struct swarm *swarm;
	struct token_table *tokens; /* NULL: none are given out */
	struct addr_table *except; /* NULL: all are judged */
	struct families families;
	struct engine_counters counters;
	uint64_t gone; /* see engine_take_gone */
};

uint32_t engine_cases_for(uint32_t clients)
{
	uint32_t n = clients / CLIENTS_A_CASE;
	n = n < CASES_MIN ? CASES_MIN : n;
	return n < CASES_MAX ? n : CASES_MAX;
}

int engine_new(const struct engine_options *options, struct engine **out, struct err *why)
{
	struct engine *e = calloc(1, sizeof *e);
	if (!e)
		return err_set(why, -ENOMEM, "evidence: there is no memory to start with");
	e->options = *options;
	e->bounds = sprt_bounds(options->false_positive, options->miss);
	int code = clients_new(options->clients, &e->clients, why);
	if (!code)
		code = case_book_new(options->cases, &e->book, why);
	e->swarm = swarm_new();
	e->tokens = options->token_count ? token_table_new() : NULL;
	if (!code && (!e->swarm || (options->token_count && !e->tokens)))
		code = err_set(why, -ENOMEM, "evidence: there is no memory to start with");
	if (code)
		engine_free(e);
	else
		*out = e;
	return code;
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	clients_free(e->clients);
	case_book_free(e->book);
	swarm_free(e->swarm);
	token_table_free(e->tokens);
	addr_table_free(e->except);
	free(e);
}

/* --- the client ------------------------------------------------------------------------------- */

void engine_mask(uint8_t ipv4_bits, uint8_t ipv6_bits, const struct addr *address, struct addr *out)
{
	unsigned bits = addr_is_v4(address) ? 96U + ipv4_bits : ipv6_bits;
	*out = *address;
	for (unsigned i = 0; i < sizeof out->bytes; i++) {
		unsigned left = bits > i * 8 ? bits - i * 8 : 0;
		if (left < 8)
			out->bytes[i] &= (uint8_t)(0xff00 >> left);
	}
}

static struct addr client_of(const struct engine *e, const struct addr *address)
{
	struct addr client;
	engine_mask(e->options.ipv4_bits, e->options.ipv6_bits, address, &client);
	return client;
}

static uint8_t bits_of(const struct engine *e, const struct addr *client)
{
	return addr_is_v4(client) ? (uint8_t)(96 + e->options.ipv4_bits) : e->options.ipv6_bits;
}

int engine_except(struct engine *e, const struct addr_prefix *clients, size_t n)
{
	struct addr_table *next = n ? addr_table_new(clients, NULL, n) : NULL;
	if (n && !next)
		return -ENOMEM;
	addr_table_free(e->except);
	e->except = next;
	return 0;
}

bool engine_is_excepted(const struct engine *e, const struct addr *client)
{
	return e->except && addr_table_find(e->except, client, 0);
}

/* A clock that was set back lets nothing fade. */
int32_t engine_sum(const struct engine *e, const struct client *c, uint32_t now_s)
{
	return sprt_decayed(
		c->sum, now_s > c->last_s ? now_s - c->last_s : 0, e->options.half_life_s);
}

static struct client *client_at(struct engine *e, const struct addr *address, uint32_t now_s)
{
	bool evicted;
	struct client *c = clients_take(e->clients, address, &evicted);
	e->counters.evicted_clients += evicted;
	if (!c->is_used) {
		c->is_used = true;
		c->last_s = c->seen_since_s = now_s;
		c->has_case = case_book_of_client(e->book, address) != NULL;
	}
	c->sum = engine_sum(e, c, now_s);
	c->last_s = now_s;
	return c;
}

/* --- what an event says ----------------------------------------------------------------------- */

/* The domain that somebody registered: names below it are one name. */
static uint64_t domain_hash(const struct dname *name)
{
	size_t at = label_domain(name);
	return hash_bytes(name->bytes + at, (size_t)name->len - at, 0);
}

/* Under which the event counts once a day (a name) or once in SLOT_S (what a bot does again and again). */
static uint64_t key_of(const struct evidence_event *event)
{
	uint64_t h = domain_hash(&event->name);
	if (event->kind == EVIDENCE_LISTED || event->kind == EVIDENCE_KNOCK)
		h += event->at_ms / 1000 / SLOT_S;
	return hash_bytes(&h, sizeof h, event->kind + 1U);
}

static int32_t llr_of_name(
	struct engine *e, const struct evidence_event *event, const struct addr *client)
{
	int32_t llr = sprt_of_score(event->score);
	if (event->score >= SUSPECT_SCORE &&
		swarm_is_shared(e->swarm, domain_hash(&event->name), client, event->at_ms / 1000))
		llr += SPRT_SHARED;
	return llr;
}

static int32_t llr_of(
	struct engine *e, const struct evidence_event *event, const struct addr *client)
{
	switch (event->kind) {
	case EVIDENCE_NXDOMAIN:
		return llr_of_name(e, event, client);
	case EVIDENCE_CALENDAR:
		return SPRT_CALENDAR;
	case EVIDENCE_LISTED:
		return SPRT_LISTED;
	case EVIDENCE_KNOCK:
		return event->score ? SPRT_KNOCK_BROWSER : SPRT_KNOCK;
	default:
		return 0;
	}
}

/* --- false positives -------------------------------------------------------------------------- */

/* What a false positive of this client, or of all, was made of counts no more. */
static bool is_pardoned(const struct engine *e, const struct addr *client, const struct dname *name)
{
	const struct evidence_case *c = case_book_pardoned(e->book, client, NULL);
	for (uint64_t hash = c ? domain_hash(name) : 0; c;
		c = case_book_pardoned(e->book, client, c))
		for (unsigned k = 0; k < c->line_count; k++)
			if (domain_hash(&c->lines[k].name) == hash)
				return true;
	return false;
}

/* --- cases ------------------------------------------------------------------------------------ */

static void name_families(struct engine *e, struct evidence_case *c, const char *known)
{
	struct family_shape shape;
	const char *family = known;
	/* A known family is a surer word than a shape. */
	bool has_known = c->family_count && strncmp(c->families[0], "unknown-", 8) != 0;
	if (!family && !has_known && family_shape_of(c->lines, c->line_count, &shape))
		family = c->family_count ? NULL : family_name(&e->families, &shape);
	if (!family)
		return;
	for (unsigned i = 0; i < c->family_count; i++)
		if (!strcmp(c->families[i], family))
			return;
	if (known && c->family_count && !has_known)
		c->family_count = 0;
	if (c->family_count < CASE_FAMILIES_MAX)
		snprintf(c->families[c->family_count++], CASE_FAMILY_TEXT, "%s", family);
}

/* The first ones stay, and the last. */
static void add_line(struct evidence_case *c, const struct case_line *line)
{
	enum { FIRST = CASE_LINES_MAX / 2 };
	if (c->line_count == CASE_LINES_MAX) {
		memmove(&c->lines[FIRST], &c->lines[FIRST + 1],
			(CASE_LINES_MAX - FIRST - 1) * sizeof *c->lines);
		c->line_count--;
	}
	c->lines[c->line_count++] = *line;
}

static struct evidence_case *open_case(struct engine *e, struct client *client, uint64_t now_ms)
{
	struct evidence_case *c =
		case_book_open(e->book, &client->address, bits_of(e, &client->address), &e->gone);
	e->counters.evicted_cases += e->gone != 0;
	if (!c)
		return NULL;
	c->line_count = (uint8_t)clients_lines(e->clients, client, c->lines, CASE_LINES_MAX);
	c->first_ms = c->line_count ? c->lines[0].at_ms : now_ms;
	c->opened_ms = c->changed_ms = now_ms;
	c->evidence_count = c->line_count;
	c->sum = client->sum;
	client->has_case = true;
	e->counters.opened_cases++;
	return c;
}

static void add_to_case(struct evidence_case *c, const struct case_line *line)
{
	add_line(c, line);
	c->evidence_count++;
	c->sum = c->sum + line->llr > SPRT_SUM_MAX ? SPRT_SUM_MAX : c->sum + line->llr;
}

/* The sum has changed: a bound may have been reached. */
static struct evidence_case *conclude(
	struct engine *e, struct client *client, const struct case_line *line, const char *family)
{
	struct evidence_case *c =
		client->has_case ? case_book_of_client(e->book, &client->address) : NULL;
	client->has_case = c != NULL;
	if (c)
		add_to_case(c, line);
	else if (client->sum >= e->bounds.infected)
		c = open_case(e, client, line->at_ms);
	if (!c)
		return NULL;
	c->last_ms = line->at_ms;
	name_families(e, c, family);
	return c;
}

static struct evidence_case *take_up(
	struct engine *e, struct client *client, const struct evidence_event *event)
{
	struct case_line line = {.at_ms = event->at_ms,
		.kind = event->kind,
		.class = event->class,
		.qtype = event->qtype,
		.score = event->kind == EVIDENCE_KNOCK ? 0 : event->score,
		.llr = llr_of(e, event, &client->address),
		.name = event->name};
	client->sum += line.llr;
	if (client->sum > SPRT_SUM_MAX)
		client->sum = SPRT_SUM_MAX;
	else if (client->sum <= e->bounds.clean)
		client->sum = 0;
	if (line.llr >= LINE_LLR_MIN)
		clients_add_line(e->clients, client, &line);
	else if (client->has_case)
		return NULL; /* what speaks for a client that is a case is no news */
	return conclude(e, client, &line, event->family);
}

/* Of a live case only: what was held back from it. */
static struct evidence_case *meet(
	struct engine *e, const struct addr *address, const struct evidence_event *event)
{
	struct evidence_case *c = case_book_of_client(e->book, address);
	struct case_line line = {.at_ms = event->at_ms,
		.kind = EVIDENCE_MEETING,
		.class = event->class,
		.qtype = event->qtype,
		.score = event->score,
		.name = event->name};
	if (!c)
		return NULL;
	add_line(c, &line);
	c->sinkholed_count += event->is_held;
	c->last_ms = event->at_ms;
	return c;
}

static void note_token(struct engine *e, const struct evidence_event *event)
{
	if (!e->tokens)
		return;
	token_note(e->tokens, event->token, event);
	e->counters.tokens++;
}

struct evidence_case *engine_feed(struct engine *e, const struct evidence_event *event)
{
	struct addr address = client_of(e, &event->client);
	uint32_t now_s = (uint32_t)(event->at_ms / 1000);
	e->counters.events++;
	if (event->kind == EVIDENCE_MEETING)
		return meet(e, &address, event);
	if (event->kind == EVIDENCE_TOKEN) {
		note_token(e, event);
		return NULL;
	}
	if (engine_is_excepted(e, &event->client)) {
		e->counters.excepted++;
		return NULL;
	}
	if (event->kind == EVIDENCE_NXDOMAIN) {
		enum noise noise = noise_of(&event->name);
		e->counters.noise[noise]++;
		if (noise != NOISE_NONE || !event->score)
			return NULL;
	}
	struct client *client = client_at(e, &address, now_s);
	if (clients_is_seen(client, key_of(event), now_s)) {
		e->counters.repeated++;
		return NULL;
	}
	if (is_pardoned(e, &address, &event->name)) {
		e->counters.pardoned++;
		return NULL;
	}
	return take_up(e, client, event);
}

/* Whose token the address is: what comes there is about that question. */
static bool by_token(struct engine *e, struct knock *knock, struct dname *name)
{
	const char *rule;
	uint32_t number;
	for (unsigned i = 0; i < e->options.token_count; i++) {
		if (!token_number(&e->options.tokens[i], e->options.token_seed, &knock->to.addr,
			    &number) ||
			!token_find(e->tokens, number, knock->at_ms, &knock->asker, name, &rule))
			continue;
		snprintf(knock->rule, sizeof knock->rule, "%s", rule);
		e->counters.token_knocks++;
		return true;
	}
	return false;
}

static void keep_knock(struct evidence_case *c, const struct knock *knock)
{
	if (c->knock_count == CASE_KNOCKS_MAX) {
		memmove(c->knocks, c->knocks + 1, (CASE_KNOCKS_MAX - 1) * sizeof *c->knocks);
		c->knock_count--;
	}
	c->knocks[c->knock_count++] = *knock;
	c->knock_total++;
	c->last_ms = knock->at_ms;
}

/* A stranger's device is none of ours, and anybody can send a datagram in another's name (RFC 2827), or go through an IPv4 pool. A token
 * of an IPv6 prefix cannot be guessed: who comes there was told of it. */
static bool is_proof(const struct knock *knock, bool is_ours)
{
	bool is_secret = knock->has_token && !addr_is_v4(&knock->to.addr);
	return is_secret || (is_ours && !knock->is_udp);
}

struct evidence_case *engine_knock(struct engine *e, struct knock *knock, bool is_ours)
{
	struct evidence_event event = {
		.at_ms = knock->at_ms, .client = knock->from.addr, .kind = EVIDENCE_KNOCK};
	const char *host = knock->sni[0] ? knock->sni : knock->host;
	if (dname_from_text(host, strcspn(host, ":"), &event.name))
		(void)dname_from_text(".", 1, &event.name);
	knock->has_token = by_token(e, knock, &event.name);
	if (knock->has_token)
		event.client = knock->asker;
	/* A browser says so in the first word (RFC 9110 10.1.5); a bot may say it too, which is why it counts nevertheless. */
	event.score = !strncmp(knock->user_agent, "Mozilla/", 8);
	struct addr address = client_of(e, &event.client);
	bool is_proven = is_proof(knock, is_ours);
	e->counters.unproven += !is_proven;
	struct evidence_case *c = is_proven ? engine_feed(e, &event) : NULL;
	/* A case that stands without it gets it, too. */
	if (!c && (is_proven || is_ours))
		c = case_book_of_client(e->book, &address);
	if (c)
		keep_knock(c, knock);
	return c;
}

/* The test, with names that have not counted. */
static void begin_anew(struct client *client)
{
	client->sum = 0;
	client->line = 0;
}

struct evidence_case *engine_decide(
	struct engine *e, uint64_t id, enum case_state state, const char *note, uint64_t now_ms)
{
	struct evidence_case *c = case_book_find(e->book, id);
	if (!c)
		return NULL;
	c->state = state;
	c->changed_ms = now_ms;
	snprintf(c->note, sizeof c->note, "%s", note);
	if (!c->client_bits)
		return c;
	/* It is seen: to be saved. */
	struct client *client = client_at(e, &c->client, (uint32_t)(now_ms / 1000));
	/* It may have another one that is open. */
	client->has_case = case_book_of_client(e->book, &c->client) != NULL;
	if (!client->has_case)
		begin_anew(client);
	else if (case_book_is_live(c) && client->sum < e->bounds.infected)
		client->sum = e->bounds.infected; /* somebody says so */
	return c;
}

/* --- what it knows ---------------------------------------------------------------------------- */

bool engine_stands(struct engine *e, const struct evidence_case *c, uint64_t now_ms)
{
	/* A client that is not kept in mind: by what its case says. */
	const struct client kept = {.sum = c->sum, .last_s = (uint32_t)(c->last_ms / 1000)};
	const struct client *client = clients_find(e->clients, &c->client);
	return engine_sum(e, client ? client : &kept, (uint32_t)(now_ms / 1000)) >= STANDS_MIN;
}

void engine_restored(struct engine *e, const struct evidence_case *c)
{
	struct family_shape shape;
	struct client *client = c->client_bits ? clients_find(e->clients, &c->client) : NULL;
	if (client && case_book_is_live(c))
		client->has_case = true;
	else if (client && client->last_s <= c->changed_ms / 1000)
		begin_anew(client); /* it was saved before the case was done */
	if (c->family_count && !strncmp(c->families[0], "unknown-", 8) &&
		family_shape_of(c->lines, c->line_count, &shape))
		family_learn(&e->families, &shape, c->families[0]);
}

struct case_book *engine_book(struct engine *e)
{
	return e->book;
}

struct clients *engine_clients(struct engine *e)
{
	return e->clients;
}

int32_t engine_bound(const struct engine *e)
{
	return e->bounds.infected;
}

const struct engine_counters *engine_counters(const struct engine *e)
{
	return &e->counters;
}

uint64_t engine_take_gone(struct engine *e)
{
	uint64_t gone = e->gone;
	e->gone = 0;
	return gone;
}

uint32_t engine_client_count(const struct engine *e)
{
	return clients_count(e->clients);
}
