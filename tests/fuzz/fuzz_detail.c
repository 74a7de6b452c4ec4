/* SPDX-License-Identifier: BSD-2-Clause
 * A row of conditions and records made of the input: read within its bounds, and what is read can be written again.
 */
#include <stdlib.h>
#include <string.h>

#include "feeds/listdb/detail.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

/* The length that its kind asks for; a part of what readers rely on. */
static void check_item(const struct detail_item *i)
{
	must(i->kind > 0 && i->kind < DETAIL_KINDS);
	if (i->kind == DETAIL_TYPE || i->kind == DETAIL_NOT_TYPE)
		must(i->len == 2);
	else if (i->kind == DETAIL_CLIENT || i->kind == DETAIL_NOT_CLIENT)
		must(i->len == 17 && i->at[16] <= 128);
	else if (i->kind == DETAIL_RECORD)
		must(i->len >= 6);
	else
		must(i->len && i->len <= DNAME_MAX && !i->at[i->len - 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	/* In memory of exactly this size, so that a read behind its end shows. */
	uint8_t *row = malloc(len ? len : 1);
	must(row != NULL);
	if (len)
		memcpy(row, bytes, len);
	struct detail_writer w = {0};
	struct detail_cursor c = detail_start(row, len);
	struct detail_item item;
	while (detail_next(&c, &item)) {
		check_item(&item);
		detail_put(&w, item.kind, item.at, item.len);
	}
	size_t read = (size_t)(c.at - row);
	must(detail_is_good(row, len) == (read == len));
	must(w.is_full == (read > RULE_ABOUT_MAX));
	must(w.is_full || (w.len == read && !memcmp(w.bytes, row, read)));
	free(row);
	return 0;
}
