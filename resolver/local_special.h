/* SPDX-License-Identifier: BSD-2-Clause
 * The names that are answered here without being configured: special-use domains and locally served reverse zones.
 *
 * Threads: constant. Standards: see local_special.c, at each row.
 */
#pragma once

#include <stddef.h>

enum local_special_kind {
	LOCAL_SPECIAL_EMPTY, /* RFC 6303: SOA and NS at the apex, NXDOMAIN below it; DS is the parent's and is asked there */
	LOCAL_SPECIAL_TOP, /* the same without a parent that could be asked for DS */
	LOCAL_SPECIAL_NODATA, /* every name exists and has nothing */
	LOCAL_SPECIAL_ABSENT, /* NXDOMAIN, the apex included */
	LOCAL_SPECIAL_CANARY, /* the same; a `forward:` zone above it does not take it out */
};

struct local_special {
	const char *zone;
	enum local_special_kind kind;
};

extern const struct local_special local_special_zones[];
extern const size_t local_special_zone_count;

/* Zone-file text of the records inside those zones. */
extern const char *const local_special_records[];
extern const size_t local_special_record_count;
