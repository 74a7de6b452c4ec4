/* SPDX-License-Identifier: BSD-2-Clause
 * Cases made by hand, for tests of what is written about them.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/evidence/cases.h"

enum { SAMPLE_MS = 123 };
static const uint64_t SAMPLE_START_MS = 1795521600000; /* 2026-11-24T12:00:00.000Z */

static inline struct addr sample_addr(const char *text)
{
	struct addr a;
	if (addr_from_text(text, &a))
		abort();
	return a;
}

static inline struct case_line *sample_line(
	struct evidence_case *c, enum evidence_kind kind, const char *name, uint16_t qtype)
{
	struct case_line *l = &c->lines[c->line_count];
	l->at_ms = SAMPLE_START_MS + SAMPLE_MS + c->line_count * 1000u;
	l->kind = kind;
	l->class = DGA_RANDOM;
	l->qtype = qtype;
	l->score = 7100;
	l->llr = 2300;
	if (dname_from_text(name, strlen(name), &l->name))
		abort();
	c->line_count++;
	c->evidence_count++;
	return l;
}

static inline struct knock *sample_knock(
	struct evidence_case *c, enum knock_kind kind, uint16_t port)
{
	struct knock *k = &c->knocks[c->knock_count++];
	c->knock_total++;
	k->at_ms = SAMPLE_START_MS + 60000 + SAMPLE_MS;
	k->kind = kind;
	k->from.addr = c->client;
	k->from.port = 51234;
	k->to.addr = sample_addr(addr_is_v4(&c->client) ? "198.51.100.7" : "2001:db8:ff::7");
	k->to.port = port;
	return k;
}

/* An IPv4 client with two names of a known family, no contact. */
static inline struct evidence_case sample_plain(void)
{
	struct evidence_case c = {.id = 7, .client_bits = 128, .state = CASE_OPEN, .sum = 16000};
	c.client = sample_addr("192.0.2.17");
	c.first_ms = SAMPLE_START_MS + SAMPLE_MS;
	c.last_ms = c.first_ms + 1000;
	c.opened_ms = c.changed_ms = c.last_ms + 1;
	c.family_count = 1;
	snprintf(c.families[0], sizeof c.families[0], "conficker-b");
	sample_line(&c, EVIDENCE_NXDOMAIN, "qkxjvwpzt.com", 1);
	sample_line(&c, EVIDENCE_CALENDAR, "zzkfhqpwmv.info", 28);
	return c;
}

/* An IPv6 subscriber with contacts of every kind. */
static inline struct evidence_case sample_contacts(void)
{
	struct evidence_case c = sample_plain();
	c.id = 8;
	c.client = sample_addr("2001:db8:1:2::");
	c.client_bits = 64;
	c.state = CASE_ACKNOWLEDGED;
	c.sinkholed_count = 3;
	snprintf(c.note, sizeof c.note, "Call them: M\xC3\xBCller");
	struct case_line *l = sample_line(&c, EVIDENCE_KNOCK, ".", 0);
	l->class = DGA_NONE;
	l->score = 0;
	struct knock *k = sample_knock(&c, KNOCK_HTTP, 80);
	k->from.addr = sample_addr("2001:db8:1:2::99");
	snprintf(k->request_line, sizeof k->request_line, "GET /gate.php?id=1 HTTP/1.1");
	snprintf(k->host, sizeof k->host, "qkxjvwpzt.com");
	snprintf(k->user_agent, sizeof k->user_agent, "Mozilla/4.0 (bot)");
	k->head_len = 5;
	memcpy(k->head, "GET /", 5);
	k = sample_knock(&c, KNOCK_TLS, 443);
	k->from.port = 51235;
	snprintf(k->sni, sizeof k->sni, "zzkfhqpwmv.info");
	snprintf(k->ja3, sizeof k->ja3, "e7d705a3286e19ea42f587b344ee6865");
	snprintf(k->ja4, sizeof k->ja4, "t13d1516h2_8daaf6152771_b186095e22b6");
	k->head_len = 3;
	memcpy(k->head, "\x16\x03\x01", 3);
	k = sample_knock(&c, KNOCK_SILENT, 4433);
	k->from.port = 51236;
	k = sample_knock(&c, KNOCK_OTHER, 6667);
	k->from.port = 51237;
	k->is_udp = true;
	k->head_len = KNOCK_HEAD_MAX;
	for (size_t i = 0; i < KNOCK_HEAD_MAX; i++)
		k->head[i] = (uint8_t)i;
	c.last_ms = k->at_ms;
	return c;
}

/* Names, families and texts that try to break out of what they are written into. */
static inline struct evidence_case sample_hostile(void)
{
	struct evidence_case c = sample_plain();
	c.id = 9;
	c.state = CASE_CLOSED;
	snprintf(c.families[0], sizeof c.families[0], "=cmd|' /C calc'!A0");
	c.family_count = 2;
	snprintf(c.families[1], sizeof c.families[1], "a\",\"b\nc</script>");
	snprintf(c.note, sizeof c.note, "cut in a letter: \xC3");
	sample_line(&c, EVIDENCE_LISTED, "\\000\\034\\044=1+1.x\\010y.com", 65);
	sample_line(&c, EVIDENCE_MEETING, "it's'\\032OR\\032'1'='1.com", 999);
	sample_line(&c, EVIDENCE_MEETING, "-evil.example.org", 1);
	struct knock *k = sample_knock(&c, KNOCK_HTTP, 80);
	snprintf(k->request_line, sizeof k->request_line, "+1\",\"=HYPERLINK(\"\"x\"\")");
	snprintf(k->host, sizeof k->host, "@SUM(1+1)*cmd|");
	memset(k->user_agent, '-', sizeof k->user_agent - 1);
	return c;
}
