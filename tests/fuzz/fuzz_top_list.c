/* SPDX-License-Identifier: BSD-2-Clause
 * Any text as a list of popular domains. Every name that comes out is a valid one.
 */
#include <stdlib.h>
#include <string.h>

#include "dga/label.h"
#include "dga/top_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check(void *arg, const struct dname *name)
{
	struct dname again;
	size_t *count = arg;
	if (dname_from_wire(name->bytes, name->len, &again) != name->len ||
		!dname_equal(&again, name) || label_domain(name) >= name->len)
		abort();
	return ++*count < 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = 0;
	struct err why;
	int e = top_list_text("fuzz", data, size, check, &count, &why);
	if (!e && !count)
		abort();
	if (e && (!why.text[0] || strlen(why.text) >= sizeof why.text))
		abort();
	return 0;
}
