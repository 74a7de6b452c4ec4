/* SPDX-License-Identifier: BSD-2-Clause
 * Records in lists: from text to wire form. With format_record.c the one includer of ldns in feeds.
 *
 * Threads: pure. Owns: nothing.
 * Standards: RFC 1035 5.1, RFC 3597 (types by number).
 */
#pragma once

#include <stdint.h>

#include "feeds/format/format.h"
#include "feeds/listdb/detail.h"
#include "resolver/base/dname.h"

enum { FORMAT_TTL_S = 60 }; /* of records in formats that give none */

struct format_record {
	uint16_t type;
	uint16_t len;
	uint8_t data[RULE_ABOUT_MAX];
};

/* A type by its name or as TYPE65; 0: unknown. */
uint16_t format_record_type(struct format_text name);
/* Reads the data of a record; relative names in it belong below `origin`. FORMAT_TAKEN, or why not. */
enum format_skip format_record_read(const struct dname *origin, uint16_t type,
	struct format_text data, struct format_record *out);
/* An A or AAAA record into the details. */
void format_record_address(struct detail_writer *w, const struct addr *a, uint32_t ttl_s);
