/* SPDX-License-Identifier: BSD-2-Clause
 * Addresses, prefixes and tables of prefixes (longest match).
 *
 * Threads: pure; a table is immutable once built. Standards: RFC 4291, RFC 4632, RFC 5952.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An IPv4 or IPv6 address. IPv4 is held as v4-mapped IPv6 (::ffff:a.b.c.d), so that there is one compare. */
struct addr {
	uint8_t bytes[16];
};

struct addr_prefix {
	struct addr addr;
	uint8_t bits; /* 0-128; an IPv4 prefix /n is held as 96 + n */
};

/* An address with a port and, for link-local ones, a scope. */
struct addr_endpoint {
	struct addr addr;
	uint16_t port;
	uint32_t scope; /* interface index, 0: none */
};

enum { ADDR_TEXT_MAX = 64 };

bool addr_is_v4(const struct addr *a);
bool addr_equal(const struct addr *a, const struct addr *b);
void addr_from_v4(const uint8_t bytes[static 4], struct addr *out);
/* From a socket address of either family. False for another family. */
bool addr_from_sockaddr(const struct sockaddr *sa, struct addr *out);
/* The same with its port and scope. */
bool addr_endpoint_from_sockaddr(const struct sockaddr *sa, struct addr_endpoint *out);
/* Writes a socket address; returns its length. IPv4 becomes AF_INET. */
socklen_t addr_to_sockaddr(const struct addr_endpoint *e, struct sockaddr_storage *out);

/* Return 0 or CEN_EFORMAT. `192.0.2.1`, `2001:db8::1`. */
int addr_from_text(const char *text, struct addr *out);
/* `192.0.2.0/24`, `2001:db8::/32`, or an address alone (/32, /128). Bits below the mask must be zero. */
int addr_prefix_from_text(const char *text, struct addr_prefix *out);
/* `127.0.0.1:53`, `[::1]:53`, `127.0.0.1@53`, `::1`; without a port, `default_port`. `%eth0` scopes are taken. */
int addr_endpoint_from_text(const char *text, uint16_t default_port, struct addr_endpoint *out);

/* Always terminated; returns `out`. An IPv4 address in its own form. */
const char *addr_to_text(const struct addr *a, char out[static ADDR_TEXT_MAX]);
const char *addr_endpoint_to_text(const struct addr_endpoint *e, char out[static ADDR_TEXT_MAX]);

bool addr_prefix_contains(const struct addr_prefix *p, const struct addr *a);
bool addr_is_loopback(const struct addr *a);
/* How many of its octets, from the first on, tell one client from another where clients are counted: a network of 2000::/3, which is what is
 * global (RFC 4291 2.4), is one client; private and mapped addresses count one by one. */
static inline size_t addr_client_len(const struct addr *a)
{
	return (a->bytes[0] & 0xe0) == 0x20 ? 8 : sizeof a->bytes;
}

/* An immutable longest-match table from prefixes to small numbers. */
struct addr_table;

/* Builds from `n` prefixes and their values (both borrowed; no values: 1 for each). Returns owned, or NULL when memory is short. On equal
 * prefixes the first wins. Free with addr_table_free. Memory: at most two nodes of 32 bytes a prefix. */
struct addr_table *addr_table_new(
	const struct addr_prefix *prefixes, const uint32_t *values, size_t n);
void addr_table_free(struct addr_table *t);
/* The value of the longest prefix that contains `a`, or `otherwise`. */
uint32_t addr_table_find(const struct addr_table *t, const struct addr *a, uint32_t otherwise);
