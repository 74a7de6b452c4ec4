/* SPDX-License-Identifier: BSD-2-Clause
 * A block of the query log: any octets. What is taken as a row can be written again, and is then read as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/journal/querylog_block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const struct querylog_kept *a, const struct querylog_kept *b)
{
	if (a->at_ms != b->at_ms || a->client_kind != b->client_kind || a->qtype != b->qtype ||
		a->rcode != b->rcode || a->took_us != b->took_us || a->outcome != b->outcome ||
		a->dga_score != b->dga_score || strcmp(a->list, b->list) != 0 ||
		strcmp(a->family, b->family) != 0 || strcmp(a->group, b->group) != 0 ||
		!a->name != !b->name || (a->name && !dname_equal(a->name, b->name)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct querylog_block block;
	static uint8_t bytes[QUERYLOG_BLOCK_MAX];
	struct querylog_reader r, again;
	struct querylog_kept row, copy;
	if (!querylog_codec_open(data, size, &r))
		return 0;
	(void)querylog_codec_is_whole(data, &r.head);
	querylog_block_begin(&block, r.head.first_id);
	while (querylog_codec_next(&r, &row))
		if (!querylog_block_add(&block, &row))
			return 0;
	if (!block.rows)
		return 0;
	size_t len = querylog_block_write(&block, bytes);
	struct querylog_mark begin = {.before_ms = r.head.base_ms, .at = QUERYLOG_HEAD};
	if (!querylog_codec_open(bytes, len, &again))
		abort();
	bool was_bad = r.is_bad;
	r.mark = begin;
	r.is_bad = false;
	while (querylog_codec_next(&again, &copy)) {
		if (!querylog_codec_next(&r, &row))
			abort();
		same(&row, &copy);
	}
	if (again.is_bad || again.mark.row != block.rows || (!was_bad && r.mark.row != r.head.rows))
		abort();
	return 0;
}
