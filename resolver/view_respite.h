/* SPDX-License-Identifier: BSD-2-Clause
 * The part of the view that is in force for a while only: pauses and unblocked names.
 *
 * Threads: as the view.
 * Time: an end is compared with the query's arrival, so that it is exact without anybody's timer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "resolver/base/addr.h"
#include "resolver/base/dname.h"

struct respites;
struct view;
struct view_respites;

/* Of those of `from` that are not over. Sets v->respites, to NULL when there are none. 0 or -ENOMEM. */
int view_respite_join(struct view *v, const struct respites *from);
void view_respite_free(struct view_respites *r);

/* When the client's pause ends, by the monotonic clock; 0: there is none. `r` is not NULL. */
uint64_t view_respite_paused_until(
	const struct view_respites *r, const struct addr *client, uint16_t group);
/* Is the name unblocked, for this client (NULL: our own question) at `now_us`? v->respites is not NULL. */
bool view_respite_unblocks(const struct view *v, const struct dname *name,
	const struct addr *client, uint16_t group, uint64_t now_us);
