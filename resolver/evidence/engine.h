/* SPDX-License-Identifier: BSD-2-Clause
 * Events in, cases out. The evidence thread runs one; so do `replay` and the simulator.
 *
 * Threads: one at a time.
 * Owns: the clients, the cases and the families it has told apart.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/base/err.h"
#include "resolver/evidence/case_book.h"
#include "resolver/evidence/clients.h"
#include "resolver/evidence/event.h"
#include "resolver/evidence/family.h"
#include "resolver/evidence/noise.h"

struct engine_options {
	double false_positive; /* per client and day */
	double miss;
	uint32_t half_life_s;
	uint32_t clients, cases; /* at most */
	uint8_t ipv4_bits, ipv6_bits; /* of the prefix that is one client */
	uint8_t token_count;
	uint64_t token_seed;
	struct addr_prefix tokens[2]; /* where tokens are addresses of */
};

struct engine_counters {
	uint64_t events;
	uint64_t noise[NOISE_COUNT]; /* names that do not exist, by kind; NOISE_NONE: taken up */
	uint64_t repeated; /* counted before on that day */
	uint64_t pardoned; /* of a false positive */
	uint64_t tokens, token_knocks; /* given out; that somebody came to */
	uint64_t unproven; /* knocks that say nothing of who came */
	uint64_t excepted; /* of clients that are not judged */
	uint64_t evicted_clients, evicted_cases, opened_cases;
};

struct engine;

/* How many cases there is room for, beside so many clients. A case takes 28 KiB: who can ask in many names (a forged address is enough) must not
 * fill the memory of a small machine with them. */
uint32_t engine_cases_for(uint32_t clients);

int engine_new(const struct engine_options *options, struct engine **out, struct err *why);
void engine_free(struct engine *e);

/* Who is not judged from now on (copied). 0, or -ENOMEM: as before. */
int engine_except(struct engine *e, const struct addr_prefix *clients, size_t n);
bool engine_is_excepted(const struct engine *e, const struct addr *client);

/* Takes an event up. Returns the case that it opened or added to; NULL: none. Valid until the next call. */
struct evidence_case *engine_feed(struct engine *e, const struct evidence_event *event);
/* The number of a case that has made room since the last call; 0: none. */
uint64_t engine_take_gone(struct engine *e);
/* A knock at the sinkhole: as an event, and kept with the case. Sets what its token says. `is_ours`: it is from an address of a client, not from a stranger's. */
struct evidence_case *engine_knock(struct engine *e, struct knock *knock, bool is_ours);

/* Changes a case's state, and what follows from it. NULL: there is no such case. `note` may be "". */
struct evidence_case *engine_decide(
	struct engine *e, uint64_t id, enum case_state state, const char *note, uint64_t now_ms);

/* The client that this address belongs to: its prefix. */
void engine_mask(
	uint8_t ipv4_bits, uint8_t ipv6_bits, const struct addr *address, struct addr *out);
struct case_book *engine_book(struct engine *e);
struct clients *engine_clients(struct engine *e);
/* What speaks against a client, as it stands at this wall time. */
int32_t engine_sum(const struct engine *e, const struct client *c, uint32_t now_s);
/* Does what spoke against the client of a live case still stand? It fades with time and with ordinary names: an address is given to another
 * device, or the device was set up anew, and nobody has closed the case. */
bool engine_stands(struct engine *e, const struct evidence_case *c, uint64_t now_ms);
/* After a case was restored into the book: its client and its family are known again. */
void engine_restored(struct engine *e, const struct evidence_case *c);
/* The bound over which a client is a case, milli-nats. */
int32_t engine_bound(const struct engine *e);
const struct engine_counters *engine_counters(const struct engine *e);
uint32_t engine_client_count(const struct engine *e);
