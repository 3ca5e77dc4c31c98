/* SPDX-License-Identifier: GPL-2.0-only */
/* An RDMA device of software: rdma_rxe over a network device of this program's own, which sends nothing. */
#ifndef PINCHECK_SELFTESTS_RDMA_LINK_H
#define PINCHECK_SELFTESTS_RDMA_LINK_H

#include <stdbool.h>

/** RDMA_LINK - name of the RDMA device, as libibverbs and /sys/class/infiniband have it */
#define RDMA_LINK		"pincheck"

/** RDMA_LINK_ADDRESS - its IPv4 address: of a net for documentation (RFC 5737) */
#define RDMA_LINK_ADDRESS	"192.0.2.1"

/** rdma_link_up() - make the device, if it does not exist. Return: 0 or a negative errno */
int rdma_link_up(void);

/** rdma_link_for_run() - rdma_link_up(), and the process that calls this removes the device at its exit, if nobody uses it */
void rdma_link_for_run(void);

/** rdma_link_offered() - is there the device, or can it be made? For NEEDS_RDMA */
bool rdma_link_offered(void);

#endif
