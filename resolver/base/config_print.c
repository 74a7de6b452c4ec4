/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include "resolver/base/config.h"
#include "resolver/base/config_value.h"

enum { WIDTH = 78 };

/* Text as comment lines of at most WIDTH columns, behind `indent`; the lines after the first are moved in by `hang`. */
static void print_text(FILE *out, const char *indent, const char *hang, const char *text)
{
	const char *in = "";
	size_t column = 0;
	while (*text) {
		size_t n = strcspn(text, " ");
		if (column && column + 1 + n > WIDTH) {
			fputc('\n', out);
			column = 0;
			in = hang;
		}
		if (column)
			column += (size_t)fprintf(out, " %.*s", (int)n, text);
		else
			column = (size_t)fprintf(out, "%s# %s%.*s", indent, in, (int)n, text);
		text += n + (text[n] == ' ');
	}
	fputc('\n', out);
}

static void print_comment(FILE *out, const char *indent, const char *text)
{
	print_text(out, indent, "", text);
}

/* What may be written, and when it acts. */
static void print_allowed(FILE *out, const char *indent, const struct config_row *row)
{
	char allowed[CONFIG_VALUE_ALLOWED_MAX], line[CONFIG_VALUE_ALLOWED_MAX + 160];
	const char *when = row->is_live ? "" : " Takes effect at the next start.";
	config_value_allowed(row, allowed);
	if (row->is_array)
		snprintf(line, sizeof line, "Allowed: %s %u, each %s.%s",
			row->count_min ? "1 to" : "up to", row->count_max, allowed, when);
	else
		snprintf(line, sizeof line, "Allowed: %s.%s", allowed, when);
	print_comment(out, indent, line);
}

/* The keys of an array's items. */
static void print_item(FILE *out, const char *indent, const struct config_table *item)
{
	for (size_t i = 0; i < item->count; i++) {
		const struct config_row *row = config_table_row(item, i);
		char allowed[CONFIG_VALUE_ALLOWED_MAX], line[1024];
		snprintf(line, sizeof line, "%s: %s Allowed: %s%s.%s%s%s", row->key, row->help,
			row->is_array ? "a list, each " : "", config_value_allowed(row, allowed),
			row->is_required       ? " Required"
				: row->initial ? " Default: "
					       : "",
			row->initial ? (*row->initial ? row->initial : "\"\"") : "",
			row->is_required || row->initial ? "." : "");
		print_text(out, indent, "    ", line);
	}
}

/* Lines of YAML, each made a comment. */
static void print_example(FILE *out, const char *indent, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		fprintf(out, "%s#     %.*s\n", indent, (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void print_row(FILE *out, const char *indent, const struct config_row *row)
{
	const char *dot = strrchr(row->key, '.');
	const char *name = dot ? dot + 1 : row->key;
	print_comment(out, indent, row->help);
	print_allowed(out, indent, row);
	if (row->item)
		print_item(out, indent, row->item);
	if (row->example)
		print_example(out, indent, row->example);
	if (row->initial)
		fprintf(out, "%s%s: %s\n", indent, name, row->initial);
}

/* Opens the sections of `key` that the key before it was not in. Returns the indent of what is in them. */
static const char *open_sections(FILE *out, const char *before, const char *key)
{
	static const char indents[] = "    ";
	size_t depth = 0;
	bool is_same = true;
	for (const char *part = key, *dot; (dot = strchr(part, '.')) != NULL; part = dot + 1) {
		is_same = is_same && !strncmp(before, key, (size_t)(dot - key) + 1);
		if (!is_same)
			fprintf(out, "%.*s%.*s:\n", (int)(2 * depth), indents, (int)(dot - part),
				part);
		depth++;
	}
	return indents + sizeof indents - 1 - 2 * depth;
}

void config_print_sample(FILE *out)
{
	static const char head[] =
		"# The configuration of cenote. Every key is shown with its default: an empty\n"
		"# file says the same. `cenote check -c FILE` tries a file without acting on it.\n"
		"# SIGHUP makes a running cenote read its file again; a file with a mistake in it\n"
		"# changes nothing. Where it is said, a change waits for the next start.\n"
		"#\n"
		"# Durations are written 500ms 10s 5m 2h 1d, sizes 4KiB 64MiB 1GiB. YAML wants\n"
		"# quotes round what begins with one of * & ! [ { or a colon, and round null.\n"
		"# Any key can be given on the command line, too: -o cache.size=64MiB.\n";
	fputs(head, out);
	const struct config_table *t = config_schema();
	const char *before = "";
	for (size_t i = 0; i < t->count; i++) {
		fputc('\n', out);
		print_row(out, open_sections(out, before, config_table_row(t, i)->key),
			config_table_row(t, i));
		before = config_table_row(t, i)->key;
	}
}
