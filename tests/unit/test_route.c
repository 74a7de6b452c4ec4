/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/api_harness.h"
#include "web/jobs.h"

static struct jobs *jobs_of(enum edge_method method, const char *path)
{
	static struct edge_request q;
	q = (struct edge_request){.web = &web, .method = method};
	assert_true(target_parse(path, strlen(path), &q.target));
	return route_jobs(&q);
}

/* One that takes long must not keep all the others of its listener waiting. */
static void what_takes_long_is_done_elsewhere(void **state)
{
	(void)state;
	static const struct {
		enum edge_method method;
		const char *path;
	} slow[] = {
		{EDGE_GET, "/api/v1/querylog"},
		{EDGE_GET, "/api/v1/client"},
		{EDGE_GET, "/api/v1/lists/diff"},
		{EDGE_POST, "/api/v1/lists/accept"},
		{EDGE_POST, "/api/v1/generations/rollback"},
		{EDGE_POST, "/api/v1/generations/release"},
		{EDGE_GET, "/api/v1/cases/export"},
		{EDGE_POST, "/api/v1/reload"},
		{EDGE_GET, "/control/querylog"},
		{EDGE_GET, "/api/network/devices"},
	};
	struct err why;
	assert_int_equal(jobs_new(1, 1, &web.slow, &why), 0);
	assert_int_equal(jobs_new(1, 1, &web.log_ins, &why), 0);
	for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
		if (jobs_of(slow[i].method, slow[i].path) != web.slow)
			fail_msg("%s", slow[i].path);
	assert_ptr_equal(jobs_of(EDGE_POST, "/api/v1/auth/login"), web.log_ins);
	assert_null(jobs_of(EDGE_GET, "/api/v1/stats"));
	assert_null(jobs_of(EDGE_GET, "/healthz"));
	jobs_free(web.slow);
	jobs_free(web.log_ins);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_takes_long_is_done_elsewhere, reset, clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
