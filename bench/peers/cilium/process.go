// SPDX-License-Identifier: Apache-2.0

// What both consumers need of their process.
package main

import (
	"fmt"
	"os"
	"syscall"
)

// CPU time of this process, the garbage collector's threads included.
func cpuTime() int64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
