/* SPDX-License-Identifier: BSD-2-Clause
 * How many questions are under way upstream: caps per client and per registrable domain, over all workers.
 *
 * Threads: any worker; counters are atomic, there is no lock.
 * Owns: one fixed block; nothing is allocated after flight_new.
 * Method: per kind two rows of counters, indexed by two halves of a keyed hash (SipHash: outsiders choose the names). A key's count is
 *         the smaller of its two, so a key is only counted too high when it meets a busy one in both rows.
 */
#pragma once

#include "resolver/base/addr.h"
#include "resolver/base/dname.h"
#include "resolver/base/err.h"

struct flight;

/* 0: no cap. */
struct flight_caps {
	uint32_t per_client, per_domain;
};

enum flight_verdict { FLIGHT_OK, FLIGHT_CLIENT, FLIGHT_DOMAIN };

/* What was counted for one question. Zero: nothing. */
struct flight_ticket {
	uint64_t client, net, domain; /* hashes; 0: not counted */
};

/* An IPv6 client can choose its address within its /64, so the /64 has a cap of its own: this many times a client's. */
enum { FLIGHT_NET_CLIENTS = 4 };

int flight_new(struct flight **out, struct err *why);
void flight_free(struct flight *f);

/* Counts a question of `client` (NULL: our own) for a name in `domain`, unless a cap is reached; then nothing is counted. Caps may differ
 * from call to call. */
enum flight_verdict flight_take(struct flight *f, const struct flight_caps *caps,
	const struct addr *client, const struct dname *domain, struct flight_ticket *ticket);
/* The question is over; clears the ticket. */
void flight_give_back(struct flight *f, struct flight_ticket *ticket);
