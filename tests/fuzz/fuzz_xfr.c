/* SPDX-License-Identifier: BSD-2-Clause
 * What a primary, or one who pretends to be it, may send: the messages of a transfer, signatures, a NOTIFY. The first octet
 * chooses; messages follow, each behind its length, as on TCP.
 */
#include <stdlib.h>
#include <string.h>

#include "feeds/transfer/notify.h"
#include "feeds/transfer/tsig.h"
#include "feeds/transfer/xfr_stream.h"
#include "resolver/base/wire.h"

enum { HAS_SERIAL = 1, IS_SIGNED = 2, IS_NOTIFY = 4, ID = 0x1234, NOW = 1800000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static const struct dname zone = {.len = 8, .labels = 2, .bytes = "\1z\4test"};

static const struct tsig_key *key(void)
{
	static struct tsig_key k;
	k.name = zone;
	k.secret_len = 6;
	memcpy(k.secret, "secret", 6);
	return &k;
}

static int begin(void *arg, bool is_whole, struct err *why)
{
	unsigned *begun = arg;
	(void)is_whole;
	(void)why;
	HOLDS(!(*begun)++);
	return 0;
}

/* What reaches the store is a name of the zone and data that can be read to their ends. */
static int take(void *arg, const struct zone_record *r, struct err *why)
{
	const unsigned *begun = arg;
	struct dname owner;
	(void)why;
	HOLDS(*begun == 1);
	HOLDS(dname_from_key(r->key, r->key_len, &owner));
	HOLDS(dname_is_at_or_below(&owner, &zone));
	HOLDS(r->type && r->ttl_s <= INT32_MAX);
	unsigned sum = 0;
	for (unsigned i = 0; i < r->len; i++)
		sum += r->data[i];
	return sum == UINT32_MAX;
}

static void stream(const uint8_t *data, size_t size, bool has_serial)
{
	uint32_t serial = 5;
	unsigned begun = 0;
	struct xfr_stream s;
	struct xfr_stream_sink sink = {&begun, begin, take, take};
	xfr_stream_init(&s, &zone, has_serial ? &serial : NULL, ID);
	while (size >= 2) {
		size_t len = wire_u16(data);
		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		uint8_t *exact = malloc(len ? len : 1);
		HOLDS(exact);
		memcpy(exact, data, len);
		if (len >= 2)
			wire_put_u16(exact, ID);
		int rc = xfr_stream_message(&s, exact, len, &sink, NULL);
		free(exact);
		if (rc)
			break;
		HOLDS(s.result != XFR_STREAM_DELTA || has_serial);
		data += len;
		size -= len;
	}
	xfr_stream_clear(&s);
}

static void signatures(const uint8_t *data, size_t size)
{
	struct tsig t = {.key = key()};
	uint8_t *exact = malloc(size ? size : 1);
	HOLDS(exact);
	memcpy(exact, data, size);
	(void)tsig_is_signed(exact, size);
	(void)tsig_verify(&t, exact, size, NOW, NULL);
	tsig_clear(&t);
	(void)tsig_verify_request(&t, key(), exact, size, NOW, NULL);
	tsig_clear(&t);
	free(exact);
}

static void notify(const uint8_t *data, size_t size)
{
	uint8_t wire[NOTIFY_MAX] = {0};
	struct addr from = {{0}};
	struct notify_zone known = {&zone, &from, key(), true, 5};
	size_t len = size < sizeof wire ? size : sizeof wire, index = 7, before = len;
	memcpy(wire, data, len);
	enum notify_outcome outcome = notify_answer(&known, 1, &from, wire, &len, NOW, &index);
	/* Never a lever: the answer is at most the request and a signature. */
	HOLDS(len <= before + TSIG_ROOM && len <= sizeof wire);
	HOLDS(outcome == NOTIFY_IGNORED || wire[2] & WIRE_QR);
	HOLDS((outcome != NOTIFY_NEWS && outcome != NOTIFY_KNOWN) || index == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & IS_NOTIFY)
		notify(data + 1, size - 1);
	else if (data[0] & IS_SIGNED)
		signatures(data + 1, size - 1);
	else
		stream(data + 1, size - 1, data[0] & HAS_SERIAL);
	return 0;
}
