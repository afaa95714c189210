/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Destinations: an address and a port -> the class of the first boundary at or below them.
 */
#ifndef TELOVIX_NETWORK_H
#define TELOVIX_NETWORK_H

#include "decide.h"
#include "route.h"

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
/* ::ffff:0:0/96, where IPv4 lives. */
#define MAPPED 0xffff00000000ULL

/* struct sockaddr_in6 up to the address, include/uapi/linux/in6.h. */
struct ipv6_socket_address {
	__u16 family;
	__u16 port;
	__u32 flow;
	__u64 address[2];
};

struct destination {
	__u64 high;
	__u64 low;
	__u32 port;
	__u32 protocol;
	bool decided; /* some rule has a say */
};

/* Index of the last boundary in [start, start + count) that is not above the destination. */
static __noinline __u32 find_address(__u32 slot, __u32 start, __u32 count, const struct destination *to)
{
	__u32 low = start, high = start + count;

	for (__u32 step = 0; step < TELOVIX_SEARCH_STEPS; step++) {
		__u32 middle = low + (high - low) / 2;
		struct telovix_address *boundary;

		if (high - low < 2)
			break;
		boundary = slot_lookup(&addresses, slot, &middle);
		if (!boundary)
			break;
		if (boundary->high < to->high || (boundary->high == to->high && boundary->low <= to->low))
			low = middle;
		else
			high = middle;
	}
	return low;
}

static __noinline __u32 find_port(__u32 slot, __u32 start, __u32 count, __u32 port)
{
	__u32 low = start, high = start + count;

	for (__u32 step = 0; step < TELOVIX_SEARCH_STEPS; step++) {
		__u32 middle = low + (high - low) / 2;
		struct telovix_port *boundary;

		if (high - low < 2)
			break;
		boundary = slot_lookup(&ports, slot, &middle);
		if (!boundary)
			break;
		if (boundary->first <= port)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static __always_inline __u32 endpoint_class(__u32 slot, struct telovix_domain *domain, const struct destination *to)
{
	__u32 index = find_address(slot, domain->endpoints.start, domain->endpoints.count, to);
	struct telovix_address *boundary = slot_lookup(&addresses, slot, &index);
	struct telovix_port *port;

	if (!boundary)
		return 0;
	if (!boundary->port_count)
		return boundary->class;
	index = find_port(slot, boundary->ports, boundary->port_count, to->port);
	port = slot_lookup(&ports, slot, &index);
	return port ? port->class : 0;
}

/* Decides a destination in every domain of the task. */
static __noinline bool destination_refused(struct subject *subject, struct destination *to)
{
	struct task_state *state;
	bool refuse = false;

	for (__u32 index = 0; index < DOMAINS_PER_TASK; index++) {
		__u32 number = domain_number(subject, index);
		struct telovix_domain *domain;
		__u32 decision;

		if (index && !number)
			break;
		domain = slot_lookup(&domains, subject->slot, &number);
		if (!domain || !(domain->operations & CONNECT_OPERATION) || !domain->endpoints.count)
			continue;
		decision = class_decision(subject->slot, domain->endpoints.classes,
					  endpoint_class(subject->slot, domain, to));
		if (!decision)
			continue;
		to->decided = true;
		state = state_of(subject);
		if (state) {
			event_begin(state, TELOVIX_OP_CONNECT, 0xffff, false);
			state->event.address_high = to->high;
			state->event.address_low = to->low;
			state->event.port = to->port;
			state->event.protocol = to->protocol;
		}
		if (state ? verdict(subject, state, number, decision)
			  : refuses_quietly(subject, number, decision, 0xffff, false))
			refuse = true;
	}
	return refuse;
}

/* Reads an IPv4 or IPv6 destination. False for every other family. */
static __always_inline bool read_destination(struct destination *to, const void *address, __u32 family)
{
	if (family == AF_INET) {
		__u32 bytes[2];

		bpf_probe_read_kernel(bytes, sizeof(bytes), address);
		to->high = 0;
		to->low = MAPPED | __builtin_bswap32(bytes[1]);
		to->port = __builtin_bswap16(bytes[0] >> 16);
		return true;
	}
	if (family == AF_INET6) {
		struct ipv6_socket_address full = {};

		bpf_probe_read_kernel(&full, sizeof(full), address);
		to->high = __builtin_bswap64(full.address[0]);
		to->low = __builtin_bswap64(full.address[1]);
		to->port = __builtin_bswap16(full.port);
		return true;
	}
	return false;
}

static __always_inline bool endpoint_refused(struct socket *socket, const void *address, bool sending)
{
	struct subject subject;
	struct destination to = {};
	struct sock *sock;
	__u64 word;
	__u32 family = 0;

	if (!identify(&subject, CONNECT_OPERATION))
		return false;
	bpf_probe_read_kernel(&family, 2, address);
	/* An IPv4 datagram goes where it says even if the family was left out (net/ipv4/udp.c). */
	sock = socket->sk;
	if (!sock)
		return false;
	if (sending && family == AF_UNSPEC && sock->__sk_common.skc_family == AF_INET)
		family = AF_INET;
	/* So does an IPv6 one of a raw socket (net/ipv6/raw.c). */
	if (sending && family == AF_UNSPEC && sock->__sk_common.skc_family == AF_INET6)
		family = AF_INET6;
	if (!read_destination(&to, address, family))
		return false;
	word = control_word();
	if (subject.state && family == AF_INET && subject.state->endpoint_word == word &&
	    subject.state->endpoint == ((__u64)(__u32)to.low << 16 | to.port))
		return false;
	to.protocol = sock->sk_protocol;
	if (destination_refused(&subject, &to))
		return true;
	/* The control word must not have moved since the domains were found, or be about to move by itself. */
	if (subject.state && !to.decided && family == AF_INET && !(word >> TELOVIX_CONTROL_DEADLINE) &&
	    (word & 1) == subject.slot && word == control_word()) {
		subject.state->endpoint_word = 0;
		separate();
		subject.state->endpoint = (__u64)(__u32)to.low << 16 | to.port;
		separate();
		subject.state->endpoint_word = word;
	}
	return false;
}

/* Whether the verifier lets a program read behind a structure's end into its bytes, which 6.1 does not; the
 * loader fills it in. */
const volatile __u32 reads_storage = 0;

/* Whether this task was allowed the same destination under the same control word. Where it can, reads the
 * task's state by hand: the first cache place of its storage (kernel/bpf/bpf_local_storage.c) is ours if it
 * says so, and the value lies behind its one-pointer header. Anything else is left to the look-up. */
static __always_inline bool allowed_last(struct sockaddr *address)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct bpf_local_storage *storage = task->bpf_storage;
	struct bpf_local_storage_data *data;
	struct task_state *state;
	__u64 endpoint;

	if (!storage || address->sa_family != AF_INET)
		return false;
	/* Port and address, in network order, as they lie in struct sockaddr_in. */
	endpoint = *(__u64 *)((void *)address + 2);
	endpoint = (__u64)__builtin_bswap32(endpoint >> 16) << 16 | __builtin_bswap16(endpoint);
	if (!reads_storage) {
		state = bpf_task_storage_get(&tasks, task, NULL, 0);
		return state && state->endpoint == endpoint && state->endpoint_word == control_word();
	}
	data = storage->cache[0];
	if (!data || (void *)data->smap != (void *)&tasks)
		return false;
	return *(__u64 *)((void *)data + 16) == endpoint && *(__u64 *)((void *)data + 8) == control_word();
}

SEC("lsm/socket_connect")
int socket_connect(unsigned long long *context)
{
	if (!allowed_last((void *)context[1]) && endpoint_refused((void *)context[0], (void *)context[1], false)) {
		separate();
		return -EPERM;
	}
	return 0;
}

/* A datagram that names its destination. */
SEC("lsm/socket_sendmsg")
int socket_sendmsg(unsigned long long *context)
{
	struct msghdr *message = (void *)context[1];
	void *address = message->msg_name;

	if ((message->msg_controllen && redirects_refused(message)) ||
	    (address && endpoint_refused((void *)context[0], address, true))) {
		separate();
		return -EPERM;
	}
	return 0;
}

/* include/uapi/linux/sctp.h: what security_sctp_bind_connect says for every form of sctp_connectx. */
#define SCTP_SOCKOPT_CONNECTX 110
#define DESTINATIONS_PER_CALL (1 << 16)

/* What is left of addresses that lie one behind the other, each as long as its family says. */
struct remainder {
	__u64 next;
	__u64 bytes;
};

struct destinations {
	struct subject *subject;
	struct remainder rest;
	__u32 protocol;
	__u32 refuse;
};

/* Decides the next of them. What is cut short or of another family ends the list: the kernel refuses it. The
 * remainder is written by a helper, so that the verifier has nothing to follow from one round to the next. */
static long next_destination(__u32 index, struct destinations *destinations)
{
	struct remainder rest = destinations->rest;
	struct destination to = {};
	__u32 family = 0, length;

	bpf_probe_read_kernel(&family, 2, (void *)rest.next);
	length = family == AF_INET6 ? 28 : 16;
	if (rest.bytes < length || !read_destination(&to, (void *)rest.next, family)) {
		destinations->rest.bytes = 0;
		return 1;
	}
	to.protocol = destinations->protocol;
	if (destination_refused(destinations->subject, &to)) {
		destinations->refuse = 1;
		return 1;
	}
	rest.next += length;
	rest.bytes -= length;
	bpf_probe_read_kernel(&destinations->rest, sizeof(rest), &rest);
	return 0;
}

/* The addresses of one peer: sctp_connectx tries them until one answers. Those that a peer announces later
 * arrive outside of any task. */
SEC("lsm/sctp_bind_connect")
int sctp_bind_connect(unsigned long long *context)
{
	struct sock *sock = (void *)context[0];
	struct subject subject;
	struct destinations destinations = {
		.subject = &subject,
		.rest = { .next = context[2], .bytes = (__u32)context[3] },
		.protocol = sock->sk_protocol,
	};

	if ((__u32)context[1] != SCTP_SOCKOPT_CONNECTX || !identify(&subject, CONNECT_OPERATION))
		return 0;
	bpf_loop(DESTINATIONS_PER_CALL, next_destination, &destinations, 0);
	/* Nobody has so many addresses; what was not looked at is not allowed. */
	if (destinations.refuse || destinations.rest.bytes) {
		separate();
		return -EPERM;
	}
	return 0;
}

#endif
