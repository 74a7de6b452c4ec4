/* SPDX-License-Identifier: BSD-2-Clause
 * Lines and fields of a file in memory.
 */
#include "dga/calendar_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads to the end, however the file says it is long (it may be a pipe). */
static int read_all(FILE *in, struct calendar_text *t, struct err *why)
{
	size_t room = 1 << 16, len = 0;
	t->bytes = malloc(room);
	while (t->bytes && !feof(in) && !ferror(in) && len <= CALENDAR_TEXT_MAX) {
		if (len + 1 >= room) {
			char *more = realloc(t->bytes, room * 2);
			if (!more)
				return err_set(why, -ENOMEM, "%s: no memory", t->file);
			t->bytes = more;
			room *= 2;
		}
		len += fread(t->bytes + len, 1, room - len - 1, in);
	}
	if (!t->bytes)
		return err_set(why, -ENOMEM, "%s: no memory", t->file);
	if (ferror(in))
		return err_set(why, -EIO, "%s: %s", t->file, strerror(errno));
	if (len > CALENDAR_TEXT_MAX)
		return err_set(
			why, CEN_ELIMIT, "%s has more than %d octets", t->file, CALENDAR_TEXT_MAX);
	t->bytes[len] = 0;
	if (strlen(t->bytes) != len)
		return err_set(why, CEN_EFORMAT, "%s has a zero octet, so it is no text", t->file);
	t->next = t->bytes;
	return 0;
}

int calendar_text_read(struct calendar_text *t, const char *file, struct err *why)
{
	*t = (struct calendar_text){.file = file};
	FILE *in = fopen(file, "re");
	if (!in)
		return err_set(why, -errno, "%s: %s", file, strerror(errno));
	int e = read_all(in, t, why);
	fclose(in);
	return e;
}

void calendar_text_free(struct calendar_text *t)
{
	free(t->bytes);
}

bool calendar_text_next(struct calendar_text *t)
{
	if (!t->next || !*t->next)
		return false;
	t->at = t->next;
	t->line++;
	char *end = strchr(t->at, '\n');
	t->next = end ? end + 1 : NULL;
	if (!end)
		end = t->at + strlen(t->at);
	if (end > t->at && end[-1] == '\r')
		end--;
	*end = 0;
	return true;
}

bool calendar_text_is_comment(const struct calendar_text *t)
{
	return !t->at[0] || t->at[0] == '#';
}

bool calendar_text_fields(struct calendar_text *t, char **fields, size_t count)
{
	char *at = t->at;
	for (size_t i = 0; i < count; i++) {
		char *tab = strchr(at, '\t');
		fields[i] = at;
		if ((tab != NULL) != (i + 1 < count))
			return false;
		if (tab) {
			*tab = 0;
			at = tab + 1;
		}
	}
	return true;
}
