/* SPDX-License-Identifier: BSD-2-Clause */
#include "dga/prose.h"

#include "dga/dga_builtin.h"

/* A line is a word, a TAB, its count. The file is our own: no line of it is wrong. */
bool prose_next(size_t *at, struct prose_word *out)
{
	size_t len;
	const char *text = (const char *)dga_builtin(DGA_BUILTIN_PROSE, &len);
	size_t i = *at;
	*out = (struct prose_word){.text = text + i};
	while (i < len && text[i] != '\t')
		i++;
	out->len = (size_t)(text + i - out->text);
	for (i++; i < len && text[i] != '\n'; i++)
		out->count = out->count * 10 + (uint32_t)(text[i] - '0');
	*at = i + 1;
	return i < len && out->len > 0;
}
