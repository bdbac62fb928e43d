// SPDX-License-Identifier: Apache-2.0
/*
 * Readers on the distribution's libbpf; src/bench/child.ts has the protocol, src/bench/drain/works.ts what is read.
 *
 *   drain MAP_ID WORK READER
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint32_t sum;
/* Where the compiler cannot prove it unused. */
uint64_t latest;

struct sample {
	uint32_t value, cpu;
};

struct exec {
	uint64_t time;
	uint32_t pid, ppid;
	char comm[16];
	char filename[32];
};

struct exec_args {
	uint64_t time;
	uint32_t pid, ppid;
	char comm[16];
	char filename[96];
	char args[384];
};

static int raw_sample(void *ctx, void *data, size_t size)
{
	const struct sample *sample = data;

	sum += sample->value;
	return 0;
}

static int raw_exec(void *ctx, void *data, size_t size)
{
	const struct exec *exec = data;

	sum += exec->pid;
	return 0;
}

static int sample_fields(void *ctx, void *data, size_t size)
{
	const struct sample *sample = data;

	sum += sample->value + sample->cpu;
	return 0;
}

static int exec_lengths(void *ctx, void *data, size_t size)
{
	const struct exec *exec = data;

	sum += strlen(exec->comm) + strlen(exec->filename);
	return 0;
}

static int exec_fields(void *ctx, void *data, size_t size)
{
	const struct exec *exec = data;

	latest = exec->time;
	sum += exec->pid + exec->ppid + strlen(exec->comm) + strlen(exec->filename);
	return 0;
}

static int exec_args_fields(void *ctx, void *data, size_t size)
{
	const struct exec_args *exec = data;

	latest = exec->time;
	sum += exec->pid + exec->ppid + strlen(exec->comm) + strlen(exec->filename) + strlen(exec->args);
	return 0;
}

static const struct {
	const char *work;
	ring_buffer_sample_fn callback;
} readers[] = {
	{ "raw-8", raw_sample },	  { "raw-64", raw_exec },
	{ "raw-512", raw_exec },	  { "fields-8", sample_fields },
	{ "lengths-64", exec_lengths },	  { "fields-64", exec_fields },
	{ "fields-512", exec_args_fields },
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
	char line[32];
	int fd;

	if (argc != 4)
		return fail("usage: drain MAP_ID WORK READER");
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (strcmp(readers[i].work, argv[2]) == 0)
			callback = readers[i].callback;
	if (!callback)
		return fail("no such work");
	fd = bpf_map_get_fd_by_id(atoi(argv[1]));
	if (fd < 0)
		return fail("bpf_map_get_fd_by_id");
	ring = ring_buffer__new(fd, callback, NULL, NULL);
	if (!ring)
		return fail("ring_buffer__new");

	puts("{}");
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
