/* SPDX-License-Identifier: BSD-2-Clause
 * The file of the calendar's list, as somebody else may have left it: rules and facts within bounds, or a sentence.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feeds/calendar_feed.h"
#include "feeds/format/publics.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct publics *publics;
	static struct guard *guard;
	static const struct intake_limits limits = {.max_bytes = 1 << 22};
	static const struct plan plan;
	if (!publics)
		publics = publics_new(PUBLICS_FILE);
	if (!guard)
		guard = guard_new(&plan);
	must(publics && guard);
	int fd = memfd_create("calendar", 0);
	must(fd >= 0 && write(fd, bytes, len) == (ssize_t)len);
	char path[64];
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct intake_report r;
	struct calendar_list_facts facts;
	struct err why = {""};
	int rc = calendar_feed_take(path, &limits, publics, guard, NULL, &r, &facts, &why);
	close(fd);
	must(!rc == !why.text[0]);
	must(r.rules + facts.protected <= r.lines && facts.is_known);
	must(r.kinds[RULE_NAME][RULE_MATCH] == r.rules);
	return 0;
}
