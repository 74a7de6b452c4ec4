/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/sinkhole/knock_read.h"

#include <string.h>

#include "resolver/evidence/sinkhole/knock_http.h"
#include "resolver/evidence/sinkhole/knock_ja.h"
#include "resolver/evidence/sinkhole/knock_tls.h"

_Static_assert(sizeof((struct knock *)0)->ja3 >= KNOCK_JA3_ROOM, "room");
_Static_assert(sizeof((struct knock *)0)->ja4 >= KNOCK_JA4_ROOM, "room");

struct knock_look knock_read_look(const uint8_t *bytes, size_t len)
{
	if (!len)
		return (struct knock_look){.kind = KNOCK_SILENT};
	enum knock_tls_state tls = knock_tls_look(bytes, len);
	if (tls == KNOCK_TLS_MAYBE)
		return (struct knock_look){.kind = KNOCK_OTHER};
	if (tls != KNOCK_TLS_NOT)
		return (struct knock_look){
			.kind = KNOCK_TLS, .is_sure = true, .is_whole = tls != KNOCK_TLS_PART};
	/* The request's head is only looked at as far as it is kept. */
	enum knock_http_state http =
		knock_http_look(bytes, len < KNOCK_HEAD_MAX ? len : KNOCK_HEAD_MAX);
	if (http == KNOCK_HTTP_HEAD || http == KNOCK_HTTP_WHOLE)
		return (struct knock_look){.kind = KNOCK_HTTP,
			.is_sure = true,
			.is_whole = http == KNOCK_HTTP_WHOLE || len >= KNOCK_HEAD_MAX};
	return (struct knock_look){.kind = KNOCK_OTHER,
		.is_sure = http == KNOCK_HTTP_NOT,
		.is_whole = len >= KNOCK_HEAD_MAX};
}

static void read_tls(struct knock *k, const uint8_t *bytes, size_t len)
{
	uint8_t message[KNOCK_TLS_MAX];
	struct knock_tls_hello hello;
	size_t n = knock_tls_unwrap(bytes, len < sizeof message ? len : sizeof message, message);
	knock_tls_read(message, n, &hello);
	memcpy(k->sni, hello.sni, sizeof k->sni);
	knock_ja3(&hello, k->ja3);
	knock_ja4(&hello, k->ja4);
}

void knock_read(struct knock *k, const uint8_t *bytes, size_t len)
{
	k->kind = knock_read_look(bytes, len).kind;
	k->request_line[0] = k->host[0] = k->user_agent[0] = k->sni[0] = k->ja3[0] = k->ja4[0] = 0;
	k->head_len = (uint16_t)(len < KNOCK_HEAD_MAX ? len : KNOCK_HEAD_MAX);
	memset(k->head, 0, sizeof k->head);
	if (len)
		memcpy(k->head, bytes, k->head_len);
	if (k->kind == KNOCK_HTTP)
		knock_http_read(bytes, k->head_len, k);
	else if (k->kind == KNOCK_TLS)
		read_tls(k, bytes, len);
}
