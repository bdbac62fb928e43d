/*
 * When a program wakes the reader of its ring. The flags of bpf_ringbuf_output and bpf_ringbuf_submit are one of
 *
 *   0                                     adaptive: wakes a reader that had read all before this record
 *   BPF_RB_NO_WAKEUP                      never: the reader looks by a timer of its own, `ring.lookEvery(ms)`
 *   ringtail_wakeup_every(&ring, bytes)   each time that many more are unread; what is left over the reader finds by its timer
 *
 * Use one of them for all records of a ring.
 */
#ifndef __RINGTAIL_WAKEUP_H__
#define __RINGTAIL_WAKEUP_H__

#include <bpf/bpf_helpers.h>

/*
 * BPF_RB_FORCE_WAKEUP each time that another `bytes` are unread, else BPF_RB_NO_WAKEUP. Unread are reserved records too, so after
 * a reserve its own record counts, with its header of 8 bytes. `bytes` should be eight records at least, and half of the ring at
 * most: what comes until the reader runs needs the rest.
 *
 * "Each time" is the eighth of `bytes` behind each multiple: a record that is sent meanwhile on another CPU cannot hide the
 * multiple from both, and a reader that is awake, but behind, is not woken for every record.
 */
static inline __attribute__((always_inline, unused)) __u64 ringtail_wakeup_every(void *ring, __u64 bytes)
{
	__u64 unread = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA);

	return unread >= bytes && unread % bytes < bytes / 8 + 8 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

#endif
