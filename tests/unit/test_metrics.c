/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/fake_edge.h"
#include "web/metrics.h"

static struct server server;
static struct feeds feeds;
static struct evidence evidence;
static struct journal journal;
static struct web web = {
	.doors = {.server = &server, .feeds = &feeds, .evidence = &evidence, .journal = &journal}};

/* The page; free. */
static char *page(void)
{
	struct edge_request q = {.web = &web};
	struct edge_response r = {0};
	metrics_get(&q, &r);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.type, "version=0.0.4"));
	assert_int_equal(strlen(r.body), r.len);
	return r.body;
}

static void has(const char *text, const char *line)
{
	char wanted[256];
	snprintf(wanted, sizeof wanted, "\n%s\n", line);
	if (!strstr(text, wanted))
		fail_msg("missing: %s", line);
}

static void shows_the_numbers(void **state)
{
	(void)state;
	journal.info =
		(struct journal_info){.written = 90, .pending = 4, .dropped = 5, .suppressed = 1};
	char *text = page();
	has(text, "cenote_querylog_events_total{result=\"written\"} 90");
	has(text, "cenote_querylog_events_total{result=\"dropped\"} 5");
	has(text, "cenote_querylog_events_total{result=\"suppressed\"} 1");
	has(text, "cenote_querylog_pending 4");
	has(text, "cenote_queries_total{outcome=\"cached\"} 50");
	has(text, "cenote_queries_total{outcome=\"dropped_limit\"} 0");
	has(text, "cenote_queries_by_type_total{type=\"A\"} 60");
	has(text, "cenote_queries_by_type_total{type=\"other\"} 0");
	has(text, "cenote_queries_by_transport_total{transport=\"tcp\"} 10");
	has(text, "cenote_list_hits_total{list=\"botnets\"} 28");
	has(text, "cenote_list_monitored_total{list=\"quo\\\"te\\\\back\"} 3");
	has(text, "process_start_time_seconds 1700000000");
	has(text, "cenote_policy_names 1000000");
	has(text, "cenote_list_rules{list=\"botnets\"} 1000000");
	has(text, "cenote_list_fresh{list=\"ads\"} 0");
	has(text, "cenote_dga_suspects_total{class=\"random\"} 4");
	has(text, "cenote_dga_suspects_total{class=\"hash\"} 0");
	has(text, "cenote_dga_scored_total 40");
	has(text, "cenote_dga_mode{mode=\"block\"} 1");
	has(text, "cenote_dga_mode{mode=\"monitor\"} 0");
	has(text, "cenote_dga_classifier 1");
	has(text, "cenote_build_info{version=\"" CENOTE_VERSION "\"} 1");
	free(text);
}

static void has_a_cumulative_histogram(void **state)
{
	(void)state;
	char *text = page();
	has(text, "cenote_response_latency_seconds_bucket{le=\"3.2e-05\"} 0");
	has(text, "cenote_response_latency_seconds_bucket{le=\"6.4e-05\"} 70");
	has(text, "cenote_response_latency_seconds_bucket{le=\"0.032768\"} 99");
	has(text, "cenote_response_latency_seconds_bucket{le=\"+Inf\"} 100");
	has(text, "cenote_response_latency_seconds_sum 1.234567");
	has(text, "cenote_response_latency_seconds_count 100");
	free(text);
}

/* Each sample stands below the HELP and TYPE of its own family, and no family comes twice. */
static void is_well_formed(void **state)
{
	(void)state;
	char *text = page();
	char family[128] = "", seen[16384] = "\n";
	for (char *save, *line = strtok_r(text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		char name[128];
		if (sscanf(line, "# HELP %127s", name) == 1) {
			snprintf(family, sizeof family, "%s", name);
			char key[140];
			snprintf(key, sizeof key, "\n%s\n", name);
			if (strstr(seen, key))
				fail_msg("twice: %s", name);
			strcat(seen, key + 1);
		} else if (sscanf(line, "# TYPE %127s", name) == 1) {
			assert_string_equal(name, family);
		} else {
			assert_int_equal(strncmp(line, family, strlen(family)), 0);
			assert_true(isdigit((unsigned char)line[strlen(line) - 1]));
		}
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_the_numbers),
		cmocka_unit_test(has_a_cumulative_histogram),
		cmocka_unit_test(is_well_formed),
	};
	fake_fill(&server, &feeds);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
