/* SPDX-License-Identifier: BSD-2-Clause
 * Between report.c and the files of the formats.
 *
 * Threads: pure. All of `context` that the format needs has been looked at.
 */
#pragma once

#include <jansson.h>
#include <stdio.h>

#include "resolver/evidence/report/report.h"

/* Each writes the whole report and returns 0 or -ENOMEM. */
int report_xarf(const struct report_context *context, const struct evidence_case *cases, size_t n,
	FILE *out);
int report_shadowserver(const struct report_context *context, const struct evidence_case *cases,
	size_t n, FILE *out);
int report_stix(const struct report_context *context, const struct evidence_case *cases, size_t n,
	FILE *out);
int report_misp(const struct report_context *context, const struct evidence_case *cases, size_t n,
	FILE *out);

/* Takes `root`; NULL: -ENOMEM. One line, or indented for a person. */
int report_line(json_t *root, FILE *out);
int report_page(json_t *root, FILE *out);
