/* SPDX-License-Identifier: BSD-2-Clause
 * What can only be seen when the whole configuration is read: names that refer to each other, values that need each other.
 *
 * Threads: pure.
 */
#pragma once

#include "resolver/base/config_apply.h"

/* Returns 0 or a code, with a sentence in the draft's `why`. */
int config_check(struct config_draft *d);
/* When all is good: appends the calendar's list, unless its mode is off. 0 or -ENOMEM. */
int config_calendar_add(struct config_draft *d);
