/* SPDX-License-Identifier: BSD-2-Clause
 * What the generation that serves lacks of the transferred zones, as an overlay.
 *
 * Threads: as xfr_zone.h. Owns: nothing after it returns.
 */
#pragma once

#include <stddef.h>

#include "feeds/listdb/overlay.h"
#include "feeds/transfer/xfr_zone.h"

struct publics;

enum { XFR_OVERLAY_FOLD = 10000 }; /* more owners than these are for the next generation */

/* The overlay of all zones that the generation holds; owned. Also sets in each zone how many of its changes the generation
 * lacks, and whether a build is needed. NULL: memory is short. */
struct overlay *xfr_overlay_make(
	struct xfr_zone *const *zones, size_t count, const struct publics *publics);
