/* SPDX-License-Identifier: BSD-2-Clause
 * Writes the reply: header, question, the synthesized records of a verdict, OPT with EDE, truncation.
 *
 * Threads: the worker's. Standards: RFC 1035, RFC 2308, RFC 4035 3.2, RFC 6840 5.7 (AD), RFC 6891, RFC 8914.
 */
#pragma once

#include "resolver/query.h"

enum step reply(struct worker *w, struct query *q);
