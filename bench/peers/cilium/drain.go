// SPDX-License-Identifier: Apache-2.0

// Readers on the distribution's cilium/ebpf; src/bench/child.ts has the protocol, src/bench/drain/works.ts what is read.
//
//	drain MAP_ID WORK READER
package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
)

type sample struct {
	Value, CPU uint32
}

// An event as a user of Go would have it.
type exec struct {
	Time      uint64
	Pid, Ppid uint32
	Comm      string
	Filename  string
}

type execArgs struct {
	exec
	Args string
}

// Events as binary.Read makes them of a record.
type execRecord struct {
	Time      uint64
	Pid, Ppid uint32
	Comm      [16]byte
	Filename  [32]byte
}

type execArgsRecord struct {
	Time      uint64
	Pid, Ppid uint32
	Comm      [16]byte
	Filename  [96]byte
	Args      [384]byte
}

// Makes an event of a record. Returns what is summed up.
type decode func(record []byte) uint32

// The latest event of each type, where the compiler cannot prove it unused. Kept by value: what Go needs not put on the heap, it does not.
var (
	latestSample   sample
	latestExec     exec
	latestExecArgs execArgs
)

func text(field []byte) string {
	if end := bytes.IndexByte(field, 0); end >= 0 {
		field = field[:end]
	}
	return string(field)
}

func keep(event exec) uint32 {
	latestExec = event
	return event.Pid + event.Ppid + uint32(len(event.Comm)+len(event.Filename))
}

func keepArgs(event execArgs) uint32 {
	latestExecArgs = event
	return event.Pid + event.Ppid + uint32(len(event.Comm)+len(event.Filename)+len(event.Args))
}

func head(record []byte, filenameEnd int) exec {
	return exec{
		Time:     binary.LittleEndian.Uint64(record),
		Pid:      binary.LittleEndian.Uint32(record[8:]),
		Ppid:     binary.LittleEndian.Uint32(record[12:]),
		Comm:     text(record[16:32]),
		Filename: text(record[32:filenameEnd]),
	}
}

func wordAt(offset int) decode {
	return func(record []byte) uint32 { return binary.LittleEndian.Uint32(record[offset:]) }
}

func read(record []byte, into interface{}) {
	if err := binary.Read(bytes.NewReader(record), binary.LittleEndian, into); err != nil {
		panic(err)
	}
}

func sampleByHand(record []byte) uint32 {
	event := sample{binary.LittleEndian.Uint32(record), binary.LittleEndian.Uint32(record[4:])}
	latestSample = event
	return event.Value + event.CPU
}

func sampleByRead(record []byte) uint32 {
	var event sample
	read(record, &event)
	latestSample = event
	return event.Value + event.CPU
}

func execByHand(record []byte) uint32 {
	return keep(head(record, 64))
}

func execByRead(record []byte) uint32 {
	var r execRecord
	read(record, &r)
	return keep(exec{r.Time, r.Pid, r.Ppid, text(r.Comm[:]), text(r.Filename[:])})
}

func execArgsByHand(record []byte) uint32 {
	return keepArgs(execArgs{head(record, 128), text(record[128:512])})
}

func execArgsByRead(record []byte) uint32 {
	var r execArgsRecord
	read(record, &r)
	head := exec{r.Time, r.Pid, r.Ppid, text(r.Comm[:]), text(r.Filename[:])}
	return keepArgs(execArgs{head, text(r.Args[:])})
}

var readers = map[string]decode{
	"raw-8 cilium/ebpf":                   wordAt(0),
	"raw-64 cilium/ebpf":                  wordAt(8),
	"raw-512 cilium/ebpf":                 wordAt(8),
	"objects-8 cilium/ebpf by hand":       sampleByHand,
	"objects-8 cilium/ebpf binary.Read":   sampleByRead,
	"objects-64 cilium/ebpf by hand":      execByHand,
	"objects-64 cilium/ebpf binary.Read":  execByRead,
	"many-64 cilium/ebpf by hand":         execByHand,
	"many-64 cilium/ebpf binary.Read":     execByRead,
	"objects-512 cilium/ebpf by hand":     execArgsByHand,
	"objects-512 cilium/ebpf binary.Read": execArgsByRead,
}

func main() {
	id, err := strconv.Atoi(os.Args[1])
	check(err)
	decode := readers[os.Args[2]+" "+os.Args[3]]
	if decode == nil {
		check(fmt.Errorf("no reader %q of work %q", os.Args[3], os.Args[2]))
	}
	ring, err := ebpf.NewMapFromID(ebpf.MapID(id))
	check(err)
	reader, err := ringbuf.NewReader(ring)
	check(err)

	fmt.Println("{}")
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		var records int
		_, err := fmt.Sscanf(input.Text(), "drain %d", &records)
		check(err)
		var record ringbuf.Record
		var sum uint32
		start := cpuTime()
		// It has no call that returns at the end of the ring.
		for i := 0; i < records; i++ {
			check(reader.ReadInto(&record))
			sum += decode(record.RawSample)
		}
		fmt.Printf("{\"records\":%d,\"nanoseconds\":%d,\"sum\":%d}\n", records, cpuTime()-start, sum)
	}
}
