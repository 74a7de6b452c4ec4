/* SPDX-License-Identifier: BSD-2-Clause */
#include "web/assets.h"

#include <string.h>
#include <strings.h>

#include "web/response.h"

/* Is it a weight that says "never": q=0, q=0.0, ...? */
static bool is_refused(const char *parameter, size_t len)
{
	static const char blank[] = " \t";
	size_t at = strspn(parameter, blank);
	if (at + 2 > len || strncasecmp(parameter + at, "q=", 2) != 0)
		return false;
	at += 2;
	at += strspn(parameter + at, "0.");
	at += strspn(parameter + at, blank);
	return at >= len;
}

bool assets_takes_gzip(const char *accepted)
{
	while (accepted && *accepted) {
		accepted += strspn(accepted, " \t,");
		size_t len = strcspn(accepted, ",");
		size_t name = strcspn(accepted, " \t,;");
		size_t weight = strcspn(accepted, ",;");
		bool is_it = (name == 4 && !strncasecmp(accepted, "gzip", 4)) ||
			(name == 6 && !strncasecmp(accepted, "x-gzip", 6));
		if (is_it)
			return weight >= len ||
				!is_refused(accepted + weight + 1, len - weight - 1);
		accepted += len;
	}
	return false;
}

/* The tag in a list of them, or one that stands for all. */
static bool is_known(const char *list, const char *etag)
{
	return list && (!strcmp(list, "*") || strstr(list, etag));
}

void assets_get(const struct edge_request *q, struct edge_response *r)
{
	const struct assets_file *f = assets_files;
	while (f->path && strcmp(f->path, q->target.path) != 0)
		f++;
	if (!f->path) {
		response_problem(r, 404, "there is nothing at this path");
		return;
	}
	bool is_packed = assets_takes_gzip(edge_header(q, "Accept-Encoding"));
	int form = is_packed ? ASSETS_PACKED : ASSETS_PLAIN;
	*r = (struct edge_response){.status = 200,
		.type = f->type,
		.fixed = f->forms[form].bytes,
		.len = f->forms[form].len,
		.etag = f->forms[form].etag};
	response_header(r, "Vary", "Accept-Encoding");
	if (is_known(q->if_none_match, r->etag)) {
		r->status = 304;
		r->len = 0;
	} else if (is_packed) {
		response_header(r, "Content-Encoding", "gzip");
	}
}
