/* SPDX-License-Identifier: BSD-2-Clause
 * A generated label and the zone it stands under, as one name.
 *
 * Threads: pure.
 */
#pragma once

#include "dga/families/family.h"

/* Emits `label.zone`; as family_emit. */
bool emit_name(struct family_run *r, const char *label, const char *zone);
