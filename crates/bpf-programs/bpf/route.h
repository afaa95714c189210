/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Options and control data that send packets elsewhere than to the address that is judged.
 */
#ifndef TELOVIX_ROUTE_H
#define TELOVIX_ROUTE_H

#include "decide.h"

#define CONNECT_OPERATION (1 << TELOVIX_OP_CONNECT)
#define SOL_IP 0
#define SOL_IPV6 41
#define SOL_SCTP 132
#define IPPROTO_RAW 255

/* Whether an option, of a socket or of one message, sends packets elsewhere than to the address that is judged: source
 * routes, headers written by the process, addresses for one message (include/uapi/linux/in.h, in6.h, sctp.h). */
static __always_inline bool redirects(__u32 level, __u32 option)
{
	if (level == SOL_IP)
		return option == 3 /* IP_HDRINCL */ || option == 4 /* IP_OPTIONS */ || option == 7 /* IP_RETOPTS */;
	if (level == SOL_IPV6)
		return option == 57 /* IPV6_RTHDR */ || option == 5 /* IPV6_2292RTHDR */ ||
		       option == 6 /* IPV6_2292PKTOPTIONS */ || option == 36 /* IPV6_HDRINCL */;
	return false;
}

static __always_inline bool message_redirects(__u32 level, __u32 option)
{
	if (level == SOL_SCTP)
		return option == 7 /* SCTP_DSTADDRV4 */ || option == 8 /* SCTP_DSTADDRV6 */;
	return redirects(level, option);
}

/* Whether a domain of the task that has a list of destinations must know where packets go. */
static __noinline bool must_know_destination(void)
{
	struct subject subject;

	if (!identify(&subject, CONNECT_OPERATION))
		return false;
	for (__u32 index = 0; index < DOMAINS_PER_TASK; index++) {
		__u32 number = domain_number(&subject, index);
		struct telovix_domain *domain;

		if (index && !number)
			break;
		domain = slot_lookup(&domains, subject.slot, &number);
		if (domain && (domain->operations & CONNECT_OPERATION) && domain->endpoints.count &&
		    (domain->strict & CONNECT_OPERATION))
			return true;
	}
	return false;
}

/* include/linux/socket.h: struct cmsghdr, each aligned to 8 bytes. */
struct control_header {
	__u64 length;
	__u32 level;
	__u32 type;
};

struct controls {
	__u64 next;
	__u64 bytes;
	__u32 redirect;
};

/* More than a message may have (net.core.optmem_max, 128 KiB). */
#define CONTROLS_PER_MESSAGE (1 << 13)

static long next_control(__u32 index, struct controls *controls)
{
	struct control_header header = {};
	__u64 length;

	if (controls->bytes < sizeof(header))
		return 1;
	bpf_probe_read_kernel(&header, sizeof(header), (void *)controls->next);
	if (header.length < sizeof(header) || header.length > controls->bytes)
		return 1;
	if (message_redirects(header.level, header.type)) {
		controls->redirect = 1;
		return 1;
	}
	length = (header.length + 7) & ~7ULL;
	if (length > controls->bytes)
		return 1;
	controls->next += length;
	controls->bytes -= length;
	return 0;
}

/* Whether a message goes elsewhere by its control data, which the kernel has copied by now. */
static __noinline bool redirects_refused(struct msghdr *message)
{
	struct controls controls = {};

	if (!must_know_destination())
		return false;
	controls.next = (__u64)message->msg_control;
	controls.bytes = message->msg_controllen;
	bpf_loop(CONTROLS_PER_MESSAGE, next_control, &controls, 0);
	return controls.redirect;
}

/* Options that send elsewhere are refused when they are set. */
SEC("lsm/socket_setsockopt")
int socket_setsockopt(unsigned long long *context)
{
	if (redirects(context[1], context[2]) && must_know_destination()) {
		separate();
		return -EPERM;
	}
	return 0;
}

#endif
