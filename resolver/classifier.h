/* SPDX-License-Identifier: BSD-2-Clause
 * Opening the classifier that the configuration describes.
 *
 * Threads: the control side's.
 * Owns: the caller owns what is opened (dga_close).
 */
#pragma once

#include <stddef.h>

#include "resolver/base/config.h"
#include "resolver/base/err.h"

struct dga;

/* 0, or a negative code and a sentence that begins with the key, `dga.model` or `dga.popular`. With `dga.mode: off` files that cannot be
 * used are no failure: then `*out` is NULL. `out` NULL: it is only tried. */
int classifier_open(const struct config *config, struct dga **out, struct err *why);

/* For the start, which never fails for it: with the built-in popular domains when the operator's cannot be used; NULL when there is no
 * classifier. `problem` says what was wrong, and is logged; "": nothing. */
void classifier_open_anyway(
	const struct config *config, struct dga **out, char *problem, size_t problem_size);
