/* SPDX-License-Identifier: BSD-2-Clause
 * Error codes of the control path, and the one sentence that explains a failure.
 *
 * Threads: everything here is pure.
 * Rule: a control-path function returns 0 or a negative code: a negated errno, or one of CEN_E* below
 * -1000. The query path has no error codes, only verdicts.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

enum {
	CEN_EFORMAT = -1001, /* bytes from outside do not have the form they should */
	CEN_ERANGE = -1002, /* a value is outside what is allowed */
	CEN_ECORRUPT = -1003, /* a file of ours fails its checksum or its bounds */
	CEN_EVERSION = -1004, /* a file of ours was written by a newer cenote */
	CEN_ELIMIT = -1005, /* a configured or built-in limit was reached */
	CEN_ELOCKED = -1006, /* another process holds it */
	CEN_EREFUSED = -1007, /* a guard refused it; the sentence says why */
	CEN_ENOTFOUND = -1008,
	CEN_ELIB = -1009, /* a library failed; the sentence carries its words */
	CEN_ESTALE = -1010, /* it was changed meanwhile */
};

/* One sentence for a person: what, where, what is allowed. Always terminated. Written by the
 * function that found the fault, carried up unchanged. */
struct err {
	char text[512];
};

/* Returns the code's words; never NULL; a static string or strerror's. */
const char *err_string(int code);

/* Writes the sentence, printf-like, and returns `code`, so that `return err_set(e, CEN_EFORMAT, ...)`
 * reads as one thing. `e` may be NULL. */
int err_set(struct err *e, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
