/* SPDX-License-Identifier: BSD-2-Clause
 * A DNS load generator for one machine: asks the questions of a file over UDP in batches and prints one JSON line.
 *
 *   bench_load ADDRESS PORT FILE [-s SECONDS] [-w WINDOW | -r RATE] [-n QUERIES] [-u SEED] [-k SOCKETS]
 *
 * FILE has a `name [type]` a line. -w keeps that many queries outstanding (closed loop), -r sends so many a second whatever comes
 * back (open loop). -u puts a number of its own in front of each name, so that none is asked twice. A query without an answer
 * within a second is lost. Load is bounded by -s (default 5) and -n.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 32,
	SOCKETS_MAX = 64,
	IDS = 65536,
	PACKET_MAX = 300,
	BUCKETS = 64 * 32,
	LOST_AFTER_US = 1000000
};

struct question {
	uint32_t at;
	uint16_t len;
};

struct lane {
	int fd;
	uint16_t next_id;
	uint32_t outstanding;
	uint32_t *sent_us; /* by ID; 0: not outstanding */
};

static uint8_t *packets;
static struct question *questions;
static size_t question_count;
static struct lane lanes[SOCKETS_MAX];
static unsigned lane_count = 16;
static uint64_t histogram[BUCKETS], sent, received, lost, rcodes[16], with_answer;
static bool is_unique;
static uint64_t unique_number;

static uint64_t now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* 32 steps an octave: 3 % resolution. */
static unsigned bucket_of(uint32_t us)
{
	if (us < 32)
		return us;
	unsigned octave = 31 - (unsigned)__builtin_clz(us);
	return (octave - 4) * 32 + (us >> (octave - 5) & 31);
}

static double bucket_us(unsigned b)
{
	if (b < 32)
		return b;
	unsigned octave = b / 32 + 4;
	return (double)(((uint64_t)32 + b % 32) << (octave - 5));
}

static double quantile_us(double q)
{
	uint64_t seen = 0;
	for (unsigned b = 0; b < BUCKETS; b++)
		if ((double)(seen += histogram[b]) > q * (double)received)
			return bucket_us(b);
	return 0;
}

static uint16_t type_number(const char *text)
{
	static const struct {
		const char *name;
		uint16_t number;
	} types[] = {{"A", 1}, {"NS", 2}, {"MX", 15}, {"TXT", 16}, {"AAAA", 28}, {"HTTPS", 65}};
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (!strcmp(text, types[i].name))
			return types[i].number;
	return 1;
}

static uint16_t make_packet(uint8_t *p, const char *name, uint16_t type)
{
	static const uint8_t header[12] = {0, 0, 1, 0, 0, 1};
	uint8_t *q = p + 12;
	memcpy(p, header, 12);
	for (const char *s = name; *s;) {
		size_t n = strcspn(s, ".");
		*q++ = (uint8_t)n;
		memcpy(q, s, n);
		q += n;
		s += n + (s[n] == '.');
	}
	*q++ = 0;
	*q++ = (uint8_t)(type >> 8);
	*q++ = (uint8_t)type;
	*q++ = 0;
	*q++ = 1;
	return (uint16_t)(q - p);
}

static bool read_questions(const char *file)
{
	FILE *f = fopen(file, "r");
	char line[400], name[256], type[16];
	size_t room = 0, used = 0, packet_room = 0;
	while (f && fgets(line, sizeof line, f)) {
		int n = sscanf(line, "%255s %15s", name, type);
		if (n < 1 || strlen(name) > 230)
			continue;
		if (question_count == room) {
			room = room ? room * 2 : 1 << 16;
			questions = realloc(questions, room * sizeof *questions);
		}
		if (used + PACKET_MAX > packet_room) {
			packet_room = packet_room ? packet_room * 2 : 1 << 20;
			packets = realloc(packets, packet_room);
		}
		if (!questions || !packets)
			return false;
		uint16_t len = make_packet(packets + used, name, n > 1 ? type_number(type) : 1);
		questions[question_count++] = (struct question){.at = (uint32_t)used, .len = len};
		used += len;
	}
	if (f)
		fclose(f);
	return question_count > 0;
}

static bool open_lanes(const char *address, const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1)
		return false;
	for (unsigned i = 0; i < lane_count; i++) {
		struct lane *l = &lanes[i];
		int bytes = 4 << 20;
		l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
		setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
		setsockopt(l->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
		l->sent_us = calloc(IDS, sizeof *l->sent_us);
		if (l->fd < 0 || !l->sent_us || connect(l->fd, (struct sockaddr *)&to, sizeof to))
			return false;
	}
	return true;
}

static void take_answer(struct lane *l, const uint8_t *p, unsigned len, uint32_t now)
{
	unsigned id = len >= 12 ? (unsigned)(p[0] << 8 | p[1]) : 0;
	if (len < 12 || !l->sent_us[id])
		return;
	histogram[bucket_of(now - l->sent_us[id])]++;
	l->sent_us[id] = 0;
	l->outstanding--;
	received++;
	rcodes[p[3] & 15]++;
	with_answer += p[6] || p[7];
}

static bool receive(struct lane *l, uint64_t start)
{
	static uint8_t bytes[BATCH][1500];
	struct mmsghdr m[BATCH] = {0};
	struct iovec space[BATCH];
	bool is_any = false;
	for (int n = BATCH; l->outstanding && n == BATCH;) {
		for (int i = 0; i < BATCH; i++) {
			space[i] = (struct iovec){.iov_base = bytes[i], .iov_len = sizeof bytes[i]};
			m[i].msg_hdr = (struct msghdr){.msg_iov = &space[i], .msg_iovlen = 1};
		}
		n = recvmmsg(l->fd, m, BATCH, 0, NULL);
		uint32_t now = (uint32_t)(now_us() - start) + 1;
		for (int i = 0; i < n; i++)
			take_answer(l, bytes[i], m[i].msg_len, now);
		is_any |= n > 0;
	}
	return is_any;
}

static void give_up_old(uint64_t start)
{
	uint32_t now = (uint32_t)(now_us() - start) + 1;
	for (unsigned i = 0; i < lane_count; i++)
		for (unsigned id = 0; lanes[i].outstanding && id < IDS; id++)
			if (lanes[i].sent_us[id] && now - lanes[i].sent_us[id] > LOST_AFTER_US) {
				lanes[i].sent_us[id] = 0;
				lanes[i].outstanding--;
				lost++;
			}
}

/* A unique label of 16 hexadecimal digits in place of the first 17 octets (its length included). */
static void make_unique(uint8_t *p)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t n = unique_number++;
	for (int i = 15; i >= 0; i--, n >>= 4)
		p[13 + i] = (uint8_t)digits[n & 15];
}

static unsigned send_some(struct lane *l, unsigned want, uint64_t start)
{
	static uint8_t bytes[BATCH][PACKET_MAX];
	static size_t next;
	struct mmsghdr m[BATCH] = {0};
	struct iovec space[BATCH];
	uint16_t first_id = l->next_id;
	unsigned n = 0;
	for (; n < want && n < BATCH && !l->sent_us[(uint16_t)(first_id + n)]; n++) {
		const struct question *q = &questions[next++ % question_count];
		uint16_t id = (uint16_t)(first_id + n);
		memcpy(bytes[n], packets + q->at, q->len);
		bytes[n][0] = (uint8_t)(id >> 8);
		bytes[n][1] = (uint8_t)id;
		if (is_unique)
			make_unique(bytes[n]);
		space[n] = (struct iovec){.iov_base = bytes[n], .iov_len = q->len};
		m[n].msg_hdr = (struct msghdr){.msg_iov = &space[n], .msg_iovlen = 1};
	}
	int r = n ? sendmmsg(l->fd, m, n, 0) : 0;
	unsigned done = r > 0 ? (unsigned)r : 0;
	uint32_t now = (uint32_t)(now_us() - start) + 1;
	for (unsigned i = 0; i < done; i++)
		l->sent_us[(uint16_t)(first_id + i)] = now;
	l->next_id = (uint16_t)(first_id + done);
	l->outstanding += done;
	sent += done;
	return done;
}

static void print_result(uint64_t took_us)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	double cpu_us = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
	printf("{\"sent\":%llu,\"received\":%llu,\"lost\":%llu,\"qps\":%.0f,\"noerror\":%llu,"
	       "\"servfail\":%llu,\"nxdomain\":%llu,"
	       "\"refused\":%llu,\"with_answer\":%llu,\"p50_us\":%.0f,\"p99_us\":%.0f,\"p999_us\":%"
	       ".0f,\"generator_us\":%.2f}\n",
		(unsigned long long)sent, (unsigned long long)received, (unsigned long long)lost,
		(double)received * 1e6 / (double)(took_us ? took_us : 1),
		(unsigned long long)rcodes[0], (unsigned long long)rcodes[2],
		(unsigned long long)rcodes[3], (unsigned long long)rcodes[5],
		(unsigned long long)with_answer, quantile_us(.5), quantile_us(.99),
		quantile_us(.999), received ? cpu_us / (double)received : 0);
}

struct plan {
	double seconds, rate;
	uint64_t queries;
	unsigned window;
};

static void run(const struct plan *plan)
{
	uint64_t start = now_us(), swept = start, last = start;
	struct pollfd ready[SOCKETS_MAX];
	for (unsigned i = 0; i < lane_count; i++)
		ready[i] = (struct pollfd){.fd = lanes[i].fd, .events = POLLIN};
	for (unsigned turn = 0;; turn++) {
		uint64_t now = now_us(), outstanding = 0;
		bool is_over =
			     (double)(now - start) >= plan->seconds * 1e6 || sent >= plan->queries,
		     is_busy = false;
		for (unsigned i = 0; i < lane_count; i++)
			is_busy |= receive(&lanes[i], start);
		for (unsigned i = 0; i < lane_count; i++)
			outstanding += lanes[i].outstanding;
		if (is_busy)
			last = now;
		if (is_over && !outstanding)
			break;
		if (now - swept > 100000) {
			give_up_old(start);
			swept = now;
		}
		double due = plan->rate > 0
			? plan->rate * (double)(now - start) / 1e6 - (double)sent
			: 1e9;
		for (unsigned k = 0; !is_over && k < lane_count && due >= 1; k++) {
			struct lane *l = &lanes[(turn + k) % lane_count];
			unsigned share = plan->window / lane_count,
				 want = due < 8 ? (unsigned)due : 8;
			if (plan->rate <= 0)
				want = l->outstanding < share * 3 / 4 ? share - l->outstanding : 0;
			unsigned n = want ? send_some(l, want, start) : 0;
			due -= n;
			is_busy |= n > 0;
		}
		if (!is_busy || plan->rate > 0) {
			struct timespec wait = {.tv_nsec = plan->rate > 0 ? 50000 : 5000000};
			ppoll(ready, lane_count, &wait, NULL);
		}
	}
	print_result(last - start);
}

int main(int argc, char **argv)
{
	struct plan plan = {.seconds = 5, .window = 256, .queries = UINT64_MAX};
	optind = 4;
	for (int o; argc >= 4 && (o = getopt(argc, argv, "s:w:r:n:u:k:")) > 0;) {
		if (o == 's')
			plan.seconds = strtod(optarg, NULL);
		else if (o == 'w')
			plan.window = (unsigned)strtoul(optarg, NULL, 10);
		else if (o == 'r')
			plan.rate = strtod(optarg, NULL);
		else if (o == 'n')
			plan.queries = strtoull(optarg, NULL, 10);
		else if (o == 'k')
			lane_count = (unsigned)strtoul(optarg, NULL, 10);
		else if (o == 'u')
			is_unique = true, unique_number = strtoull(optarg, NULL, 10) << 32;
		else
			return 2;
	}
	if (argc < 4 || lane_count < 1 || lane_count > SOCKETS_MAX || !read_questions(argv[3]) ||
		!open_lanes(argv[1], argv[2])) {
		fprintf(stderr,
			"usage: bench_load ADDRESS PORT FILE [-s SECONDS] [-w WINDOW | -r RATE] "
			"[-n QUERIES] [-u SEED] [-k SOCKETS]\n");
		return 2;
	}
	run(&plan);
	return 0;
}
