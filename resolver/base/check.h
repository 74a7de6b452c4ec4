/* SPDX-License-Identifier: BSD-2-Clause
 * Assertions in two strengths, both always on; plain assert() is banned by a test.
 *
 * CHECK(x): our own logic is in doubt but the memory is not. Logs and yields false, so that the caller
 *           must handle it: `if (!CHECK(n > 0)) return -EINVAL;`
 * MUST(x):  our own memory is corrupt, or start-up cannot go on. Aborts.
 * Neither is ever used on bytes from outside.
 *
 * Threads: any.
 */
#pragma once

#include <stdbool.h>

#define CHECK(x) (__builtin_expect(!!(x), 1) || check_report(#x, __FILE__, __LINE__))
#define MUST(x) ((void)(__builtin_expect(!!(x), 1) || (check_abort(#x, __FILE__, __LINE__), 0)))

bool check_report(const char *what, const char *file, int line) __attribute__((cold));
void check_abort(const char *what, const char *file, int line) __attribute__((cold, noreturn));
