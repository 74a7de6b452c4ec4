/* SPDX-License-Identifier: BSD-2-Clause
 * What a helper says to its daemon, and the daemon to its helper.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "feeds/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct channel_message m;
	struct channel_answer a;
	char text[CHANNEL_TEXT_MAX];
	int ends[2];
	channel_parse((const char *)data, size, &m);
	if (m.kind != CHANNEL_BAD && (!*m.text || strlen(m.text) >= sizeof m.text))
		abort();
	if (m.kind == CHANNEL_PROGRESS && m.step >= FEEDS_STEPS)
		abort();
	if (!size || size > 65536)
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) ||
		send(ends[0], data, size, 0) != (ssize_t)size)
		abort();
	if (channel_take(ends[1], &a) > 0 &&
		(a.count > CHANNEL_ADDRESSES_MAX ||
			channel_answer_to_text(&a, text) >= sizeof text))
		abort();
	close(ends[0]);
	close(ends[1]);
	return 0;
}
