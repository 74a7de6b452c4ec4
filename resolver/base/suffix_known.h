/* SPDX-License-Identifier: BSD-2-Clause
 * What is known of public suffixes without asking libpsl, which takes half a microsecond: enough for all but a few of a hundred names.
 *
 * Threads: pure.
 * Source: publicsuffix.org/list, its ICANN section, of which the unit test of suffix.h reads every rule.
 */
#pragma once

#include "resolver/base/dname.h"

/* Labels of the suffix of a name that is not the root; 0: not known. `offsets` are those of dname_offsets. */
unsigned suffix_known(const struct dname *name, const uint8_t *offsets);
