/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/base/dname.h"

#include <idn2.h>
#include <string.h>

#include "resolver/base/err.h"

enum {
	POINTER_BITS = 0xc0, /* RFC 1035 4.1.4; 01 and 10 are not in use (RFC 6891 5) */
	/* Octets of UTF-8 in one label: 59 characters behind `xn--`, each made of three decomposed ones at worst, fit. */
	UTF8_LABEL_MAX = 1024,
};

/* A name under construction. `label` is the place of the open label's length octet. */
struct builder {
	struct dname *name;
	size_t len;
	size_t label;
	unsigned labels;
};

static bool put_octet(struct builder *b, uint8_t c)
{
	/* The root's zero must still fit behind. */
	if (b->len >= DNAME_MAX - 1 || b->len - b->label > DNAME_LABEL_MAX)
		return false;
	b->name->bytes[b->len++] = dname_lower(c);
	return true;
}

static void open_label(struct builder *b)
{
	b->label = b->len++;
}

static bool close_label(struct builder *b)
{
	size_t n = b->len - b->label - 1;
	if (n == 0 || n > DNAME_LABEL_MAX || b->len > DNAME_MAX - 1)
		return false;
	b->name->bytes[b->label] = (uint8_t)n;
	b->labels++;
	return true;
}

/* `\DDD` or `\X` (RFC 1035 5.1). Returns the characters used, 0 when malformed. */
static size_t read_escape(const char *text, size_t len, uint8_t *out)
{
	if (len < 2)
		return 0;
	if (text[1] < '0' || text[1] > '9') {
		*out = (uint8_t)text[1];
		/* A control character or half of a UTF-8 sequence is a mistake, not an escape. */
		return *out >= ' ' && *out < 127 ? 2 : 0;
	}
	unsigned value = 0;
	if (len < 4)
		return 0;
	for (int i = 1; i < 4; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		value = value * 10 + (unsigned)(text[i] - '0');
	}
	if (value > 255)
		return 0;
	*out = (uint8_t)value;
	return 4;
}

/* Adds a label of UTF-8 as A-label (RFC 5890). It may become several: U+3002 and its like are dots (UTS 46 2.3). */
static bool put_utf8_label(struct builder *b, const char *text, size_t len)
{
	char label[UTF8_LABEL_MAX + 1];
	if (len > UTF8_LABEL_MAX || memchr(text, 0, len))
		return false;
	memcpy(label, text, len);
	label[len] = 0;
	uint8_t *ascii = NULL;
	if (idn2_lookup_u8((const uint8_t *)label, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
		IDN2_OK)
		return false;
	bool is_good = true;
	for (const uint8_t *c = ascii; *c && is_good; c++) {
		if (*c != '.') {
			is_good = *c > ' ' && *c < 127 && put_octet(b, *c);
			continue;
		}
		if (!c[1])
			break; /* a final dot: the caller closes the label */
		is_good = close_label(b);
		open_label(b);
	}
	idn2_free(ascii);
	return is_good;
}

/* Reads one label up to its dot or the end. Returns the characters used, or SIZE_MAX when malformed. */
static size_t read_label(struct builder *b, const char *text, size_t len)
{
	size_t i = 0;
	bool is_utf8 = false, has_escape = false;
	while (i < len && text[i] != '.') {
		uint8_t c = (uint8_t)text[i];
		size_t used = 1;
		if (c == '\\') {
			has_escape = true;
			used = read_escape(text + i, len - i, &c);
		} else if (c >= 128) {
			is_utf8 = true;
		} else if (c <= ' ' || c == 127) {
			return SIZE_MAX;
		}
		if (used == 0 || (!is_utf8 && !put_octet(b, c)))
			return SIZE_MAX;
		i += used;
	}
	if (!is_utf8)
		return i;
	b->len = b->label + 1;
	return !has_escape && put_utf8_label(b, text, i) ? i : SIZE_MAX;
}

int dname_from_text(const char *text, size_t len, struct dname *out)
{
	struct dname name;
	struct builder b = {.name = &name};
	if (len == 0)
		return CEN_EFORMAT;
	size_t i = len == 1 && text[0] == '.' ? 1 : 0;
	while (i < len) {
		open_label(&b);
		size_t used = read_label(&b, text + i, len - i);
		if (used == SIZE_MAX || !close_label(&b))
			return CEN_EFORMAT;
		i += used + 1; /* over the dot; a final one ends the name */
	}
	name.bytes[b.len++] = 0;
	out->len = (uint8_t)b.len;
	out->labels = (uint8_t)b.labels;
	memcpy(out->bytes, name.bytes, b.len);
	return 0;
}

static bool is_plain(uint8_t c)
{
	return (uint8_t)((c | 32) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '-' || c == '_';
}

const char *dname_to_text(const uint8_t *wire, char out[static DNAME_TEXT_MAX])
{
	char *to = out;
	if (!*wire)
		*to++ = '.';
	while (*wire) {
		unsigned n = *wire++;
		for (; n; n--, wire++) {
			if (is_plain(*wire)) {
				*to++ = (char)*wire;
				continue;
			}
			*to++ = '\\';
			*to++ = (char)('0' + *wire / 100);
			*to++ = (char)('0' + *wire / 10 % 10);
			*to++ = (char)('0' + *wire % 10);
		}
		if (*wire)
			*to++ = '.';
	}
	*to = 0;
	return out;
}

/* Appends the label at `from` to the name. False when the name grows too long. */
static bool append_label(struct dname *name, size_t *len, const uint8_t *from)
{
	size_t n = (size_t)*from + 1;
	if (*len + n > DNAME_MAX - 1)
		return false;
	uint8_t *to = name->bytes + *len;
	to[0] = from[0];
	for (size_t i = 1; i < n; i++)
		to[i] = dname_lower(from[i]);
	*len += n;
	name->labels++;
	return true;
}

size_t dname_from_wire(const uint8_t *wire, size_t max, struct dname *out)
{
	size_t len = 0;
	unsigned labels = 0;
	for (;;) {
		if (len >= max || len > DNAME_MAX - 1 || wire[len] > DNAME_LABEL_MAX)
			return 0;
		if (!wire[len])
			break;
		len += (size_t)wire[len] + 1;
		labels++;
	}
	dname_copy_lower(out->bytes, wire, len + 1);
	out->len = (uint8_t)(len + 1);
	out->labels = (uint8_t)labels;
	return len + 1;
}

bool dname_from_packet(const uint8_t *packet, size_t len, size_t *at, struct dname *out)
{
	size_t p = *at, run = *at, used = 0, end = 0;
	unsigned jumps = 0;
	out->labels = 0;
	for (;;) {
		if (p >= len)
			return false;
		uint8_t c = packet[p];
		if (c == 0)
			break;
		if (c <= DNAME_LABEL_MAX) {
			if (len - p <= c || !append_label(out, &used, packet + p))
				return false;
			p += (size_t)c + 1;
			continue;
		}
		if ((c & POINTER_BITS) != POINTER_BITS || len - p < 2)
			return false;
		size_t target = (size_t)(c & ~POINTER_BITS) << 8 | packet[p + 1];
		/* "A prior occurrence" (RFC 1035 4.1.4) lies before this run of labels began: no loop is possible. */
		if (target >= run || jumps++ == DNAME_LABELS_MAX)
			return false;
		if (!end)
			end = p + 2;
		p = run = target;
	}
	*at = end ? end : p + 1;
	out->bytes[used] = 0;
	out->len = (uint8_t)(used + 1);
	return true;
}

bool dname_skip(const uint8_t *packet, size_t len, size_t *at)
{
	size_t p = *at;
	while (p < len && packet[p]) {
		if ((packet[p] & POINTER_BITS) == POINTER_BITS) {
			if (len - p < 2)
				return false;
			*at = p + 2;
			return true;
		}
		if (packet[p] > DNAME_LABEL_MAX)
			return false;
		p += (size_t)packet[p] + 1;
	}
	if (p >= len || p - *at >= DNAME_MAX)
		return false;
	*at = p + 1;
	return true;
}

bool dname_is_at_or_below(const struct dname *name, const struct dname *ancestor)
{
	if (name->labels < ancestor->labels || name->len < ancestor->len)
		return false;
	size_t at = 0;
	for (unsigned n = name->labels - ancestor->labels; n; n--)
		at += (size_t)name->bytes[at] + 1;
	return name->len - at == ancestor->len &&
		!memcmp(name->bytes + at, ancestor->bytes, ancestor->len);
}

unsigned dname_offsets(const struct dname *name, uint8_t offsets[static DNAME_LABELS_MAX])
{
	unsigned n = 0;
	for (unsigned at = 0; n < name->labels; at += name->bytes[at] + 1u)
		offsets[n++] = (uint8_t)at;
	return n;
}

void dname_parent(const struct dname *name, unsigned n, struct dname *out)
{
	size_t at = 0;
	unsigned labels = name->labels - n;
	for (; n; n--)
		at += (size_t)name->bytes[at] + 1;
	size_t len = name->len - at;
	memmove(out->bytes, name->bytes + at, len);
	out->len = (uint8_t)len;
	out->labels = (uint8_t)labels;
}

size_t dname_key(const struct dname *name, uint8_t key[static DNAME_MAX])
{
	size_t end = name->len - 1u;
	size_t at = 0;
	while (at < name->len - 1u) {
		size_t n = (size_t)name->bytes[at] + 1;
		end -= n;
		memcpy(key + end, name->bytes + at, n);
		at += n;
	}
	return name->len - 1u;
}

bool dname_from_key(const uint8_t *key, size_t len, struct dname *out)
{
	if (len > DNAME_MAX - 1)
		return false;
	size_t at = 0, end = len;
	unsigned labels = 0;
	while (at < len) {
		size_t n = (size_t)key[at] + 1;
		if (n == 1 || n > DNAME_LABEL_MAX + 1 || n > len - at)
			return false;
		end -= n;
		memcpy(out->bytes + end, key + at, n);
		at += n;
		labels++;
	}
	out->bytes[len] = 0;
	out->len = (uint8_t)(len + 1);
	out->labels = (uint8_t)labels;
	return true;
}
