/* SPDX-License-Identifier: BSD-2-Clause
 * Files of LMDB: any octets.
 */
#include <stdlib.h>

#include "resolver/base/mdb_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* What is sound in all its parts is so without some of them. */
	if (!mdb_check_bytes(data, size, true, NULL) && mdb_check_bytes(data, size, false, NULL))
		abort();
	return 0;
}
