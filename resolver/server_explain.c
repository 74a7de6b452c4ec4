/* SPDX-License-Identifier: BSD-2-Clause
 * The whole chain from a name to what would be answered, by the tree of the generation, not by its hashes: what the
 * path does and what this says are found in two ways.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/listdb/detail.h"
#include "resolver/base/clock.h"
#include "resolver/classify.h"
#include "resolver/local.h"
#include "resolver/policy.h"
#include "resolver/server_internal.h"

static void type_text(uint16_t type, char out[16])
{
	unsigned i = stats_type_index(type);
	if (i < STATS_TYPES - 1)
		snprintf(out, 16, "%s", stats_type_name(i));
	else
		snprintf(out, 16, "TYPE%u", type); /* RFC 3597 5 */
}

/* --- who holds the name --- */

static struct server_holder *add_holder(struct server_explanation *x)
{
	if (x->holder_count == SERVER_HOLDERS_MAX) {
		x->is_cut = true;
		return NULL;
	}
	return &x->holders[x->holder_count++];
}

static void add_list_holders(struct server *s, struct server_explanation *x,
	const struct view_group *g, const struct dname *at, bool is_name_itself)
{
	struct listdb_set set;
	const struct view *v = s->owned_view;
	if (!s->db || listdb_find(s->db, at, &set))
		return;
	for (unsigned bit = LISTDB_FIRST_LIST; bit < LISTDB_LISTS_MAX; bit++) {
		if (v->lists[bit].bit != (int16_t)bit)
			continue; /* its other rules: see say_words */
		bool is_self = listdb_bits_test(&set.self, bit),
		     is_below = listdb_bits_test(&set.below, bit);
		struct server_holder *h = is_self || is_below ? add_holder(x) : NULL;
		if (!h)
			continue;
		snprintf(h->list, sizeof h->list, "%s", v->lists[bit].name);
		dname_to_text(at->bytes, h->name);
		h->kind = v->lists[bit].kind;
		h->mode = v->lists[bit].is_used ? v->lists[bit].mode : LIST_MODE_OFF;
		h->is_in_group = listdb_bits_test(&g->any, bit);
		h->is_self = is_self;
		h->is_below = is_below;
		h->is_applied = is_name_itself ? is_self : is_below;
	}
}

static void add_own_holder(struct server_explanation *x, enum list_kind kind,
	const struct config_rule *rule, const struct dname *name)
{
	struct server_holder *h = dname_is_at_or_below(name, &rule->name) ? add_holder(x) : NULL;
	if (!h)
		return;
	snprintf(h->list, sizeof h->list, "own %s", config_kind_name(kind));
	dname_to_text(rule->name.bytes, h->name);
	h->kind = kind;
	h->mode = LIST_MODE_BLOCK;
	h->is_in_group = true;
	h->is_self = rule->is_self;
	h->is_below = rule->is_below;
	h->is_applied = dname_equal(name, &rule->name) ? rule->is_self : rule->is_below;
}

static void find_holders(struct server *s, struct server_explanation *x, const struct view_group *g,
	const struct dname *name)
{
	const struct config *c = s->config;
	for (size_t i = 0; i < c->allow_count; i++)
		add_own_holder(x, LIST_ALLOW, &c->allow[i], name);
	for (size_t i = 0; i < c->deny_count; i++)
		add_own_holder(x, LIST_DENY, &c->deny[i], name);
	for (size_t i = 0; i < s->rules->count; i++)
		add_own_holder(x, s->rules->entries[i].kind, &s->rules->entries[i].rule, name);
	for (unsigned n = 0; n < name->labels; n++) {
		struct dname at;
		dname_parent(name, n, &at);
		add_list_holders(s, x, g, &at, n == 0);
	}
}

/* --- what would be answered --- */

static void say_addresses(const struct config *c, uint16_t type, struct server_explanation *x)
{
	size_t n = 0;
	for (size_t i = 0; i < c->sinkhole_address_count; i++) {
		char text[ADDR_TEXT_MAX];
		if (addr_is_v4(&c->sinkhole_addresses[i]) != (type == TYPE_A))
			continue;
		addr_to_text(&c->sinkhole_addresses[i], text);
		if (n + strlen(text) + 2 < sizeof x->answer)
			n += (size_t)snprintf(
				x->answer + n, sizeof x->answer - n, "%s%s", n ? " " : "", text);
	}
	if (!n)
		snprintf(x->answer, sizeof x->answer, "NODATA");
}

static void say_sinkhole(const struct config *c, enum sink_action action, uint16_t type,
	struct server_explanation *x)
{
	bool is_address = type == TYPE_A || type == TYPE_AAAA;
	snprintf(x->action, sizeof x->action, "%s", config_action_name(action));
	switch (action) {
	case SINK_NULL:
		snprintf(x->answer, sizeof x->answer, "%s",
			!is_address		 ? "NODATA"
				: type == TYPE_A ? "0.0.0.0"
						 : "::");
		return;
	case SINK_ADDRESS:
		if (is_address)
			say_addresses(c, type, x);
		else
			snprintf(x->answer, sizeof x->answer, "NODATA");
		return;
	case SINK_NXDOMAIN:
		snprintf(x->answer, sizeof x->answer, "NXDOMAIN");
		return;
	case SINK_REFUSED:
		snprintf(x->answer, sizeof x->answer, "REFUSED");
		return;
	case SINK_DROP:
		snprintf(x->answer, sizeof x->answer, "no answer");
		return;
	case SINK_TCP_ONLY:
		snprintf(x->answer, sizeof x->answer, "truncated over UDP, as resolved over TCP");
		return;
	case SINK_NODATA:
	case SINK_DEFAULT:
	case SINK_PASSTHRU:
		snprintf(x->answer, sizeof x->answer, "NODATA");
		return;
	}
}

/* Would the local stage answer it? Asked of the stage itself, with a query of its own. */
static bool is_local(struct server *s, const struct dname *name, uint16_t type)
{
	static const size_t out_bytes = WIRE_MAX;
	struct query *q = calloc(1, sizeof *q);
	uint8_t *out = malloc(out_bytes);
	bool is_answered = false;
	if (q && out) {
		struct worker w = {.view = s->owned_view};
		q->qname = *name;
		memcpy(q->qname_as_sent, name->bytes, name->len);
		q->qtype = type;
		q->qclass = CLASS_IN;
		q->has_question = true;
		q->out = out;
		q->out_max = WIRE_MAX;
		q->list = -1;
		is_answered = local(&w, q) == STEP_REPLY;
	}
	free(out);
	free(q);
	return is_answered;
}

/* --- rules that say more --- */

static void say_owner(const struct view *v, const struct policy_work *w,
	const struct policy_candidate *c, char *out, size_t size)
{
	const struct dname *name = w->question.name;
	char text[DNAME_TEXT_MAX];
	if (c->trigger == RULE_PATTERN) {
		snprintf(out, size, "%.*s", (int)c->rule->text_len,
			listdb_rule_text(&v->index, c->rule));
	} else if (c->trigger == RULE_CLIENT) {
		struct addr_prefix p = {.addr = *w->question.client, .bits = c->depth};
		bool is_v4 = addr_is_v4(&p.addr) && p.bits >= 96;
		for (unsigned i = p.bits; i < 128; i++)
			p.addr.bytes[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
		snprintf(out, size, "%s/%u", addr_to_text(&p.addr, text),
			p.bits - (is_v4 ? 96u : 0u));
	} else {
		struct dname owner;
		dname_parent(name, (unsigned)name->labels - c->depth, &owner);
		bool is_self = c->flags & LISTDB_RULE_SELF;
		snprintf(out, size, "%s%s", is_self ? "" : "*.", dname_to_text(owner.bytes, text));
	}
}

static void say_words(const struct view *v, const struct policy_work *w,
	const struct policy_verdict *verdict, struct server_explanation *x)
{
	for (unsigned i = 0; i < w->count && x->word_count < SERVER_WORDS_MAX; i++) {
		const struct policy_candidate *c = &w->found[i];
		struct server_word *to = &x->words[x->word_count++];
		snprintf(to->list, sizeof to->list, "%s", v->lists[c->bit].name);
		snprintf(to->trigger, sizeof to->trigger, "%s", rule_trigger_name(c->trigger));
		snprintf(to->verb, sizeof to->verb, "%s", rule_verb_name(c->verb));
		say_owner(v, w, c, to->text, sizeof to->text);
		const char *family = detail_family(c->about, c->about_len);
		snprintf(to->family, sizeof to->family, "%.63s", family ? family : "");
		to->is_important = c->flags & LISTDB_RULE_IMPORTANT;
		to->is_meant = c->is_meant;
		to->is_deciding = verdict->by ? verdict->by == c
					      : verdict->list == (int16_t)c->bit && c->is_meant;
	}
}

/* The records of the type asked for, as far as they are addresses, or where the list sends the client. */
static void say_data(
	const struct policy_verdict *verdict, uint16_t type, struct server_explanation *x)
{
	const struct policy_candidate *c = verdict->by;
	struct detail_cursor cursor = detail_start(c->about, c->about_len);
	struct detail_item item;
	char text[DNAME_TEXT_MAX];
	size_t n = 0;
	snprintf(x->action, sizeof x->action, "data");
	snprintf(x->answer, sizeof x->answer, "NODATA");
	while (c->about_len && detail_next(&cursor, &item)) {
		struct addr a;
		if (item.kind == DETAIL_ALIAS || item.kind == DETAIL_ALIAS_BELOW) {
			snprintf(x->answer, sizeof x->answer, "CNAME %s%.200s",
				item.kind == DETAIL_ALIAS ? "" : "(the name).",
				dname_to_text(item.at, text));
			return;
		}
		if (item.kind != DETAIL_RECORD || wire_u16(item.at) != type)
			continue;
		if (type == TYPE_A && item.len == 6 + 4)
			addr_from_v4(item.at + 6, &a);
		else if (type == TYPE_AAAA && item.len == 6 + 16)
			memcpy(a.bytes, item.at + 6, 16);
		else {
			snprintf(x->answer, sizeof x->answer, "records of the list");
			return;
		}
		addr_to_text(&a, text);
		if (n + strlen(text) + 2 < sizeof x->answer)
			n += (size_t)snprintf(
				x->answer + n, sizeof x->answer - n, "%s%.60s", n ? " " : "", text);
	}
}

static const char it_is_paused[] = "paused";

static void say_verdict(struct server *s, struct server_explanation *x,
	const struct policy_verdict *verdict, uint16_t type)
{
	const struct view *v = s->owned_view;
	int16_t list = verdict->list >= 0 ? verdict->list : verdict->monitored;
	if (list >= 0) {
		snprintf(x->list, sizeof x->list, "%s", v->lists[list].name);
		snprintf(x->category, sizeof x->category, "%.63s", v->lists[list].category);
	}
	snprintf(x->family, sizeof x->family, "%.63s", verdict->family ? verdict->family : "");
	if (verdict->kind == POLICY_DENY && x->is_paused) {
		snprintf(x->verdict, sizeof x->verdict, "%s", it_is_paused);
	} else if (verdict->kind == POLICY_DENY) {
		snprintf(x->verdict, sizeof x->verdict, "block");
		x->ede = v->lists[list].ede;
		if (verdict->is_data)
			say_data(verdict, type, x);
		else
			say_sinkhole(s->config, verdict->action, type, x);
	} else if (verdict->kind == POLICY_ALLOW) {
		snprintf(x->verdict, sizeof x->verdict, "allow");
	} else {
		snprintf(x->verdict, sizeof x->verdict, "%s",
			verdict->monitored >= 0 ? "monitor" : "none");
	}
}

/* By the path itself: what it finds is shown, and decides. */
static int judge(
	struct server *s, struct server_explanation *x, const struct policy_question *about)
{
	static const unsigned late = 1u << RULE_ANSWER | 1u << RULE_NS_NAME | 1u << RULE_NS_ADDRESS;
	const struct view *v = s->owned_view;
	x->ede = EDE_NONE;
	snprintf(x->answer, sizeof x->answer, "as resolved");
	if (is_local(s, about->name, about->type)) {
		snprintf(x->verdict, sizeof x->verdict, "local");
		snprintf(x->answer, sizeof x->answer, "local records or a special-use name");
		return 0;
	}
	struct policy_work *work = calloc(1, sizeof *work);
	int e = work ? policy_work_init(work) : -ENOMEM;
	if (!e) {
		struct policy_verdict verdict = policy_judge(v, work, about);
		say_verdict(s, x, &verdict, about->type);
		say_words(v, work, &verdict, x);
		x->is_late = v->triggers & late && verdict.kind != POLICY_ALLOW;
		policy_work_clear(work);
	}
	free(work);
	return e;
}

/* --- the classifier --- */

static const char it_is_blocked[] = "it is blocked";
static const char it_would_block[] = "it would be blocked: blocking is paused for this client";

/* What does its score do to the name? In the order of the path. */
static const char *effect_of(const struct server *s, const struct server_explanation *x,
	const struct policy_question *about)
{
	const struct dga_verdict *found = &x->dga.verdict;
	if (!x->has_classifier)
		return "there is no classifier";
	if (x->dga_mode == LIST_MODE_OFF)
		return "nothing: dga.mode is off";
	if (found->class == DGA_NONE && found->is_popular && found->score > x->dga_threshold)
		return "nothing: the domain is popular";
	if (found->class == DGA_NONE)
		return x->dga.why_not ? "nothing: the name is not judged"
				      : "nothing: it is not over the threshold";
	if (classify_is_exempt(s->config, about->name, about->type))
		return "nothing: it is of a zone of your own (forward, stub, rebinding.except), or "
		       "infrastructure";
	if (!strcmp(x->verdict, "local"))
		return "nothing: it is answered locally";
	if (!strcmp(x->verdict, "allow"))
		return "nothing: it is allowed";
	if (!strcmp(x->verdict, "block"))
		return "nothing: a list decides";
	if (x->is_paused && x->dga_mode == LIST_MODE_BLOCK)
		return it_would_block;
	return x->dga_mode == LIST_MODE_BLOCK ? it_is_blocked : "it is counted, not blocked";
}

static void say_generated(
	const struct server *s, struct server_explanation *x, const struct policy_question *about)
{
	const struct dga *d = s->dga;
	x->dga_mode = s->config->dga_mode;
	x->has_classifier = d != NULL;
	if (d) {
		dga_explain(d, about->name, &x->dga);
		x->dga_threshold = dga_threshold(d);
		if (x->dga.verdict.class != DGA_NONE)
			classify_text(x->dga.verdict.class, x->dga.verdict.score, x->dga_text,
				sizeof x->dga_text);
	}
	const char *effect = effect_of(s, x, about);
	snprintf(x->dga_effect, sizeof x->dga_effect, "%s", effect);
	if (effect == it_would_block)
		snprintf(x->verdict, sizeof x->verdict, "%s", it_is_paused);
	if (effect != it_is_blocked)
		return;
	snprintf(x->verdict, sizeof x->verdict, "generated");
	x->ede = EDE_BLOCKED;
	say_sinkhole(s->config, s->config->sinkhole_action, about->type, x);
}

int server_explain(struct server *s, const char *name, const struct addr *client, uint16_t type,
	struct server_explanation *out, struct err *why)
{
	struct dname n;
	struct addr self;
	memset(out, 0, sizeof *out);
	int e = dname_from_text(name, strlen(name), &n);
	if (e)
		return err_set(why, e,
			"\"%.100s\" is not a domain name (labels of 1-63 octets, 255 in all)",
			name);
	if (!client && (e = addr_from_text("127.0.0.1", &self)))
		return e;
	const struct addr *a = client ? client : &self;
	type = type ? type : TYPE_A;
	dname_to_text(n.bytes, out->name);
	addr_to_text(a, out->client);
	type_text(type, out->type);
	pthread_mutex_lock(&s->lock);
	const struct view *v = s->owned_view;
	uint16_t group = (uint16_t)addr_table_find(v->group_of_client, a, 0);
	snprintf(out->group, sizeof out->group, "%s", v->groups[group].name);
	out->is_client_admitted = addr_table_find(v->access, a, 0) != 0;
	out->generation = s->db ? listdb_number(s->db) : 0;
	find_holders(s, out, &v->groups[group], &n);
	server_respite_explain(s, a, &n, out);
	const struct policy_question about = {.name = &n,
		.client = a,
		.group = group,
		.type = type,
		.now_us = clock_us(),
		.is_first = true};
	e = judge(s, out, &about);
	say_generated(s, out, &about);
	pthread_mutex_unlock(&s->lock);
	return e ? err_set(why, e, "out of memory") : 0;
}
