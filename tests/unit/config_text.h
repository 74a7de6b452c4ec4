/* SPDX-License-Identifier: BSD-2-Clause
 * For the tests of the configuration: text in, a configuration or its sentence out. Include cmocka.h first.
 */
#pragma once

#include <string.h>

#include "resolver/base/config.h"

/* The largest cache, as sentences tell it: what the machine has addresses for. */
#if SIZE_MAX > UINT32_MAX
#define CACHE_MOST "1TiB"
#else
#define CACHE_MOST "1GiB"
#endif

static inline struct config *parse(const char *text)
{
	struct config *c = NULL;
	struct err why = {{0}};
	if (config_parse("t.yaml", text, strlen(text), &c, &why))
		fail_msg("%s", why.text);
	return c;
}

/* The text is refused with exactly this sentence. */
static inline void assert_sentence(const char *text, const char *sentence)
{
	struct config *c = NULL;
	struct err why = {{0}};
	assert_true(config_parse("t.yaml", text, strlen(text), &c, &why) < 0);
	assert_null(c);
	assert_string_equal(why.text, sentence);
}

/* The text is refused with a sentence that holds these words. */
static inline void assert_words(const char *text, const char *words)
{
	struct config *c = NULL;
	struct err why = {{0}};
	if (config_parse("t.yaml", text, strlen(text), &c, &why) == 0)
		fail_msg("taken: %s", text);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" is not in: %s", words, why.text);
}
