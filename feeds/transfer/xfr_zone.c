/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/transfer/xfr_zone.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "feeds/plan.h"
#include "resolver/base/clock.h"
#include "resolver/base/log.h"
#include "resolver/base/wire.h"

enum {
	BATCH = 20000, /* records of an AXFR between commits: bounds the memory of LMDB */
	JITTER_PARTS = 10,
	STEP_HEAD = 10, /* is it a removal (1), key's length (1), type, TTL, data's length */
};

struct xfr_zone *xfr_zone_new(const struct xfr_zone_settings *settings, const char *state)
{
	struct err why = {""};
	struct xfr_zone *z = calloc(1, sizeof *z);
	if (!z)
		return NULL;
	z->settings = *settings;
	z->gap_ms = XFR_ZONE_GAP_MIN_MS;
	snprintf(z->path, sizeof z->path, "%s/zones/%s.mdb", state, settings->name);
	snprintf(z->path_new, sizeof z->path_new, "%s/zones/%s.new", state, settings->name);
	unlink(z->path_new);
	int rc = zone_open(z->path, &settings->source.zone, &settings->limits, &z->store, &why);
	if (rc && rc != CEN_ENOTFOUND)
		log_error("feeds",
			"event=zone_store list=%s reason=\"%s\" next=\"it is fetched anew\"",
			settings->name, why.text);
	return z;
}

static void drop_transfer(struct xfr_zone *z)
{
	xfr_conn_stop(z->conn);
	z->conn = NULL;
	if (z->fresh) {
		zone_close(z->fresh);
		z->fresh = NULL;
		unlink(z->path_new);
	}
	free(z->spool);
	z->spool = NULL;
	z->spool_len = z->spool_room = 0;
}

void xfr_zone_free(struct xfr_zone *z)
{
	if (!z)
		return;
	drop_transfer(z);
	zone_close(z->store);
	explicit_bzero(&z->settings.key, sizeof z->settings.key);
	free(z);
}

void xfr_zone_change(struct xfr_zone *z, const struct xfr_zone_settings *settings)
{
	drop_transfer(z);
	z->settings = *settings;
	z->reason[0] = 0;
	z->fails = 0;
	z->due_ms = clock_ms();
}

static uint32_t clamp(uint32_t v, uint32_t min, uint32_t max)
{
	return v < min ? min : v > max ? max : v;
}

/* A wait less up to a tenth, so that a thousand daemons do not ask at the same instant. */
static uint64_t with_jitter_ms(uint64_t wait_s)
{
	uint32_t r = 0;
	if (getrandom(&r, sizeof r, GRND_NONBLOCK) != sizeof r)
		r = 0;
	uint64_t ms = wait_s * 1000;
	return ms - ms / JITTER_PARTS * r / UINT32_MAX;
}

static uint32_t refresh_s(const struct xfr_zone *z)
{
	return clamp(zone_facts(z->store)->soa.refresh_s, XFR_ZONE_REFRESH_MIN_S,
		XFR_ZONE_REFRESH_MAX_S);
}

static uint32_t retry_s(const struct xfr_zone *z)
{
	if (z->store)
		return clamp(zone_facts(z->store)->soa.retry_s, XFR_ZONE_RETRY_MIN_S,
			XFR_ZONE_RETRY_MAX_S);
	uint32_t wait = (uint32_t)XFR_ZONE_FIRST_RETRY_S << (z->fails < 8 ? z->fails : 8);
	return wait < XFR_ZONE_FIRST_RETRY_MAX_S ? wait : XFR_ZONE_FIRST_RETRY_MAX_S;
}

bool xfr_zone_is_expired(const struct xfr_zone *z)
{
	if (!z->store)
		return false;
	const struct zone_facts *f = zone_facts(z->store);
	/* Not before it could be refreshed and tried again (RFC 1912 2.2). */
	uint64_t expire_s = f->soa.expire_s, least_s = (uint64_t)refresh_s(z) + retry_s(z);
	uint64_t now_s = clock_wall_s();
	return now_s > f->checked_s &&
		now_s - f->checked_s > (expire_s > least_s ? expire_s : least_s);
}

/* RFC 1035 would have an expired zone answer no more. This one protects: what it blocked goes on being blocked, and the
 * operator is told. */
static void warn_if_expired(struct xfr_zone *z)
{
	bool is_expired = xfr_zone_is_expired(z);
	if (is_expired && !z->has_expired)
		log_warn("feeds",
			"event=zone_expired list=%s serial=%" PRIu32
			" serving=\"the old content\" reason=\"%s\"",
			z->settings.name, zone_facts(z->store)->soa.serial, z->reason);
	z->has_expired = is_expired;
}

static void fail(struct xfr_zone *z, const char *words)
{
	if (strncmp(z->reason, words, sizeof z->reason - 1) != 0)
		log_warn("feeds", "event=transfer_failed list=%s reason=\"%s\"", z->settings.name,
			words);
	plan_copy_plain(z->reason, sizeof z->reason, words);
	z->due_ms = clock_ms() + with_jitter_ms(retry_s(z));
	z->fails++;
	z->counts.failures++;
	warn_if_expired(z);
}

static void succeed(struct xfr_zone *z, bool is_changed)
{
	uint64_t now = clock_ms();
	z->reason[0] = 0;
	z->fails = 0;
	z->is_older = z->is_whole_next = z->has_expired = false;
	z->due_ms = now + with_jitter_ms(refresh_s(z));
	/* NOTIFYs for nothing come less and less often through. */
	z->gap_ms = is_changed
		? XFR_ZONE_GAP_MIN_MS
		: (z->gap_ms * 2 < XFR_ZONE_GAP_MAX_MS ? z->gap_ms * 2 : XFR_ZONE_GAP_MAX_MS);
	z->earliest_ms = now + z->gap_ms;
}

static int begin(void *arg, bool is_whole, struct err *why)
{
	struct xfr_zone *z = arg;
	z->is_whole = is_whole;
	if (!is_whole)
		return 0;
	z->fresh_count = 0;
	int rc = zone_create(
		z->path_new, &z->settings.source.zone, &z->settings.limits, &z->fresh, why);
	return rc ? rc : zone_begin(z->fresh, why);
}

static int add_to_fresh(struct xfr_zone *z, const struct zone_record *r, struct err *why)
{
	int rc = 0;
	if (++z->fresh_count % BATCH == 0) {
		rc = zone_commit(z->fresh, why);
		if (!rc)
			rc = zone_begin(z->fresh, why);
	}
	return rc ? rc : zone_add(z->fresh, r, why);
}

static int put_step(
	struct xfr_zone *z, bool is_removal, const struct zone_record *r, struct err *why)
{
	size_t need = STEP_HEAD + r->key_len + r->len;
	if (z->spool_room - z->spool_len < need) {
		size_t room = z->spool_room ? z->spool_room * 2 : 1 << 17;
		uint8_t *more = room <= XFR_ZONE_DELTA_BYTES_MAX ? realloc(z->spool, room) : NULL;
		if (!more)
			return err_set(why, CEN_EFORMAT, "the delta is too large");
		z->spool = more;
		z->spool_room = room;
	}
	uint8_t *p = z->spool + z->spool_len;
	p[0] = is_removal;
	p[1] = (uint8_t)r->key_len;
	wire_put_u16(p + 2, r->type);
	wire_put_u32(p + 4, r->ttl_s);
	wire_put_u16(p + 8, r->len);
	memcpy(p + STEP_HEAD, r->key, r->key_len);
	if (r->len)
		memcpy(p + STEP_HEAD + r->key_len, r->data, r->len);
	z->spool_len += need;
	return 0;
}

static int add(void *arg, const struct zone_record *r, struct err *why)
{
	struct xfr_zone *z = arg;
	return z->is_whole ? add_to_fresh(z, r, why) : put_step(z, false, r, why);
}

static int take_away(void *arg, const struct zone_record *r, struct err *why)
{
	return put_step(arg, true, r, why);
}

static void start(struct xfr_zone *z)
{
	struct err why = {""};
	struct xfr_conn_job job = {
		.primary = z->settings.source.primary,
		.zone = z->settings.source.zone,
		.has_serial = z->store && !z->is_whole_next,
		.serial = z->store ? zone_facts(z->store)->soa.serial : 0,
		.key = z->settings.has_key ? &z->settings.key : NULL,
		.total_ms = z->settings.total_ms,
		/* Signatures and headers come on top. */
		.max_bytes = z->settings.limits.max_bytes * 2 + WIRE_MAX,
		.sink = {.arg = z, .begin = begin, .add = add, .remove = take_away},
	};
	z->is_notified = false;
	z->is_whole = false;
	if (z->settings.fault[0])
		fail(z, z->settings.fault);
	else if (xfr_conn_start(&job, &z->conn, &why))
		fail(z, why.text);
}

static int apply_steps(struct xfr_zone *z, struct err *why)
{
	const uint8_t *p = z->spool, *spool_end = p + z->spool_len;
	int rc = 0;
	while (!rc && p < spool_end) {
		struct zone_record r = {.key = p + STEP_HEAD,
			.key_len = p[1],
			.type = wire_u16(p + 2),
			.ttl_s = wire_u32(p + 4),
			.data = p + STEP_HEAD + p[1],
			.len = wire_u16(p + 8)};
		rc = p[0] ? zone_remove(z->store, &r, why) : zone_add(z->store, &r, why);
		p = r.data + r.len;
	}
	return rc;
}

static int take_delta(struct xfr_zone *z, const struct zone_soa *soa, struct err *why)
{
	int rc = zone_begin(z->store, why);
	if (rc)
		return rc;
	rc = apply_steps(z, why);
	if (rc) {
		zone_abort(z->store);
		return rc;
	}
	zone_set_soa(z->store, soa, clock_wall_s());
	return zone_commit(z->store, why);
}

static int take_whole(struct xfr_zone *z, const struct zone_soa *soa, struct err *why)
{
	zone_set_soa(z->fresh, soa, clock_wall_s());
	int rc = zone_commit(z->fresh, why);
	if (!rc)
		rc = zone_install(z->fresh, z->store, z->path, why);
	if (rc)
		return rc;
	zone_close(z->store);
	z->store = z->fresh;
	z->fresh = NULL;
	return 0;
}

static int take_result(struct xfr_zone *z, const struct xfr_stream *s, struct err *why)
{
	switch (s->result) {
	case XFR_STREAM_UNCHANGED:
		return zone_confirm(z->store, clock_wall_s(), why);
	case XFR_STREAM_DELTA:
		return take_delta(z, &s->soa, why);
	case XFR_STREAM_WHOLE:
		return take_whole(z, &s->soa, why);
	case XFR_STREAM_GOES_ON:
	default:
		return err_set(why, CEN_EFORMAT, "it has no end");
	}
}

static void finish(struct xfr_zone *z, const struct xfr_stream *s)
{
	bool is_whole = s->result == XFR_STREAM_WHOLE;
	z->counts.axfr += is_whole;
	z->counts.ixfr += s->result == XFR_STREAM_DELTA;
	z->counts.unchanged += s->result == XFR_STREAM_UNCHANGED;
	if (is_whole)
		log_info("feeds",
			"event=transfer list=%s kind=axfr serial=%" PRIu32 " records=%" PRIu64
			" messages=%" PRIu64,
			z->settings.name, s->soa.serial, s->records, s->messages);
	else
		log_debug("feeds",
			"event=transfer list=%s kind=ixfr serial=%" PRIu32 " records=%" PRIu64,
			z->settings.name, s->soa.serial, s->records);
	succeed(z, s->result != XFR_STREAM_UNCHANGED);
}

/* What came is not what was asked for: is the whole zone worth a try? Not when the disk or a limit is at fault, nor when the network is. */
static void give_up(struct xfr_zone *z, int code, bool was_delta, const struct err *why)
{
	fail(z, why->text);
	z->is_older = code == CEN_ERANGE;
	z->is_whole_next = false;
	if (was_delta && (code == CEN_EFORMAT || code == CEN_EREFUSED)) {
		z->is_whole_next = true;
		z->due_ms = clock_ms();
	}
}

bool xfr_zone_step(struct xfr_zone *z, short revents)
{
	struct err why = {""};
	if (!z->conn) {
		if (xfr_zone_next_ms(z) <= clock_ms())
			start(z);
		return false;
	}
	int rc = xfr_conn_step(z->conn, revents, &why);
	if (!rc)
		return false;
	const struct xfr_stream *s = xfr_conn_stream(z->conn);
	bool was_delta = s->has_serial, is_changed = false;
	rc = rc < 0 ? rc : take_result(z, s, &why);
	if (!rc) {
		is_changed = s->result != XFR_STREAM_UNCHANGED;
		finish(z, s);
	}
	drop_transfer(z);
	if (rc)
		give_up(z, rc, was_delta, &why);
	return is_changed;
}

uint64_t xfr_zone_next_ms(const struct xfr_zone *z)
{
	if (z->conn)
		return xfr_conn_deadline_ms(z->conn);
	return z->is_notified && z->earliest_ms < z->due_ms ? z->earliest_ms : z->due_ms;
}

void xfr_zone_notify(struct xfr_zone *z)
{
	z->is_notified = true;
	z->counts.notifies++;
}

void xfr_zone_ask_now(struct xfr_zone *z)
{
	z->due_ms = clock_ms();
	if (z->is_older)
		z->is_whole_next = true;
}

void xfr_zone_forget(struct xfr_zone *z)
{
	struct err why = {""};
	if (!z->store || !z->is_served || zone_change_count(z->store) <= ZONE_CHANGES_MAX)
		return;
	if (zone_forget(z->store, z->point, &why))
		log_warn("feeds", "event=zone_forget list=%s reason=\"%s\"", z->settings.name,
			why.text);
}

static void set_state(
	struct feeds_list_status *s, enum feeds_state state, const char *before, const char *reason)
{
	s->state = state;
	snprintf(s->reason, sizeof s->reason, "%.120s%.*s", before,
		(int)(sizeof s->reason - 1 - strlen(before)), reason);
}

void xfr_zone_status(const struct xfr_zone *z, struct feeds_list_status *s)
{
	struct feeds_transfer *t = &s->transfer;
	uint64_t next_ms = xfr_zone_next_ms(z), now_ms = clock_ms();
	*t = (struct feeds_transfer){
		.is_zone = true,
		.is_running = z->conn,
		.is_expired = xfr_zone_is_expired(z),
		.changes = z->changes,
		.axfr = z->counts.axfr,
		.ixfr = z->counts.ixfr,
		.unchanged = z->counts.unchanged,
		.failures = z->counts.failures,
		.notifies = z->counts.notifies,
	};
	s->next_s = clock_wall_s() + (next_ms > now_ms ? (next_ms - now_ms + 999) / 1000 : 0);
	if (!z->store) {
		set_state(s, FEEDS_NEVER, "", z->reason);
		return;
	}
	const struct zone_facts *f = zone_facts(z->store);
	t->has_serial = true;
	t->serial = f->soa.serial;
	t->records = f->records;
	s->checked_s = f->checked_s;
	s->changed_s = f->changed_s;
	if (t->is_expired)
		set_state(s, FEEDS_STALE,
			"expired: for longer than its SOA allows the primary has not confirmed it; "
			"it goes on serving: ",
			z->reason);
	else if (z->reason[0])
		set_state(s, FEEDS_STALE, "", z->reason);
	else if (s->state != FEEDS_REFUSED)
		set_state(s, FEEDS_OK, "", "");
}
