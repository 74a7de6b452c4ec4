/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/sinkhole/knock_ja.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	JA4_HEX = 12, /* characters kept of each digest */
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_ALPN = 16,
};

/* A digest over pieces of text. Once a call fails it yields "". */
struct digest {
	EVP_MD_CTX *context;
	bool is_good, has_item;
};

static struct digest digest_start(const EVP_MD *kind)
{
	struct digest d = {.context = EVP_MD_CTX_new()};
	d.is_good = d.context && kind && EVP_DigestInit_ex(d.context, kind, NULL) == 1;
	return d;
}

static void digest_add(struct digest *d, const char *text)
{
	d->is_good = d->is_good && EVP_DigestUpdate(d->context, text, strlen(text)) == 1;
}

/* The first `hex` characters. */
static void digest_end(struct digest *d, char *out, size_t hex)
{
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	out[0] = 0;
	if (d->is_good && EVP_DigestFinal_ex(d->context, bytes, &len) == 1 && len >= hex / 2)
		for (size_t i = 0; i < hex / 2; i++)
			snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	EVP_MD_CTX_free(d->context);
}

/* All values but GREASE, each written by `format`, with `between` between them. */
static void add_list(struct digest *d, const struct knock_tls_list *l, bool is_hex)
{
	d->has_item = false;
	for (unsigned i = 0; i < l->count; i++) {
		char text[8];
		if (knock_tls_is_grease(l->values[i]))
			continue;
		snprintf(text, sizeof text, is_hex ? "%04x" : "%u", (unsigned)l->values[i]);
		if (d->has_item)
			digest_add(d, is_hex ? "," : "-");
		digest_add(d, text);
		d->has_item = true;
	}
}

void knock_ja3(const struct knock_tls_hello *h, char out[static KNOCK_JA3_ROOM])
{
	out[0] = 0;
	if (!h->is_whole)
		return;
	const struct knock_tls_list *lists[] = {
		&h->ciphers, &h->extensions, &h->groups, &h->point_formats};
	char version[8];
	struct digest d = digest_start(EVP_md5());
	snprintf(version, sizeof version, "%u", (unsigned)h->version);
	digest_add(&d, version);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		digest_add(&d, ",");
		add_list(&d, lists[i], false);
	}
	digest_end(&d, out, KNOCK_JA3_ROOM - 1);
}

/* --- JA4 --- */

static const char *version_text(const struct knock_tls_hello *h)
{
	uint16_t version = h->versions.count ? 0 : h->version;
	for (unsigned i = 0; i < h->versions.count; i++)
		if (!knock_tls_is_grease(h->versions.values[i]) && h->versions.values[i] > version)
			version = h->versions.values[i];
	switch (version) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	default:
		return "00";
	}
}

/* At most 99: there are two digits. */
static unsigned count(const struct knock_tls_list *l)
{
	unsigned n = 0;
	for (unsigned i = 0; i < l->count; i++)
		n += !knock_tls_is_grease(l->values[i]);
	return n < 99 ? n : 99;
}

static bool is_alphanumeric(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* First and last character of the first protocol; of its hex form when one of them is neither letter nor digit. */
static void alpn_text(const struct knock_tls_hello *h, char out[static 3])
{
	static const char digits[] = "0123456789abcdef";
	out[0] = out[1] = '0';
	out[2] = 0;
	if (!h->alpn_len)
		return;
	bool is_text = is_alphanumeric(h->alpn_first) && is_alphanumeric(h->alpn_last);
	out[0] = is_text ? (char)h->alpn_first : digits[h->alpn_first >> 4];
	out[1] = is_text ? (char)h->alpn_last : digits[h->alpn_last & 15];
}

static int by_value(const void *a, const void *b)
{
	uint16_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return (x > y) - (x < y);
}

/* Sorted, without the extensions that a browser's address line decides. */
static struct knock_tls_list sorted(const struct knock_tls_list *l, bool is_extensions)
{
	struct knock_tls_list s = {.count = 0};
	for (unsigned i = 0; i < l->count; i++) {
		uint16_t v = l->values[i];
		bool is_left_out =
			is_extensions && (v == EXTENSION_SERVER_NAME || v == EXTENSION_ALPN);
		if (!is_left_out && !knock_tls_is_grease(v))
			s.values[s.count++] = v;
	}
	qsort(s.values, s.count, sizeof *s.values, by_value);
	return s;
}

/* The digest of the sorted list and, behind an underscore, of the signature algorithms as they came. */
static void list_digest(struct knock_tls_list list, const struct knock_tls_list *signatures,
	char out[static JA4_HEX + 1])
{
	if (!list.count) {
		memset(out, '0', JA4_HEX);
		out[JA4_HEX] = 0;
		return;
	}
	struct digest d = digest_start(EVP_sha256());
	add_list(&d, &list, true);
	if (signatures && count(signatures)) {
		digest_add(&d, "_");
		add_list(&d, signatures, true);
	}
	digest_end(&d, out, JA4_HEX);
}

void knock_ja4(const struct knock_tls_hello *h, char out[static KNOCK_JA4_ROOM])
{
	char ciphers[JA4_HEX + 1], extensions[JA4_HEX + 1], alpn[3];
	out[0] = 0;
	if (!h->is_whole)
		return;
	alpn_text(h, alpn);
	list_digest(sorted(&h->ciphers, false), NULL, ciphers);
	list_digest(sorted(&h->extensions, true), &h->signatures, extensions);
	if (!ciphers[0] || !extensions[0])
		return;
	snprintf(out, KNOCK_JA4_ROOM, "t%s%c%02u%02u%s_%s_%s", version_text(h),
		h->has_sni ? 'd' : 'i', count(&h->ciphers), count(&h->extensions), alpn, ciphers,
		extensions);
}
