/* SPDX-License-Identifier: BSD-2-Clause
 * The file in which the feeds thread keeps what it knows of its lists.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feeds/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

static void load(struct ledger *l, const void *bytes, size_t len)
{
	char path[64];
	snprintf(path, sizeof path, "/tmp/cenote-fuzz-ledger-%ld", (long)getpid());
	FILE *out = fopen(path, "w");
	must(out && fwrite(bytes, 1, len, out) == len && !fclose(out));
	ledger_load(l, path);
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char name[] = "a", source[] = "/l";
	struct config_list list = {.name = name, .source = source, .refresh_s = 3600};
	struct config config = {.lists = &list, .list_count = 1};
	struct ledger one = {0}, two = {0};
	struct feeds_list_status s;
	must(!ledger_configure(&one, &config) && !ledger_configure(&two, &config));
	load(&one, bytes, len);
	must(one.past_count <= LEDGER_PAST_MAX);
	ledger_status(&one, 0, &s);
	must(s.state < FEEDS_STATES && s.guard < FEEDS_GUARDS);
	must(memchr(s.reason, 0, sizeof s.reason) &&
		memchr(s.held_reason, 0, sizeof s.held_reason));
	/* What was read is written, and read again as the same. */
	char *text = ledger_to_text(&one);
	must(text != NULL);
	load(&two, text, strlen(text));
	char *again = ledger_to_text(&two);
	must(again && !strcmp(text, again));
	free(again);
	free(text);
	ledger_clear(&one);
	ledger_clear(&two);
	return 0;
}
