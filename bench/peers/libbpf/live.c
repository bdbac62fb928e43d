// SPDX-License-Identifier: Apache-2.0
/*
 * Consumers on the distribution's libbpf; src/bench/child.ts has the protocol, src/bench/live/consumer.ts what is read.
 *
 *   live MAP_ID MODE [PROGRAM_ID]
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 500
#define PERF_PAGES 1024
#define LOOK_MS 100
#define MOST_LATENCIES (1 << 20)

static uint64_t records;
static bool ended;
static double *latencies;

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int on_record(void *ctx, void *data, size_t size)
{
	if (*(uint32_t *)data != 0) {
		records++;
		return 0;
	}
	ended = true;
	return -1;
}

static int on_time(void *ctx, void *data, size_t size)
{
	uint64_t time = *(uint64_t *)data;

	if (time == 0) {
		ended = true;
		return -1;
	}
	if (records < MOST_LATENCIES)
		latencies[records] = clock_ns(CLOCK_MONOTONIC) - time;
	records++;
	return 0;
}

static enum bpf_perf_event_ret on_event(void *ctx, int cpu, struct perf_event_header *event)
{
	struct {
		struct perf_event_header header;
		uint32_t size;
		uint32_t value;
	} *sample = (void *)event;

	/* A loss is counted by the program too. */
	if (event->type == PERF_RECORD_SAMPLE)
		on_record(ctx, &sample->value, sample->size);
	return LIBBPF_PERF_EVENT_CONT;
}

static int ascending(const void *a, const void *b)
{
	double x = *(double *)a, y = *(double *)b;

	return (x > y) - (x < y);
}

/* In microseconds. */
static double quantile(double share)
{
	uint64_t most = records < MOST_LATENCIES ? records : MOST_LATENCIES;

	return latencies[(uint64_t)(share * (most - 1))] / 1000;
}

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[2] : "";
	bool is_latency = !strcmp(mode, "latency"), is_busy = !strcmp(mode, "busy");
	bool is_back_to_back = !strcmp(mode, "back-to-back");
	struct ring_buffer *ring = NULL;
	struct perf_buffer *perf = NULL;
	char line[16], packet[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	int map, program = -1;

	if (argc < 3)
		return fail("usage: live MAP_ID MODE [PROGRAM_ID]");
	map = bpf_map_get_fd_by_id(atoi(argv[1]));
	if (map < 0)
		return fail("bpf_map_get_fd_by_id");
	if (is_back_to_back) {
		program = bpf_prog_get_fd_by_id(atoi(argc > 3 ? argv[3] : ""));
		if (program < 0)
			return fail("bpf_prog_get_fd_by_id");
	}
	if (!strncmp(mode, "perf", 4)) {
		struct perf_event_attr attr = {
			.size = sizeof(attr),
			.type = PERF_TYPE_SOFTWARE,
			.config = PERF_COUNT_SW_BPF_OUTPUT,
			.sample_type = PERF_SAMPLE_RAW,
			.sample_period = 1,
			.wakeup_events = strcmp(mode, "perf-sampled") ? 1 : BATCH,
		};

		perf = perf_buffer__new_raw(map, PERF_PAGES, &attr, on_event, NULL, NULL);
	} else {
		ring = ring_buffer__new(map, is_latency ? on_time : on_record, NULL, NULL);
	}
	if (!ring && !perf)
		return fail("cannot open the buffer");
	latencies = calloc(MOST_LATENCIES, sizeof(*latencies));

	printf("{}\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		int64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID), last = clock_ns(CLOCK_MONOTONIC);
		int64_t end = last + atoi(line) * 1000000LL;
		uint64_t before;

		records = 0;
		ended = false;
		while (is_back_to_back ? last < end : !ended) {
			before = records;
			if (is_back_to_back && bpf_prog_test_run_opts(program, &run))
				return fail("bpf_prog_test_run_opts");
			if (is_busy)
				ring_buffer__consume(ring);
			else if (ring)
				ring_buffer__poll(ring, -1);
			else if (perf_buffer__poll(perf, LOOK_MS) == 0)
				perf_buffer__consume(perf);
			if (records > before || is_back_to_back)
				last = clock_ns(CLOCK_MONOTONIC);
		}
		printf("{\"records\":%llu,\"cpuNs\":%lld,\"endNs\":%lld", (unsigned long long)records,
		       (long long)clock_ns(CLOCK_PROCESS_CPUTIME_ID) - (long long)cpu, (long long)last);
		if (is_latency) {
			qsort(latencies, records < MOST_LATENCIES ? records : MOST_LATENCIES, sizeof(*latencies), ascending);
			printf(",\"latency\":{\"median\":%f,\"p99\":%f,\"p99.9\":%f,\"most\":%f}", quantile(0.5),
			       quantile(0.99), quantile(0.999), quantile(1));
		}
		printf("}\n");
		fflush(stdout);
	}
	return 0;
}
