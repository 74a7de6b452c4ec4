/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/families/emit.h"

#include <stdio.h>

bool emit_name(struct family_run *r, const char *label, const char *zone)
{
	char name
		[256]; /* a longer one is cut here and refused by family_emit for a label over 63 */
	snprintf(name, sizeof name, "%s.%s", label, zone);
	return family_emit(r, name);
}
