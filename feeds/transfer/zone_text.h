/* SPDX-License-Identifier: BSD-2-Clause
 * A kept zone as the text of a zone file: the form in which the builder takes its lists.
 *
 * Threads: as zone.h. Owns: nothing after it returns. Standards: RFC 1035 5.
 */
#pragma once

#include "feeds/transfer/zone.h"
#include "resolver/base/dname.h"
#include "resolver/base/err.h"

/* Writes `path`, all or nothing. What it holds is the zone at zone_facts(z)->point. */
int zone_text_write(struct zone *z, const struct dname *name, const char *path, struct err *why);
