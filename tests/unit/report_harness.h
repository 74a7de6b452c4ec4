/* SPDX-License-Identifier: BSD-2-Clause
 * Reports made and taken apart again.
 */
#pragma once

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <jansson.h>

#include "resolver/evidence/report/report.h"
#include "tests/unit/case_samples.h"

static const struct report_context harness_context = {
	"M\xC3\xBCller \"Net\" AG", "abuse@cert.example.net", "cert.example.net", 1795525200456};

/* Owned text, terminated. Asked for twice: the same case gives the same report, ids and all. */
static inline char *harness_write(
	enum report_format format, const struct evidence_case *cases, size_t n)
{
	char *text = NULL, *again = NULL;
	size_t len = 0, len_again = 0;
	struct err why = {""};
	assert_int_equal(report_write(format, &harness_context, cases, n, &text, &len, &why), 0);
	assert_int_equal(
		report_write(format, &harness_context, cases, n, &again, &len_again, &why), 0);
	assert_int_equal(strlen(text), len);
	assert_string_equal(text, again);
	free(again);
	return text;
}

static inline json_t *harness_json(
	enum report_format format, const struct evidence_case *cases, size_t n)
{
	char *text = harness_write(format, cases, n);
	json_error_t error;
	json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!o)
		fail_msg("%s in %s", error.text, text);
	free(text);
	return o;
}

static inline const char *harness_text(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));
	if (!text)
		fail_msg("%s is no text", key);
	return text;
}

static inline json_int_t harness_number(const json_t *o, const char *key)
{
	if (!json_is_integer(json_object_get(o, key)))
		fail_msg("%s is no whole number", key);
	return json_integer_value(json_object_get(o, key));
}

static inline void harness_matches(const char *text, const char *pattern)
{
	regex_t re;
	assert_int_equal(regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), 0);
	int rc = regexec(&re, text, 0, NULL, 0);
	regfree(&re);
	if (rc)
		fail_msg("'%s' does not match %s", text, pattern);
}

/* Every key of `o` is in `known`, and the first `required` of them are all there. */
static inline void harness_keys(
	const json_t *o, const char *const *known, size_t n, size_t required)
{
	for (size_t i = 0; i < required; i++)
		if (!json_object_get(o, known[i]))
			fail_msg("%s is missing", known[i]);
	for (void *it = json_object_iter((json_t *)o); it;
		it = json_object_iter_next((json_t *)o, it)) {
		size_t i = 0;
		while (i < n && strcmp(json_object_iter_key(it), known[i]) != 0)
			i++;
		if (i == n)
			fail_msg("%s is not in the published list", json_object_iter_key(it));
	}
}

#define HARNESS_TIME "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$"
#define HARNESS_UUID(version) \
	"[0-9a-f]{8}-[0-9a-f]{4}-" version "[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
