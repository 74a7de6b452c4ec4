/* SPDX-License-Identifier: BSD-2-Clause
 * What the helper process reports, as its daemon reads it, and the plan as the helper reads it.
 */
#include <stdlib.h>
#include <string.h>

#include "feeds/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool is_true)
{
	if (!is_true)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct plan_report report;
	struct plan plan;
	struct err why;
	if (!plan_report_from_text((const char *)bytes, len, &report, &why)) {
		for (size_t i = 0; i < report.result_count; i++) {
			const struct plan_result *r = &report.results[i];
			must(r->state < FEEDS_STATES && memchr(r->reason, 0, sizeof r->reason));
			must(memchr(r->name, 0, sizeof r->name));
		}
		char *text = plan_report_to_text(&report);
		must(text != NULL);
		free(text);
		plan_report_free(&report);
	}
	if (!plan_from_text((const char *)bytes, len, &plan, &why)) {
		char *text = plan_to_text(&plan);
		must(text != NULL);
		free(text);
		plan_free(&plan);
	}
	return 0;
}
