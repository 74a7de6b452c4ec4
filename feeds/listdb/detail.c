/* SPDX-License-Identifier: BSD-2-Clause */
#include "feeds/listdb/detail.h"

#include <string.h>

#include "resolver/base/calendar_list.h"
#include "resolver/base/wire.h"

enum { HEAD = 3, RECORD_HEAD = 6, PREFIX = 17 };

void detail_put(struct detail_writer *w, enum detail_kind kind, const void *bytes, size_t len)
{
	if (len > sizeof w->bytes || w->len + HEAD + len > sizeof w->bytes) {
		w->is_full = true;
		return;
	}
	uint8_t *p = w->bytes + w->len;
	p[0] = (uint8_t)kind;
	wire_put_u16(p + 1, (uint16_t)len);
	if (len)
		memcpy(p + HEAD, bytes, len);
	w->len = (uint16_t)(w->len + HEAD + len);
}

void detail_put_u16(struct detail_writer *w, enum detail_kind kind, uint16_t value)
{
	uint8_t bytes[2];
	wire_put_u16(bytes, value);
	detail_put(w, kind, bytes, sizeof bytes);
}

void detail_put_prefix(struct detail_writer *w, enum detail_kind kind, const struct addr_prefix *p)
{
	uint8_t bytes[PREFIX];
	memcpy(bytes, p->addr.bytes, sizeof p->addr.bytes);
	bytes[PREFIX - 1] = p->bits;
	detail_put(w, kind, bytes, sizeof bytes);
}

void detail_put_record(
	struct detail_writer *w, uint16_t type, uint32_t ttl_s, const uint8_t *data, size_t len)
{
	uint8_t bytes[RULE_ABOUT_MAX];
	if (len > sizeof bytes - RECORD_HEAD) {
		w->is_full = true;
		return;
	}
	wire_put_u16(bytes, type);
	wire_put_u32(bytes + 2, ttl_s);
	if (len)
		memcpy(bytes + RECORD_HEAD, data, len);
	detail_put(w, DETAIL_RECORD, bytes, RECORD_HEAD + len);
}

/* One uncompressed name and nothing behind it. */
static bool is_name(const uint8_t *p, size_t len)
{
	size_t at = 0;
	if (len > DNAME_MAX)
		return false;
	while (at < len && p[at] && p[at] <= DNAME_LABEL_MAX)
		at += (size_t)p[at] + 1;
	return at + 1 == len && !p[at];
}

/* Terminated, and nothing but plain ASCII: it is shown as it is. */
static bool is_word(const uint8_t *p, size_t len)
{
	if (len < 2 || len > CALENDAR_LIST_FAMILY_MAX + 1 || p[len - 1])
		return false;
	for (size_t i = 0; i + 1 < len; i++)
		if (p[i] <= ' ' || p[i] >= 127)
			return false;
	return true;
}

static bool is_good(const struct detail_item *i)
{
	switch (i->kind) {
	case DETAIL_TYPE:
	case DETAIL_NOT_TYPE:
		return i->len == 2;
	case DETAIL_CLIENT:
	case DETAIL_NOT_CLIENT:
		return i->len == PREFIX && i->at[PREFIX - 1] <= 128;
	case DETAIL_NOT_NAME:
	case DETAIL_ALIAS:
	case DETAIL_ALIAS_BELOW:
		return is_name(i->at, i->len);
	case DETAIL_RECORD:
		return i->len >= RECORD_HEAD;
	case DETAIL_FAMILY:
		return is_word(i->at, i->len);
	case DETAIL_KINDS:
		break;
	}
	return false;
}

bool detail_next(struct detail_cursor *c, struct detail_item *out)
{
	size_t left = (size_t)(c->end - c->at);
	if (left < HEAD)
		return false;
	size_t len = wire_u16(c->at + 1);
	if (c->at[0] == 0 || c->at[0] >= DETAIL_KINDS || left - HEAD < len)
		return false;
	*out = (struct detail_item){(enum detail_kind)c->at[0], c->at + HEAD, (uint16_t)len};
	if (!is_good(out))
		return false;
	c->at += HEAD + len;
	return true;
}

bool detail_is_good(const uint8_t *row, size_t len)
{
	struct detail_cursor c = detail_start(row, len);
	struct detail_item item;
	while (detail_next(&c, &item))
		;
	return c.at == c.end;
}
