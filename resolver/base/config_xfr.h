/* SPDX-License-Identifier: BSD-2-Clause
 * The source of a transferred zone, `xfr://ADDRESS[:PORT]/ZONE`, and the keys that sign transfers.
 *
 * Threads: pure. Standards: RFC 8945 6 (algorithms).
 */
#pragma once

#include <stdbool.h>

#include "resolver/base/addr.h"
#include "resolver/base/dname.h"

/* HMAC-MD5 is left out on purpose; it is no longer safe (RFC 6151). */
enum config_tsig_algorithm { TSIG_SHA256, TSIG_SHA1, TSIG_SHA224, TSIG_SHA384, TSIG_SHA512 };

struct config_tsig_key {
	char *name;
	enum config_tsig_algorithm algorithm;
	char *secret; /* base64; never shown anywhere; NULL: in the file */
	char *secret_file;
};

struct config_xfr {
	struct addr_endpoint primary;
	struct dname zone; /* not the root */
};

/* Does a list with this source come by transfer? */
bool config_xfr_is(const char *source);
/* 0 or CEN_EFORMAT. */
int config_xfr_from_text(const char *source, struct config_xfr *out);
