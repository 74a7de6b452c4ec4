/* SPDX-License-Identifier: BSD-2-Clause
 * Fingerprints of a TLS client from its ClientHello, as analysts exchange them: which program it is, whatever name it uses.
 *
 * Threads: pure. Standards: RFC 8701 (GREASE values are left out).
 * Sources: JA3 (Salesforce, 2017): MD5 of `version,ciphers,extensions,groups,point formats` in decimal.
 *          JA4 (FoxIO, 2023), the TLS client over TCP: `t13d1516h2_CIPHERS_EXTENSIONS`.
 */
#pragma once

#include "resolver/evidence/sinkhole/knock_tls.h"

enum { KNOCK_JA3_ROOM = 33, KNOCK_JA4_ROOM = 37 };

/* Both write "" for a hello that is not whole, and when the library refuses the digest (MD5 on a FIPS system). */
void knock_ja3(const struct knock_tls_hello *h, char out[static KNOCK_JA3_ROOM]);
void knock_ja4(const struct knock_tls_hello *h, char out[static KNOCK_JA4_ROOM]);
