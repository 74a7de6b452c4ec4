/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/transfer/tsig.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "resolver/base/wire.h"

enum { RR_FIXED = 10, SECRET_TEXT_MAX = 1024, CLASS_ANY_TSIG = 255, RCODE_NOTAUTH = 9 };

static const struct {
	const char *name, *digest;
	size_t mac_len;
} algorithms[] = {
	[TSIG_SHA256] = {"hmac-sha256", "SHA256", 32},
	[TSIG_SHA1] = {"hmac-sha1", "SHA1", 20},
	[TSIG_SHA224] = {"hmac-sha224", "SHA224", 28},
	[TSIG_SHA384] = {"hmac-sha384", "SHA384", 48},
	[TSIG_SHA512] = {"hmac-sha512", "SHA512", 64},
};

/* A TSIG record within a message. */
struct record {
	size_t at; /* where it begins */
	struct dname name, algorithm;
	const uint8_t *times; /* time signed (6), fudge (2) */
	uint64_t signed_s;
	uint16_t fudge_s, original_id, error, mac_len, other_len;
	const uint8_t *mac, *other;
};

static int read_secret(const char *path, char text[static SECRET_TEXT_MAX], struct err *why)
{
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, SECRET_TEXT_MAX - 1, f) : 0;
	int code = f ? 0 : errno;
	if (f)
		fclose(f);
	if (code)
		return err_set(why, -code, "%s: cannot be read: %s", path, strerror(code));
	text[n] = 0;
	return 0;
}

int tsig_key_load(const struct config_tsig_key *from, struct tsig_key *out, struct err *why)
{
	char file[SECRET_TEXT_MAX];
	const char *text = from->secret;
	struct tsig_key key = {.algorithm = from->algorithm};
	int rc = 0;
	if (!text) {
		rc = read_secret(from->secret_file, file, why);
		text = file;
	}
	if (!rc &&
		(sodium_base642bin(key.secret, sizeof key.secret, text, strlen(text), " \n\r\t",
			 &key.secret_len, NULL, sodium_base64_VARIANT_ORIGINAL) ||
			!key.secret_len))
		rc = err_set(
			why, CEN_EFORMAT, "the secret of the key \"%s\" is not base64", from->name);
	if (!rc && dname_from_text(from->name, strlen(from->name), &key.name))
		rc = err_set(why, CEN_EFORMAT, "the name of the key \"%s\" is not a domain name",
			from->name);
	if (!rc)
		*out = key;
	sodium_memzero(file, sizeof file);
	sodium_memzero(&key, sizeof key);
	return rc;
}

static EVP_MAC_CTX *digest_new(const struct tsig_key *key)
{
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *c = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	char name[16];
	snprintf(name, sizeof name, "%s", algorithms[key->algorithm].digest);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_free(hmac);
	if (c && !EVP_MAC_init(c, key->secret, key->secret_len, params)) {
		EVP_MAC_CTX_free(c);
		return NULL;
	}
	return c;
}

static void digest_u16(EVP_MAC_CTX *c, uint16_t v)
{
	uint8_t b[2];
	wire_put_u16(b, v);
	EVP_MAC_update(c, b, sizeof b);
}

/* RFC 8945 4.3.1: the MAC before, with its length. */
static void digest_mac(EVP_MAC_CTX *c, const uint8_t *mac, size_t len)
{
	digest_u16(c, (uint16_t)len);
	EVP_MAC_update(c, mac, len);
}

/* RFC 8945 4.3.2: the message as it was before it was signed: with its own ID, without the record. */
static void digest_message(EVP_MAC_CTX *c, const uint8_t *wire, const struct record *r)
{
	uint8_t head[WIRE_HEADER];
	memcpy(head, wire, sizeof head);
	wire_put_u16(head, r->original_id);
	wire_put_u16(head + 10, (uint16_t)(wire_u16(wire + 10) - 1));
	EVP_MAC_update(c, head, sizeof head);
	EVP_MAC_update(c, wire + WIRE_HEADER, r->at - WIRE_HEADER);
}

/* RFC 8945 4.3.3. */
static void digest_variables(EVP_MAC_CTX *c, const struct record *r)
{
	static const uint8_t class_and_ttl[] = {0, CLASS_ANY_TSIG, 0, 0, 0, 0};
	EVP_MAC_update(c, r->name.bytes, r->name.len);
	EVP_MAC_update(c, class_and_ttl, sizeof class_and_ttl);
	EVP_MAC_update(c, r->algorithm.bytes, r->algorithm.len);
	EVP_MAC_update(c, r->times, 8);
	digest_u16(c, r->error);
	digest_u16(c, r->other_len);
	EVP_MAC_update(c, r->other, r->other_len);
}

static int digest_end(EVP_MAC_CTX *c, uint8_t mac[static TSIG_MAC_MAX], size_t *len)
{
	int is_good = EVP_MAC_final(c, mac, len, TSIG_MAC_MAX);
	EVP_MAC_CTX_free(c);
	return is_good ? 0 : -ENOMEM;
}

/* Where the message's last record begins, and its type. False: the message is malformed or has none. */
static bool find_last(const uint8_t *wire, size_t len, size_t *last, uint16_t *type)
{
	if (len < WIRE_HEADER)
		return false;
	size_t at = WIRE_HEADER;
	for (unsigned i = wire_u16(wire + 4); i; i--) {
		if (!dname_skip(wire, len, &at) || len - at < 4)
			return false;
		at += 4;
	}
	unsigned count = (unsigned)wire_u16(wire + 6) + wire_u16(wire + 8) + wire_u16(wire + 10);
	for (unsigned i = count; i; i--) {
		*last = at;
		if (!dname_skip(wire, len, &at) || len - at < RR_FIXED)
			return false;
		*type = wire_u16(wire + at);
		size_t rdlen = wire_u16(wire + at + 8);
		at += RR_FIXED;
		if (len - at < rdlen)
			return false;
		at += rdlen;
	}
	return at == len && wire_u16(wire + 10);
}

bool tsig_is_signed(const uint8_t *wire, size_t len)
{
	size_t last;
	uint16_t type = 0;
	return find_last(wire, len, &last, &type) && type == TYPE_TSIG;
}

/* Reads the record, which must be the message's last. */
static bool read_record(const uint8_t *wire, size_t len, struct record *r)
{
	size_t at, used;
	uint16_t type = 0;
	if (!find_last(wire, len, &r->at, &type) || type != TYPE_TSIG)
		return false;
	at = r->at;
	if (!dname_from_packet(wire, len, &at, &r->name))
		return false;
	/* RFC 8945 4.2: class ANY, TTL 0, names uncompressed. */
	if (wire_u16(wire + at + 2) != CLASS_ANY_TSIG || wire_u32(wire + at + 4) != 0)
		return false;
	at += RR_FIXED;
	used = dname_from_wire(wire + at, len - at, &r->algorithm);
	at += used;
	if (!used || len - at < 10)
		return false;
	r->times = wire + at;
	r->signed_s = (uint64_t)wire_u16(r->times) << 32 | wire_u32(r->times + 2);
	r->fudge_s = wire_u16(r->times + 6);
	r->mac_len = wire_u16(wire + at + 8);
	at += 10;
	if (len - at < (size_t)r->mac_len + 6)
		return false;
	r->mac = wire + at;
	at += r->mac_len;
	r->original_id = wire_u16(wire + at);
	r->error = wire_u16(wire + at + 2);
	r->other_len = wire_u16(wire + at + 4);
	r->other = wire + at + 6;
	return len - at - 6 == r->other_len;
}

static const char *error_word(uint16_t error)
{
	switch (error) {
	case 16:
		return "BADSIG, the secrets differ";
	case 17:
		return "BADKEY, it does not know the key";
	case 18:
		return "BADTIME, the clocks differ";
	case 22:
		return "BADTRUNC";
	default:
		return "an unknown error";
	}
}

/* RFC 8945 5.2, but for the MAC itself and the time. */
static int check_record(const struct tsig_key *key, const struct record *r, struct err *why)
{
	struct dname algorithm;
	const char *name = algorithms[key->algorithm].name;
	if (r->error)
		return err_set(why, CEN_EREFUSED, "the primary refuses the signature: %s",
			error_word(r->error));
	if (!dname_equal(&r->name, &key->name))
		return err_set(why, CEN_EREFUSED, "signed with another key");
	if (dname_from_text(name, strlen(name), &algorithm) ||
		!dname_equal(&algorithm, &r->algorithm))
		return err_set(why, CEN_EREFUSED, "signed with another algorithm than %s", name);
	/* RFC 8945 5.2.2.1 lets MACs be truncated; nobody sends them. */
	if (r->mac_len != algorithms[key->algorithm].mac_len)
		return err_set(why, CEN_EREFUSED, "signed with a truncated MAC");
	return 0;
}

static int check_mac(const struct record *r, const uint8_t *mac, uint64_t now_s, struct err *why)
{
	if (CRYPTO_memcmp(mac, r->mac, r->mac_len) != 0)
		return err_set(why, CEN_EREFUSED, "the signature is wrong");
	/* Only after the MAC: before it, the time means nothing (RFC 8945 5.2.3). */
	uint64_t off_s = now_s > r->signed_s ? now_s - r->signed_s : r->signed_s - now_s;
	if (off_s > r->fudge_s)
		return err_set(why, CEN_EREFUSED,
			"signed %llu s from now: the clocks differ, or it is an old message",
			(unsigned long long)off_s);
	return 0;
}

/* Appends the record to the message. The digest is complete but for the message and what follows it. */
static int append(struct tsig *t, EVP_MAC_CTX *c, uint8_t *wire, size_t *len, uint64_t now_s)
{
	struct record r = {.at = *len, .name = t->key->name, .fudge_s = TSIG_FUDGE_S};
	const char *algorithm = algorithms[t->key->algorithm].name;
	uint8_t times[8];
	dname_from_text(algorithm, strlen(algorithm), &r.algorithm);
	wire_put_u16(times, (uint16_t)(now_s >> 32));
	wire_put_u32(times + 2, (uint32_t)now_s);
	wire_put_u16(times + 6, TSIG_FUDGE_S);
	r.times = r.other = times;
	r.original_id = wire_u16(wire);
	wire_put_u16(wire + 10, (uint16_t)(wire_u16(wire + 10) + 1));
	digest_message(c, wire, &r);
	digest_variables(c, &r);
	if (digest_end(c, t->mac, &t->mac_len))
		return -ENOMEM;
	uint8_t *p = wire + *len;
	memcpy(p, r.name.bytes, r.name.len);
	p += r.name.len;
	wire_put_u16(p, TYPE_TSIG);
	wire_put_u16(p + 2, CLASS_ANY_TSIG);
	wire_put_u32(p + 4, 0);
	wire_put_u16(p + 8, (uint16_t)(r.algorithm.len + 16 + t->mac_len));
	p += RR_FIXED;
	memcpy(p, r.algorithm.bytes, r.algorithm.len);
	p += r.algorithm.len;
	memcpy(p, times, sizeof times);
	wire_put_u16(p + 8, (uint16_t)t->mac_len);
	memcpy(p + 10, t->mac, t->mac_len);
	p += 10 + t->mac_len;
	wire_put_u16(p, r.original_id);
	wire_put_u32(p + 2, 0); /* no error, no other data */
	*len = (size_t)(p + 6 - wire);
	return 0;
}

int tsig_sign(struct tsig *t, const struct tsig_key *key, uint8_t *wire, size_t *len,
	uint64_t now_s, struct err *why)
{
	tsig_clear(t);
	t->key = key;
	EVP_MAC_CTX *c = digest_new(key);
	if (!c || append(t, c, wire, len, now_s))
		return err_set(why, -ENOMEM, "cannot sign");
	return 0;
}

int tsig_sign_answer(struct tsig *t, uint8_t *wire, size_t *len, uint64_t now_s, struct err *why)
{
	EVP_MAC_CTX *c = digest_new(t->key);
	if (!c)
		return err_set(why, -ENOMEM, "cannot sign");
	digest_mac(c, t->mac, t->mac_len);
	return append(t, c, wire, len, now_s) ? err_set(why, -ENOMEM, "cannot sign") : 0;
}

int tsig_verify_request(struct tsig *t, const struct tsig_key *key, const uint8_t *wire, size_t len,
	uint64_t now_s, struct err *why)
{
	struct record r;
	tsig_clear(t);
	t->key = key;
	if (!read_record(wire, len, &r))
		return err_set(why, CEN_EFORMAT, "not signed");
	int rc = check_record(key, &r, why);
	EVP_MAC_CTX *c = rc ? NULL : digest_new(key);
	if (rc || !c)
		return rc ? rc : err_set(why, -ENOMEM, "out of memory");
	digest_message(c, wire, &r);
	digest_variables(c, &r);
	if (digest_end(c, t->mac, &t->mac_len))
		return err_set(why, -ENOMEM, "out of memory");
	return check_mac(&r, t->mac, now_s, why);
}

/* An answer without a record: within a stream it waits for the next that has one (RFC 8945 5.3.1). */
static int take_unsigned(struct tsig *t, const uint8_t *wire, size_t len, struct err *why)
{
	if (!t->answers)
		return err_set(why, CEN_EREFUSED,
			wire_u16(wire + 2) % 16 == RCODE_NOTAUTH
				? "the primary refuses the key, or does not know the zone (NOTAUTH)"
				: "the answer is not signed");
	if (++t->unsigned_count > TSIG_UNSIGNED_MAX)
		return err_set(why, CEN_EREFUSED, "more than %d messages in a row are not signed",
			TSIG_UNSIGNED_MAX);
	EVP_MAC_update(t->pending, wire, len);
	return 0;
}

int tsig_verify(struct tsig *t, const uint8_t *wire, size_t len, uint64_t now_s, struct err *why)
{
	struct record r;
	uint8_t mac[TSIG_MAC_MAX];
	if (len < WIRE_HEADER)
		return err_set(why, CEN_EFORMAT, "a message is too short");
	if (!t->pending) { /* begins where the last signed message ended */
		t->pending = digest_new(t->key);
		if (!t->pending)
			return err_set(why, -ENOMEM, "out of memory");
		digest_mac(t->pending, t->mac, t->mac_len);
	}
	if (!tsig_is_signed(wire, len))
		return take_unsigned(t, wire, len, why);
	if (!read_record(wire, len, &r))
		return err_set(why, CEN_EFORMAT, "the signature is malformed");
	int rc = check_record(t->key, &r, why);
	if (rc)
		return rc;
	digest_message(t->pending, wire, &r);
	/* All but the first are signed with the time alone (RFC 8945 5.3.1). */
	if (t->answers)
		EVP_MAC_update(t->pending, r.times, 8);
	else
		digest_variables(t->pending, &r);
	rc = digest_end(t->pending, mac, &t->mac_len);
	t->pending = NULL;
	if (rc)
		return err_set(why, rc, "out of memory");
	rc = check_mac(&r, mac, now_s, why);
	memcpy(t->mac, mac, t->mac_len);
	t->answers++;
	t->unsigned_count = 0;
	return rc;
}

void tsig_clear(struct tsig *t)
{
	EVP_MAC_CTX_free(t->pending);
	*t = (struct tsig){0};
}
