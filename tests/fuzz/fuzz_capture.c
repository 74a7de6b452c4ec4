/* SPDX-License-Identifier: BSD-2-Clause
 * Records of capture files: the first octet says which parser gets the rest.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/replay/capture_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void frame(const uint8_t *data, size_t size)
{
	static const uint32_t links[] = {0, 1, 101, 113, 276, 147};
	struct capture_message m;
	memset(&m, 0xff, sizeof m);
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (capture_frame(links[i], data, size, &m) == CAPTURE_MESSAGE && !m.name.len)
			abort();
}

static void csv(const uint8_t *data, size_t size)
{
	struct capture_columns columns;
	struct capture_message m;
	char *text = malloc(size + 1);
	if (!text)
		return;
	memcpy(text, data, size);
	text[size] = 0;
	char *line = strchr(text, '\n');
	if (line)
		*line++ = 0;
	if (capture_csv_header(text, &columns) && line)
		(void)capture_csv_line(&columns, line, &m);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct capture_message m;
	if (!size)
		return 0;
	if (data[0] % 3 == 0)
		frame(data + 1, size - 1);
	else if (data[0] % 3 == 1)
		(void)capture_dnstap_frame(data + 1, size - 1, &m);
	else
		csv(data + 1, size - 1);
	return 0;
}
