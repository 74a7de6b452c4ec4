/* SPDX-License-Identifier: BSD-2-Clause
 * What lines of lists become, as words: for tests of the formats.
 */
#pragma once

#include "feeds/format/format.h"
#include "feeds/format/publics.h"
#include "tests/unit/rule_words.h"

static struct publics *publics;

static inline void harness_skip(void *arg, enum format_skip reason, const char *text, size_t len)
{
	assert_non_null(text);
	assert_true(len < 100000);
	char word[64];
	snprintf(word, sizeof word, "(%s)", format_skip_name(reason));
	say(arg, " ", word);
}

/* Lines of one list, each followed by a line feed. */
static inline void run_lines(
	const char *format, bool is_chosen, const char *lines, struct seen *seen)
{
	struct format_state *state = calloc(1, sizeof *state);
	assert_non_null(state);
	struct format_sink sink = {seen, publics, harness_rule, harness_skip, state, is_chosen};
	const struct format *f = format_by_name(format);
	const char *at = lines;
	do {
		size_t len = strcspn(at, "\n");
		/* Exactly as long, so that ASan sees a read past the end. */
		char *exact = malloc(len ? len : 1);
		assert_non_null(exact);
		memcpy(exact, at, len);
		f->line(&sink, exact, len);
		free(exact);
		at += len + (at[len] == '\n');
	} while (*at);
	if (f->end)
		f->end(&sink);
	free(state);
}

/* What comes of all of them. */
static inline void check_lines(
	const char *format, bool is_chosen, const char *lines, const char *want)
{
	struct seen seen = {{0}, 0};
	run_lines(format, is_chosen, lines, &seen);
	if (strcmp(seen.text, want) != 0)
		fail_msg("%s \"%s\":\n%s, not\n%s", format, lines, seen.text, want);
}

static inline void check(const char *format, const char *line, const char *want)
{
	check_lines(format, false, line, want);
}

static inline int harness_set_up(void **state)
{
	(void)state;
	publics = publics_new(PUBLICS_FILE);
	return publics ? 0 : -1;
}

static inline int harness_tear_down(void **state)
{
	(void)state;
	publics_free(publics);
	return 0;
}
