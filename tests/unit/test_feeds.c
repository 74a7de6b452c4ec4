/* SPDX-License-Identifier: BSD-2-Clause
 * The feeds thread with real helper processes: this program is its own helper, as the daemon is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "feeds/feeds.h"
#include "feeds/store.h"
#include "tests/unit/folder.h"

enum { LISTS = 3, WAIT_MS = 60000 };

struct test {
	struct folder folder;
	struct config config;
	struct config_list lists[LISTS];
	char sources[LISTS][PATH_MAX];
	struct feeds *feeds;
	struct listdb *db; /* the newest that was handed over */
	pthread_mutex_t lock;
	unsigned generations; /* handed over by the thread */
	struct err why;
};

static void on_generation(void *arg, struct listdb *db)
{
	struct test *t = arg;
	pthread_mutex_lock(&t->lock);
	listdb_close(t->db);
	t->db = db;
	t->generations++;
	pthread_mutex_unlock(&t->lock);
}

static void write_list(struct test *t, int i, const char *text)
{
	FILE *out = fopen(t->sources[i], "w");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static int set_up(void **state)
{
	static const char *const names[LISTS] = {"a", "b", ".."};
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	folder_make(&t->folder);
	pthread_mutex_init(&t->lock, NULL);
	t->config = (struct config){
		.state_directory = strdup(folder_file(&t->folder, "state")),
		.cache_directory = strdup(folder_file(&t->folder, "cache")),
		.feeds_directory = t->folder.path,
		.feeds_retry_wait_ms = 10,
		.lists = t->lists,
		.list_count = 1,
		.feeds_max_bytes = 16 << 20,
		.feeds_max_rules = 1000000,
		.feeds_builder_memory_bytes = 512 << 20,
		.feeds_builder_time_s = 30,
		.feeds_junk_percent = 20,
		.feeds_keep = 3,

	};
	for (int i = 0; i < LISTS; i++) {
		snprintf(t->sources[i], sizeof t->sources[i], "%s/list%d", t->folder.path, i);
		t->lists[i] = (struct config_list){.name = (char *)(uintptr_t)names[i],
			.source = t->sources[i],
			.refresh_s = 3600};
	}
	*state = t;
	return 0;
}

static void close_feeds(struct test *t)
{
	feeds_stop(t->feeds);
	t->feeds = NULL;
	listdb_close(t->db);
	t->db = NULL;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	close_feeds(t);
	free(t->config.state_directory);
	free(t->config.cache_directory);
	folder_remove(&t->folder);
	pthread_mutex_destroy(&t->lock);
	free(t);
	return 0;
}

static void open_feeds(struct test *t)
{
	struct feeds_hooks hooks = {.on_generation = on_generation, .arg = t};
	if (feeds_open(&t->config, hooks, &t->feeds, &t->db, &t->why))
		fail_msg("%s", t->why.text);
}

static void settle(struct test *t)
{
	if (!feeds_wait(t->feeds, WAIT_MS))
		fail_msg("did not settle");
}

static void start(struct test *t)
{
	open_feeds(t);
	assert_int_equal(feeds_start(t->feeds, &t->why), 0);
	settle(t);
}

static void update(struct test *t)
{
	assert_int_equal(feeds_update(t->feeds, NULL), 0);
	settle(t);
}

static struct feeds_status status(struct test *t)
{
	struct feeds_status s;
	feeds_status(t->feeds, &s);
	return s;
}

static struct feeds_list_status list_status(struct test *t, size_t i)
{
	struct feeds_list_status s[LISTS];
	assert_int_equal(feeds_list_status(t->feeds, s, LISTS), t->config.list_count);
	return s[i];
}

static bool holds(struct test *t, const char *text)
{
	struct dname d;
	struct listdb_set set;
	assert_int_equal(dname_from_text(text, strlen(text), &d), 0);
	pthread_mutex_lock(&t->lock);
	bool is_held = t->db && !listdb_find(t->db, &d, &set);
	pthread_mutex_unlock(&t->lock);
	return is_held;
}

static void a_list_becomes_a_generation(void **state)
{
	struct test *t = *state;
	write_list(t, 0, "one.example\ntwo.example\nnot a name\n# x\nx.example\ny.example\n");
	start(t);
	struct feeds_status s = status(t);
	assert_string_equal(s.last_error, "");
	assert_int_equal(s.generation, 1);
	assert_int_equal(s.names, 4);
	assert_int_equal(s.builds, 1);
	assert_int_equal(s.list_count, 1);
	assert_false(s.is_building);
	assert_int_equal(t->generations, 1);
	assert_true(holds(t, "one.example"));
	assert_false(holds(t, "three.example"));
	struct feeds_list_status l = list_status(t, 0);
	assert_int_equal(l.state, FEEDS_OK);
	assert_string_equal(l.name, "a");
	assert_string_equal(l.format, "domains");
	assert_int_equal(l.rules, 4);
	assert_int_equal(l.unique, 4);
	assert_int_equal(l.lines, 6);
	assert_int_equal(l.skipped, 1);
	assert_true(l.checked_s && l.changed_s && l.next_s >= l.checked_s + 3590);
	assert_int_equal(feeds_update(t->feeds, "zzz"), CEN_ENOTFOUND);
	struct stat st;
	assert_int_equal(stat(t->config.state_directory, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
}

static void only_changes_make_generations(void **state)
{
	struct test *t = *state;
	write_list(t, 0, "one.example\n");
	start(t);
	update(t);
	assert_int_equal(status(t).generation, 1);
	/* Another time, the same content. */
	write_list(t, 0, "one.example\n");
	update(t);
	assert_int_equal(status(t).generation, 1);
	write_list(t, 0, "one.example\ntwo.example\n");
	assert_int_equal(feeds_update(t->feeds, "a"), 0);
	settle(t);
	assert_int_equal(status(t).generation, 2);
	assert_true(holds(t, "two.example"));
	/* How it is matched is part of what it says. */
	t->lists[0].match = LIST_MATCH_EXACT;
	feeds_reconfigure(t->feeds, &t->config);
	settle(t);
	assert_int_equal(status(t).generation, 3);
	/* As is which lists there are. */
	write_list(t, 1, "three.example\n");
	write_list(t, 2, "four.example\n");
	t->config.list_count = 3;
	feeds_reconfigure(t->feeds, &t->config);
	settle(t);
	assert_int_equal(status(t).generation, 4);
	assert_true(
		holds(t, "two.example") && holds(t, "three.example") && holds(t, "four.example"));
	t->config.list_count = 1;
	feeds_reconfigure(t->feeds, &t->config);
	settle(t);
	assert_int_equal(status(t).generation, 5);
	assert_false(holds(t, "three.example"));
	uint64_t numbers[8];
	assert_int_equal(store_numbers(t->config.state_directory, numbers, 8), 3);
	assert_int_equal(numbers[0], 5);
	assert_int_equal(numbers[2], 3);
}

static void the_old_content_serves_on(void **state)
{
	struct test *t = *state;
	t->config.list_count = 2;
	write_list(t, 0, "one.example\n");
	write_list(t, 1, "two.example\n");
	start(t);
	assert_int_equal(unlink(t->sources[0]), 0);
	write_list(t, 1, "two.example\nthree.example\n");
	update(t);
	assert_true(holds(t, "one.example") && holds(t, "three.example"));
	struct feeds_list_status l = list_status(t, 0);
	assert_int_equal(l.state, FEEDS_STALE);
	assert_non_null(strstr(l.reason, "No such file"));
	assert_int_equal(l.rules, 1);
	assert_true(l.next_s <= l.checked_s + 95); /* tried again soon */
	write_list(t, 0, "<!DOCTYPE html>\n<html>\n");
	update(t);
	l = list_status(t, 0);
	assert_int_equal(l.state, FEEDS_REFUSED);
	assert_non_null(strstr(l.reason, "HTML"));
	assert_true(holds(t, "one.example"));
	assert_int_equal(status(t).generation, 2); /* nothing new was good */
	assert_int_equal(status(t).build_failures, 0);
	/* Still refused while another list moves on. */
	write_list(t, 1, "four.example\n");
	assert_int_equal(feeds_update(t->feeds, "b"), 0);
	settle(t);
	assert_true(holds(t, "one.example") && holds(t, "four.example"));
	assert_int_equal(list_status(t, 0).state, FEEDS_REFUSED);
	write_list(t, 0, "five.example\n");
	update(t);
	l = list_status(t, 0);
	assert_int_equal(l.state, FEEDS_OK);
	assert_string_equal(l.reason, "");
	assert_true(holds(t, "five.example") && !holds(t, "one.example"));
}

static void without_any_content(void **state)
{
	struct test *t = *state;
	start(t);
	assert_null(t->db);
	assert_int_equal(status(t).generation, 0);
	struct feeds_list_status l = list_status(t, 0);
	assert_int_equal(l.state, FEEDS_NEVER);
	assert_non_null(strstr(l.reason, "No such file"));
	t->lists[0].source = (char *)(uintptr_t) "gopher://example.net/x";
	feeds_reconfigure(t->feeds, &t->config);
	settle(t);
	assert_non_null(strstr(list_status(t, 0).reason, "only http and https"));
	t->config.feeds_directory = (char *)(uintptr_t) "/";
	t->lists[0].source = (char *)(uintptr_t) "/dev/zero";
	feeds_reconfigure(t->feeds, &t->config);
	settle(t);
	assert_non_null(strstr(list_status(t, 0).reason, "not a file"));
	t->config.list_count = 0;
	feeds_reconfigure(t->feeds, &t->config);
	settle(t);
	assert_int_equal(status(t).generation, 0);
	assert_string_equal(status(t).last_error, "");
}

static void serves_at_once_after_a_restart(void **state)
{
	struct test *t = *state;
	write_list(t, 0, "one.example\n");
	start(t);
	uint64_t checked_s = list_status(t, 0).checked_s;
	close_feeds(t);
	assert_int_equal(unlink(t->sources[0]), 0);
	open_feeds(t); /* the thread is not even started */
	assert_true(holds(t, "one.example"));
	assert_int_equal(status(t).generation, 1);
	struct feeds_list_status l = list_status(t, 0);
	assert_int_equal(l.state, FEEDS_OK);
	assert_int_equal(l.rules, 1);
	assert_int_equal(l.checked_s, checked_s);
	assert_true(l.next_s >= checked_s + 3500); /* not due before its time */
	assert_int_equal(feeds_start(t->feeds, &t->why), 0);
	settle(t);
	assert_int_equal(list_status(t, 0).state, FEEDS_OK);
	assert_int_equal(status(t).generation, 1);
}

static void spoil(struct test *t, unsigned number)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/generations/%08u.mdb", t->config.state_directory, number);
	int fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "damage", 6, 5000), 6);
	close(fd);
}

static void damaged_generations_are_passed_over(void **state)
{
	struct test *t = *state;
	write_list(t, 0, "one.example\n");
	start(t);
	write_list(t, 0, "two.example\n");
	update(t);
	assert_int_equal(status(t).generation, 2);
	close_feeds(t);
	spoil(t, 2);
	start(t);
	/* The older one served first; then the newer content was built again, above the damaged number. */
	assert_int_equal(status(t).generation, 3);
	assert_true(holds(t, "two.example"));
	close_feeds(t);
	spoil(t, 1);
	spoil(t, 3);
	open_feeds(t);
	assert_null(t->db);
	assert_int_equal(feeds_start(t->feeds, &t->why), 0);
	settle(t);
	assert_true(holds(t, "two.example"));
}

static void one_daemon_a_folder(void **state)
{
	struct test *t = *state;
	struct feeds *second;
	struct listdb *db;
	struct feeds_hooks hooks = {.on_generation = on_generation, .arg = t};
	open_feeds(t);
	assert_int_equal(feeds_open(&t->config, hooks, &second, &db, &t->why), CEN_ELOCKED);
	assert_non_null(strstr(t->why.text, "in use by another cenote"));
	char pid[32];
	snprintf(pid, sizeof pid, "process %ld", (long)getpid());
	assert_non_null(strstr(t->why.text, pid));
	close_feeds(t);
	open_feeds(t);
}

static void a_folder_that_cannot_be_written(void **state)
{
	struct test *t = *state;
	free(t->config.state_directory);
	t->config.state_directory = strdup("/dev/null/state");
	write_list(t, 0, "one.example\n");
	start(t);
	struct feeds_status s = status(t);
	assert_int_equal(s.generation, 0);
	assert_int_equal(s.build_failures, 1);
	assert_non_null(strstr(s.last_error, "/dev/null"));
}

static void write_many(struct test *t, unsigned version)
{
	FILE *out = fopen(t->sources[0], "w");
	assert_non_null(out);
	for (unsigned i = 0; i < 20000; i++)
		fprintf(out, "name%u.v%u.example\n", i, version);
	assert_int_equal(fclose(out), 0);
}

/* As on a full disk: every write past the limit fails, in the helper and here. */
static void a_full_disk(void **state)
{
	struct test *t = *state;
	write_list(t, 0, "one.example\n");
	start(t);
	FILE *out = fopen(t->sources[0], "w");
	assert_non_null(out);
	for (int i = 0; i < 5000; i++)
		fprintf(out, "name%d.example\n", i);
	fclose(out);
	struct rlimit old, small = {.rlim_cur = 100000, .rlim_max = RLIM_INFINITY};
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	update(t);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	struct feeds_status s = status(t);
	assert_int_equal(s.generation, 1);
	assert_int_equal(s.build_failures, 1);
	assert_non_null(strstr(s.last_error, "File too large"));
	assert_true(holds(t, "one.example"));
	/* Not even room for the list itself. */
	small.rlim_cur = 1000;
	write_many(t, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	update(t);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	s = status(t);
	assert_int_equal(s.build_failures, 2);
	assert_non_null(strstr(s.last_error, "File too large"));
	struct feeds_list_status l = list_status(t, 0);
	assert_int_equal(l.state, FEEDS_STALE);
	assert_non_null(strstr(l.reason, "a.new: cannot be written: File too large"));
	assert_true(holds(t, "one.example"));
	update(t);
	s = status(t);
	assert_int_equal(s.generation, 2);
	assert_string_equal(s.last_error, "");
	assert_true(holds(t, "name19999.v0.example"));
}

static void limits_end_the_builder(void **state)
{
	struct test *t = *state;
	write_list(t, 0, "one.example\n");
	t->config.feeds_max_rules = 0;
	t->config.feeds_builder_time_s = 0;
	start(t);
	struct feeds_status s = status(t);
	assert_int_equal(s.generation, 0);
	assert_int_equal(s.build_failures, 1);
	assert_non_null(strstr(s.last_error, "feeds.builder_time"));
	assert_non_null(strstr(list_status(t, 0).reason, "feeds.builder_time"));
#if !defined(CENOTE_SANITIZED)
	t->config.feeds_builder_time_s = 30;
	t->config.feeds_builder_memory_bytes = 4 << 20;
	feeds_reconfigure(t->feeds, &t->config);
	update(t);
	assert_non_null(strstr(status(t).last_error, "memory"));
#endif
}

static void too_many_rules(void **state)
{
	struct test *t = *state;
	t->config.list_count = 2;
	t->config.feeds_max_rules = 3;
	write_list(t, 0, "one.example\ntwo.example\n");
	write_list(t, 1, "three.example\nfour.example\n");
	start(t);
	assert_int_equal(list_status(t, 0).state, FEEDS_OK);
	struct feeds_list_status l = list_status(t, 1);
	assert_int_equal(l.state, FEEDS_REFUSED);
	assert_non_null(strstr(l.reason, "feeds.max_rules"));
	assert_true(holds(t, "one.example") && !holds(t, "three.example"));
}

static void stop_does_not_wait_for_the_helper(void **state)
{
	struct test *t = *state;
	write_many(t, 0);
	open_feeds(t);
	assert_int_equal(feeds_start(t->feeds, &t->why), 0);
	assert_false(feeds_wait(t->feeds, 1));
	close_feeds(t);
	/* The lock is free again. */
	start(t);
	assert_true(holds(t, "name0.v0.example"));
}

/* --- the calendar ------------------------------------------------------------------------------- */

/* Says the names that its file of seeds holds. */
static int make_calendar(const struct calendar_list_wish *wish, FILE *to,
	struct calendar_list_tally *tally, struct err *why)
{
	char line[64];
	FILE *in = fopen(wish->seeds, "r");
	if (!in || !fgets(line, sizeof line, in) || strncmp(line, "bad", 3) == 0) {
		if (in)
			fclose(in);
		return err_set(why, CEN_EFORMAT, "seeds line 1: is bad");
	}
	fclose(in);
	line[strcspn(line, "\n")] = 0;
	fprintf(to, "%s\tnecurs\nevery.example\ttinba\n", line);
	*tally = (struct calendar_list_tally){.names = 2, .families = 2, .popular = 1};
	return 0;
}

static void the_calendar_is_a_list(void **state)
{
	struct test *t = *state;
	write_list(t, 0, "one.example\n");
	write_list(t, 1, "first.example\n");
	t->config.list_count = 2;
	t->lists[1] = (struct config_list){.name = (char *)(uintptr_t) "dga-calendar",
		.source = (char *)(uintptr_t) "calendar:2",
		.refresh_s = 3600,
		.floor = 1000,
		.max_change_percent = 1};
	t->config.dga_calendar_days = 2;
	t->config.dga_calendar_seeds = t->sources[1];
	start(t);
	assert_true(holds(t, "one.example") && holds(t, "first.example"));
	struct feeds_list_status l = list_status(t, 1);
	assert_int_equal(l.state, FEEDS_OK);
	assert_string_equal(l.format, "calendar");
	assert_int_equal(l.rules, 2);
	assert_true(l.calendar.is_known && l.calendar.popular == 1 && l.calendar.families == 2);
	assert_int_equal(l.calendar.last_day - l.calendar.first_day, 4);
	assert_false(list_status(t, 0).calendar.is_known);
	assert_string_equal(status(t).clock_reason, "");
	/* The same day and files: nothing is made, also after a restart. */
	update(t);
	close_feeds(t);
	start(t);
	assert_int_equal(status(t).generation, 1);
	assert_int_equal(list_status(t, 1).calendar.popular, 1);
	/* Other seeds, and no guard asks how many names there were. */
	write_list(t, 1, "second.example\n");
	feeds_reconfigure(t->feeds, &t->config);
	settle(t);
	assert_int_equal(status(t).generation, 2);
	assert_true(holds(t, "second.example") && !holds(t, "first.example"));
	/* Bad ones: it is said, and the old calendar serves on beside the rest. */
	write_list(t, 1, "bad\n");
	write_list(t, 0, "one.example\ntwo.example\n");
	update(t);
	l = list_status(t, 1);
	assert_int_equal(l.state, FEEDS_STALE);
	assert_string_equal(l.reason, "seeds line 1: is bad");
	assert_true(holds(t, "second.example") && holds(t, "two.example"));
	assert_int_equal(status(t).generation, 3);
	/* Gone from the configuration, gone from the generation. */
	t->config.list_count = 1;
	feeds_reconfigure(t->feeds, &t->config);
	settle(t);
	assert_false(holds(t, "second.example"));
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "build-generation"))
		return feeds_helper_main(make_calendar);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_list_becomes_a_generation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_changes_make_generations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_old_content_serves_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_any_content, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_calendar_is_a_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(serves_at_once_after_a_restart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			damaged_generations_are_passed_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_daemon_a_folder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_written, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limits_end_the_builder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_many_rules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			stop_does_not_wait_for_the_helper, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
