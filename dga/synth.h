/* SPDX-License-Identifier: BSD-2-Clause
 * Families of our own making, so that a model learns what generators have in common and not only the ones it was shown.
 *
 * Threads: none of this is shared.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dga/samples.h"

/* Adds `families` made-up families to `s`, learned like the others and never measured. What they are made of (words, letters' frequencies,
 * affixes, top-level domains) is drawn from the benign names that are learned, and from no family. The same names and seed give the same
 * families. 0 or -ENOMEM. */
int synth_add(struct samples *s, size_t families, uint64_t seed, struct err *why);
