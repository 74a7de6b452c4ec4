/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/assets.h"

#include <string.h>

#include "web/response.h"

void assets_get(const struct edge_request *q, struct edge_response *r)
{
	const struct assets_file *f = assets_files;
	while (f->path && strcmp(f->path, q->target.path) != 0)
		f++;
	if (!f->path) {
		response_problem(r, 404, "there is nothing at this path");
		return;
	}
	*r = (struct edge_response){
		.status = 200, .type = f->type, .fixed = f->bytes, .len = f->len, .etag = f->etag};
	if (q->if_none_match && !strcmp(q->if_none_match, f->etag)) {
		r->status = 304;
		r->len = 0;
	}
}
