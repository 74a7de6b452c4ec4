/* SPDX-License-Identifier: BSD-2-Clause */
#include "resolver/cache_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver/answer.h"
#include "resolver/base/clock.h"
#include "resolver/base/hash.h"
#include "resolver/base/log.h"

enum {
	HEADER = 24, /* magic, wall time, what the answers depend on */
	ITEM_HEADER = 7, /* flags, seconds left, length of the message */
	CHECKSUM = 8,
	FLAG_DO = 1,
	FLAG_CD = 2,
	FLAG_SECURE = 4,
};

static const uint8_t magic[8] = "cenoteC2";

static void add_zones(XXH3_state_t *h, const struct config_zone *zones, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		XXH3_64bits_update(h, zones[i].zone.bytes, zones[i].zone.len);
		XXH3_64bits_update(h, &zones[i].is_validated, sizeof zones[i].is_validated);
		for (size_t k = 0; k < zones[i].to_count; k++) {
			XXH3_64bits_update(h, &zones[i].to[k].addr, sizeof zones[i].to[k].addr);
			XXH3_64bits_update(h, &zones[i].to[k].port, sizeof zones[i].to[k].port);
		}
	}
}

uint64_t cache_store_digest(const struct config *c)
{
	XXH3_state_t *h = XXH3_createState();
	if (!h)
		return 0;
	XXH3_64bits_reset(h);
	XXH3_64bits_update(h, &c->dnssec_is_validated, sizeof c->dnssec_is_validated);
	for (size_t i = 0; i < c->trust_anchor_count; i++)
		XXH3_64bits_update(h, c->trust_anchors[i], strlen(c->trust_anchors[i]) + 1);
	for (size_t i = 0; i < c->negative_anchor_count; i++)
		XXH3_64bits_update(h, c->negative_anchors[i].bytes, c->negative_anchors[i].len);
	add_zones(h, c->forward, c->forward_count);
	add_zones(h, c->stub, c->stub_count);
	if (c->root_hints)
		XXH3_64bits_update(h, c->root_hints, strlen(c->root_hints));
	uint64_t digest = XXH3_64bits_digest(h);
	XXH3_freeState(h);
	return digest;
}

struct writer {
	FILE *file;
	XXH3_state_t *hash;
	uint64_t count;
};

static bool put(struct writer *w, const void *bytes, size_t len)
{
	XXH3_64bits_update(w->hash, bytes, len);
	return fwrite(bytes, 1, len, w->file) == len;
}

/* The answer as it would be given now. */
static bool put_item(void *arg, const struct cache_item *item)
{
	struct writer *w = arg;
	uint8_t message[WIRE_MAX];
	uint8_t head[ITEM_HEADER];
	uint32_t records_at = (uint32_t)(WIRE_HEADER + item->name_len + 4);
	if (item->records_len > sizeof message - records_at)
		return true;
	memset(message, 0, WIRE_HEADER);
	message[2] = WIRE_QR;
	message[3] = (uint8_t)item->rcode;
	wire_put_u16(message + 4, 1);
	wire_put_u16(message + 6, item->answers);
	wire_put_u16(message + 8, item->authorities);
	wire_put_u16(message + 10, item->additionals);
	memcpy(message + WIRE_HEADER, item->name, item->name_len);
	wire_put_u16(message + records_at - 4, item->type);
	wire_put_u16(message + records_at - 2, CLASS_IN);
	memcpy(message + records_at, item->records, item->records_len);
	for (unsigned i = 0; i < item->ttl_count; i++) {
		uint8_t *ttl = message + records_at + item->ttls[i];
		uint32_t was = wire_u32(ttl);
		wire_put_u32(ttl, was > item->age_s ? was - item->age_s : 0);
	}
	head[0] = (uint8_t)((item->has_do ? FLAG_DO : 0) | (item->has_cd ? FLAG_CD : 0) |
		(item->is_secure ? FLAG_SECURE : 0));
	wire_put_u32(head + 1, item->left_s);
	wire_put_u16(head + 5, (uint16_t)(records_at + item->records_len));
	w->count++;
	return put(w, head, sizeof head) && put(w, message, records_at + item->records_len);
}

static int write_file(struct writer *w, struct cache *c, uint64_t digest)
{
	uint8_t head[HEADER], sum[CHECKSUM];
	uint64_t wall_s = clock_wall_s();
	memcpy(head, magic, sizeof magic);
	wire_put_u32(head + 8, (uint32_t)(wall_s >> 32));
	wire_put_u32(head + 12, (uint32_t)wall_s);
	wire_put_u32(head + 16, (uint32_t)(digest >> 32));
	wire_put_u32(head + 20, (uint32_t)digest);
	put(w, head, sizeof head);
	cache_each(c, put_item, w);
	uint64_t hash = XXH3_64bits_digest(w->hash);
	wire_put_u32(sum, (uint32_t)(hash >> 32));
	wire_put_u32(sum + 4, (uint32_t)hash);
	fwrite(sum, 1, sizeof sum, w->file);
	return fflush(w->file) || ferror(w->file) ? -EIO : 0;
}

void cache_store_save(struct cache *c, const struct config *config)
{
	char path[4096], temporary[4096 + 8];
	snprintf(path, sizeof path, "%s/cache-kept", config->state_directory);
	snprintf(temporary, sizeof temporary, "%s.new", path);
	struct writer w = {.file = fopen(temporary, "we"), .hash = XXH3_createState()};
	int e = w.file && w.hash ? 0 : -errno;
	if (!e) {
		XXH3_64bits_reset(w.hash);
		e = write_file(&w, c, cache_store_digest(config));
	}
	if (w.file && fclose(w.file) && !e)
		e = -errno;
	XXH3_freeState(w.hash);
	if (!e && rename(temporary, path))
		e = -errno;
	if (e) {
		unlink(temporary);
		log_warn("cache", "event=not_kept file=%s reason=\"%s\"", path, err_string(e));
	} else {
		log_info("cache", "event=kept answers=%llu", (unsigned long long)w.count);
	}
}

/* --- reading --- */

/* Each TTL less the time that has passed; false when the answer is over. */
static bool age(struct query *q, uint32_t left_s, uint64_t passed_s)
{
	struct answer_cursor cursor = {0};
	struct answer_record r;
	if (passed_s >= left_s)
		return false;
	while (answer_next(q, &cursor, &r))
		wire_put_u32(
			q->out + r.ttl_at, r.ttl_s > passed_s ? r.ttl_s - (uint32_t)passed_s : 0);
	left_s -= (uint32_t)passed_s;
	if (q->min_ttl_s > left_s)
		q->min_ttl_s = left_s;
	return !cursor.is_bad;
}

static bool put_message(struct cache *c, const struct config *config, struct query *q,
	const uint8_t *head, const uint8_t *message, uint64_t passed_s)
{
	uint32_t len = wire_u16(head + 5);
	size_t name_len = len > WIRE_HEADER + 4
		? dname_from_wire(message + WIRE_HEADER, len - WIRE_HEADER - 4, &q->qname)
		: 0;
	if (!name_len)
		return false;
	q->qtype = wire_u16(message + WIRE_HEADER + name_len);
	q->qclass = CLASS_IN;
	q->has_do = head[0] & FLAG_DO;
	q->has_cd = head[0] & FLAG_CD;
	q->ede = EDE_NONE;
	if (!answer_take(q, message, len, 0, config->cache_max_ttl_s))
		return false;
	q->is_secure = head[0] & FLAG_SECURE;
	if (!age(q, wire_u32(head + 1), passed_s))
		return false;
	cache_put(c, q, config->cache_stale_s);
	return true;
}

int cache_store_parse(struct cache *c, const struct config *config, const uint8_t *bytes,
	size_t len, uint64_t wall_s)
{
	if (len < HEADER + CHECKSUM || memcmp(bytes, magic, sizeof magic) != 0)
		return CEN_EFORMAT;
	size_t end = len - CHECKSUM, at = HEADER;
	uint64_t sum = (uint64_t)wire_u32(bytes + end) << 32 | wire_u32(bytes + end + 4);
	if (sum != hash_bytes(bytes, end, 0))
		return CEN_ECORRUPT;
	uint64_t saved_s = (uint64_t)wire_u32(bytes + 8) << 32 | wire_u32(bytes + 12);
	uint64_t digest = (uint64_t)wire_u32(bytes + 16) << 32 | wire_u32(bytes + 20);
	/* A clock that went back tells nothing of the age; under another configuration there may be other answers. */
	if (wall_s < saved_s || digest != cache_store_digest(config))
		return 0;
	int count = 0;
	struct query *q = calloc(1, sizeof *q);
	uint8_t *out = malloc(WIRE_MAX);
	while (q && out && end - at >= ITEM_HEADER) {
		uint32_t n = wire_u16(bytes + at + 5);
		if (end - at - ITEM_HEADER < n)
			break;
		q->out = out;
		q->out_max = WIRE_MAX;
		count += put_message(
			c, config, q, bytes + at, bytes + at + ITEM_HEADER, wall_s - saved_s);
		at += ITEM_HEADER + n;
	}
	free(out);
	free(q);
	return count;
}

static uint8_t *read_file(const char *path, size_t max, size_t *len)
{
	uint8_t *bytes = NULL;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	*len = 0;
	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 && (uint64_t)st.st_size <= max)
		bytes = malloc((size_t)st.st_size);
	for (ssize_t n; bytes && *len < (size_t)st.st_size; *len += (size_t)n)
		if ((n = read(fd, bytes + *len, (size_t)st.st_size - *len)) <= 0)
			break;
	close(fd);
	return bytes;
}

void cache_store_load(struct cache *c, const struct config *config)
{
	char path[4096];
	size_t len;
	snprintf(path, sizeof path, "%s/cache-kept", config->state_directory);
	uint8_t *bytes = read_file(path, (size_t)config->cache_size_bytes * 2, &len);
	if (!bytes)
		return;
	int n = cache_store_parse(c, config, bytes, len, clock_wall_s());
	free(bytes);
	unlink(path); /* it ages: after a crash there is none rather than an old one */
	if (n < 0)
		log_warn("cache", "event=kept_file_refused file=%s reason=\"%s\"", path,
			err_string(n));
	else
		log_info("cache", "event=kept_answers_loaded answers=%d", n);
}
