/* SPDX-License-Identifier: BSD-2-Clause
 * For whom a pause or an unblocked name is, in requests and answers: `scope` (all, group, client), and `group` or `client`.
 *
 * Threads: pure.
 */
#pragma once

#include <jansson.h>

#include "web/edge.h"

struct whom {
	enum server_scope scope;
	char group[CONFIG_NAME_MAX + 1];
	struct addr client;
};

/* From what was sent, each NULL when it was not; without `scope` it is what the others say. False after having written the problem. */
bool whom_read(const char *scope, const char *group, const char *client, struct whom *out,
	struct edge_response *r);
/* The same from the parameters of a request, or from its body. */
bool whom_of_params(const struct edge_request *q, struct whom *out, struct edge_response *r);
bool whom_of_body(const json_t *body, struct whom *out, struct edge_response *r);

/* For the log: "all", "group=NAME", "client=ADDRESS". */
enum { WHOM_TEXT_MAX = 8 + CONFIG_NAME_MAX + ADDR_TEXT_MAX };
const char *whom_text(const struct whom *w, char out[static WHOM_TEXT_MAX]);

json_t *whom_pause_json(const struct server_pause *p);
json_t *whom_unblock_json(const struct server_unblock *u);
