/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/sinkhole/knock_tls.h"

#include <string.h>

#include "resolver/evidence/sinkhole/knock_text.h"

enum {
	RECORD_HEADER = 5,
	RECORD_HANDSHAKE = 22,
	RECORD_MAX = 1 << 14, /* RFC 8446 5.1 */
	MESSAGE_HEADER = 4,
	CLIENT_HELLO = 1,
	RANDOM_BYTES = 32,
};

/* RFC 8446 4.2 and the registry of extensions */
enum {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_GROUPS = 10,
	EXTENSION_POINT_FORMATS = 11,
	EXTENSION_SIGNATURES = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_VERSIONS = 43,
};

/* What is left of a block. A length that promises more than there is marks the hello as cut. */
struct reader {
	const uint8_t *at;
	size_t left;
	bool *is_cut;
};

static bool take(struct reader *r, size_t n, const uint8_t **out)
{
	if (r->left < n) {
		*r->is_cut = true;
		r->left = 0;
		return false;
	}
	*out = r->at;
	r->at += n;
	r->left -= n;
	return true;
}

/* A number of `n` octets. 0 when it is not there. */
static uint32_t number(struct reader *r, size_t n)
{
	const uint8_t *p;
	uint32_t value = 0;
	if (take(r, n, &p))
		for (size_t i = 0; i < n; i++)
			value = value << 8 | p[i];
	return value;
}

/* A block behind a length of `n` octets; what there is of it. */
static struct reader block(struct reader *r, size_t n)
{
	size_t len = number(r, n);
	if (len > r->left) {
		*r->is_cut = true;
		len = r->left;
	}
	struct reader b = {.at = r->at, .left = len, .is_cut = r->is_cut};
	r->at += len;
	r->left -= len;
	return b;
}

static void add(struct knock_tls_list *l, uint32_t value, bool *is_cut)
{
	if (l->count == KNOCK_TLS_LIST_MAX)
		*is_cut = true;
	else
		l->values[l->count++] = (uint16_t)value;
}

/* All numbers of `size` octets. */
static void add_all(struct knock_tls_list *l, struct reader r, size_t size)
{
	while (r.left >= size)
		add(l, number(&r, size), r.is_cut);
	if (r.left)
		*r.is_cut = true;
}

/* RFC 6066 3: a list of names of which only host names (0) exist. */
static void read_server_name(struct reader r, struct knock_tls_hello *h)
{
	h->has_sni = true;
	struct reader names = block(&r, 2);
	while (names.left && !h->sni[0]) {
		uint32_t type = number(&names, 1);
		uint32_t len = number(&names, 2);
		const uint8_t *name;
		/* Half a name would accuse another one. */
		if (take(&names, len, &name) && type == 0)
			knock_text(name, len, h->sni, sizeof h->sni);
	}
}

static void read_alpn(struct reader r, struct knock_tls_hello *h)
{
	struct reader protocols = block(&r, 2);
	if (!protocols.left)
		return;
	struct reader first = block(&protocols, 1);
	if (!first.left)
		return;
	h->alpn_len = (uint16_t)first.left;
	h->alpn_first = first.at[0];
	h->alpn_last = first.at[first.left - 1];
}

static void read_extension(uint32_t type, struct reader r, struct knock_tls_hello *h)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		read_server_name(r, h);
		break;
	case EXTENSION_GROUPS:
		add_all(&h->groups, block(&r, 2), 2);
		break;
	case EXTENSION_POINT_FORMATS:
		add_all(&h->point_formats, block(&r, 1), 1);
		break;
	case EXTENSION_SIGNATURES:
		add_all(&h->signatures, block(&r, 2), 2);
		break;
	case EXTENSION_ALPN:
		read_alpn(r, h);
		break;
	case EXTENSION_VERSIONS:
		add_all(&h->versions, block(&r, 1), 2);
		break;
	default:
		break;
	}
}

/* Each kind at most once (RFC 8446 4.2): of several, the first one's contents count. */
static bool is_listed(const struct knock_tls_list *l, uint32_t value)
{
	for (unsigned i = 0; i < l->count; i++)
		if (l->values[i] == value)
			return true;
	return false;
}

void knock_tls_read(const uint8_t *message, size_t len, struct knock_tls_hello *out)
{
	bool is_cut = false;
	const uint8_t *skipped;
	memset(out, 0, sizeof *out);
	struct reader all = {.at = message, .left = len, .is_cut = &is_cut};
	if (number(&all, 1) != CLIENT_HELLO)
		is_cut = true;
	struct reader r = block(&all, 3);
	out->version = (uint16_t)number(&r, 2);
	take(&r, RANDOM_BYTES, &skipped);
	block(&r, 1); /* legacy_session_id */
	add_all(&out->ciphers, block(&r, 2), 2);
	block(&r, 1); /* legacy_compression_methods */
	/* Before TLS 1.3 there need be no extensions at all (RFC 5246 7.4.1.2). */
	struct reader extensions = {.is_cut = &is_cut};
	if (r.left)
		extensions = block(&r, 2);
	while (extensions.left && out->extensions.count < KNOCK_TLS_LIST_MAX) {
		uint32_t type = number(&extensions, 2);
		struct reader data = block(&extensions, 2);
		if (is_cut && !data.left)
			break; /* its kind itself may be cut */
		if (!is_listed(&out->extensions, type))
			read_extension(type, data, out);
		add(&out->extensions, type, &is_cut);
	}
	out->is_whole = !is_cut && !extensions.left;
}

/* Walks through the records. `out` may be NULL: then the octets of the message are only counted, and its header is seen. */
struct walk {
	uint8_t header[MESSAGE_HEADER];
	size_t got; /* octets of the message */
	bool is_broken; /* a record that cannot carry on a hello */
};

static void walk_payload(struct walk *w, const uint8_t *p, size_t n, uint8_t *out)
{
	for (size_t i = 0; i < n && w->got + i < MESSAGE_HEADER; i++)
		w->header[w->got + i] = p[i];
	if (out)
		memcpy(out + w->got, p, n);
	w->got += n;
}

static struct walk walk_records(const uint8_t *bytes, size_t len, uint8_t *out)
{
	struct walk w = {.got = 0};
	for (size_t at = 0; len - at >= RECORD_HEADER;) {
		const uint8_t *p = bytes + at;
		size_t n = (size_t)p[3] << 8 | p[4];
		/* Handshake messages are never of no octets (RFC 8446 5.1). */
		if (p[0] != RECORD_HANDSHAKE || p[1] != 3 || n > RECORD_MAX || !n) {
			w.is_broken = true;
			break;
		}
		at += RECORD_HEADER;
		n = n < len - at ? n : len - at;
		walk_payload(&w, bytes + at, n, out);
		at += n;
	}
	return w;
}

size_t knock_tls_unwrap(const uint8_t *bytes, size_t len, uint8_t *out)
{
	return walk_records(bytes, len, out).got;
}

enum knock_tls_state knock_tls_look(const uint8_t *bytes, size_t len)
{
	static const uint8_t start[] = {RECORD_HANDSHAKE, 3};
	if (memcmp(bytes, start, len < sizeof start ? len : sizeof start) != 0)
		return KNOCK_TLS_NOT;
	struct walk w = walk_records(bytes, len, NULL);
	if (!w.got)
		return w.is_broken ? KNOCK_TLS_NOT : KNOCK_TLS_MAYBE;
	if (w.header[0] != CLIENT_HELLO)
		return KNOCK_TLS_NOT;
	if (w.got >= MESSAGE_HEADER) {
		size_t whole = MESSAGE_HEADER +
			((size_t)w.header[1] << 16 | (size_t)w.header[2] << 8 | w.header[3]);
		if (w.got >= whole)
			return KNOCK_TLS_WHOLE;
		if (whole > KNOCK_TLS_MAX)
			return KNOCK_TLS_BROKEN;
	}
	return w.is_broken ? KNOCK_TLS_BROKEN : KNOCK_TLS_PART;
}

bool knock_tls_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}
