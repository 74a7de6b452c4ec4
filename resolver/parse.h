/* SPDX-License-Identifier: BSD-2-Clause
 * From the bytes of a query to its question: bounded, pure, fuzzed.
 *
 * Threads: pure. Standards: RFC 1035 4.1, RFC 6891 6.1, RFC 6895 3.1, RFC 9619 (one question).
 */
#pragma once

#include "resolver/query.h"

/* The stage. A packet that deserves an answer but holds no good question gets its rcode here, and goes on to `admit`: an error is an answer,
 * too, and not for everyone. One that deserves none is dropped. */
enum step parse(struct worker *w, struct query *q);
