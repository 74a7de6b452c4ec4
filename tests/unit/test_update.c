/* SPDX-License-Identifier: BSD-2-Clause
 * The helper process by itself: what it writes, and that no instant of its death does harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "feeds/feeds.h"
#include "feeds/plan.h"
#include "feeds/store.h"
#include "resolver/base/clock.h"
#include "tests/unit/folder.h"

enum { KILLS = 40, NAMES = 20000 };

struct test {
	struct folder folder;
	char source[PATH_MAX], state[PATH_MAX], cache[PATH_MAX];
	struct plan_list list;
	struct plan plan;
	struct err why;
};

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	folder_make(&t->folder);
	memcpy(t->source, folder_file(&t->folder, "list"), PATH_MAX);
	memcpy(t->state, folder_file(&t->folder, "state"), PATH_MAX);
	memcpy(t->cache, folder_file(&t->folder, "cache"), PATH_MAX);
	t->list = (struct plan_list){
		.name = (char *)(uintptr_t) "a", .source = t->source, .is_due = true};
	t->plan = (struct plan){
		.parent = getpid(),
		.state_directory = t->state,
		.cache_directory = t->cache,
		.files_directory = t->folder.path,
		.max_bytes = 16 << 20,
		.max_rules = 1000000,
		.memory_bytes = 512 << 20,
		.time_s = 30,
		.junk_percent = 20,
		.lists = &t->list,
		.list_count = 1,
	};
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	folder_remove(&t->folder);
	free(t);
	return 0;
}

static void write_list(struct test *t, unsigned version)
{
	FILE *out = fopen(t->source, "w");
	assert_non_null(out);
	for (unsigned i = 0; i < NAMES; i++)
		fprintf(out, "name%u.v%u.example\n", i, version);
	assert_int_equal(fclose(out), 0);
}

/* Starts it as the thread does, with its output to `out`. */
static pid_t start(const char *input, int out)
{
	int in = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	assert_true(in >= 0);
	assert_int_equal(write(in, input, strlen(input)), strlen(input));
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	pid_t pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);
		dup2(in, STDIN_FILENO);
		dup2(out < 0 ? null : out, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execl("/proc/self/exe", "test", "build-generation", (char *)NULL);
		_exit(127);
	}
	close(in);
	return pid;
}

/* Runs it to its end. */
static int run(const char *input, int out)
{
	int code;
	pid_t pid = start(input, out);
	assert_int_equal(waitpid(pid, &code, 0), pid);
	assert_true(WIFEXITED(code));
	return WEXITSTATUS(code);
}

static void run_plan(struct test *t)
{
	char *input = plan_to_text(&t->plan);
	assert_non_null(input);
	assert_int_equal(run(input, -1), 0);
	free(input);
}

/* Kills it after `us`. Returns whether it had ended before. */
static bool run_and_kill(struct test *t, unsigned us)
{
	struct timespec delay = {
		.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
	char *input = plan_to_text(&t->plan);
	assert_non_null(input);
	pid_t pid = start(input, -1);
	free(input);
	nanosleep(&delay, NULL);
	int code;
	bool is_over = waitpid(pid, &code, WNOHANG) == pid;
	if (!is_over) {
		kill(pid, SIGKILL);
		waitpid(pid, &code, 0);
	}
	return is_over;
}

static uint64_t newest(struct test *t)
{
	uint64_t number;
	return store_numbers(t->state, &number, 1) ? number : 0;
}

/* The newest must be good: none may be passed over. */
static void check_newest(struct test *t, uint64_t at_least)
{
	struct listdb *db;
	if (store_open_newest(t->state, &db, &t->why))
		fail_msg("%s", t->why.text);
	assert_int_equal(listdb_number(db), newest(t));
	assert_true(listdb_number(db) >= at_least);
	assert_int_equal(listdb_name_count(db), NAMES);
	listdb_close(db);
}

static void killed_at_any_instant(void **state)
{
	struct test *t = *state;
	unsigned killed = 0;
	write_list(t, KILLS);
	run_plan(t);
	t->plan.has_generation = true;
	/* How long one takes, so that the instants lie all over it. */
	write_list(t, KILLS + 1);
	uint64_t start_us = clock_us();
	run_plan(t);
	unsigned step_us = (unsigned)((clock_us() - start_us) * 3 / 2 / KILLS);
	assert_int_equal(newest(t), 2);
	for (unsigned i = 0; i < KILLS; i++) {
		uint64_t before = newest(t);
		write_list(t, i);
		killed += !run_and_kill(t, i * step_us);
		check_newest(t, before);
	}
	print_message("killed %u of %d before their end\n", killed, KILLS);
	assert_true(killed >= 1);
	/* What they left is swept away by the next one. */
	write_list(t, KILLS);
	run_plan(t);
	char command[3 * PATH_MAX];
	snprintf(command, sizeof command, "ls %s/generations %s/lists | grep -E -q 'tmp-|[.]new'",
		t->state, t->cache);
	assert_int_not_equal(system(command), 0);
}

static void the_report_says_what_was_done(void **state)
{
	struct test *t = *state;
	char text[8192];
	struct plan_report report;
	write_list(t, 0);
	char *input = plan_to_text(&t->plan);
	assert_non_null(input);
	int out = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	assert_int_equal(run(input, out), 0);
	ssize_t n = pread(out, text, sizeof text, 0);
	assert_true(n > 0);
	if (plan_report_from_text(text, (size_t)n, &report, &t->why))
		fail_msg("%s", t->why.text);
	assert_int_equal(report.generation, 1);
	assert_string_equal(report.error, "");
	assert_int_equal(report.result_count, 1);
	const struct plan_result *r = &report.results[0];
	assert_string_equal(r->name, "a");
	assert_string_equal(r->format, "domains");
	assert_int_equal(r->state, FEEDS_OK);
	assert_true(r->is_asked && r->is_fetched && r->is_changed);
	assert_int_equal(strncmp(r->tags.etag, "file-", 5), 0);
	plan_report_free(&report);
	close(out);
	free(input);
}

static void plans_that_are_not_its_own(void **state)
{
	struct test *t = *state;
	assert_int_equal(run("", -1), 2);
	assert_int_equal(run("{", -1), 2);
	assert_int_equal(run("[]", -1), 2);
	/* Of a daemon that is gone: another one may be at work in the folder. */
	t->plan.parent = 1;
	char *input = plan_to_text(&t->plan);
	assert_non_null(input);
	assert_int_equal(run(input, -1), 3);
	free(input);
	assert_int_equal(newest(t), 0);
	assert_int_not_equal(access(t->state, F_OK), 0);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "build-generation"))
		return feeds_helper_main(NULL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_report_says_what_was_done, set_up, tear_down),
		cmocka_unit_test_setup_teardown(plans_that_are_not_its_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(killed_at_any_instant, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
