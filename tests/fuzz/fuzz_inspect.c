/* SPDX-License-Identifier: BSD-2-Clause
 * Any packet as the answer to its own question, inspected under a view with denied names and addresses: what is let through holds none of them.
 * The first octet of the input chooses; the rest is the packet.
 */
#include <stdlib.h>
#include <string.h>

#include "resolver/answer.h"
#include "resolver/base/addr_special.h"
#include "resolver/cache.h"
#include "resolver/inspect.h"
#include "resolver/nameservers.h"
#include "resolver/rebinding.h"
#include "resolver/stats.h"
#include "resolver/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned stamps;

void cache_stamp(struct worker *w, struct query *q)
{
	(void)w;
	(void)q;
	stamps++;
}

void nameservers_gather(
	struct worker *w, const struct dname *name, struct nameservers_missing *missing)
{
	(void)w;
	(void)name;
	(void)missing;
}

bool nameservers_wait(struct worker *w, struct query *q, const struct nameservers_missing *missing)
{
	(void)w;
	(void)q;
	(void)missing;
	return false;
}

static const struct view *make_view(void)
{
	static struct config_rule deny = {.is_self = true, .is_below = true};
	static struct addr_prefix denied;
	static struct config config = {.deny = &deny,
		.deny_count = 1,
		.deny_addresses = &denied,
		.deny_address_count = 1,
		.rebinding_is_enabled = true,
		.sinkhole_action = SINK_NULL};
	static struct view *view;
	struct err why;
	if (view)
		return view;
	if (dname_from_text("bad.example", 11, &deny.name) ||
		addr_prefix_from_text("203.0.113.0/24", &denied) ||
		view_new(1, &(struct view_parts){.config = &config}, NULL, &view, &why))
		abort();
	return view;
}

/* Nothing that may not pass is left. */
static void check_record(const struct view *v, const struct query *q, const struct answer_record *r)
{
	struct addr a;
	struct dname target;
	size_t at = r->data_at;
	if (r->type == TYPE_A && r->data_len == 4) {
		addr_from_v4(q->out + r->data_at, &a);
		if (addr_special_is_private(&a))
			abort();
		if (!q->is_allowed && r->section == 0 &&
			addr_table_find(v->denied_addresses, &a, 0))
			abort();
	}
	if (r->type == TYPE_AAAA && r->data_len == 16) {
		memcpy(a.bytes, q->out + r->data_at, 16);
		if (addr_special_is_private(&a))
			abort();
	}
	if (r->type != TYPE_CNAME || r->section != 0 || q->is_allowed)
		return;
	if (!dname_from_packet(q->out, q->out_len, &at, &target) ||
		dname_is_at_or_below(&target, &v->config->deny[0].name))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[WIRE_MAX];
	static struct stats_worker stats;
	if (size < 1 + WIRE_HEADER + 5 || size > WIRE_MAX)
		return 0;
	const uint8_t *packet = data + 1;
	uint32_t len = (uint32_t)size - 1;
	struct query q = {.out = out,
		.out_max = sizeof out,
		.ede = EDE_NONE,
		.list = -1,
		.has_do = data[0] & 1,
		.is_allowed = data[0] & 2,
		.is_secure = true};
	struct worker w = {.view = make_view(), .stats = &stats};
	size_t n = dname_from_wire(packet + WIRE_HEADER, len - WIRE_HEADER, &q.qname);
	if (!n || len < WIRE_HEADER + n + 4)
		return 0;
	q.qtype = wire_u16(packet + WIRE_HEADER + n);
	q.qclass = wire_u16(packet + WIRE_HEADER + n + 2);
	if (!answer_take(&q, packet, len, 0, 86400))
		return 0;
	q.outcome = OUTCOME_RECURSED;
	unsigned before = stamps;
	if (inspect(&w, &q) == STEP_REPLY) {
		if (q.source != ANSWER_NONE || q.out_len != query_records_at(&q) || q.is_secure ||
			q.outcome == OUTCOME_RECURSED || stamps != before)
			abort();
		return 0;
	}
	if (q.is_clean != (stamps == before + 1))
		abort();
	struct answer_cursor c = {0};
	struct answer_record r;
	while (answer_next(&q, &c, &r))
		check_record(w.view, &q, &r);
	if (c.is_bad)
		abort();
	return 0;
}
