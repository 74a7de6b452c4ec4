/* SPDX-License-Identifier: BSD-2-Clause
 * A case as a JSON object, as the API and the webhook show it.
 *
 * Threads: pure.
 * Owns: the caller owns what report_case_json returns.
 * Standards: RFC 8259; times RFC 3339 in UTC with milliseconds; names RFC 1035 5.1 with `\DDD` escapes.
 *
 * id, client (an address, a prefix, an alias, or null: withheld), unsealed (null, or {count, last}), state, first_seen, last_seen, opened, changed, families [..], confidence (0 to 1), sum,
 * evidence_count, sinkholed_count, contact_count, note, what_to_do,
 * evidence [{time, name (null: none), type (null: none), kind, class, score, llr}],
 * contacts [{time, protocol, source (null: withheld), source_port, destination, destination_port, kind, request_line, host, user_agent, sni, ja3, ja4, asker, rule (both null without a token),
 * first_bytes (hex)}]. `sum`, `score` and `llr` are in milli-nats.
 */
#pragma once

#include <jansson.h>

#include "resolver/base/err.h"
#include "resolver/evidence/cases.h"

/* Owned; NULL when memory is short. */
json_t *report_case_json(const struct evidence_case *c);
