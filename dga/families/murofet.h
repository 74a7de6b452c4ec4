/* SPDX-License-Identifier: BSD-2-Clause
 * Murofet's second variant, which another family shares.
 *
 * Threads: pure.
 */
#pragma once

#include "dga/families/family.h"

/* Labels in pairs, by day and by the parameter "key", null for none. */
void murofet_pairs(struct family_run *r, const char **tlds, size_t count);
