/* Made by scripts/generate-helpers.mjs. Every helper of the kernel, as a pointer whose value is its id. */
#ifndef __BPF_HELPER_DEFS_H__
#define __BPF_HELPER_DEFS_H__

struct __sk_buff;
struct bpf_tunnel_key;
struct xdp_md;
struct bpf_sock_ops;
struct bpf_perf_event_value;
struct bpf_perf_event_data;
struct pt_regs;
struct sk_msg_md;
struct bpf_sock_addr;
struct sockaddr;
struct bpf_xfrm_state;
struct bpf_fib_lookup;
struct sk_reuseport_md;
struct bpf_sock;
struct bpf_sock_tuple;
struct bpf_spin_lock;
struct bpf_tcp_sock;
struct tcphdr;
struct bpf_sysctl;
struct bpf_pidns_info;
struct seq_file;
struct tcp6_sock;
struct tcp_sock;
struct tcp_timewait_sock;
struct tcp_request_sock;
struct udp6_sock;
struct task_struct;
struct path;
struct btf_ptr;
struct bpf_redir_neigh;
struct linux_binprm;
struct inode;
struct socket;
struct file;
struct bpf_timer;
struct unix_sock;
struct mptcp_sock;
struct bpf_dynptr;
struct iphdr;
struct ipv6hdr;
struct cgroup;

/* pointer to the value of a key in a map, or NULL (3.19) */
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;

/* set the value of a key in a map (3.19) */
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;

/* remove a key from a map (3.19) */
static long (*bpf_map_delete_elem)(void *map, const void *key) = (void *)3;

/* copy from kernel or user memory, by address; use the _kernel or _user form instead (4.1) */
static long (*bpf_probe_read)(void *dst, __u32 size, const void *unsafe_ptr) = (void *)4;

/* nanoseconds since boot, not counting suspend (4.1) */
static __u64 (*bpf_ktime_get_ns)(void) = (void *)5;

/* print a line to the trace pipe, for debugging (4.1) */
static long (*bpf_trace_printk)(const char *fmt, __u32 fmt_size, ...) = (void *)6;

/* a pseudo-random 32-bit number (4.1) */
static __u32 (*bpf_get_prandom_u32)(void) = (void *)7;

/* number of the CPU the program runs on (4.1) */
static __u32 (*bpf_get_smp_processor_id)(void) = (void *)8;

/* write bytes into a packet, optionally fixing its checksum (4.1) */
static long (*bpf_skb_store_bytes)(struct __sk_buff *skb, __u32 offset, const void *from, __u32 len, __u64 flags) = (void *)9;

/* update the IP checksum for a changed field (4.1) */
static long (*bpf_l3_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 size) = (void *)10;

/* update the TCP, UDP or ICMP checksum for a changed field (4.1) */
static long (*bpf_l4_csum_replace)(struct __sk_buff *skb, __u32 offset, __u64 from, __u64 to, __u64 flags) = (void *)11;

/* continue in another program of a program array; returns only on failure (4.2) */
static long (*bpf_tail_call)(void *ctx, void *prog_array_map, __u32 index) = (void *)12;

/* send a copy of the packet to another interface (4.2) */
static long (*bpf_clone_redirect)(struct __sk_buff *skb, __u32 ifindex, __u64 flags) = (void *)13;

/* process id (tgid) in the high and thread id (pid) in the low 32 bits (4.2) */
static __u64 (*bpf_get_current_pid_tgid)(void) = (void *)14;

/* group id in the high and user id in the low 32 bits (4.2) */
static __u64 (*bpf_get_current_uid_gid)(void) = (void *)15;

/* copy the current thread's name, at most 16 bytes with its NUL (4.2) */
static long (*bpf_get_current_comm)(void *buf, __u32 size_of_buf) = (void *)16;

/* net_cls class of the current task or the packet's sender (cgroup v1) (4.3) */
static __u32 (*bpf_get_cgroup_classid)(struct __sk_buff *skb) = (void *)17;

/* add a VLAN tag to the packet (4.3) */
static long (*bpf_skb_vlan_push)(struct __sk_buff *skb, __be16 vlan_proto, __u16 vlan_tci) = (void *)18;

/* remove the outermost VLAN tag (4.3) */
static long (*bpf_skb_vlan_pop)(struct __sk_buff *skb) = (void *)19;

/* read the packet's tunnel metadata (4.3) */
static long (*bpf_skb_get_tunnel_key)(struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags) = (void *)20;

/* set the tunnel metadata to send the packet with (4.3) */
static long (*bpf_skb_set_tunnel_key)(struct __sk_buff *skb, struct bpf_tunnel_key *key, __u32 size, __u64 flags) = (void *)21;

/* count of a perf event of a map; its errors mix with counts, prefer perf_event_read_value (4.3) */
static __u64 (*bpf_perf_event_read)(void *map, __u64 flags) = (void *)22;

/* send the packet to another interface once the program returns (4.4) */
static long (*bpf_redirect)(__u32 ifindex, __u64 flags) = (void *)23;

/* realm of the packet's route (4.4) */
static __u32 (*bpf_get_route_realm)(struct __sk_buff *skb) = (void *)24;

/* copy a record into a per-CPU perf buffer (4.4) */
static long (*bpf_perf_event_output)(void *ctx, void *map, __u64 flags, void *data, __u64 size) = (void *)25;

/* copy bytes out of a packet (4.5) */
static long (*bpf_skb_load_bytes)(const void *skb, __u32 offset, void *to, __u32 len) = (void *)26;

/* store a stack trace in a map and return its id (4.6) */
static long (*bpf_get_stackid)(void *ctx, void *map, __u64 flags) = (void *)27;

/* checksum of one buffer minus that of another (4.6) */
static __s64 (*bpf_csum_diff)(__be32 *from, __u32 from_size, __be32 *to, __u32 to_size, __wsum seed) = (void *)28;

/* read the options of the packet's tunnel metadata (4.6) */
static long (*bpf_skb_get_tunnel_opt)(struct __sk_buff *skb, void *opt, __u32 size) = (void *)29;

/* set the options of the packet's tunnel metadata (4.6) */
static long (*bpf_skb_set_tunnel_opt)(struct __sk_buff *skb, void *opt, __u32 size) = (void *)30;

/* change the packet between IPv4 and IPv6 (4.8) */
static long (*bpf_skb_change_proto)(struct __sk_buff *skb, __be16 proto, __u64 flags) = (void *)31;

/* change whom the packet is for: this host, another, broadcast (4.8) */
static long (*bpf_skb_change_type)(struct __sk_buff *skb, __u32 type) = (void *)32;

/* whether the packet's socket is below a cgroup of a map (4.8) */
static long (*bpf_skb_under_cgroup)(struct __sk_buff *skb, void *map, __u32 index) = (void *)33;

/* the packet's flow hash, computed if need be (4.8) */
static __u32 (*bpf_get_hash_recalc)(struct __sk_buff *skb) = (void *)34;

/* address of the current task_struct, as a number (4.8) */
static __u64 (*bpf_get_current_task)(void) = (void *)35;

/* write into the current process's memory; meant for debugging (4.8) */
static long (*bpf_probe_write_user)(void *dst, const void *src, __u32 len) = (void *)36;

/* whether the current task is below a cgroup of a map (4.9) */
static long (*bpf_current_task_under_cgroup)(void *map, __u32 index) = (void *)37;

/* grow or cut the packet at its end (4.9) */
static long (*bpf_skb_change_tail)(struct __sk_buff *skb, __u32 len, __u64 flags) = (void *)38;

/* make more of the packet linear, for direct access (4.9) */
static long (*bpf_skb_pull_data)(struct __sk_buff *skb, __u32 len) = (void *)39;

/* add to the checksum the device computed (4.9) */
static __s64 (*bpf_csum_update)(struct __sk_buff *skb, __wsum csum) = (void *)40;

/* forget the packet's flow hash (4.9) */
static void (*bpf_set_hash_invalid)(struct __sk_buff *skb) = (void *)41;

/* NUMA node of the current CPU (4.10) */
static long (*bpf_get_numa_node_id)(void) = (void *)42;

/* make room before the packet's first byte (4.10) */
static long (*bpf_skb_change_head)(struct __sk_buff *skb, __u32 len, __u64 flags) = (void *)43;

/* move the start of an XDP packet (4.10) */
static long (*bpf_xdp_adjust_head)(struct xdp_md *xdp_md, int delta) = (void *)44;

/* copy a string by address; use the _kernel or _user form instead (4.11) */
static long (*bpf_probe_read_str)(void *dst, __u32 size, const void *unsafe_ptr) = (void *)45;

/* number that identifies a socket as long as the machine runs (4.12) */
static __u64 (*bpf_get_socket_cookie)(void *ctx) = (void *)46;

/* user id that owns the packet's socket (4.12) */
static __u32 (*bpf_get_socket_uid)(struct __sk_buff *skb) = (void *)47;

/* set the packet's flow hash (4.13) */
static long (*bpf_set_hash)(struct __sk_buff *skb, __u32 hash) = (void *)48;

/* setsockopt(2) from the kernel, for a subset of options (4.13) */
static long (*bpf_setsockopt)(void *bpf_socket, int level, int optname, void *optval, int optlen) = (void *)49;

/* grow or shrink the packet between its headers (4.13) */
static long (*bpf_skb_adjust_room)(struct __sk_buff *skb, __s32 len_diff, __u32 mode, __u64 flags) = (void *)50;

/* send the packet to the interface, CPU or socket at a key of a map (4.14) */
static long (*bpf_redirect_map)(void *map, __u64 key, __u64 flags) = (void *)51;

/* pass a stream's data to the socket at an index of a sockmap (4.14) */
static long (*bpf_sk_redirect_map)(struct __sk_buff *skb, void *map, __u32 key, __u64 flags) = (void *)52;

/* put the socket into a sockmap (4.14) */
static long (*bpf_sock_map_update)(struct bpf_sock_ops *skops, void *map, void *key, __u64 flags) = (void *)53;

/* change the room for metadata before an XDP packet (4.15) */
static long (*bpf_xdp_adjust_meta)(struct xdp_md *xdp_md, int delta) = (void *)54;

/* count, enabled and running time of a perf event of a map (4.15) */
static long (*bpf_perf_event_read_value)(void *map, __u64 flags, struct bpf_perf_event_value *buf, __u32 buf_size) = (void *)55;

/* count, enabled and running time of the event that triggered the program (4.15) */
static long (*bpf_perf_prog_read_value)(struct bpf_perf_event_data *ctx, struct bpf_perf_event_value *buf, __u32 buf_size) = (void *)56;

/* getsockopt(2) from the kernel, for a subset of options (4.15) */
static long (*bpf_getsockopt)(void *bpf_socket, int level, int optname, void *optval, int optlen) = (void *)57;

/* make a probed function return at once with a given value, if it allows that (4.16) */
static long (*bpf_override_return)(struct pt_regs *regs, __u64 rc) = (void *)58;

/* choose which TCP events call the program (4.16) */
static long (*bpf_sock_ops_cb_flags_set)(struct bpf_sock_ops *bpf_sock, int argval) = (void *)59;

/* pass a message to the socket at an index of a sockmap (4.17) */
static long (*bpf_msg_redirect_map)(struct sk_msg_md *msg, void *map, __u32 key, __u64 flags) = (void *)60;

/* let the verdict hold for the next bytes of the stream (4.17) */
static long (*bpf_msg_apply_bytes)(struct sk_msg_md *msg, __u32 bytes) = (void *)61;

/* wait for this many bytes before the next verdict (4.17) */
static long (*bpf_msg_cork_bytes)(struct sk_msg_md *msg, __u32 bytes) = (void *)62;

/* make a range of a message directly accessible (4.17) */
static long (*bpf_msg_pull_data)(struct sk_msg_md *msg, __u32 start, __u32 end, __u64 flags) = (void *)63;

/* bind a socket to a local address before it connects (4.17) */
static long (*bpf_bind)(struct bpf_sock_addr *ctx, struct sockaddr *addr, int addr_len) = (void *)64;

/* move the end of an XDP packet (4.18) */
static long (*bpf_xdp_adjust_tail)(struct xdp_md *xdp_md, int delta) = (void *)65;

/* read a state of the packet's IPsec path (4.18) */
static long (*bpf_skb_get_xfrm_state)(struct __sk_buff *skb, __u32 index, struct bpf_xfrm_state *xfrm_state, __u32 size, __u64 flags) = (void *)66;

/* copy the kernel or user stack trace into a buffer (4.18) */
static long (*bpf_get_stack)(void *ctx, void *buf, __u32 size, __u64 flags) = (void *)67;

/* copy bytes out of a packet, counted from its MAC or network header (4.18) */
static long (*bpf_skb_load_bytes_relative)(const void *skb, __u32 offset, void *to, __u32 len, __u32 start_header) = (void *)68;

/* look up a route and the neighbour's addresses (4.18) */
static long (*bpf_fib_lookup)(void *ctx, struct bpf_fib_lookup *params, int plen, __u32 flags) = (void *)69;

/* put the socket into a sockhash (4.18) */
static long (*bpf_sock_hash_update)(struct bpf_sock_ops *skops, void *map, void *key, __u64 flags) = (void *)70;

/* pass a message to the socket at a key of a sockhash (4.18) */
static long (*bpf_msg_redirect_hash)(struct sk_msg_md *msg, void *map, void *key, __u64 flags) = (void *)71;

/* pass a stream's data to the socket at a key of a sockhash (4.18) */
static long (*bpf_sk_redirect_hash)(struct __sk_buff *skb, void *map, void *key, __u64 flags) = (void *)72;

/* wrap the packet in an outer header, in a lightweight tunnel (4.18) */
static long (*bpf_lwt_push_encap)(struct __sk_buff *skb, __u32 type, void *hdr, __u32 len) = (void *)73;

/* write into the packet's segment routing header (4.18) */
static long (*bpf_lwt_seg6_store_bytes)(struct __sk_buff *skb, __u32 offset, const void *from, __u32 len) = (void *)74;

/* grow or shrink the packet's segment routing header (4.18) */
static long (*bpf_lwt_seg6_adjust_srh)(struct __sk_buff *skb, __u32 offset, __s32 delta) = (void *)75;

/* apply a segment routing action to the packet (4.18) */
static long (*bpf_lwt_seg6_action)(struct __sk_buff *skb, __u32 action, void *param, __u32 param_len) = (void *)76;

/* report a repeated key of an infrared remote (4.18) */
static long (*bpf_rc_repeat)(void *ctx) = (void *)77;

/* report a pressed key of an infrared remote (4.18) */
static long (*bpf_rc_keydown)(void *ctx, __u32 protocol, __u64 scancode, __u32 toggle) = (void *)78;

/* id of the cgroup of the packet's socket (4.18) */
static __u64 (*bpf_skb_cgroup_id)(struct __sk_buff *skb) = (void *)79;

/* id of the current task's cgroup (v2) (4.18) */
static __u64 (*bpf_get_current_cgroup_id)(void) = (void *)80;

/* this program's storage in the cgroup it is attached to (4.19) */
static void *(*bpf_get_local_storage)(void *map, __u64 flags) = (void *)81;

/* choose the socket of a reuseport group that gets the packet (4.19) */
static long (*bpf_sk_select_reuseport)(struct sk_reuseport_md *reuse, void *map, void *key, __u64 flags) = (void *)82;

/* id of an ancestor, at a level, of the packet's cgroup (4.19) */
static __u64 (*bpf_skb_ancestor_cgroup_id)(struct __sk_buff *skb, int ancestor_level) = (void *)83;

/* find a TCP socket by addresses; release it with sk_release (4.20) */
static struct bpf_sock *(*bpf_sk_lookup_tcp)(void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags) = (void *)84;

/* find a UDP socket by addresses; release it with sk_release (4.20) */
static struct bpf_sock *(*bpf_sk_lookup_udp)(void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags) = (void *)85;

/* give back a socket that a lookup returned (4.20) */
static long (*bpf_sk_release)(void *sock) = (void *)86;

/* add an element to a queue, stack or Bloom filter (4.20) */
static long (*bpf_map_push_elem)(void *map, const void *value, __u64 flags) = (void *)87;

/* take an element from a queue or stack (4.20) */
static long (*bpf_map_pop_elem)(void *map, void *value) = (void *)88;

/* read the next element of a queue or stack; test membership of a Bloom filter (4.20) */
static long (*bpf_map_peek_elem)(void *map, void *value) = (void *)89;

/* insert bytes into a message (4.20) */
static long (*bpf_msg_push_data)(struct sk_msg_md *msg, __u32 start, __u32 len, __u64 flags) = (void *)90;

/* remove bytes from a message (5.0) */
static long (*bpf_msg_pop_data)(struct sk_msg_md *msg, __u32 start, __u32 len, __u64 flags) = (void *)91;

/* report a pointer movement of an infrared remote (5.0) */
static long (*bpf_rc_pointer_rel)(void *ctx, __s32 rel_x, __s32 rel_y) = (void *)92;

/* take the spin lock of a map value (5.1) */
static long (*bpf_spin_lock)(struct bpf_spin_lock *lock) = (void *)93;

/* release the spin lock of a map value (5.1) */
static long (*bpf_spin_unlock)(struct bpf_spin_lock *lock) = (void *)94;

/* the full socket of a socket pointer, or NULL (5.1) */
static struct bpf_sock *(*bpf_sk_fullsock)(struct bpf_sock *sk) = (void *)95;

/* the TCP fields of a socket, or NULL (5.1) */
static struct bpf_tcp_sock *(*bpf_tcp_sock)(struct bpf_sock *sk) = (void *)96;

/* mark the packet as having met congestion, if it is ECN-capable (5.1) */
static long (*bpf_skb_ecn_set_ce)(struct __sk_buff *skb) = (void *)97;

/* the listening socket of a socket, or NULL (5.1) */
static struct bpf_sock *(*bpf_get_listener_sock)(struct bpf_sock *sk) = (void *)98;

/* find a TCP socket, also one in the handshake or in time-wait (5.2) */
static struct bpf_sock *(*bpf_skc_lookup_tcp)(void *ctx, struct bpf_sock_tuple *tuple, __u32 tuple_size, __u64 netns, __u64 flags) = (void *)99;

/* whether an ACK carries a valid SYN cookie (5.2) */
static long (*bpf_tcp_check_syncookie)(void *sk, void *iph, __u32 iph_len, struct tcphdr *th, __u32 th_len) = (void *)100;

/* name of the sysctl that is being read or written (5.2) */
static long (*bpf_sysctl_get_name)(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len, __u64 flags) = (void *)101;

/* value of the sysctl before the write (5.2) */
static long (*bpf_sysctl_get_current_value)(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len) = (void *)102;

/* value that is being written to the sysctl (5.2) */
static long (*bpf_sysctl_get_new_value)(struct bpf_sysctl *ctx, char *buf, unsigned long buf_len) = (void *)103;

/* replace the value that is being written to the sysctl (5.2) */
static long (*bpf_sysctl_set_new_value)(struct bpf_sysctl *ctx, const char *buf, unsigned long buf_len) = (void *)104;

/* parse a signed integer (5.2) */
static long (*bpf_strtol)(const char *buf, unsigned long buf_len, __u64 flags, long *res) = (void *)105;

/* parse an unsigned integer (5.2) */
static long (*bpf_strtoul)(const char *buf, unsigned long buf_len, __u64 flags, unsigned long *res) = (void *)106;

/* this map's storage in a socket, created if asked (5.2) */
static void *(*bpf_sk_storage_get)(void *map, void *sk, void *value, __u64 flags) = (void *)107;

/* remove this map's storage from a socket (5.2) */
static long (*bpf_sk_storage_delete)(void *map, void *sk) = (void *)108;

/* send a signal to the current process (5.3) */
static long (*bpf_send_signal)(__u32 sig) = (void *)109;

/* make a SYN cookie for a listening socket (5.3) */
static __s64 (*bpf_tcp_gen_syncookie)(void *sk, void *iph, __u32 iph_len, struct tcphdr *th, __u32 th_len) = (void *)110;

/* copy a record and part of a packet into a perf buffer, from BTF tracing programs (5.5) */
static long (*bpf_skb_output)(void *ctx, void *map, __u64 flags, void *data, __u64 size) = (void *)111;

/* copy from the current process's memory, by address (5.5) */
static long (*bpf_probe_read_user)(void *dst, __u32 size, const void *unsafe_ptr) = (void *)112;

/* copy from kernel memory, by address (5.5) */
static long (*bpf_probe_read_kernel)(void *dst, __u32 size, const void *unsafe_ptr) = (void *)113;

/* copy a string from the current process's memory; returns its size with the NUL (5.5) */
static long (*bpf_probe_read_user_str)(void *dst, __u32 size, const void *unsafe_ptr) = (void *)114;

/* copy a string from kernel memory; returns its size with the NUL (5.5) */
static long (*bpf_probe_read_kernel_str)(void *dst, __u32 size, const void *unsafe_ptr) = (void *)115;

/* send an ACK, from a congestion control written in BPF (5.6) */
static long (*bpf_tcp_send_ack)(void *tp, __u32 rcv_nxt) = (void *)116;

/* send a signal to the current thread (5.6) */
static long (*bpf_send_signal_thread)(__u32 sig) = (void *)117;

/* the kernel's 64-bit tick counter (5.6) */
static __u64 (*bpf_jiffies64)(void) = (void *)118;

/* copy the CPU's branch records of the event that triggered the program (5.7) */
static long (*bpf_read_branch_records)(struct bpf_perf_event_data *ctx, void *buf, __u32 size, __u64 flags) = (void *)119;

/* process and thread id as seen in a PID namespace (5.7) */
static long (*bpf_get_ns_current_pid_tgid)(__u64 dev, __u64 ino, struct bpf_pidns_info *nsdata, __u32 size) = (void *)120;

/* copy a record and part of an XDP packet into a perf buffer, from BTF tracing programs (5.7) */
static long (*bpf_xdp_output)(void *ctx, void *map, __u64 flags, void *data, __u64 size) = (void *)121;

/* number that identifies a socket's network namespace (5.7) */
static __u64 (*bpf_get_netns_cookie)(void *ctx) = (void *)122;

/* id of an ancestor, at a level, of the current task's cgroup (5.7) */
static __u64 (*bpf_get_current_ancestor_cgroup_id)(int ancestor_level) = (void *)123;

/* choose the socket that will get the packet (5.7) */
static long (*bpf_sk_assign)(void *ctx, void *sk, __u64 flags) = (void *)124;

/* nanoseconds since boot, counting suspend (5.8) */
static __u64 (*bpf_ktime_get_boot_ns)(void) = (void *)125;

/* print formatted text to an iterator's output (5.8) */
static long (*bpf_seq_printf)(struct seq_file *m, const char *fmt, __u32 fmt_size, const void *data, __u32 data_len) = (void *)126;

/* write bytes to an iterator's output (5.8) */
static long (*bpf_seq_write)(struct seq_file *m, const void *data, __u32 len) = (void *)127;

/* id of a socket's cgroup (5.8) */
static __u64 (*bpf_sk_cgroup_id)(void *sk) = (void *)128;

/* id of an ancestor, at a level, of a socket's cgroup (5.8) */
static __u64 (*bpf_sk_ancestor_cgroup_id)(void *sk, int ancestor_level) = (void *)129;

/* copy a record into a ring buffer; -EAGAIN when it is full (5.8) */
static long (*bpf_ringbuf_output)(void *ringbuf, void *data, __u64 size, __u64 flags) = (void *)130;

/* reserve a record in a ring buffer, to fill in place; NULL when it is full (5.8) */
static void *(*bpf_ringbuf_reserve)(void *ringbuf, __u64 size, __u64 flags) = (void *)131;

/* hand a reserved record to the reader (5.8) */
static void (*bpf_ringbuf_submit)(void *data, __u64 flags) = (void *)132;

/* drop a reserved record; the reader skips it (5.8) */
static void (*bpf_ringbuf_discard)(void *data, __u64 flags) = (void *)133;

/* a ring buffer's unread bytes, size, consumer or producer position (5.8) */
static __u64 (*bpf_ringbuf_query)(void *ringbuf, __u64 flags) = (void *)134;

/* query or change how many of the packet's checksums are known to be good (5.8) */
static long (*bpf_csum_level)(struct __sk_buff *skb, __u64 level) = (void *)135;

/* cast a socket to tcp6_sock, or NULL (5.9) */
static struct tcp6_sock *(*bpf_skc_to_tcp6_sock)(void *sk) = (void *)136;

/* cast a socket to tcp_sock, or NULL (5.9) */
static struct tcp_sock *(*bpf_skc_to_tcp_sock)(void *sk) = (void *)137;

/* cast a socket to tcp_timewait_sock, or NULL (5.9) */
static struct tcp_timewait_sock *(*bpf_skc_to_tcp_timewait_sock)(void *sk) = (void *)138;

/* cast a socket to tcp_request_sock, or NULL (5.9) */
static struct tcp_request_sock *(*bpf_skc_to_tcp_request_sock)(void *sk) = (void *)139;

/* cast a socket to udp6_sock, or NULL (5.9) */
static struct udp6_sock *(*bpf_skc_to_udp6_sock)(void *sk) = (void *)140;

/* copy a task's kernel or user stack trace into a buffer (5.9) */
static long (*bpf_get_task_stack)(struct task_struct *task, void *buf, __u32 size, __u64 flags) = (void *)141;

/* find a TCP header option (5.10) */
static long (*bpf_load_hdr_opt)(struct bpf_sock_ops *skops, void *searchby_res, __u32 len, __u64 flags) = (void *)142;

/* write a TCP header option (5.10) */
static long (*bpf_store_hdr_opt)(struct bpf_sock_ops *skops, const void *from, __u32 len, __u64 flags) = (void *)143;

/* reserve room for TCP header options (5.10) */
static long (*bpf_reserve_hdr_opt)(struct bpf_sock_ops *skops, __u32 len, __u64 flags) = (void *)144;

/* this map's storage in an inode, created if asked (5.10) */
static void *(*bpf_inode_storage_get)(void *map, void *inode, void *value, __u64 flags) = (void *)145;

/* remove this map's storage from an inode (5.10) */
static int (*bpf_inode_storage_delete)(void *map, void *inode) = (void *)146;

/* write the full path of a file; only in functions known to be safe for it (5.10) */
static long (*bpf_d_path)(struct path *path, char *buf, __u32 sz) = (void *)147;

/* copy from the current process's memory, waiting for page faults (sleepable programs) (5.10) */
static long (*bpf_copy_from_user)(void *dst, __u32 size, const void *user_ptr) = (void *)148;

/* print a kernel structure as text, by its BTF type (5.10) */
static long (*bpf_snprintf_btf)(char *str, __u32 str_size, struct btf_ptr *ptr, __u32 btf_ptr_size, __u64 flags) = (void *)149;

/* print a kernel structure to an iterator's output, by its BTF type (5.10) */
static long (*bpf_seq_printf_btf)(struct seq_file *m, struct btf_ptr *ptr, __u32 ptr_size, __u64 flags) = (void *)150;

/* net_cls class of the packet's socket (cgroup v1) (5.10) */
static __u64 (*bpf_skb_cgroup_classid)(struct __sk_buff *skb) = (void *)151;

/* send the packet to another interface, filling in the neighbour's address (5.10) */
static long (*bpf_redirect_neigh)(__u32 ifindex, struct bpf_redir_neigh *params, int plen, __u64 flags) = (void *)152;

/* address of a kernel per-CPU variable on a given CPU, or NULL (5.10) */
static void *(*bpf_per_cpu_ptr)(const void *percpu_ptr, __u32 cpu) = (void *)153;

/* address of a kernel per-CPU variable on this CPU (5.10) */
static void *(*bpf_this_cpu_ptr)(const void *percpu_ptr) = (void *)154;

/* deliver the packet to the other end of a device pair, in its namespace (5.10) */
static long (*bpf_redirect_peer)(__u32 ifindex, __u64 flags) = (void *)155;

/* this map's storage in a task, created if asked (5.11) */
static void *(*bpf_task_storage_get)(void *map, struct task_struct *task, void *value, __u64 flags) = (void *)156;

/* remove this map's storage from a task (5.11) */
static long (*bpf_task_storage_delete)(void *map, struct task_struct *task) = (void *)157;

/* the current task_struct, typed: its fields can be read directly (5.11) */
static struct task_struct *(*bpf_get_current_task_btf)(void) = (void *)158;

/* set options of the program being executed, such as secureexec (5.11) */
static long (*bpf_bprm_opts_set)(struct linux_binprm *bprm, __u64 flags) = (void *)159;

/* nanoseconds since boot as of the last tick; cheap (5.11) */
static __u64 (*bpf_ktime_get_coarse_ns)(void) = (void *)160;

/* the hash that IMA has stored for an inode (5.11) */
static long (*bpf_ima_inode_hash)(struct inode *inode, void *dst, __u32 size) = (void *)161;

/* the socket behind a file, or NULL (5.11) */
static struct socket *(*bpf_sock_from_file)(struct file *file) = (void *)162;

/* whether the packet, grown by some bytes, fits an interface's MTU (5.12) */
static long (*bpf_check_mtu)(void *ctx, __u32 ifindex, __u32 *mtu_len, __s32 len_diff, __u64 flags) = (void *)163;

/* call a function for each element of a map (5.13) */
static long (*bpf_for_each_map_elem)(void *map, void *callback_fn, void *callback_ctx, __u64 flags) = (void *)164;

/* print formatted text into a buffer (5.13) */
static long (*bpf_snprintf)(char *str, __u32 str_size, const char *fmt, __u64 *data, __u32 data_len) = (void *)165;

/* call bpf(2), from a syscall program (5.14) */
static long (*bpf_sys_bpf)(__u32 cmd, void *attr, __u32 attr_size) = (void *)166;

/* find a type in the kernel's BTF, from a syscall program (5.14) */
static long (*bpf_btf_find_by_name_kind)(char *name, int name_sz, __u32 kind, int flags) = (void *)167;

/* close a file descriptor, from a syscall program (5.14) */
static long (*bpf_sys_close)(__u32 fd) = (void *)168;

/* prepare the timer of a map value (5.15) */
static long (*bpf_timer_init)(struct bpf_timer *timer, void *map, __u64 flags) = (void *)169;

/* set the function that a timer calls (5.15) */
static long (*bpf_timer_set_callback)(struct bpf_timer *timer, void *callback_fn) = (void *)170;

/* let a timer fire after some nanoseconds (5.15) */
static long (*bpf_timer_start)(struct bpf_timer *timer, __u64 nsecs, __u64 flags) = (void *)171;

/* stop a timer and wait for its function to end (5.15) */
static long (*bpf_timer_cancel)(struct bpf_timer *timer) = (void *)172;

/* address of the function that the program is attached to (5.15) */
static __u64 (*bpf_get_func_ip)(void *ctx) = (void *)173;

/* the number given when this link was attached (5.15) */
static __u64 (*bpf_get_attach_cookie)(void *ctx) = (void *)174;

/* the user registers of a task (5.15) */
static long (*bpf_task_pt_regs)(struct task_struct *task) = (void *)175;

/* copy the CPU's latest branch records, at any point (5.16) */
static long (*bpf_get_branch_snapshot)(void *entries, __u32 size, __u64 flags) = (void *)176;

/* as trace_printk, with any number of arguments (5.16) */
static long (*bpf_trace_vprintk)(const char *fmt, __u32 fmt_size, const void *data, __u32 data_len) = (void *)177;

/* cast a socket to unix_sock, or NULL (5.16) */
static struct unix_sock *(*bpf_skc_to_unix_sock)(void *sk) = (void *)178;

/* address of a kernel symbol, from a syscall program (5.16) */
static long (*bpf_kallsyms_lookup_name)(const char *name, int name_sz, int flags, __u64 *res) = (void *)179;

/* call a function with the memory area of a task that holds an address (5.17) */
static long (*bpf_find_vma)(struct task_struct *task, __u64 addr, void *callback_fn, void *callback_ctx, __u64 flags) = (void *)180;

/* call a function a number of times, or until it returns 1 (5.17) */
static long (*bpf_loop)(__u32 nr_loops, void *callback_fn, void *callback_ctx, __u64 flags) = (void *)181;

/* compare a string with a constant one (5.17) */
static long (*bpf_strncmp)(const char *s1, __u32 s1_sz, const char *s2) = (void *)182;

/* an argument of the traced function, by number (5.17) */
static long (*bpf_get_func_arg)(void *ctx, __u32 n, __u64 *value) = (void *)183;

/* the return value of the traced function (5.17) */
static long (*bpf_get_func_ret)(void *ctx, __u64 *value) = (void *)184;

/* how many arguments the traced function has (5.17) */
static long (*bpf_get_func_arg_cnt)(void *ctx) = (void *)185;

/* the error that the system call will return, so far (5.18) */
static int (*bpf_get_retval)(void) = (void *)186;

/* set the error that the system call will return (5.18) */
static int (*bpf_set_retval)(int retval) = (void *)187;

/* length of an XDP packet over all its buffers (5.18) */
static __u64 (*bpf_xdp_get_buff_len)(struct xdp_md *xdp_md) = (void *)188;

/* copy bytes out of an XDP packet, over all its buffers (5.18) */
static long (*bpf_xdp_load_bytes)(struct xdp_md *xdp_md, __u32 offset, void *buf, __u32 len) = (void *)189;

/* write bytes into an XDP packet, over all its buffers (5.18) */
static long (*bpf_xdp_store_bytes)(struct xdp_md *xdp_md, __u32 offset, void *buf, __u32 len) = (void *)190;

/* copy from another task's memory, waiting for page faults (sleepable programs) (5.18) */
static long (*bpf_copy_from_user_task)(void *dst, __u32 size, const void *user_ptr, struct task_struct *tsk, __u64 flags) = (void *)191;

/* set the packet's time stamp and the clock it is of (5.18) */
static long (*bpf_skb_set_tstamp)(struct __sk_buff *skb, __u64 tstamp, __u32 tstamp_type) = (void *)192;

/* the hash of a file by IMA, computed if need be (5.18) */
static long (*bpf_ima_file_hash)(struct file *file, void *dst, __u32 size) = (void *)193;

/* put a kernel object into a map value, taking out the old one (5.19) */
static void *(*bpf_kptr_xchg)(void *map_value, void *ptr) = (void *)194;

/* pointer to a key's value on a given CPU, or NULL (5.19) */
static void *(*bpf_map_lookup_percpu_elem)(void *map, const void *key, __u32 cpu) = (void *)195;

/* cast a socket to mptcp_sock, or NULL (5.19) */
static struct mptcp_sock *(*bpf_skc_to_mptcp_sock)(void *sk) = (void *)196;

/* make a dynptr to a map value's memory (5.19) */
static long (*bpf_dynptr_from_mem)(void *data, __u32 size, __u64 flags, struct bpf_dynptr *ptr) = (void *)197;

/* reserve a record of variable size; submit or discard it even when that failed (5.19) */
static long (*bpf_ringbuf_reserve_dynptr)(void *ringbuf, __u32 size, __u64 flags, struct bpf_dynptr *ptr) = (void *)198;

/* hand a record reserved as a dynptr to the reader (5.19) */
static void (*bpf_ringbuf_submit_dynptr)(struct bpf_dynptr *ptr, __u64 flags) = (void *)199;

/* drop a record reserved as a dynptr (5.19) */
static void (*bpf_ringbuf_discard_dynptr)(struct bpf_dynptr *ptr, __u64 flags) = (void *)200;

/* copy bytes out of a dynptr's memory (5.19) */
static long (*bpf_dynptr_read)(void *dst, __u32 len, const struct bpf_dynptr *src, __u32 offset, __u64 flags) = (void *)201;

/* write bytes into a dynptr's memory (5.19) */
static long (*bpf_dynptr_write)(const struct bpf_dynptr *dst, __u32 offset, void *src, __u32 len, __u64 flags) = (void *)202;

/* pointer to a fixed-size part of a dynptr's memory, or NULL (5.19) */
static void *(*bpf_dynptr_data)(const struct bpf_dynptr *ptr, __u32 offset, __u32 len) = (void *)203;

/* make a SYN cookie from bare IPv4 and TCP headers, without a socket (6.0) */
static __s64 (*bpf_tcp_raw_gen_syncookie_ipv4)(struct iphdr *iph, struct tcphdr *th, __u32 th_len) = (void *)204;

/* make a SYN cookie from bare IPv6 and TCP headers, without a socket (6.0) */
static __s64 (*bpf_tcp_raw_gen_syncookie_ipv6)(struct ipv6hdr *iph, struct tcphdr *th, __u32 th_len) = (void *)205;

/* check a SYN cookie from bare IPv4 and TCP headers, without a socket (6.0) */
static long (*bpf_tcp_raw_check_syncookie_ipv4)(struct iphdr *iph, struct tcphdr *th) = (void *)206;

/* check a SYN cookie from bare IPv6 and TCP headers, without a socket (6.0) */
static long (*bpf_tcp_raw_check_syncookie_ipv6)(struct ipv6hdr *iph, struct tcphdr *th) = (void *)207;

/* nanoseconds of atomic time (TAI), without leap seconds (6.1) */
static __u64 (*bpf_ktime_get_tai_ns)(void) = (void *)208;

/* call a function for each record that user space has put into a user ring buffer (6.1) */
static long (*bpf_user_ringbuf_drain)(void *map, void *callback_fn, void *ctx, __u64 flags) = (void *)209;

/* this map's storage in a cgroup, created if asked (6.2) */
static void *(*bpf_cgrp_storage_get)(void *map, struct cgroup *cgroup, void *value, __u64 flags) = (void *)210;

/* remove this map's storage from a cgroup (6.2) */
static long (*bpf_cgrp_storage_delete)(void *map, struct cgroup *cgroup) = (void *)211;

#endif
