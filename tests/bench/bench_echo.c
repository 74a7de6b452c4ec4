/* SPDX-License-Identifier: BSD-2-Clause
 * The floor of any UDP DNS server on this machine: takes batches with recvmmsg, flips QR, sends them back with sendmmsg.
 *
 *   bench_echo ADDRESS PORT [THREADS]
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { BATCH = 32, BYTES = 2048, SOCKET_BUFFER_BYTES = 4 << 20 };

static struct sockaddr_in where;

static int open_socket(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1, bytes = SOCKET_BUFFER_BYTES;
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	if (fd < 0 || bind(fd, (struct sockaddr *)&where, sizeof where)) {
		perror("bench_echo");
		exit(1);
	}
	return fd;
}

static void *serve(void *arg)
{
	(void)arg;
	static _Thread_local uint8_t bytes[BATCH][BYTES];
	struct mmsghdr m[BATCH] = {0};
	struct iovec space[BATCH];
	struct sockaddr_in peer[BATCH];
	int fd = open_socket();
	for (;;) {
		for (int i = 0; i < BATCH; i++) {
			space[i] = (struct iovec){.iov_base = bytes[i], .iov_len = BYTES};
			m[i].msg_hdr = (struct msghdr){.msg_name = &peer[i],
				.msg_namelen = sizeof peer[i],
				.msg_iov = &space[i],
				.msg_iovlen = 1};
		}
		int n = recvmmsg(fd, m, BATCH, MSG_WAITFORONE, NULL);
		for (int i = 0; i < n; i++) {
			bytes[i][2] |= 0x80;
			space[i].iov_len = m[i].msg_len;
		}
		for (int sent = 0, r; sent < n; sent += r)
			if ((r = sendmmsg(fd, m + sent, (unsigned)(n - sent), 0)) <= 0)
				break;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: bench_echo ADDRESS PORT [THREADS]\n");
		return 2;
	}
	where.sin_family = AF_INET;
	where.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	inet_pton(AF_INET, argv[1], &where.sin_addr);
	for (unsigned long more = argc > 3 ? strtoul(argv[3], NULL, 10) : 1; more > 1; more--) {
		pthread_t t;
		if (pthread_create(&t, NULL, serve, NULL))
			return 1;
	}
	serve(NULL);
}
