/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/transfer/zone_text.h"

#include <errno.h>
#include <inttypes.h>
#include <ldns/ldns.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "resolver/base/addr.h"
#include "resolver/base/wire.h"

static void put_name(FILE *f, const uint8_t *wire)
{
	char text[DNAME_TEXT_MAX];
	dname_to_text(wire, text);
	fputs(text, f);
	if (wire[0])
		putc('.', f); /* the root has its dot */
}

/* The data of the less usual types, by ldns. A line that it cannot write is one that the builder will not read. */
static void put_data(FILE *f, const struct zone_record *r)
{
	uint8_t *wire = malloc((size_t)r->len + 11);
	ldns_rr *rr = NULL;
	size_t at = 0;
	if (!wire)
		return;
	wire[0] = 0;
	wire_put_u16(wire + 1, r->type);
	wire_put_u16(wire + 3, CLASS_IN);
	wire_put_u32(wire + 5, r->ttl_s);
	wire_put_u16(wire + 9, r->len);
	memcpy(wire + 11, r->data, r->len);
	bool is_good = ldns_wire2rr(&rr, wire, (size_t)r->len + 11, &at, LDNS_SECTION_ANSWER) ==
		LDNS_STATUS_OK;
	for (size_t i = 0; is_good && i < ldns_rr_rd_count(rr); i++) {
		char *text = ldns_rdf2str(ldns_rr_rdf(rr, i));
		is_good = text && !strpbrk(text, "\n\r");
		if (is_good)
			fprintf(f, "%s%s", i ? " " : "", text);
		free(text);
	}
	ldns_rr_free(rr);
	free(wire);
}

static void put_address(FILE *f, const struct zone_record *r)
{
	struct addr a;
	char text[ADDR_TEXT_MAX];
	if (r->len == 4)
		addr_from_v4(r->data, &a);
	else
		memcpy(a.bytes, r->data, sizeof a.bytes);
	fputs(addr_to_text(&a, text), f);
}

static void put_record(FILE *f, const uint8_t *owner, const struct zone_record *r)
{
	char *type;
	put_name(f, owner);
	switch (r->type) {
	case TYPE_CNAME:
		fprintf(f, " %" PRIu32 " IN CNAME ", r->ttl_s);
		put_name(f, r->data);
		break;
	case TYPE_A:
		fprintf(f, " %" PRIu32 " IN A ", r->ttl_s);
		put_address(f, r);
		break;
	default:
		type = ldns_rr_type2str((ldns_rr_type)r->type);
		fprintf(f, " %" PRIu32 " IN %s ", r->ttl_s, type ? type : "");
		free(type);
		put_data(f, r);
	}
	putc('\n', f);
}

static bool put_owner(
	void *arg, const uint8_t *key, size_t key_len, const uint8_t *bytes, size_t len)
{
	FILE *f = arg;
	struct zone_rows rows = {bytes, bytes + len};
	struct zone_record r;
	struct dname owner;
	if (!dname_from_key(key, key_len, &owner))
		return true;
	while (zone_next(&rows, &r))
		put_record(f, owner.bytes, &r);
	return !ferror(f);
}

static void put_soa(FILE *f, const struct dname *name, const struct zone_soa *soa)
{
	put_name(f, name->bytes);
	/* Who runs the zone is not kept; it is of no use here. */
	fprintf(f,
		" 0 IN SOA localhost. nobody.invalid. %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu32
		" %" PRIu32 "\n",
		soa->serial, soa->refresh_s, soa->retry_s, soa->expire_s, soa->minimum_s);
}

int zone_text_write(struct zone *z, const struct dname *name, const char *path, struct err *why)
{
	char temp[PATH_MAX];
	snprintf(temp, sizeof temp, "%s.export", path);
	FILE *f = fopen(temp, "we");
	if (!f)
		return err_set(why, -errno, "%s: cannot be written: %s", temp, strerror(errno));
	put_soa(f, name, &zone_facts(z)->soa);
	int rc = zone_walk(z, put_owner, f, why);
	if (!rc && (fflush(f) || fdatasync(fileno(f))))
		rc = err_set(why, -errno, "%s: cannot be written: %s", temp, strerror(errno));
	if (fclose(f) && !rc)
		rc = err_set(why, -errno, "%s: cannot be written: %s", temp, strerror(errno));
	if (!rc && rename(temp, path))
		rc = err_set(why, -errno, "%s: cannot be renamed: %s", path, strerror(errno));
	if (rc)
		unlink(temp);
	return rc;
}
