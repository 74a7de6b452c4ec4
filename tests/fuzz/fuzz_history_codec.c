/* SPDX-License-Identifier: BSD-2-Clause
 * Rows of the history's file: any octets. What is taken is written and taken again as the same, and a part of it is its counters.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/journal/history_codec.h"

enum { ROOM = 256 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct history_row row, again, head;
	static uint8_t one[ROOM], two[ROOM];
	static bool is_ready;
	if (!is_ready &&
		(!history_row_init(&row, HISTORY_ROW_ALL, 1) ||
			!history_row_init(&again, HISTORY_ROW_ALL, 1) ||
			!history_row_init(&head, 0, 1)))
		abort();
	is_ready = true;
	if (!history_codec_read(data, size, &row))
		return 0;
	size_t len = history_codec_write(&row, one, ROOM);
	if (!history_codec_read(one, len, &again) ||
		history_codec_write(&again, two, ROOM) != len || memcmp(one, two, len) != 0)
		abort();
	if (!history_codec_read(
		    one, len < HISTORY_CODEC_HEAD_MAX ? len : HISTORY_CODEC_HEAD_MAX, &head) ||
		memcmp(&head.sum, &row.sum, sizeof row.sum) != 0)
		abort();
	return 0;
}
