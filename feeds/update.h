/* SPDX-License-Identifier: BSD-2-Clause
 * One round of the helper process: fetch what is due, take in what is good, write a generation if anything changed.
 *
 * Threads: belongs to the helper's one thread. Owns: nothing after it returns; the report is the caller's.
 */
#pragma once

#include "feeds/plan.h"

/* Follows the plan. Failures are in the report: of a list in its result, of the whole in `error`. 0 or -ENOMEM. */
int update_run(const struct plan *plan, struct plan_report *report);
