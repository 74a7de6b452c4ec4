/* SPDX-License-Identifier: BSD-2-Clause
 * How benign names go on from letter to letter, and which top-level domains they have.
 *
 * Threads: none of this is shared.
 */
#pragma once

#include "dga/dga_model.h"
#include "dga/learn.h"

/* `rows`: benign names, each label once. Writes the four benign tables into `bytes`. 0 or -ENOMEM. */
int learn_language(const struct learn_rows *rows, const struct dga_layout *layout, uint8_t *bytes);
