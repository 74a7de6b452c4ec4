/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/addr.h"

#include <arpa/inet.h>
#include <endian.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/base/err.h"

static const uint8_t v4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool addr_is_v4(const struct addr *a)
{
	return !memcmp(a->bytes, v4_mapped, sizeof v4_mapped);
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return !memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

void addr_from_v4(const uint8_t bytes[static 4], struct addr *out)
{
	memcpy(out->bytes, v4_mapped, sizeof v4_mapped);
	memcpy(out->bytes + 12, bytes, 4);
}

bool addr_from_sockaddr(const struct sockaddr *sa, struct addr *out)
{
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof in);
		uint8_t bytes[4];
		memcpy(bytes, &in.sin_addr, sizeof bytes);
		addr_from_v4(bytes, out);
		return true;
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sa, sizeof in6);
		memcpy(out->bytes, &in6.sin6_addr, sizeof out->bytes);
		return true;
	}
	return false;
}

bool addr_endpoint_from_sockaddr(const struct sockaddr *sa, struct addr_endpoint *out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	if (!addr_from_sockaddr(sa, &out->addr))
		return false;
	out->scope = 0;
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof in);
		out->port = ntohs(in.sin_port);
		return true;
	}
	memcpy(&in6, sa, sizeof in6);
	out->port = ntohs(in6.sin6_port);
	out->scope = in6.sin6_scope_id;
	return true;
}

socklen_t addr_to_sockaddr(const struct addr_endpoint *e, struct sockaddr_storage *out)
{
	memset(out, 0, sizeof *out);
	if (addr_is_v4(&e->addr)) {
		struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(e->port)};
		memcpy(&in.sin_addr, e->addr.bytes + 12, 4);
		memcpy(out, &in, sizeof in);
		return sizeof in;
	}
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(e->port), .sin6_scope_id = e->scope};
	memcpy(&in6.sin6_addr, e->addr.bytes, 16);
	memcpy(out, &in6, sizeof in6);
	return sizeof in6;
}

/* A decimal number of at most five digits without sign or leading zeros. -1 when it is none. */
static int32_t number_from_text(const char *text)
{
	size_t n = strspn(text, "0123456789");
	if (n == 0 || n > 5 || text[n] || (text[0] == '0' && n > 1))
		return -1;
	return (int32_t)strtol(text, NULL, 10);
}

int addr_from_text(const char *text, struct addr *out)
{
	uint8_t bytes[16];
	if (inet_pton(AF_INET, text, bytes) == 1)
		addr_from_v4(bytes, out);
	else if (inet_pton(AF_INET6, text, bytes) == 1)
		memcpy(out->bytes, bytes, sizeof bytes);
	else
		return CEN_EFORMAT;
	return 0;
}

/* Clears the bits behind the first `bits`. */
static void mask(struct addr *a, unsigned bits)
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned first = i * 8;
		if (bits <= first)
			a->bytes[i] = 0;
		else if (bits < first + 8)
			a->bytes[i] &= (uint8_t)(0xff00u >> (bits - first));
	}
}

int addr_prefix_from_text(const char *text, struct addr_prefix *out)
{
	char host[ADDR_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	if (n >= sizeof host)
		return CEN_EFORMAT;
	memcpy(host, text, n);
	host[n] = 0;

	struct addr_prefix p = {.bits = 128};
	if (addr_from_text(host, &p.addr) < 0)
		return CEN_EFORMAT;
	if (slash) {
		/* By how it is written: ::ffff:192.0.2.0/120 is an IPv6 prefix. */
		bool is_v4 = !strchr(host, ':');
		int32_t bits = number_from_text(slash + 1);
		if (bits < 0 || bits > (is_v4 ? 32 : 128))
			return CEN_EFORMAT;
		p.bits = (uint8_t)(is_v4 ? 96 + bits : bits);
	}
	struct addr masked = p.addr;
	mask(&masked, p.bits);
	if (!addr_equal(&masked, &p.addr))
		return CEN_EFORMAT;
	*out = p;
	return 0;
}

/* An address and perhaps `%scope` (RFC 4007 11): an interface's name or number. */
static int scoped_from_text(char *host, struct addr_endpoint *out)
{
	char *scope = strchr(host, '%');
	if (scope) {
		*scope++ = 0;
		int32_t number = number_from_text(scope);
		out->scope = number > 0 ? (uint32_t)number : if_nametoindex(scope);
		if (!out->scope)
			return CEN_EFORMAT;
	}
	int r = addr_from_text(host, &out->addr);
	return scope && r == 0 && addr_is_v4(&out->addr) ? CEN_EFORMAT : r;
}

int addr_endpoint_from_text(const char *text, uint16_t default_port, struct addr_endpoint *out)
{
	char host[ADDR_TEXT_MAX + IF_NAMESIZE];
	struct addr_endpoint e = {.port = default_port};
	const char *port = NULL;
	size_t n = strlen(text);
	if (text[0] == '[') {
		const char *end = strchr(text, ']');
		if (!end || (end[1] && end[1] != ':' && end[1] != '@') ||
			!memchr(text, ':', (size_t)(end - text)))
			return CEN_EFORMAT;
		port = end[1] ? end + 1 : NULL;
		text++;
		n = (size_t)(end - text);
	} else {
		port = strchr(text, '@');
		/* One colon parts an IPv4 address and its port; two are in an IPv6 address. */
		const char *colon = strchr(text, ':');
		if (!port && colon && colon == strrchr(text, ':'))
			port = colon;
		if (port)
			n = (size_t)(port - text);
	}
	if (n >= sizeof host)
		return CEN_EFORMAT;
	memcpy(host, text, n);
	host[n] = 0;
	if (port) {
		int32_t number = number_from_text(port + 1);
		if (number < 1 || number > 65535)
			return CEN_EFORMAT;
		e.port = (uint16_t)number;
	}
	int r = scoped_from_text(host, &e);
	if (r == 0)
		*out = e;
	return r;
}

static char *put_decimal(char *to, unsigned octet)
{
	if (octet >= 100)
		*to++ = (char)('0' + octet / 100);
	if (octet >= 10)
		*to++ = (char)('0' + octet / 10 % 10);
	*to++ = (char)('0' + octet % 10);
	return to;
}

/* Much tells of clients, and inet_ntop takes a third of a microsecond. */
static void v4_to_text(const uint8_t bytes[static 4], char *out)
{
	for (unsigned i = 0; i < 4; i++) {
		out = put_decimal(out, bytes[i]);
		*out++ = i < 3 ? '.' : 0;
	}
}

const char *addr_to_text(const struct addr *a, char out[static ADDR_TEXT_MAX])
{
	if (addr_is_v4(a))
		v4_to_text(a->bytes + 12, out);
	else
		inet_ntop(AF_INET6, a->bytes, out, ADDR_TEXT_MAX);
	return out;
}

const char *addr_endpoint_to_text(const struct addr_endpoint *e, char out[static ADDR_TEXT_MAX])
{
	char host[ADDR_TEXT_MAX];
	addr_to_text(&e->addr, host);
	if (addr_is_v4(&e->addr))
		snprintf(out, ADDR_TEXT_MAX, "%.45s:%u", host, e->port);
	else if (e->scope)
		snprintf(out, ADDR_TEXT_MAX, "[%.39s%%%u]:%u", host, e->scope, e->port);
	else
		snprintf(out, ADDR_TEXT_MAX, "[%.45s]:%u", host, e->port);
	return out;
}

bool addr_prefix_contains(const struct addr_prefix *p, const struct addr *a)
{
	struct addr masked = *a;
	mask(&masked, p->bits);
	return addr_equal(&masked, &p->addr);
}

bool addr_is_loopback(const struct addr *a)
{
	static const uint8_t v6[16] = {[15] = 1};
	return addr_is_v4(a) ? a->bytes[12] == 127 : !memcmp(a->bytes, v6, sizeof v6);
}

/* A path-compressed binary trie (a node stands for a prefix; its children are longer ones that begin with it),
 * nodes in one array. Addresses are two integers, so that a compare is a xor. */
struct node {
	uint64_t high, low;
	uint32_t child[2]; /* index into nodes; 0: none */
	uint32_t value;
	uint8_t bits;
	bool has_value; /* false: only a fork of two prefixes */
};

struct addr_table {
	uint32_t count; /* of nodes; node 0 is the root, ::/0 */
	/* Where every IPv4 address arrives: the last node within ::ffff:0:0/96, and the value on the way there. */
	uint32_t v4_start, v4_value;
	bool has_v4_value;
	struct node nodes[];
};

static uint64_t load_u64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return be64toh(v);
}

static bool is_v4(uint64_t high, uint64_t low)
{
	return high == 0 && low >> 32 == 0xffff;
}

/* The number of leading bits in which the two agree: 0-128. */
static unsigned common_bits(const struct node *n, uint64_t high, uint64_t low)
{
	if (n->high != high)
		return (unsigned)__builtin_clzll(n->high ^ high);
	return n->low != low ? 64 + (unsigned)__builtin_clzll(n->low ^ low) : 128;
}

static unsigned bit_at(uint64_t high, uint64_t low, unsigned i)
{
	return (unsigned)(i < 64 ? high >> (63 - i) & 1 : low >> (127 - i) & 1);
}

static uint32_t add_node(struct addr_table *t, uint64_t high, uint64_t low, unsigned bits)
{
	struct addr a;
	for (int i = 0; i < 8; i++) {
		a.bytes[i] = (uint8_t)(high >> (56 - 8 * i));
		a.bytes[8 + i] = (uint8_t)(low >> (56 - 8 * i));
	}
	mask(&a, bits);
	t->nodes[t->count] = (struct node){
		.high = load_u64(a.bytes), .low = load_u64(a.bytes + 8), .bits = (uint8_t)bits};
	return t->count++;
}

static void insert(struct addr_table *t, const struct addr_prefix *p, uint32_t value)
{
	uint64_t high = load_u64(p->addr.bytes), low = load_u64(p->addr.bytes + 8);
	uint32_t at = 0;
	while (t->nodes[at].bits < p->bits) {
		uint32_t *link = &t->nodes[at].child[bit_at(high, low, t->nodes[at].bits)];
		if (!*link) {
			*link = at = add_node(t, high, low, p->bits);
			break;
		}
		const struct node *next = &t->nodes[*link];
		unsigned common = common_bits(next, high, low);
		unsigned fork = common < p->bits ? common : p->bits;
		if (fork < next->bits) {
			/* The new prefix leaves the path to `next` before its end. */
			uint32_t below = *link, above = add_node(t, high, low, fork);
			t->nodes[above].child[bit_at(next->high, next->low, fork)] = below;
			*link = above;
		}
		at = *link;
	}
	if (!t->nodes[at].has_value) {
		t->nodes[at].has_value = true;
		t->nodes[at].value = value;
	}
}

/* IPv4 clients are most: their common path is walked once. */
static void find_v4_start(struct addr_table *t)
{
	const uint64_t low = (uint64_t)0xffff << 32;
	uint32_t at = 0;
	t->has_v4_value = false;
	do {
		const struct node *n = &t->nodes[at];
		if (n->bits > 96 || common_bits(n, 0, low) < n->bits)
			break;
		t->v4_start = at;
		if (n->has_value) {
			t->has_v4_value = true;
			t->v4_value = n->value;
		}
		at = n->bits < 96 ? n->child[bit_at(0, low, n->bits)] : 0;
	} while (at);
}

struct addr_table *addr_table_new(
	const struct addr_prefix *prefixes, const uint32_t *values, size_t n)
{
	if (n > (UINT32_MAX - 1) / 2 / sizeof(struct node))
		return NULL;
	struct addr_table *t = malloc(sizeof *t + (2 * n + 1) * sizeof t->nodes[0]);
	if (!t)
		return NULL;
	t->count = 0;
	add_node(t, 0, 0, 0);
	for (size_t i = 0; i < n; i++)
		insert(t, &prefixes[i], values ? values[i] : 1);
	find_v4_start(t);
	return t;
}

void addr_table_free(struct addr_table *t)
{
	free(t);
}

/* Is the address below the node? Only the root has no bits, and is not asked. */
static bool is_below(const struct node *n, uint64_t high, uint64_t low)
{
	if (n->bits <= 64)
		return (n->high ^ high) >> (64 - n->bits) == 0;
	return n->high == high && (n->low ^ low) >> (128 - n->bits) == 0;
}

uint32_t addr_table_find(const struct addr_table *t, const struct addr *a, uint32_t otherwise)
{
	uint64_t high = load_u64(a->bytes), low = load_u64(a->bytes + 8);
	const struct node *n = &t->nodes[0];
	uint32_t found = n->has_value ? n->value : otherwise;
	if (is_v4(high, low)) {
		n = &t->nodes[t->v4_start];
		found = t->has_v4_value ? t->v4_value : otherwise;
	}
	while (n->bits < 128) {
		uint32_t at = n->child[bit_at(high, low, n->bits)];
		n = &t->nodes[at];
		if (!at || !is_below(n, high, low))
			break;
		if (n->has_value)
			found = n->value;
	}
	return found;
}
