/* SPDX-License-Identifier: BSD-2-Clause
 * The value of `$dnsrewrite=`: `192.0.2.1`, `other.example`, `NXDOMAIN`, `NOERROR;MX;10 mail.example`.
 *
 * Threads: pure. Owns: nothing.
 * Standards: AdGuard's DNS filtering syntax.
 */
#pragma once

#include "feeds/format/format.h"
#include "feeds/listdb/detail.h"

/* Sets the verb and adds the record. FORMAT_TAKEN, or why not. */
enum format_skip format_rewrite_read(
	struct format_text value, struct rule *rule, struct detail_writer *about);
