/* SPDX-License-Identifier: BSD-2-Clause
 * The stage `classify`: how much does the name look like one that a program made up, and is it let through?
 *
 * Threads: the worker's own; the classifier is shared and constant, of the view.
 *
 * Only the question's own name is judged. The target of a CNAME is not: content networks number their hosts by machine, so that
 * ordinary names lead to what looks generated, while a bot asks for the generated name itself.
 */
#pragma once

#include <stddef.h>

#include "resolver/query.h"

/* Scores q->qname when the cache did not know it; in block mode also when it did, but not whether the name is a suspect under this
 * view. STEP_NEXT; in block mode, for a suspect, STEP_REPLY or STEP_DROP with the verdict. Where a policy zone waits for the answer,
 * the zone decides. */
enum step classify(struct worker *w, struct query *q);

/* The words for people: "generated name (random, score 9.4)". Returns their length, less than `size`; always terminated. */
size_t classify_text(enum dga_class class, int32_t score, char *out, size_t size);

/* Is it one whose score is never held against it: of a zone of the operator's own (forward, stub, rebinding.except), or of reverse
 * mapping? */
bool classify_is_exempt(const struct config *config, const struct dname *name, uint16_t type);
