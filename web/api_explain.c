/* SPDX-License-Identifier: BSD-2-Clause
 * /api/v1/explain, /api/v1/dga: the whole chain from a name to what would be answered, and the part of it that the classifier has.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "web/api.h"
#include "web/param.h"
#include "web/response.h"
#include "web/whom.h"

static json_t *words(const struct server_explanation *e)
{
	json_t *a = json_array();
	for (uint32_t i = 0; i < e->word_count && i < SERVER_WORDS_MAX; i++) {
		const struct server_word *w = &e->words[i];
		json_array_append_new(a,
			json_pack("{s:o, s:s, s:o, s:s, s:o, s:b, s:b, s:b}", "list",
				response_text(w->list), "trigger", w->trigger, "rule",
				response_text(w->text), "verb", w->verb, "family",
				response_text(w->family), "is_important", w->is_important,
				"is_meant", w->is_meant, "is_deciding", w->is_deciding));
	}
	return a;
}

static json_t *holders(const struct server_explanation *e)
{
	json_t *a = json_array();
	for (uint32_t i = 0; i < e->holder_count && i < SERVER_HOLDERS_MAX; i++) {
		const struct server_holder *h = &e->holders[i];
		json_array_append_new(a,
			json_pack("{s:o, s:o, s:s, s:s, s:b, s:b, s:b, s:b}", "list",
				response_text(h->list), "name", response_text(h->name), "kind",
				config_kind_name(h->kind), "mode", config_mode_name(h->mode),
				"is_self", h->is_self, "is_below", h->is_below, "is_in_group",
				h->is_in_group, "is_applied", h->is_applied));
	}
	return a;
}

/* The registry of RFC 8914 5.2, as far as cenote gives them for a policy. */
static const char *ede_name(int ede)
{
	switch (ede) {
	case EDE_BLOCKED:
		return "Blocked";
	case EDE_FILTERED:
		return "Filtered";
	case EDE_PROHIBITED:
		return "Prohibited";
	case EDE_NOT_SUPPORTED:
		return "Not Supported";
	default:
		return "";
	}
}

/* What speaks for the name being generated (above 0) and against it, in nats. */
static json_t *parts(const struct dga_explanation *x)
{
	json_t *a = json_array();
	for (size_t i = 0; i < x->part_count && i < DGA_PARTS_MAX; i++)
		json_array_append_new(a,
			json_pack("{s:o, s:f, s:b}", "text", response_text(x->parts[i].text),
				"weight", x->parts[i].milli / 1000.0, "is_fact",
				x->parts[i].is_fact));
	return a;
}

/* 0 when it was not judged. */
static double probability(const struct dga_explanation *x)
{
	return x->why_not ? 0.0 : dga_probability(x->verdict.score);
}

static json_t *why_not(const struct dga_explanation *x)
{
	return x->why_not ? response_text(x->why_not) : json_null();
}

static json_t *generated(const struct server_explanation *e)
{
	const struct dga_explanation *x = &e->dga;
	if (!e->has_classifier)
		return json_pack("{s:b, s:s, s:s}", "has_classifier", 0, "mode",
			config_mode_name(e->dga_mode), "effect", e->dga_effect);
	return json_pack("{s:b, s:s, s:s, s:f, s:f, s:f, s:s, s:b, s:o, s:o, s:o, s:o}",
		"has_classifier", 1, "mode", config_mode_name(e->dga_mode), "effect", e->dga_effect,
		"score", x->verdict.score / 1000.0, "probability", probability(x),
		"threshold_score", e->dga_threshold / 1000.0, "class",
		dga_class_name(x->verdict.class), "is_popular", x->verdict.is_popular, "label",
		response_text(x->label), "why_not", why_not(x), "text", response_text(e->dga_text),
		"parts", parts(x));
}

static json_t *explanation(const struct server_explanation *e)
{
	json_t *ede = e->ede < 0
		? json_null()
		: json_pack("{s:i, s:s}", "code", e->ede, "name", ede_name(e->ede));
	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:b, s:b, s:o, s:o, s:o, s:o}",
		"name", response_text(e->name), "type", response_text(e->type), "client",
		response_text(e->client), "group", response_text(e->group), "is_client_admitted",
		e->is_client_admitted, "verdict", response_text(e->verdict), "is_blocked",
		!strcmp(e->verdict, "block") || !strcmp(e->verdict, "generated"), "list",
		response_text(e->list), "category", response_text(e->category), "action",
		response_text(e->action), "answer", response_text(e->answer), "ede", ede,
		"generation", response_number(e->generation), "holders", holders(e), "rules",
		words(e), "is_cut", e->is_cut, "is_late", e->is_late, "dga", generated(e), "family",
		response_text(e->family), "pause",
		e->is_paused ? whom_pause_json(&e->pause) : json_null(), "unblock",
		e->is_unblocked ? whom_unblock_json(&e->unblock) : json_null());
}

/* What the server says of the question; owned. NULL after having written the problem. */
static struct server_explanation *ask(const struct edge_request *q, const char *name,
	const struct addr *client, uint16_t type, struct edge_response *r)
{
	struct err why = {0};
	struct server_explanation *e = calloc(1, sizeof *e);
	int code = e ? server_explain(q->web->doors.server, name, client, type, e, &why) : -ENOMEM;
	if (!code)
		return e;
	response_failure(r, code, &why);
	free(e);
	return NULL;
}

static const char *name_of(const struct edge_request *q, struct edge_response *r)
{
	const char *name = target_param(&q->target, "name");
	if (name && *name)
		return name;
	response_problem(r, 400, "the parameter `name` is needed: ?name=example.com");
	return NULL;
}

void api_explain_get(const struct edge_request *q, struct edge_response *r)
{
	const char *name = name_of(q, r);
	const char *client = target_param(&q->target, "client");
	struct addr from;
	uint16_t qtype = 0;
	if (!name)
		return;
	if (client && *client && addr_from_text(client, &from)) {
		response_problem(r, 400, "`client` is not an IP address");
		return;
	}
	if (!param_type(q, &qtype, r))
		return;
	struct server_explanation *e = ask(q, name, client && *client ? &from : NULL, qtype, r);
	if (e)
		response_json(r, 200, explanation(e));
	free(e);
}

void api_explain_dga(const struct edge_request *q, struct edge_response *r)
{
	const char *name = name_of(q, r);
	struct server_explanation *e = name ? ask(q, name, NULL, 0, r) : NULL;
	if (!e)
		return;
	if (e->has_classifier) {
		const struct dga_explanation *x = &e->dga;
		response_json(r, 200,
			json_pack("{s:o, s:o, s:f, s:f, s:s, s:f, s:b, s:o, s:o}", "name",
				response_text(e->name), "label", response_text(x->label), "score",
				x->verdict.score / 1000.0, "probability", probability(x), "class",
				dga_class_name(x->verdict.class), "threshold",
				e->dga_threshold / 1000.0, "is_popular", x->verdict.is_popular,
				"why_not", why_not(x), "parts", parts(x)));
	} else {
		response_problem(r, 503, "there is no classifier; `status` says why");
	}
	free(e);
}
