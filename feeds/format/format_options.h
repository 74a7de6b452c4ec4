/* SPDX-License-Identifier: BSD-2-Clause
 * Modifiers of adblock rules: what stands behind `$`.
 *
 * Threads: pure. Owns: nothing.
 * Standards: AdGuard's DNS filtering syntax.
 */
#pragma once

#include "feeds/format/format.h"
#include "feeds/listdb/detail.h"

/* Sets what the modifiers say in `*rule` (verb, is_important, is_removal) and `*about`. FORMAT_TAKEN; FORMAT_BROWSER when one of them limits the
 * rule to what only a browser knows: without it the rule would block too much. */
enum format_skip format_options_read(struct format_text options, bool is_exception,
	struct rule *rule, struct detail_writer *about);
