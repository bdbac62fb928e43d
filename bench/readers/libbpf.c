// SPDX-License-Identifier: Apache-2.0
/*
 * The yardstick: a reader on the distribution's libbpf. It speaks the protocol of bench/reader.ts.
 *
 *   libbpf MAP_ID WORKLOAD libbpf
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint32_t sum;

static int on_raw(void *ctx, void *data, size_t size)
{
	sum += *(uint32_t *)data;
	return 0;
}

struct exec {
	uint64_t time;
	uint32_t pid, ppid;
	char comm[16];
	char filename[32];
};

static int on_exec(void *ctx, void *data, size_t size)
{
	const struct exec *exec = data;

	sum += strlen(exec->comm) + strlen(exec->filename);
	return 0;
}

static const struct {
	const char *workload;
	ring_buffer_sample_fn callback;
} readers[] = {
	{ "raw", on_raw },
	{ "exec", on_exec },
	{ "exec-many", on_exec },
};

/* CPU time of this process. */
static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	ring_buffer_sample_fn callback = NULL;
	struct ring_buffer *ring;
	char line[16];
	int fd;

	if (argc != 4)
		return fail("usage: libbpf MAP_ID WORKLOAD libbpf");
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (strcmp(readers[i].workload, argv[2]) == 0)
			callback = readers[i].callback;
	if (!callback)
		return fail("no such workload");
	fd = bpf_map_get_fd_by_id(atoi(argv[1]));
	if (fd < 0)
		return fail("bpf_map_get_fd_by_id");
	ring = ring_buffer__new(fd, callback, NULL, NULL);
	if (!ring)
		return fail("ring_buffer__new");

	printf("{\"version\":\"libbpf %s\"}\n", libbpf_version_string());
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		int64_t start;
		int records;

		sum = 0;
		start = now();
		records = ring_buffer__consume(ring);
		printf("{\"records\":%d,\"nanoseconds\":%lld,\"sum\":%u}\n", records, (long long)(now() - start), sum);
		fflush(stdout);
	}
	return 0;
}
