/* SPDX-License-Identifier: BSD-2-Clause
 * Cases and clients as octets of the state file, and back. Integers are big-endian; texts and names stand behind their length.
 *
 * Threads: pure. The way back takes any octets: it is bounded, and false for what it would not have written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/evidence/cases.h"
#include "resolver/evidence/clients.h"

enum {
	CODEC_CASE_MAX = 64 * 1024,
	CODEC_LINES_MAX = 8, /* of a client */
	CODEC_CLIENT_MAX = 4096,
};

/* What is kept of a client, beside its address. */
struct codec_client {
	uint32_t last_s, seen_since_s;
	int32_t sum;
	uint8_t counted;
	uint64_t seen[CLIENTS_SEEN_WORDS];
	size_t line_count;
	struct case_line lines[CODEC_LINES_MAX];
};

/* Return the octets used. */
size_t evidence_codec_case(const struct evidence_case *c, uint8_t out[static CODEC_CASE_MAX]);
size_t evidence_codec_client(const struct codec_client *c, uint8_t out[static CODEC_CLIENT_MAX]);
/* The way back; `out` is set only on success. */
bool evidence_codec_read_case(const uint8_t *bytes, size_t len, struct evidence_case *out);
bool evidence_codec_read_client(const uint8_t *bytes, size_t len, struct codec_client *out);
