/* SPDX-License-Identifier: BSD-2-Clause
 * Ids of what is in reports. They follow from what they name, so that a receiver knows it again.
 *
 * Threads: pure. Standards: RFC 9562 5.4, 5.5; STIX 2.1, 2.9 (identifiers).
 */
#pragma once

#include <jansson.h>

#include "resolver/evidence/report/report.h"

enum { REPORT_ID_TEXT = 64 }; /* `network-traffic--` and a UUID */

/* Every function writes to `out` and returns it, or NULL when memory is short. `type`: what goes in front with `--`; NULL: nothing. */

/* Of a thing that the reporter says, whatever the case: "identity", "malware/conficker". UUID version 5 in the space of its domain. */
const char *report_id_own(const struct report_context *context, const char *type, const char *what,
	char out[static REPORT_ID_TEXT]);
/* Of a thing of one case. `what` tells the things of a case apart. */
const char *report_id_case(const struct report_context *context, const struct evidence_case *c,
	const char *type, const char *what, char out[static REPORT_ID_TEXT]);
/* The same bits in the form of a random one (version 4), for receivers that insist on that. */
const char *report_id_case_v4(const struct report_context *context, const struct evidence_case *c,
	const char *what, char out[static REPORT_ID_TEXT]);
/* Of a cyber-observable: from the properties that its definition names, in the specification's space. Borrows `properties`. */
const char *report_id_observable(
	const char *type, const json_t *properties, char out[static REPORT_ID_TEXT]);
