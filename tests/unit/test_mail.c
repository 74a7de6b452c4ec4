/* SPDX-License-Identifier: BSD-2-Clause
 * The words of a mail, and the program that takes it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "resolver/evidence/notice/mail.h"
#include "tests/unit/case_samples.h"
#include "tests/unit/folder.h"

static struct folder folder;
static struct evidence_case sample;

static int start(void **state)
{
	(void)state;
	folder_make(&folder);
	sample = sample_plain();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	folder_remove(&folder);
	return 0;
}

static int find(void *arg, uint64_t id, struct evidence_case *out)
{
	(void)arg;
	if (id != sample.id)
		return CEN_ENOTFOUND;
	*out = sample;
	return 0;
}

/* Owned. */
static char *words_of(const struct evidence_case *c)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	assert_non_null(f);
	mail_write("abuse@example.net", "cenote@example.net", c, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void test_plain_words(void **state)
{
	(void)state;
	sample_knock(&sample, KNOCK_HTTP, 80);
	char *text = words_of(&sample);
	static const char *const words[] = {
		"To: abuse@example.net\nFrom: cenote@example.net\nSubject: cenote: case 7: "
		"192.0.2.17 "
		"looks infected (",
		"\nAuto-Submitted: auto-generated\n", "\n\nA device in your network",
		"Device        192.0.2.17\n", "Contacts with the sinkhole (1 in all):\n",
		"to 198.51.100.7:80 from port 51234", "Take the device off the network now",
		"cenote cases close 7\n"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strstr(text, words[i]))
			fail_msg("no \"%s\" in:\n%s", words[i], text);
	for (const char *line = text; line;
		line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		assert_true(strcspn(line, "\n") < 400);
	free(text);
}

/* Whatever a bot says, it is no line of the mail, and no header. */
static void test_no_header_from_outside(void **state)
{
	(void)state;
	struct knock *k = sample_knock(&sample, KNOCK_HTTP, 80);
	snprintf(k->host, sizeof k->host, "a\r\nBcc: x@evil.example\r\n\r\n.");
	snprintf(sample.families[0], sizeof sample.families[0], "x\nBcc: y@evil.example");
	sample_line(&sample, EVIDENCE_NXDOMAIN, "a\\010bcc.example", 1);
	char *text = words_of(&sample);
	assert_null(strstr(text, "\nBcc"));
	assert_null(strchr(text, '\r'));
	assert_non_null(strstr(text, "x?Bcc: y@evil.example"));
	assert_non_null(strstr(text, "a??Bcc: x@evil.example????."));
	free(text);
}

/* Writes what it is given, and its words, into the folder. */
static struct mail *with_program(const char *script)
{
	struct mail *m;
	char text[1024];
	snprintf(text, sizeof text, "#!/bin/sh\ncd %s\n%s\n", folder.path, script);
	folder_write(&folder, "sendmail", text, strlen(text));
	assert_int_equal(chmod(folder.file, 0700), 0);
	const struct config_notices config = {.mail_to = (char *)(uintptr_t) "abuse@example.net",
		.mail_from = (char *)(uintptr_t) "cenote@example.net",
		.mail_program = folder.file};
	assert_int_equal(mail_new(&config, find, NULL, &m, NULL), 0);
	return m;
}

static enum courier_result carry(struct mail *m, uint64_t case_id, bool is_ending, struct err *why)
{
	const struct notice n = {.case_id = case_id};
	atomic_bool ending = is_ending;
	enum courier_result result = mail_carry(m, &n, &ending, why);
	mail_free(m);
	return result;
}

static void read_back(const char *name, char *out, size_t size)
{
	FILE *f = fopen(folder_file(&folder, name), "rb");
	assert_non_null(f);
	out[fread(out, 1, size - 1, f)] = 0;
	assert_int_equal(fclose(f), 0);
}

static void test_the_program_is_given_it(void **state)
{
	(void)state;
	struct err why = {""};
	char text[8192];
	assert_int_equal(carry(with_program("cat > mail; echo \"$@\" > words; env > env"),
				 sample.id, false, &why),
		COURIER_DONE);
	read_back("words", text, sizeof text);
	assert_string_equal(text, "-i -f cenote@example.net -- abuse@example.net\n");
	read_back("mail", text, sizeof text);
	char *expected = words_of(&sample);
	assert_string_equal(text, expected);
	free(expected);
	read_back("env", text, sizeof text);
	assert_null(strstr(text, "HOME="));
}

static void test_a_program_that_fails(void **state)
{
	(void)state;
	struct err why = {""};
	assert_int_equal(carry(with_program("exit 75"), sample.id, false, &why), COURIER_AGAIN);
	assert_non_null(strstr(why.text, "status 75"));
	struct mail *m = with_program("");
	assert_int_equal(unlink(folder_file(&folder, "sendmail")), 0);
	assert_int_equal(carry(m, sample.id, false, &why), COURIER_AGAIN);
	assert_non_null(strstr(why.text, "cannot be started"));
	assert_int_equal(carry(with_program(""), 99, false, &why), COURIER_NEVER);
}

/* Killed with its children when it is not waited for any more. */
static void test_a_program_that_never_ends(void **state)
{
	(void)state;
	struct err why = {""};
	assert_int_equal(carry(with_program("sleep 1000 & sleep 1000"), sample.id, true, &why),
		COURIER_AGAIN);
	assert_non_null(strstr(why.text, "did not end"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {T(test_plain_words), T(test_no_header_from_outside),
		T(test_the_program_is_given_it), T(test_a_program_that_fails),
		T(test_a_program_that_never_ends)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
