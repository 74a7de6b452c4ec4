/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs a line of shell, gives it `input`, and returns its exit status; `output` NULL: it is thrown away. */
static int run(const char *line, const char *input, bool has_group, char *output, size_t size)
{
	char *argv[] = {
		(char *)(uintptr_t) "sh", (char *)(uintptr_t) "-c", (char *)(uintptr_t)line, NULL};
	char *environment[] = {
		(char *)(uintptr_t) "PATH=/usr/bin:/bin", (char *)(uintptr_t) "ONE=1", NULL};
	int in[2], out[2], status;
	pid_t pid;
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	const struct child c = {.program = "/bin/sh",
		.argv = argv,
		.environment = environment,
		.in = in[0],
		.out = output ? out[1] : -1,
		.has_group = has_group};
	assert_int_equal(child_start(&c, &pid), 0);
	close(in[0]);
	close(out[1]);
	assert_int_equal(write(in[1], input, strlen(input)), strlen(input));
	close(in[1]);
	for (ssize_t n = 1, at = 0; output && n > 0; at += n) {
		n = read(out[0], output + at, size - 1 - (size_t)at);
		output[at + (n > 0 ? n : 0)] = 0;
	}
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void it_reads_and_writes(void **state)
{
	char text[256];
	(void)state;
	assert_int_equal(run("cat; echo $ONE; exit 7", "in ", false, text, sizeof text), 7);
	assert_string_equal(text, "in 1\n");
}

static void output_can_be_thrown_away(void **state)
{
	(void)state;
	assert_int_equal(run("echo a; echo b >&2; exit 3", "", false, NULL, 0), 3);
}

static void nothing_of_ours_is_handed_on(void **state)
{
	char text[256];
	int fd = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
	sigset_t one, before;
	(void)state;
	assert_true(fd > 2);
	sigemptyset(&one);
	sigaddset(&one, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &one, &before);
	signal(SIGUSR1, SIG_IGN);
	char line[160];
	snprintf(line, sizeof line,
		"[ -e /proc/self/fd/%d ] && echo open; grep -E 'Sig(Blk|Ign)' /proc/self/status",
		fd);
	assert_int_equal(run(line, "", false, text, sizeof text), 0);
	assert_null(strstr(text, "open"));
	assert_non_null(strstr(text, "SigBlk:\t0000000000000000"));
	const char *ignored = strstr(text, "SigIgn:");
	assert_non_null(ignored);
	/* The C library keeps two real-time signals to itself. */
	assert_int_equal(strtoull(ignored + 8, NULL, 16) & UINT64_C(1) << (SIGUSR1 - 1), 0);
	signal(SIGUSR1, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(fd);
}

static void a_group_of_its_own(void **state)
{
	char text[64], wanted[64];
	(void)state;
	unsigned long group = 0, own = 1;
	assert_int_equal(
		run("cut -d' ' -f5 /proc/$$/stat; echo $$", "", true, text, sizeof text), 0);
	assert_int_equal(sscanf(text, "%lu %lu", &group, &own), 2);
	assert_int_equal(group, own);
	assert_int_equal(run("cut -d' ' -f5 /proc/$$/stat", "", false, text, sizeof text), 0);
	snprintf(wanted, sizeof wanted, "%d\n", (int)getpgrp());
	assert_string_equal(text, wanted);
}

static void what_is_not_there_is_no_program(void **state)
{
	char *argv[] = {(char *)(uintptr_t) "none", NULL}, *environment[] = {NULL};
	const struct child c = {.program = "/none/there",
		.argv = argv,
		.environment = environment,
		.in = 0,
		.out = -1};
	pid_t pid;
	(void)state;
	assert_int_equal(child_start(&c, &pid), ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_reads_and_writes),
		cmocka_unit_test(output_can_be_thrown_away),
		cmocka_unit_test(nothing_of_ours_is_handed_on),
		cmocka_unit_test(a_group_of_its_own),
		cmocka_unit_test(what_is_not_there_is_no_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
