/* SPDX-License-Identifier: BSD-2-Clause
 * Finds the words that benign names are made of, without a dictionary.
 *
 * Threads: none of this is shared.
 */
#pragma once

#include "dga/dga_model.h"
#include "dga/learn.h"

/* `rows`: benign names, each label once. Writes the table of words into `bytes`. 0 or -ENOMEM. */
int learn_words(const struct learn_rows *rows, unsigned word_bits, const struct dga_layout *layout,
	uint8_t *bytes);
