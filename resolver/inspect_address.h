/* SPDX-License-Identifier: BSD-2-Clause
 * The addresses in a record: of A, AAAA, and the hints of SVCB and HTTPS.
 *
 * Threads: pure. Standards: RFC 9460 (SVCB).
 */
#pragma once

#include "resolver/answer.h"
#include "resolver/base/addr.h"

/* Goes through them. */
struct inspect_address {
	const uint8_t *at, *end; /* the addresses at hand */
	unsigned octets; /* of one of them: 4 or 16 */
	const uint8_t *params, *params_end; /* SvcParams not looked at yet */
	bool is_bad;
};

struct inspect_address inspect_address_start(const struct query *q, const struct answer_record *r);
/* False at the end or on malformed octets (then `is_bad`). */
bool inspect_address_next(struct inspect_address *a, struct addr *out);
