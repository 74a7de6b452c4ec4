/* SPDX-License-Identifier: BSD-2-Clause
 * A whole request after the library has read it: a byte for method and door, the target up to the first line feed, then the body,
 * which is also what each header holds.
 */
#include "tests/unit/fake_edge.h"
#include "web/auth.h"
#include "web/response.h"
#include "web/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char *header(const void *from, const char *name)
{
	(void)name;
	return from;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct journal journal;
	static struct evidence evidence = {.cases = {{.id = 7, .client_bits = 128}}, .count = 1};
	static struct edge_counters counters;
	static struct auth *auth;
	static struct config *config;
	struct err why = {0};
	if (!config && config_parse("", "", 0, &config, &why))
		abort();
	if (!auth && auth_open(NULL, &counters, &auth, &why))
		abort();
	struct server server = {.config = config};
	struct feeds feeds = {0};
	struct web web = {.doors = {.server = &server,
				  .feeds = &feeds,
				  .evidence = &evidence,
				  .journal = &journal,
				  .reload = fake_reload,
				  .reload_arg = &server},
		.auth = auth,
		.socket = (char[]){"/run/cenote/control.sock"}};
	struct edge_response r = {0};
	struct edge_request *q = len ? calloc(1, sizeof *q) : NULL;
	if (!q)
		return 0;
	q->web = &web;
	q->method = (enum edge_method[]){EDGE_GET, EDGE_POST, EDGE_DELETE, EDGE_PUT}[bytes[0] & 3];
	q->is_local = q->is_known = bytes[0] & 4;
	q->scope = q->is_local ? EDGE_ADMIN : EDGE_STATS;
	q->content_type = bytes[0] & 8 ? "text/plain" : "application/json";
	const uint8_t *target = bytes + 1, *feed = memchr(target, '\n', len - 1);
	size_t target_len = feed ? (size_t)(feed - target) : len - 1;
	if (feed) {
		q->body_len = len - 2 - target_len;
		q->body = malloc(q->body_len + 1);
		if (q->body) {
			memcpy(q->body, feed + 1, q->body_len);
			q->body[q->body_len] = 0;
			if (bytes[0] & 16)
				q->header = header;
			q->header_from = q->body;
		}
	}
	if (target_parse((const char *)target, target_len, &q->target)) {
		if (route_admit(q, &r))
			route_handle(q, &r);
		/* Every answer has a status, and what claims to be JSON is. */
		if (r.status < 200 || r.status > 599)
			abort();
		char piece[256];
		if (r.stream) {
			while (r.stream->fill(r.stream, piece, sizeof piece) > 0)
				;
			r.stream->close(r.stream);
		}
		if (r.body && strstr(r.type, "json")) {
			json_t *v = json_loadb(r.body, r.len, JSON_REJECT_DUPLICATES, NULL);
			if (!v)
				abort();
			json_decref(v);
		}
	}
	free(r.body);
	free(q->body);
	free(q);
	return 0;
}
