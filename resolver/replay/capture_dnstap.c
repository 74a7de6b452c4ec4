/* SPDX-License-Identifier: BSD-2-Clause
 * dnstap in Frame Streams: frames behind their length in big-endian; a length of 0 announces a control frame. Of the protobuf message the
 * few fields that are needed.
 */
#include <string.h>

#include "resolver/base/wire.h"
#include "resolver/replay/capture_internal.h"

/* Field numbers of dnstap.proto */
enum { DNSTAP_MESSAGE = 14 };
enum {
	MESSAGE_TYPE = 1,
	MESSAGE_QUERY_ADDRESS = 4,
	MESSAGE_QUERY_S = 8,
	MESSAGE_QUERY_NS = 9,
	MESSAGE_QUERY = 10,
	MESSAGE_RESPONSE_S = 12,
	MESSAGE_RESPONSE_NS = 13,
	MESSAGE_RESPONSE = 14
};
enum { TYPE_CLIENT_QUERY = 5, TYPE_CLIENT_RESPONSE = 6 };
enum { CONTROL_MAX = 512, CONTROL_STOP = 3 };

/* One field of a protobuf message. */
struct field {
	uint32_t number;
	uint64_t value; /* of wire types 0, 1, 5 */
	const uint8_t *bytes; /* of wire type 2 */
	size_t len;
};

struct reader {
	const uint8_t *at;
	size_t left;
};

static bool read_varint(struct reader *r, uint64_t *out)
{
	*out = 0;
	for (unsigned shift = 0; shift < 64 && r->left; shift += 7) {
		uint8_t b = *r->at++;
		r->left--;
		*out |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return true;
	}
	return false;
}

/* Fixed numbers are little-endian. */
static bool read_fixed(struct reader *r, unsigned n, uint64_t *out)
{
	if (r->left < n)
		return false;
	*out = 0;
	for (unsigned i = n; i--;)
		*out = *out << 8 | r->at[i];
	r->at += n;
	r->left -= n;
	return true;
}

/* False at the end, or where it is damaged (then something is left). */
static bool next_field(struct reader *r, struct field *f)
{
	uint64_t key, len;
	if (!r->left || !read_varint(r, &key))
		return false;
	*f = (struct field){.number = (uint32_t)(key >> 3)};
	switch (key & 7) {
	case 0:
		return read_varint(r, &f->value);
	case 1:
		return read_fixed(r, 8, &f->value);
	case 5:
		return read_fixed(r, 4, &f->value);
	case 2:
		if (!read_varint(r, &len) || len > r->left)
			return false;
		f->bytes = r->at;
		f->len = (size_t)len;
		r->at += len;
		r->left -= (size_t)len;
		return true;
	default:
		return false;
	}
}

struct tap {
	uint64_t type, query_s, query_ns, response_s, response_ns;
	struct field client, query, response;
};

static void take_field(struct tap *t, const struct field *f)
{
	switch (f->number) {
	case MESSAGE_TYPE:
		t->type = f->value;
		break;
	case MESSAGE_QUERY_ADDRESS:
		t->client = *f;
		break;
	case MESSAGE_QUERY_S:
		t->query_s = f->value;
		break;
	case MESSAGE_QUERY_NS:
		t->query_ns = f->value;
		break;
	case MESSAGE_QUERY:
		t->query = *f;
		break;
	case MESSAGE_RESPONSE_S:
		t->response_s = f->value;
		break;
	case MESSAGE_RESPONSE_NS:
		t->response_ns = f->value;
		break;
	case MESSAGE_RESPONSE:
		t->response = *f;
		break;
	default:
		break;
	}
}

static bool take_client(const struct field *f, struct addr *out)
{
	if (f->len == 4)
		addr_from_v4(f->bytes, out);
	else if (f->len == 16)
		memcpy(out->bytes, f->bytes, 16);
	return f->len == 4 || f->len == 16;
}

static enum capture_found read_tap(const struct tap *t, struct capture_message *m)
{
	bool is_query = t->type == TYPE_CLIENT_QUERY;
	if (!is_query && t->type != TYPE_CLIENT_RESPONSE)
		return CAPTURE_OTHER;
	const struct field *packet = is_query ? &t->query : &t->response;
	if (!packet->bytes || !take_client(&t->client, &m->client))
		return CAPTURE_MALFORMED;
	uint64_t s = is_query || !t->response_s ? t->query_s : t->response_s;
	uint64_t ns = is_query || !t->response_s ? t->query_ns : t->response_ns;
	m->at_ms = s * 1000 + ns / 1000000;
	return capture_dns(packet->bytes, packet->len, m);
}

enum capture_found capture_dnstap_frame(const uint8_t *frame, size_t len, struct capture_message *m)
{
	struct reader outer = {frame, len};
	struct field f;
	while (next_field(&outer, &f)) {
		struct reader inner = {f.bytes, f.len};
		struct tap t = {0};
		if (f.number != DNSTAP_MESSAGE || !f.bytes)
			continue;
		while (next_field(&inner, &f))
			take_field(&t, &f);
		return inner.left ? CAPTURE_MALFORMED : read_tap(&t, m);
	}
	return outer.left ? CAPTURE_MALFORMED : CAPTURE_OTHER;
}

/* --- the file ------------------------------------------------------------------------------------ */

/* False: the last frame has come, or the file is cut. */
static bool skip_control(struct capture_run *run, struct err *why, int *code)
{
	uint8_t head[4], frame[CONTROL_MAX];
	run->counts->is_cut = capture_read(run->file, head, sizeof head) < sizeof head;
	uint32_t len = wire_u32(head);
	if (run->counts->is_cut)
		return false;
	if (len < 4 || len > sizeof frame) {
		*code = err_set(why, CEN_EFORMAT,
			"this dnstap file has a control frame of %u octets (allowed: 4 to %d)", len,
			CONTROL_MAX);
		return false;
	}
	run->counts->is_cut = capture_read(run->file, frame, len) < len;
	return !run->counts->is_cut && wire_u32(frame) != CONTROL_STOP;
}

int capture_dnstap(struct capture_run *run, struct err *why)
{
	int code = 0;
	for (;;) {
		uint8_t head[4];
		struct capture_message m = {0};
		size_t n = capture_read(run->file, head, sizeof head);
		uint32_t len = wire_u32(head);
		if (!n)
			return 0;
		run->counts->is_cut = n < sizeof head;
		if (run->counts->is_cut)
			return 0;
		if (!len) {
			if (!skip_control(run, why, &code))
				return code;
			continue;
		}
		if (len > CAPTURE_RECORD_MAX)
			return err_set(why, CEN_EFORMAT,
				"frame %llu of this dnstap file says that it has %u octets "
				"(allowed: %d)",
				(unsigned long long)run->counts->records + 1, len,
				CAPTURE_RECORD_MAX);
		run->counts->is_cut = capture_read(run->file, run->room, len) < len;
		if (run->counts->is_cut ||
			!capture_take(run, capture_dnstap_frame(run->room, len, &m), &m))
			return 0;
	}
}
