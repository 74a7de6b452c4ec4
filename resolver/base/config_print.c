/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "resolver/base/config.h"
#include "resolver/base/config_value.h"

enum { WIDTH = 78 };

/* Text as comment lines of at most WIDTH columns, behind `indent`. */
static void print_comment(FILE *out, const char *indent, const char *text)
{
	size_t column = 0;
	while (*text) {
		size_t n = strcspn(text, " ");
		if (column && column + 1 + n > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		if (column)
			column += (size_t)fprintf(out, " %.*s", (int)n, text);
		else
			column = (size_t)fprintf(out, "%s# %.*s", indent, (int)n, text);
		text += n + (text[n] == ' ');
	}
	fputc('\n', out);
}

/* What may be written, and when it acts. */
static void print_allowed(FILE *out, const char *indent, const struct config_row *row)
{
	char allowed[CONFIG_VALUE_ALLOWED_MAX], line[CONFIG_VALUE_ALLOWED_MAX + 160];
	char count[64] = "";
	if (row->is_array && row->count_max)
		snprintf(count, sizeof count, "a list of %u-%u: ", row->count_min, row->count_max);
	snprintf(line, sizeof line, "Allowed: %s%s.%s%s%s Acts %s.", count,
		config_value_allowed(row, allowed), row->initial ? " Default: " : "",
		row->initial ? (*row->initial ? row->initial : "\"\"") : "",
		row->initial ? "." : "", row->is_live ? "after a reload" : "at the next start");
	print_comment(out, indent, line);
}

/* The keys of an array's items. */
static void print_item(FILE *out, const char *indent, const struct config_table *item)
{
	for (size_t i = 0; i < item->count; i++) {
		const struct config_row *row = &item->rows[i];
		char allowed[CONFIG_VALUE_ALLOWED_MAX], line[1024];
		snprintf(line, sizeof line, "- %s: %s Allowed: %s%s.%s%s%s", row->key, row->help,
			row->is_array ? "a list, " : "", config_value_allowed(row, allowed),
			row->is_required       ? " Required"
				: row->initial ? " Default: "
					       : "",
			row->initial ? (*row->initial ? row->initial : "\"\"") : "",
			row->is_required || row->initial ? "." : "");
		print_comment(out, indent, line);
	}
}

/* Lines of YAML, each made a comment. */
static void print_example(FILE *out, const char *indent, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		fprintf(out, "%s#   %.*s\n", indent, (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void print_row(FILE *out, const char *indent, const struct config_row *row)
{
	const char *dot = strrchr(row->key, '.');
	const char *name = dot ? dot + 1 : row->key;
	fputc('\n', out);
	print_comment(out, indent, row->help);
	if (row->item)
		print_item(out, indent, row->item);
	if (row->type == CONFIG_ITEM)
		print_comment(out, indent,
			row->is_live ? "Acts after a reload." : "Acts at the next start.");
	else
		print_allowed(out, indent, row);
	if (row->example)
		print_example(out, indent, row->example);
	if (row->initial)
		fprintf(out, "%s%s: %s\n", indent, name, row->initial);
}

void config_print_sample(FILE *out)
{
	static const char head[] =
		"# cenote.yaml: the configuration of cenote. Every key is shown with its default, "
		"so that an\n"
		"# empty file says the same. `cenote check -c FILE` checks it; SIGHUP makes a "
		"running cenote read\n"
		"# it again, and a file with a mistake changes nothing. Durations: 500ms 10s 5m 2h "
		"1d.\n"
		"# Sizes: 4KiB 64MiB 1GiB. On the command line: -o cache.size=64MiB.\n";
	fputs(head, out);
	const struct config_table *t = config_schema();
	const char *section = "";
	size_t section_len = 0;
	for (size_t i = 0; i < t->count; i++) {
		const struct config_row *row = &t->rows[i];
		size_t n = strcspn(row->key, ".");
		if (!row->key[n]) {
			print_row(out, "", row);
			section_len = 0;
			continue;
		}
		if (n != section_len || strncmp(section, row->key, n) != 0)
			fprintf(out, "\n%.*s:\n", (int)n, row->key);
		section = row->key;
		section_len = n;
		print_row(out, "  ", row);
	}
}
