/* SPDX-License-Identifier: BSD-2-Clause
 * The calendar's part of the feeds thread: which days are wanted, and whether the clock that says so is to be believed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/feeds_internal.h"
#include "resolver/base/clock.h"
#include "resolver/base/log.h"

enum { DAY_S = 86400 };

void feeds_calendar_look(struct feeds *f)
{
	uint64_t now_s = clock_wall_s();
	if (clockwatch_judge(&f->clock, now_s)) {
		if (f->clock.reason[0])
			log_warn("feeds", "event=clock reason=\"%s\"", f->clock.reason);
		else
			log_info("feeds", "event=clock state=ok");
	}
	snprintf(f->status.clock_reason, sizeof f->status.clock_reason, "%s", f->clock.reason);
	ledger_turn_day(&f->ledger, now_s, !f->clock.is_before_release);
}

int feeds_calendar_configure(struct feeds *f, struct plan_calendar *p, const struct config *c)
{
	p->seeds = strdup(c->dga_calendar_seeds ? c->dga_calendar_seeds : "");
	p->popular = strdup(c->dga_popular ? c->dga_popular : "");
	f->calendar_days = c->dga_calendar_days;
	return p->seeds && p->popular ? 0 : -ENOMEM;
}

int feeds_calendar_plan(const struct feeds *f, struct plan_calendar *p)
{
	const struct plan_calendar *from = &f->limits.calendar;
	int64_t today = (int64_t)(clock_wall_s() / DAY_S), days = f->calendar_days;
	p->seeds = strdup(from->seeds);
	p->popular = strdup(from->popular);
	p->wish = (struct calendar_list_wish){.first_day = today > days ? today - days : 0,
		.last_day = today + days,
		.is_undated = f->clock.is_before_release,
		.seeds = p->seeds,
		.popular = p->popular};
	return p->seeds && p->popular ? 0 : -ENOMEM;
}
