/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/config_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "resolver/base/calendar_list.h"
#include "resolver/base/config_value.h"

/* Where a top-level key was given; also turns the draft's sentences to that place. NULL: by default. */
static const struct config_yaml *node_of(struct config_draft *d, const char *key)
{
	const struct config_table *t = config_schema();
	for (size_t i = 0; i < t->count; i++) {
		if (strcmp(config_table_row(t, i)->key, key) != 0)
			continue;
		d->is_override = d->node_is_override[i];
		return d->nodes[i];
	}
	return NULL;
}

/* The value of `part` in item `i` of an array of items; the best that is known when it is not there. */
static const struct config_yaml *item_node(
	struct config_draft *d, const char *key, size_t i, const char *part)
{
	const struct config_yaml *array = node_of(d, key);
	const struct config_yaml *item =
		array && array->kind == CONFIG_YAML_SEQUENCE ? config_yaml_item(array, i) : array;
	const struct config_yaml *value = config_yaml_get(item, part);
	return value ? value : item;
}

static const struct config_list *find_list(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->list_count; i++)
		if (!strcmp(c->lists[i].name, name))
			return &c->lists[i];
	return NULL;
}

static const struct config_tsig_key *find_key(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->tsig_key_count; i++)
		if (!strcmp(c->tsig_keys[i].name, name))
			return &c->tsig_keys[i];
	return NULL;
}

static int check_keys(struct config_draft *d)
{
	const struct config *c = d->config;
	for (size_t i = 0; i < c->tsig_key_count; i++)
		if (find_key(c, c->tsig_keys[i].name) != &c->tsig_keys[i])
			return config_apply_fail(d, item_node(d, "tsig_keys", i, "name"),
				"tsig_keys.name", CEN_EFORMAT,
				"\"%s\" is the name of a key already (allowed: each name once)",
				c->tsig_keys[i].name);
	return 0;
}

/* What goes together with a zone by transfer. */
static int check_transfer(struct config_draft *d, size_t i)
{
	const struct config_list *list = &d->config->lists[i];
	bool is_xfr = config_xfr_is(list->source);
	if (list->tsig && !is_xfr)
		return config_apply_fail(d, item_node(d, "lists", i, "tsig"), "lists.tsig",
			CEN_EFORMAT, "only a list with a source xfr://... is signed with a key");
	if (list->tsig && !find_key(d->config, list->tsig))
		return config_apply_fail(d, item_node(d, "lists", i, "tsig"), "lists.tsig",
			CEN_ENOTFOUND,
			"\"%s\" is not the name of a key (allowed: names given in "
			"tsig_keys)",
			list->tsig);
	if (is_xfr && list->format != LIST_FORMAT_AUTO && list->format != LIST_FORMAT_RPZ)
		return config_apply_fail(d, item_node(d, "lists", i, "format"), "lists.format",
			CEN_EFORMAT, "a zone by transfer is an RPZ zone (allowed: rpz)");
	return 0;
}

static int check_lists(struct config_draft *d)
{
	const struct config *c = d->config;
	for (size_t i = 0; i < c->list_count; i++) {
		const struct config_list *list = &c->lists[i];
		const struct config_yaml *node = item_node(d, "lists", i, "name");
		if (!strcmp(list->name, CALENDAR_LIST_NAME))
			return config_apply_fail(d, node, "lists.name", CEN_EFORMAT,
				"\"%s\" is the name of the calendar's list (allowed: another "
				"name; what that list does is said by dga.calendar.mode)",
				list->name);
		if (find_list(c, list->name) != list)
			return config_apply_fail(d, node, "lists.name", CEN_EFORMAT,
				"\"%s\" is the name of a list already (allowed: each name once)",
				list->name);
		if (list->action == SINK_ADDRESS && !c->sinkhole_address_count)
			return config_apply_fail(d, item_node(d, "lists", i, "action"),
				"lists.action", CEN_EFORMAT,
				"\"address\" needs sinkhole.addresses, which are not given");
		int rc = check_transfer(d, i);
		if (rc)
			return rc;
	}
	if (c->sinkhole_action == SINK_ADDRESS && !c->sinkhole_address_count)
		return config_apply_fail(d, node_of(d, "sinkhole.action"), "sinkhole.action",
			CEN_EFORMAT, "\"address\" needs sinkhole.addresses, which are not given");
	return 0;
}

static int check_tokens(struct config_draft *d)
{
	const struct config *c = d->config;
	unsigned seen = 0;
	for (size_t i = 0; i < c->sinkhole_token_count; i++) {
		const struct addr_prefix *p = &c->sinkhole_tokens[i];
		bool is_v4 = addr_is_v4(&p->addr);
		const struct config_yaml *node = node_of(d, "sinkhole.tokens");
		if (is_v4 ? p->bits < 96 + 8 || p->bits > 96 + 28 : p->bits > 64)
			return config_apply_fail(d, node, "sinkhole.tokens", CEN_ERANGE,
				"a pool is too small or too large (allowed: IPv4 /8 to /28, IPv6 "
				"/64 or shorter)");
		if (seen & 1u << is_v4)
			return config_apply_fail(d, node, "sinkhole.tokens", CEN_EFORMAT,
				"two of one family are given (allowed: one IPv4 pool, one IPv6 "
				"prefix)");
		seen |= 1u << is_v4;
	}
	return 0;
}

/* A mail program is given these as its arguments, and they stand in the mail's head. */
static bool is_mail_address(const char *text)
{
	size_t n = strspn(text,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.!#$%&*+/=?^_~-");
	if (!n || text[0] == '-' || (text[n] && text[n] != '@'))
		return false;
	const char *host = text + n + 1;
	return !text[n] ||
		(*host && *host != '-' &&
			!host[strspn(host,
				"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789."
				"-")]);
}

static int check_notices(struct config_draft *d)
{
	const struct config_notices *n = &d->config->notices;
	size_t scheme = !n->url			      ? 0
		: !strncasecmp(n->url, "https://", 8) ? 8
		: !strncasecmp(n->url, "http://", 7)  ? 7
						      : 0;
	if (n->url && (!scheme || !n->url[scheme] || strpbrk(n->url, " \"<>\\^`{|}")))
		return config_apply_fail(d, node_of(d, "evidence.webhook.url"),
			"evidence.webhook.url", CEN_EFORMAT, "is not an http or https URL");
	if (n->url && !n->secret_file)
		return config_apply_fail(d, node_of(d, "evidence.webhook.url"),
			"evidence.webhook.url", CEN_EFORMAT,
			"needs evidence.webhook.secret_file, which is not given");
	if (n->mail_to && !is_mail_address(n->mail_to))
		return config_apply_fail(d, node_of(d, "evidence.mail.to"), "evidence.mail.to",
			CEN_EFORMAT, "is not a mail address (allowed: one, as abuse@example.net)");
	if (n->mail_from && !is_mail_address(n->mail_from))
		return config_apply_fail(d, node_of(d, "evidence.mail.from"), "evidence.mail.from",
			CEN_EFORMAT, "is not a mail address (allowed: one, as cenote@example.net)");
	return 0;
}

static int check_tls(struct config_draft *d)
{
	const char *given = d->config->http.certificate ? "http.tls.certificate" : "http.tls.key";
	if (!d->config->http.certificate == !d->config->http.key)
		return 0;
	return config_apply_fail(d, node_of(d, given), given, CEN_EFORMAT,
		"needs the other one, too: http.tls.certificate and http.tls.key go together");
}

static int check_group(struct config_draft *d, size_t i)
{
	const struct config *c = d->config;
	const struct config_group *g = &c->groups[i];
	for (size_t j = 0; j < i; j++)
		if (!strcmp(c->groups[j].name, g->name))
			return config_apply_fail(d, item_node(d, "groups", i, "name"),
				"groups.name", CEN_EFORMAT,
				"\"%s\" is the name of a group already (allowed: each name once)",
				g->name);
	for (size_t j = 0; j < g->list_count; j++) {
		if (find_list(c, g->lists[j]) || !strcmp(g->lists[j], CALENDAR_LIST_NAME))
			continue;
		const struct config_yaml *node = item_node(d, "groups", i, "lists");
		if (node && node->kind == CONFIG_YAML_SEQUENCE)
			node = config_yaml_item(node, j);
		return config_apply_fail(d, node, "groups.lists", CEN_ENOTFOUND,
			"\"%s\" is not the name of a list (allowed: `all`, names given in "
			"lists, " CALENDAR_LIST_NAME ")",
			g->lists[j]);
	}
	return 0;
}

/* A client prefix and the group that names it. */
struct claim {
	struct addr_prefix prefix;
	size_t group, client;
};

static int compare_claims(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int r = memcmp(&x->prefix, &y->prefix, sizeof x->prefix);
	if (r == 0)
		r = x->group != y->group ? (x->group < y->group ? -1 : 1)
					 : (x->client > y->client) - (x->client < y->client);
	return r;
}

/* Two groups with the same prefix: which is meant? */
static int check_clients(struct config_draft *d)
{
	const struct config *c = d->config;
	size_t n = 0, filled = 0;
	for (size_t i = 0; i < c->group_count; i++)
		n += c->groups[i].client_count;
	struct claim *claims = calloc(n ? n : 1, sizeof *claims);
	if (!claims)
		return config_apply_fail(d, NULL, "groups", -ENOMEM, "memory is short");
	for (size_t i = 0; i < c->group_count; i++)
		for (size_t j = 0; j < c->groups[i].client_count; j++)
			claims[filled++] = (struct claim){c->groups[i].clients[j], i, j};
	qsort(claims, n, sizeof *claims, compare_claims);
	int rc = 0;
	for (size_t i = 1; i < n && rc == 0; i++) {
		const struct claim *x = &claims[i - 1], *y = &claims[i];
		if (x->group == y->group || memcmp(&x->prefix, &y->prefix, sizeof x->prefix) != 0)
			continue;
		const struct config_yaml *node = item_node(d, "groups", y->group, "clients");
		if (node && node->kind == CONFIG_YAML_SEQUENCE)
			node = config_yaml_item(node, y->client);
		char found[CONFIG_VALUE_QUOTED_MAX];
		rc = config_apply_fail(d, node, "groups.clients", CEN_EFORMAT,
			"%s is in the group \"%s\" already (allowed: each prefix in one group)",
			node && node->text ? config_value_quote(node->text, found) : "a prefix",
			c->groups[x->group].name);
	}
	free(claims);
	return rc;
}

static int check_zones(struct config_draft *d)
{
	const struct config *c = d->config;
	size_t n = c->forward_count + c->stub_count;
	for (size_t i = 1; i < n; i++) {
		bool is_stub = i >= c->forward_count;
		const struct config_zone *z =
			is_stub ? &c->stub[i - c->forward_count] : &c->forward[i];
		for (size_t j = 0; j < i; j++) {
			const struct config_zone *before = j >= c->forward_count
				? &c->stub[j - c->forward_count]
				: &c->forward[j];
			if (!dname_equal(&z->zone, &before->zone))
				continue;
			const char *key = is_stub ? "stub" : "forward";
			char name[DNAME_TEXT_MAX], found[CONFIG_VALUE_QUOTED_MAX];
			dname_to_text(z->zone.bytes, name);
			return config_apply_fail(d,
				item_node(d, key, is_stub ? i - c->forward_count : i, "zone"),
				is_stub ? "stub.zone" : "forward.zone", CEN_EFORMAT,
				"%s is given twice (allowed: each zone once in forward and stub)",
				config_value_quote(name, found));
		}
	}
	return 0;
}

static int check_listen(struct config_draft *d)
{
	const struct config *c = d->config;
	for (size_t i = 1; i < c->listen_count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct addr_endpoint *x = &c->listen[i], *y = &c->listen[j];
			if (!addr_equal(&x->addr, &y->addr) || x->port != y->port ||
				x->scope != y->scope)
				continue;
			char text[ADDR_TEXT_MAX];
			const struct config_yaml *node = node_of(d, "listen");
			return config_apply_fail(d, config_yaml_item(node, i), "listen",
				CEN_EFORMAT, "%s is given twice (allowed: once)",
				addr_endpoint_to_text(x, text));
		}
	return 0;
}

static int check_values(struct config_draft *d)
{
	const struct config *c = d->config;
	if (c->cache_min_ttl_s > c->cache_max_ttl_s) {
		const struct config_yaml *node = node_of(d, "cache.min_ttl");
		return config_apply_fail(d, node ? node : node_of(d, "cache.max_ttl"),
			"cache.min_ttl", CEN_ERANGE, "%us is more than cache.max_ttl, %us",
			c->cache_min_ttl_s, c->cache_max_ttl_s);
	}
	size_t room = sizeof((struct sockaddr_un *)0)->sun_path - 1;
	if (strlen(c->socket) > room)
		return config_apply_fail(d, node_of(d, "directory"), "directory", CEN_ERANGE,
			"is too long for the control socket in it (allowed: %zu characters)",
			room - strlen("/control.sock"));
	return 0;
}

int config_check(struct config_draft *d)
{
	int rc = check_values(d);
	if (rc == 0)
		rc = check_listen(d);
	if (rc == 0)
		rc = check_zones(d);
	if (rc == 0)
		rc = check_keys(d);
	if (rc == 0)
		rc = check_lists(d);
	if (rc == 0)
		rc = check_tokens(d);
	if (rc == 0)
		rc = check_notices(d);
	if (rc == 0)
		rc = check_tls(d);
	for (size_t i = 0; rc == 0 && i < d->config->group_count; i++)
		rc = check_group(d, i);
	return rc == 0 ? check_clients(d) : rc;
}
