/* SPDX-License-Identifier: BSD-2-Clause
 * Rows of the query log as they are kept: some 40 octets each, in blocks of at most 64 KiB that stand for themselves.
 *
 * A block: its head, the rows in the order of their numbers, the words that they share (lists, families, groups), and its length again, so that a
 * file can be read from its end. Numbers in rows are varints (seven bits an octet, the low ones first), those with a sign zigzag.
 *
 * Threads: pure. Every function is bounded and safe on any bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/dname.h"

enum {
	QUERYLOG_BLOCK_MAX = 64 << 10,
	QUERYLOG_HEAD = 56,
	QUERYLOG_TAIL = 4,
	QUERYLOG_WORDS_BYTES = 4096, /* of one block's words */
	QUERYLOG_WORDS = 250, /* how many they may be; 0 is the empty one */
	QUERYLOG_WORD_MAX = 63,
	QUERYLOG_ROWS_BYTES =
		QUERYLOG_BLOCK_MAX - QUERYLOG_HEAD - QUERYLOG_TAIL - QUERYLOG_WORDS_BYTES,
	QUERYLOG_ROWS = 4096, /* in a block */
	QUERYLOG_ROW_MAX = 320,
};

enum querylog_client { CLIENT_WITHHELD, CLIENT_V4, CLIENT_V6, CLIENT_PSEUDONYM };

/* A row whose client is not text yet, and whose words and name lie elsewhere. */
struct querylog_kept {
	uint64_t id, at_ms;
	enum querylog_client client_kind;
	struct addr client;
	uint32_t pseudonym;
	uint32_t took_us;
	int32_t dga_score;
	uint16_t qtype, rcode;
	uint8_t outcome, reply, dga_class, transport;
	bool is_secure, is_monitored, is_allowed;
	const char *list, *family, *group; /* at most QUERYLOG_WORD_MAX characters */
	const struct dname *name; /* borrowed; NULL: withheld */
};

struct querylog_head {
	uint32_t bytes; /* of the whole block */
	uint32_t
		rows; /* 0: a seal, the last block of a file: times and numbers are those of the whole file */
	uint32_t words_at; /* where the rows end */
	uint64_t first_id;
	uint64_t base_ms; /* the first row's time is told from it; of a seal: rows in the file */
	uint64_t min_ms, max_ms;
};

/* Which numbers stand for a row's words in its block. */
struct querylog_words {
	uint8_t list, family, group;
};

/* Writes one row; `before_ms` is the time of the one before it. `to` has room for QUERYLOG_ROW_MAX. Returns the octets. */
size_t querylog_codec_row(const struct querylog_kept *row, const struct querylog_words *words,
	uint64_t before_ms, uint8_t *to);

/* Writes a block's head and tail around what lies between them: all of `h` is set. */
void querylog_codec_close(const struct querylog_head *h, uint8_t *block);

/* Reads a head from QUERYLOG_HEAD octets. False: it is none. */
bool querylog_codec_head(const uint8_t *bytes, struct querylog_head *out);
/* Is the block what was written? `bytes` holds all that the head says. */
bool querylog_codec_is_whole(const uint8_t *bytes, const struct querylog_head *h);

/* A place in a block. */
struct querylog_mark {
	uint64_t before_ms;
	uint32_t at, row;
};

struct querylog_reader {
	const uint8_t *bytes; /* borrowed */
	struct querylog_head head;
	struct querylog_mark mark; /* of the next row; may be kept, and set again */
	unsigned word_count;
	const char *words[QUERYLOG_WORDS + 1];
	struct dname name; /* of the row that was read last */
	bool is_bad; /* it ended before its end */
};

/* False: it is no block. */
bool querylog_codec_open(const uint8_t *bytes, size_t len, struct querylog_reader *out);
/* The next row; its words lie in the block, its name in the reader until the next one. False at the end, or when it is damaged. */
bool querylog_codec_next(struct querylog_reader *r, struct querylog_kept *out);
