/* SPDX-License-Identifier: BSD-2-Clause
 * Helpers that talk, that say too much, that never end, and one that tries to reach what it may not. This program is its own helper.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "feeds/channel.h"
#include "feeds/confine.h"
#include "feeds/fetch/fetch.h"
#include "feeds/spawn.h"
#include "feeds/talk.h"
#include "resolver/base/clock.h"
#include "tests/unit/folder.h"

struct test {
	struct folder folder;
	int wake;
	atomic_bool is_stopping;
	struct feeds_hooks hooks;
	struct talk talk;
	unsigned asked, told;
	char *output;
	struct err why;
};

static int set_up(void **state)
{
	struct test *t = calloc(1, sizeof *t);
	assert_non_null(t);
	folder_make(&t->folder);
	t->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	*state = t;
	return 0;
}

static int tear_down(void **state)
{
	struct test *t = *state;
	close(t->wake);
	folder_remove(&t->folder);
	free(t->output);
	free(t);
	return 0;
}

static int run(struct test *t, const char *word, const char *input, uint32_t time_s)
{
	struct spawn_task task = {.word = word,
		.input = input,
		.time_s = time_s,
		.stop = {t->wake, &t->is_stopping},
		.hear = talk_hear,
		.arg = &t->talk};
	t->talk.hooks = &t->hooks;
	free(t->output);
	t->output = NULL;
	return spawn_run(&task, &t->output, &t->why);
}

/* --- what the helpers do --- */

static void read_input(char *text, size_t size)
{
	ssize_t n = read(STDIN_FILENO, text, size - 1);
	text[n > 0 ? n : 0] = 0;
}

static int helper_echo(void)
{
	char text[4096];
	read_input(text, sizeof text);
	return !channel_report(STDOUT_FILENO, text);
}

static int helper_long(void)
{
	size_t len = 3 << 20;
	char *text = malloc(len + 1);
	if (!text)
		return 1;
	memset(text, 'x', len);
	text[len] = 0;
	int rc = !channel_report(STDOUT_FILENO, text);
	free(text);
	return rc;
}

/* Asks for its input's hosts, and reports the answers. */
static int helper_ask(void)
{
	char text[4096], report[8192] = "{", address[ADDR_TEXT_MAX];
	read_input(text, sizeof text);
	char *rest = text;
	for (const char *host; (host = strsep(&rest, " "));) {
		struct channel_answer a;
		int rc = 0;
		if (!channel_ask(STDOUT_FILENO, host)) {
			strcat(report, " unasked");
			continue;
		}
		for (int i = 0; !(rc = channel_take(STDOUT_FILENO, &a)) && i < 3000; i++)
			poll(NULL, 0, 10);
		if (rc != 1)
			return 1;
		sprintf(report + strlen(report), " %s:", a.host);
		for (size_t i = 0; i < a.count; i++)
			sprintf(report + strlen(report), "%s,",
				addr_to_text(&a.addresses[i], address));
		if (!a.count)
			sprintf(report + strlen(report), "%s/%s", a.is_final ? "never" : "again",
				a.why.text);
	}
	channel_progress(STDOUT_FILENO, "a", FEEDS_FETCHING, 12, 34);
	channel_unconfined(STDOUT_FILENO, "because");
	return !channel_report(STDOUT_FILENO, report);
}

static int helper_noise(void)
{
	char junk[70000];
	memset(junk, 'N', sizeof junk);
	static const char *const bad[] = {
		"N", "N ", "N a/b", "P", "P a 9 1 1", "P a 1 x 1", "Z zzz"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		send(STDOUT_FILENO, bad[i], strlen(bad[i]), MSG_NOSIGNAL);
	send(STDOUT_FILENO, junk, sizeof junk, MSG_NOSIGNAL);
	send(STDOUT_FILENO, "N a\0b", 5, MSG_NOSIGNAL);
	return !channel_report(STDOUT_FILENO, "quiet");
}

static int helper_environment(void)
{
	char report[4096] = "env";
	for (char **e = environ; *e; e++)
		snprintf(report + strlen(report), sizeof report - strlen(report), " %s", *e);
	int open_count = 0;
	for (int fd = 3; fd < 1024; fd++)
		open_count += fcntl(fd, F_GETFD) >= 0;
	snprintf(report + strlen(report), sizeof report - strlen(report), " open=%d", open_count);
	return !channel_report(STDOUT_FILENO, report);
}

/* The input is a folder. Says what can be done in it, a word for each try. */
static int helper_reach(void)
{
	char folder[PATH_MAX], path[PATH_MAX + 32], report[1024] = "can:";
	read_input(folder, sizeof folder);
	char in[PATH_MAX + 32], out[PATH_MAX + 32];
	snprintf(in, sizeof in, "%s/in", folder);
	snprintf(out, sizeof out, "%s/out", folder);
	snprintf(path, sizeof path, "%s/early", folder);
	int early = open(path, O_RDONLY | O_CLOEXEC);
	const struct confine_path paths[] = {
		{in, false},
		{out, true},
		{"/nowhere", true},
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
		{"/proc", false},
#endif
	};
	struct err why;
	int rc = confine_files(paths, sizeof paths / sizeof *paths, &why);
	if (rc)
		return channel_report(
			STDOUT_FILENO, rc == CEN_ENOTFOUND ? "no Landlock" : "failed");
	static const struct {
		const char *name, *word;
		int flags;
	} tries[] = {{"in/file", " read-in", O_RDONLY}, {"in/file", " write-in", O_WRONLY},
		{"in/new", " make-in", O_WRONLY | O_CREAT},
		{"out/new", " make-out", O_RDWR | O_CREAT},
		{"out/new", " cut-out", O_WRONLY | O_TRUNC}, {"state", " read-state", O_RDONLY},
		{"state", " write-state", O_WRONLY}, {"new", " make", O_WRONLY | O_CREAT},
		{"in/../state", " up", O_RDONLY}, {"out/link", " link", O_RDONLY},
		{"early", " read-early", O_RDONLY}, {".", " list", O_RDONLY | O_DIRECTORY}};
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, tries[i].name);
		int fd = open(path, tries[i].flags | O_CLOEXEC, 0600);
		if (fd >= 0) {
			strcat(report, tries[i].word);
			close(fd);
		}
	}
	char c;
	if (read(early, &c, 1) == 1)
		strcat(report, " use-early");
	snprintf(path, sizeof path, "%s/state", folder);
	if (!unlink(path))
		strcat(report, " remove-state");
	if (!rename(path, out))
		strcat(report, " rename-state");
	char old[PATH_MAX + 32];
	snprintf(old, sizeof old, "%s/out/new", folder);
	snprintf(path, sizeof path, "%s/out/newer", folder);
	if (!rename(old, path))
		strcat(report, " rename-out");
	snprintf(path, sizeof path, "%s/out/folder", folder);
	if (!mkdir(path, 0700))
		strcat(report, " make-folder");
	if (!access("/etc/passwd", F_OK) && open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0)
		strcat(report, " read-etc");
	if (!kill(getppid(), 0))
		strcat(report, " signal");
	return !channel_report(STDOUT_FILENO, report);
}

static int be_helper(const char *word)
{
	if (!strcmp(word, "echo"))
		return helper_echo();
	if (!strcmp(word, "long"))
		return helper_long();
	if (!strcmp(word, "ask"))
		return helper_ask();
	if (!strcmp(word, "noise"))
		return helper_noise();
	if (!strcmp(word, "environment"))
		return helper_environment();
	if (!strcmp(word, "reach"))
		return helper_reach();
	if (!strcmp(word, "sleep"))
		pause();
	if (!strcmp(word, "die"))
		raise(SIGKILL);
	return !strcmp(word, "fail") ? 7 : 0;
}

/* --- the tests --- */

static void text_in_text_out(void **state)
{
	struct test *t = *state;
	assert_int_equal(run(t, "echo", "hello", 60), 0);
	assert_string_equal(t->output, "hello");
	assert_int_equal(run(t, "long", "", 60), 0);
	assert_int_equal(strlen(t->output), 3 << 20);
	assert_int_equal(run(t, "silent", "", 60), CEN_EFORMAT);
	assert_non_null(strstr(t->why.text, "without a report"));
	assert_int_equal(run(t, "fail", "", 60), CEN_EFORMAT);
	assert_non_null(strstr(t->why.text, "exit status 7"));
	assert_int_equal(run(t, "die", "", 60), CEN_ELIMIT);
	assert_non_null(strstr(t->why.text, "signal 9"));
}

static int resolve(void *arg, const char *host, struct addr *out, size_t max, struct err *why)
{
	struct test *t = arg;
	t->asked++;
	if (!strcmp(host, "gone.example"))
		return err_set(why, CEN_ENOTFOUND, "%s: there is no such name", host);
	if (!strcmp(host, "late.example"))
		return err_set(why, -ETIMEDOUT, "%s: no answer\nin time", host);
	if (!strcmp(host, "bare.example"))
		return 0;
	assert_true(max >= 2);
	addr_from_text("192.0.2.1", &out[0]);
	addr_from_text("2001:db8::1", &out[1]);
	return 2;
}

static void on_progress(
	void *arg, const char *list, enum feeds_step step, uint64_t bytes, uint64_t total_bytes)
{
	struct test *t = arg;
	t->told += !strcmp(list, "a") && step == FEEDS_FETCHING && bytes == 12 && total_bytes == 34;
}

static void a_helper_asks(void **state)
{
	struct test *t = *state;
	t->hooks = (struct feeds_hooks){.resolve = resolve, .arg = t};
	t->talk = (struct talk){.progress = on_progress, .arg = t};
	assert_int_equal(
		run(t, "ask", "a.example gone.example late.example bare.example a/b", 60), 0);
	assert_string_equal(t->output,
		"{ a.example:192.0.2.1,2001:db8::1, gone.example:never/gone.example: there is no "
		"such name late.example:again/late.example: no answer?in time "
		"bare.example:never/bare.example: has no address unasked");
	assert_int_equal(t->asked, 4);
	assert_int_equal(t->told, 1);
	assert_true(t->talk.is_warned);
	/* One that asks without an end is not heard any more. */
	t->talk.lookups = TALK_LOOKUPS_MAX;
	assert_int_equal(run(t, "ask", "a.example", 60), 0);
	assert_non_null(strstr(t->output, "never/too many hosts"));
	assert_int_equal(t->asked, 4);
	/* Without a resolver of ours: the system's. */
	t->hooks.resolve = NULL;
	t->talk.lookups = 0;
	assert_int_equal(run(t, "ask", "localhost", 60), 0);
	assert_non_null(strstr(t->output, "localhost:"));
	assert_true(strstr(t->output, "127.0.0.1") || strstr(t->output, "::1"));
}

static void noise_is_passed_over(void **state)
{
	struct test *t = *state;
	t->hooks = (struct feeds_hooks){.resolve = resolve, .arg = t};
	assert_int_equal(run(t, "noise", "", 60), 0);
	assert_string_equal(t->output, "quiet");
	assert_int_equal(t->asked, 0);
}

static void it_ends_in_time(void **state)
{
	struct test *t = *state;
	uint64_t start = clock_ms();
	assert_int_equal(run(t, "sleep", "", 1), -ETIMEDOUT);
	assert_true(clock_ms() - start >= 1000);
	assert_non_null(strstr(t->why.text, "longer than 1 s"));
	atomic_store(&t->is_stopping, true);
	uint64_t one = 1;
	assert_int_equal(write(t->wake, &one, sizeof one), sizeof one);
	assert_int_equal(run(t, "sleep", "", 600), -ECANCELED);
}

static void little_is_inherited(void **state)
{
	struct test *t = *state;
	int kept = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
	setenv("SECRET", "word", 1);
	setenv("http_proxy", "http://192.0.2.1:1", 1);
	setenv("TZ", "UTC", 1);
	assert_int_equal(run(t, "environment", "", 60), 0);
	assert_null(strstr(t->output, "SECRET"));
	assert_null(strstr(t->output, "proxy"));
	assert_null(strstr(t->output, "PATH="));
	assert_non_null(strstr(t->output, " TZ=UTC"));
	assert_non_null(strstr(t->output, " open=0"));
	close(kept);
}

static void most_cannot_be_reached(void **state)
{
	struct test *t = *state;
	assert_int_equal(mkdir(folder_file(&t->folder, "in"), 0700), 0);
	assert_int_equal(mkdir(folder_file(&t->folder, "out"), 0700), 0);
	static const char *const files[] = {"in/file", "state", "early"};
	for (size_t i = 0; i < 3; i++)
		folder_write(&t->folder, files[i], "secret", 6);
	assert_int_equal(symlink("../state", folder_file(&t->folder, "out/link")), 0);
	assert_int_equal(run(t, "reach", t->folder.path, 60), 0);
	if (!strcmp(t->output, "no Landlock")) {
		print_message("this kernel has no Landlock: nothing to see\n");
		return;
	}
	/* Signals are out of reach since the sixth version; the name only exists before. */
	char *signal_word = strstr(t->output, " signal");
	if (signal_word)
		*signal_word = 0;
	assert_string_equal(t->output, "can: read-in make-out cut-out use-early rename-out");
}

/* Only what lies below one folder is a list. */
static void files_of_one_folder(void **state)
{
	struct test *t = *state;
	char below[300];
	snprintf(below, sizeof below, "%s/lists", t->folder.path);
	assert_int_equal(mkdir(below, 0700), 0);
	folder_write(&t->folder, "secret", "x", 1);
	folder_write(&t->folder, "lists-not", "x", 1);
	folder_write(&t->folder, "lists/good", "x", 1);
	assert_int_equal(symlink("../secret", folder_file(&t->folder, "lists/out")), 0);
	assert_int_equal(symlink("good", folder_file(&t->folder, "lists/in")), 0);
	assert_int_equal(symlink(below, folder_file(&t->folder, "link")), 0);
	assert_int_equal(mkfifo(folder_file(&t->folder, "lists/pipe"), 0600), 0);
	static const struct {
		const char *path, *words;
	} cases[] = {{"lists/good", NULL}, {"lists/in", NULL}, {"link/good", NULL},
		{"lists/../lists/good", NULL}, {"lists/out", "does not lie below"},
		{"secret", "does not lie below"}, {"lists-not", "does not lie below"},
		{"lists/../secret", "does not lie below"}, {"lists/pipe", "is not a file"},
		{"lists", "does not lie below"}, {"lists/none", "No such file"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int fd = fetch_file_open(below, folder_file(&t->folder, cases[i].path), &t->why);
		if (cases[i].words ? fd >= 0 || !strstr(t->why.text, cases[i].words) : fd < 0)
			fail_msg("%s: %d, %s", cases[i].path, fd, t->why.text);
		if (fd >= 0)
			close(fd);
		/* The folder's name may be a link, too. */
		fd = fetch_file_open(folder_file(&t->folder, "link"), below, &t->why);
		assert_true(fd < 0);
	}
	assert_int_equal(fetch_file_open("/", "/dev/null", &t->why), -EINVAL);
	assert_int_equal(fetch_file_open("", "/dev/null", &t->why), CEN_EREFUSED);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return be_helper(argv[1]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_in_text_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_helper_asks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(noise_is_passed_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_ends_in_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(little_is_inherited, set_up, tear_down),
		cmocka_unit_test_setup_teardown(most_cannot_be_reached, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_of_one_folder, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
