/* SPDX-License-Identifier: BSD-2-Clause
 * Records of the evidence's state file: any octets. What is taken is written as it was read.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/evidence/evidence_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct evidence_case c;
	static struct codec_client client;
	static uint8_t room[CODEC_CASE_MAX];
	if (evidence_codec_read_case(data, size, &c) &&
		(evidence_codec_case(&c, room) != size || memcmp(room, data, size) != 0))
		abort();
	if (evidence_codec_read_client(data, size, &client) &&
		(evidence_codec_client(&client, room) != size || memcmp(room, data, size) != 0))
		abort();
	return 0;
}
