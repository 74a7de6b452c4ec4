/* SPDX-License-Identifier: BSD-2-Clause
 * Patterns made of the input, one a line, and a name, the last line: those found by their literals are those that match.
 */
#include <stdlib.h>
#include <string.h>

#include "feeds/listdb/patterns.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

enum { LINES_MAX = 40 };

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

static struct patterns *read_patterns(const char *text, size_t len)
{
	struct patterns *p = patterns_new(LINES_MAX);
	must(p != NULL);
	for (int i = 0; i < LINES_MAX && len; i++) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		int rc = patterns_check(text, n, NULL);
		must(rc == 0 || rc == CEN_EFORMAT);
		must(patterns_add(p, text, n) == rc);
		n += end != NULL;
		text += n;
		len -= n;
	}
	must(!patterns_finish(p));
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes;
	const uint8_t *last = memrchr(bytes, '\n', len);
	struct dname name;
	if (!last ||
		dname_from_text((const char *)last + 1, (size_t)(bytes + len - last - 1), &name))
		return 0;
	struct patterns *p = read_patterns(text, (size_t)(last - bytes));
	struct patterns_scratch *s = patterns_scratch_new();
	must(s != NULL);
	uint32_t found[LINES_MAX], slow[LINES_MAX];
	size_t n = patterns_find(p, s, &name, found, LINES_MAX);
	size_t want = patterns_find_slowly(p, s, &name, slow, LINES_MAX);
	/* What is limited may be left out. */
	if (!patterns_limited(p))
		must(n == want && !memcmp(found, slow, n * sizeof *found));
	patterns_scratch_free(s);
	patterns_free(p);
	return 0;
}
