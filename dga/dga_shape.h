/* SPDX-License-Identifier: BSD-2-Clause
 * Of what kind is the generator that would have made this label?
 *
 * Threads: pure.
 * Rule: 1. Hexadecimal digits only, SHAPE_HEX_MIN of them or more, both letters and digits: a hash.
 *       2. SHAPE_BASE_MIN characters or more, letters and digits, a digit for every eight characters or more, changing between both at least
 *          four times: a hash, in base 32 or base 36.
 *       3. Words of the model's table cover three quarters, with four letters a word or more: words.
 *       4. Vowels and consonants take turns at three quarters of the places, and there are no digits: words, that is, syllables.
 *       5. Everything else: random.
 */
#pragma once

#include "dga/dga_model.h"

/* `j` is what dga_judge says of the label. */
enum dga_class dga_shape(const struct dga *d, const struct label *l, const struct dga_judgement *j);
