/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/evidence/notice/notices.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "resolver/base/wire.h"
#include "resolver/evidence/notice/mail.h"
#include "resolver/evidence/notice/webhook.h"

enum { WAIT_MS = 1000 };

struct notices {
	struct webhook *webhook;
	struct mail *mail;
	struct courier *couriers[NOTICES_RECEIVERS]; /* NULL: there is no such receiver */
};

static const char *const names[] = {[NOTICES_WEBHOOK] = "webhook", [NOTICES_MAIL] = "mail"};

const char *notices_receiver_name(enum notices_receiver r)
{
	return names[r];
}

/* --- life ------------------------------------------------------------------------------------- */

static int open_webhook(struct notices *n, const struct config_notices *config, notice_find *find,
	void *arg, struct err *why)
{
	int code = webhook_new(config, find, arg, &n->webhook, why);
	const struct courier_options options = {.name = names[NOTICES_WEBHOOK],
		.carry = webhook_carry,
		.arg = n->webhook,
		.wait_ms = WAIT_MS};
	return code ? code : courier_new(&options, &n->couriers[NOTICES_WEBHOOK], why);
}

static int open_mail(struct notices *n, const struct config_notices *config, notice_find *find,
	void *arg, struct err *why)
{
	int code = mail_new(config, find, arg, &n->mail, why);
	const struct courier_options options = {.name = names[NOTICES_MAIL],
		.carry = mail_carry,
		.arg = n->mail,
		.wait_ms = WAIT_MS,
		.per_hour = MAIL_PER_HOUR};
	return code ? code : courier_new(&options, &n->couriers[NOTICES_MAIL], why);
}

int notices_open(const struct config_notices *config, notice_find *find, void *arg,
	struct notices **out, struct err *why)
{
	*out = NULL;
	if (!config->url && !config->mail_to)
		return 0;
	struct notices *n = calloc(1, sizeof *n);
	int code = 0;
	if (!n)
		return err_set(why, -ENOMEM, "evidence: memory is short");
	if (config->url)
		code = open_webhook(n, config, find, arg, why);
	if (!code && config->mail_to)
		code = open_mail(n, config, find, arg, why);
	if (code)
		notices_free(n);
	else
		*out = n;
	return code;
}

int notices_start(struct notices *n, struct err *why)
{
	int code = 0;
	for (unsigned i = 0; n && i < NOTICES_RECEIVERS && !code; i++)
		if (n->couriers[i])
			code = courier_start(n->couriers[i], why);
	return code;
}

void notices_stop(struct notices *n)
{
	for (unsigned i = 0; n && i < NOTICES_RECEIVERS; i++)
		courier_stop(n->couriers[i]);
}

void notices_free(struct notices *n)
{
	if (!n)
		return;
	for (unsigned i = 0; i < NOTICES_RECEIVERS; i++)
		courier_free(n->couriers[i]);
	webhook_free(n->webhook);
	mail_free(n->mail);
	free(n);
}

/* --- what there is to tell -------------------------------------------------------------------- */

void notices_put(struct notices *n, enum notice_event event, const struct evidence_case *c)
{
	if (!n)
		return;
	struct notice notice = {.at_ms = event == NOTICE_OPENED ? c->opened_ms : c->changed_ms,
		.case_id = c->id,
		.event = event,
		.state = c->state};
	randombytes_buf(&notice.id, sizeof notice.id);
	if (n->couriers[NOTICES_WEBHOOK])
		courier_put(n->couriers[NOTICES_WEBHOOK], &notice);
	if (n->couriers[NOTICES_MAIL] && event == NOTICE_OPENED)
		courier_put(n->couriers[NOTICES_MAIL], &notice);
}

void notices_info(struct notices *n, struct notices_info out[static NOTICES_RECEIVERS])
{
	for (unsigned i = 0; i < NOTICES_RECEIVERS; i++) {
		out[i] = (struct notices_info){.is_set = false};
		if (!n || !n->couriers[i])
			continue;
		out[i].is_set = true;
		courier_counters(n->couriers[i], &out[i].counters);
	}
}

/* --- over a restart --------------------------------------------------------------------------- */

static void put_u64(uint8_t *to, uint64_t v)
{
	wire_put_u32(to, (uint32_t)(v >> 32));
	wire_put_u32(to + 4, (uint32_t)v);
}

static uint64_t u64_at(const uint8_t *from)
{
	return (uint64_t)wire_u32(from) << 32 | wire_u32(from + 4);
}

size_t notices_keep(struct notices *n, uint8_t out[static NOTICES_KEPT_MAX])
{
	struct notice waiting[COURIER_WAITING_MAX];
	size_t len = 0;
	for (unsigned r = 0; n && r < NOTICES_RECEIVERS; r++) {
		size_t count = n->couriers[r] ? courier_waiting(n->couriers[r], waiting) : 0;
		for (size_t i = 0; i < count; i++, len += NOTICES_KEPT) {
			out[len] = (uint8_t)r;
			out[len + 1] = (uint8_t)waiting[i].event;
			out[len + 2] = (uint8_t)waiting[i].state;
			put_u64(out + len + 3, waiting[i].id);
			put_u64(out + len + 11, waiting[i].at_ms);
			put_u64(out + len + 19, waiting[i].case_id);
		}
	}
	return len;
}

void notices_restore(struct notices *n, const uint8_t *bytes, size_t len)
{
	for (; n && len >= NOTICES_KEPT; bytes += NOTICES_KEPT, len -= NOTICES_KEPT) {
		if (bytes[0] >= NOTICES_RECEIVERS || bytes[1] >= NOTICE_EVENT_COUNT ||
			bytes[2] >= CASE_STATE_COUNT || !n->couriers[bytes[0]])
			continue;
		struct notice notice = {.id = u64_at(bytes + 3),
			.at_ms = u64_at(bytes + 11),
			.case_id = u64_at(bytes + 19),
			.event = (enum notice_event)bytes[1],
			.state = (enum case_state)bytes[2]};
		courier_restore(n->couriers[bytes[0]], &notice);
	}
}
