/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/report/report_id.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "resolver/evidence/report/report_digest.h"
#include "resolver/evidence/report/report_text.h"

/* 6ba7b810-9dad-11d1-80b4-00c04fd430c8: names are domains (RFC 9562 6.6) */
static const uint8_t space_dns[16] = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4,
	0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
/* 00abedb4-aa42-466c-9c01-fed23315a9b7: cyber-observables (STIX 2.1, 2.9) */
static const uint8_t space_stix[16] = {0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01,
	0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7};

static const char *uuid_text(
	const char *type, const uint8_t u[static 16], char out[static REPORT_ID_TEXT])
{
	snprintf(out, REPORT_ID_TEXT,
		"%.20s%s%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		type ? type : "", type ? "--" : "", u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7],
		u[8], u[9], u[10], u[11], u[12], u[13], u[14], u[15]);
	return out;
}

static bool own_uuid(const struct report_context *context, const char *what, uint8_t out[static 16])
{
	uint8_t space[16];
	return report_digest_uuid5(space_dns, context->domain, space) &&
		report_digest_uuid5(space, what, out);
}

static bool case_uuid(const struct report_context *context, const struct evidence_case *c,
	const char *what, uint8_t out[static 16])
{
	char client[REPORT_CLIENT_TEXT], name[REPORT_CLIENT_TEXT + DNAME_TEXT_MAX + 64];
	snprintf(name, sizeof name, "case/%" PRIu64 "/%" PRIu64 "/%s/%s", c->id, c->opened_ms,
		report_text_client(c, client), what);
	return own_uuid(context, name, out);
}

const char *report_id_own(const struct report_context *context, const char *type, const char *what,
	char out[static REPORT_ID_TEXT])
{
	uint8_t uuid[16];
	return own_uuid(context, what, uuid) ? uuid_text(type, uuid, out) : NULL;
}

const char *report_id_case(const struct report_context *context, const struct evidence_case *c,
	const char *type, const char *what, char out[static REPORT_ID_TEXT])
{
	uint8_t uuid[16];
	return case_uuid(context, c, what, uuid) ? uuid_text(type, uuid, out) : NULL;
}

const char *report_id_case_v4(const struct report_context *context, const struct evidence_case *c,
	const char *what, char out[static REPORT_ID_TEXT])
{
	uint8_t uuid[16];
	if (!case_uuid(context, c, what, uuid))
		return NULL;
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	return uuid_text(NULL, uuid, out);
}

const char *report_id_observable(
	const char *type, const json_t *properties, char out[static REPORT_ID_TEXT])
{
	/* For what cenote names this is the canonical form of RFC 8785: printable ASCII and whole numbers only. */
	char *canonical = json_dumps(properties, JSON_COMPACT | JSON_SORT_KEYS);
	uint8_t uuid[16];
	bool is_made = canonical && report_digest_uuid5(space_stix, canonical, uuid);
	free(canonical);
	return is_made ? uuid_text(type, uuid, out) : NULL;
}
