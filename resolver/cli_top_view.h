/* SPDX-License-Identifier: BSD-2-Clause
 * What `top` shows, as lines of text: the same for a terminal and for a file.
 *
 * Threads: pure.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

enum cli_top_style { CLI_TOP_PLAIN, CLI_TOP_HEAD, CLI_TOP_ALERT, CLI_TOP_STYLES };

/* What the daemon has answered; a part that could not be had is NULL. All borrowed. */
struct cli_top_data {
	const json_t *before,
		*now; /* stats, `seconds` apart; before NULL: there are no rates yet */
	double seconds;
	const json_t *cases, *pauses;
	const json_t *domains, *blocked, *clients; /* top lists of `range` */
	const char *range; /* in words */
	const char *problem; /* why the numbers are old; "": they are not */
};

/* Shows at most `rows` lines of at most `columns` characters (bounded to 40 to 200), from the top, each by a call of `line`. ASCII only. */
void cli_top_view(const struct cli_top_data *d, unsigned rows, unsigned columns,
	void (*line)(void *arg, enum cli_top_style style, const char *text), void *arg);
