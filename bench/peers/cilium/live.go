// SPDX-License-Identifier: Apache-2.0

// Consumers on the distribution's cilium/ebpf; src/bench/child.ts has the protocol, src/bench/live/consumer.ts what is
// read.
//
//	live MAP_ID count|latency
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"os"
	"sort"
	"strconv"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"
)

const mostLatencies = 1 << 20

func now() int64 {
	var t unix.Timespec
	check(unix.ClockGettime(unix.CLOCK_MONOTONIC, &t))
	return t.Nano()
}

func main() {
	id, err := strconv.Atoi(os.Args[1])
	check(err)
	isLatency := os.Args[2] == "latency"
	ring, err := ebpf.NewMapFromID(ebpf.MapID(id))
	check(err)
	reader, err := ringbuf.NewReader(ring)
	check(err)
	latencies := make([]float64, 0, mostLatencies)

	fmt.Println("{}")
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		var record ringbuf.Record
		records := 0
		latencies = latencies[:0]
		cpu := cpuTime()
		for {
			check(reader.ReadInto(&record))
			value := binary.LittleEndian.Uint64(record.RawSample)
			if value == 0 {
				break
			}
			if isLatency && records < mostLatencies {
				latencies = append(latencies, float64(now()-int64(value)))
			}
			records++
		}
		fmt.Printf("{\"records\":%d,\"cpuNs\":%d,\"endNs\":%d", records, cpuTime()-cpu, now())
		if isLatency {
			sort.Float64s(latencies)
			at := func(share float64) float64 { return latencies[int(share*float64(len(latencies)-1))] / 1000 }
			fmt.Printf(",\"latency\":{\"median\":%f,\"p99\":%f,\"p99.9\":%f,\"most\":%f}", at(.5), at(.99), at(.999), at(1))
		}
		fmt.Println("}")
	}
}
