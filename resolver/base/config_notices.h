/* SPDX-License-Identifier: BSD-2-Clause
 * Who is told of cases, as the configuration has it. Included by config.h.
 *
 * Threads: immutable once loaded. Owns: see config.h.
 */
#pragma once

#include <stdint.h>

struct config_notices {
	char *url; /* of the webhook; NULL: none */
	char *secret_file; /* what its messages are signed with */
	char *ca_file; /* NULL: the system's certificates */
	uint32_t timeout_ms; /* of one try */
	char *mail_to; /* NULL: no mail */
	char *mail_from; /* NULL: as the mail program has it */
	char *mail_program; /* takes sendmail's options */
};
