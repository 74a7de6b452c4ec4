/* SPDX-License-Identifier: BSD-2-Clause
 * The stage `classify`: how much does the name look like one that a program made up? It counts and blocks nothing.
 *
 * Threads: the worker's own; the model is shared and constant.
 */
#pragma once

#include "resolver/query.h"

/* Scores q->qname when the cache did not know it. Always STEP_NEXT. */
enum step classify(struct worker *w, struct query *q);
