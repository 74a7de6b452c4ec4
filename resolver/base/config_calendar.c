/* SPDX-License-Identifier: BSD-2-Clause
 * The calendar as one more list of the configuration: it is there without being given under `lists:`, and all that is true of a list is true of it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/calendar_list.h"
#include "resolver/base/config_check.h"

enum { DAY_S = 86400, SEEDS_S = 3600 /* files that it is made of are looked at so often */ };

static char *source_of(const struct config *c)
{
	char *out = NULL;
	const char *seeds = c->dga_calendar_seeds, *popular = c->dga_popular;
	/* Whatever changes what it says. */
	int n = asprintf(&out, CALENDAR_LIST_SOURCE "%u%s%s%s%s", c->dga_calendar_days,
		seeds ? " " : "", seeds ? seeds : "", popular ? " but " : "",
		popular ? popular : "");
	return n < 0 ? NULL : out;
}

int config_calendar_add(struct config_draft *d)
{
	struct config *c = d->config;
	if (c->dga_calendar_mode == LIST_MODE_OFF)
		return 0;
	struct config_list *lists = realloc(c->lists, sizeof *lists * (c->list_count + 1));
	if (lists)
		c->lists = lists;
	struct config_list l = {.name = strdup(CALENDAR_LIST_NAME),
		.source = source_of(c),
		.kind = LIST_DENY,
		.category = strdup("botnet"),
		.mode = c->dga_calendar_mode,
		.match = LIST_MATCH_SUBTREE,
		.refresh_s = c->dga_calendar_seeds || c->dga_popular ? SEEDS_S : DAY_S,
		.max_change_percent = 100};
	if (lists && l.name && l.source && l.category) {
		c->lists[c->list_count++] = l;
		return 0;
	}
	free(l.name);
	free(l.source);
	free(l.category);
	return config_apply_fail(d, NULL, "", -ENOMEM, "memory is short");
}
