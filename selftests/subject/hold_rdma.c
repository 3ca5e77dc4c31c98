// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hold by RDMA: a memory region is a long-term pin for writing by a real driver (ib_umem_get()). The
 * device is rdma_rxe: a queue pair that is connected to itself moves bytes between the region and a page
 * of this file's own, the way that a remote machine would reach the region. A region of on-demand paging pins
 * nothing: the driver asks for a page when the device needs it (hmm_range_fault()), and forgets it when an MMU
 * notifier says so (d03fb5c6599e, Linux 6.15).
 */
#define RDMA_STATIC_PROVIDERS	rxe
#include <infiniband/verbs.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "../../tools/lib/cause.h"
#include "clock.h"
#include "hold.h"
#include "rdma_link.h"

#define PORT		1
#define ACCESS		(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ | IBV_ACCESS_REMOTE_WRITE)
#define WAIT_NS		10000000000LL	/* for the kernel: a guest of a busy machine is slow */

/**
 * struct rdma_device - a device with a queue pair
 * @region: the memory under test
 * @page: of the device's own, and @page_region: its region
 */
struct rdma_device {
	struct ibv_context *context;
	struct ibv_pd *domain;
	struct ibv_cq *completions;
	struct ibv_qp *pair;
	struct ibv_mr *region;
	void *page;
	struct ibv_mr *page_region;
};

static struct ibv_context *open_context(void)
{
	struct ibv_device **devices = ibv_get_device_list(NULL);
	struct ibv_context *context = NULL;

	for (size_t i = 0; devices && devices[i] && !context; i++) {
		if (!strcmp(ibv_get_device_name(devices[i]), RDMA_LINK))
			context = ibv_open_device(devices[i]);
	}
	if (devices)
		ibv_free_device_list(devices);
	return context;
}

/* A thread of the kernel enters the addresses. Return: the index of ours, or -1 with errno */
static int find_gid(struct ibv_context *context, union ibv_gid *gid)
{
	const uint32_t wanted = inet_addr(RDMA_LINK_ADDRESS);
	int64_t end = nanoseconds() + WAIT_NS;

	do {
		for (int index = 0; !ibv_query_gid(context, PORT, index, gid); index++) {
			if (gid->raw[10] == 0xff && gid->raw[11] == 0xff &&
			    !memcmp(gid->raw + 12, &wanted, sizeof(wanted)))
				return index;
		}
	} while (moment_goes_on(end));
	errno = EADDRNOTAVAIL;
	return -1;
}

static int connect_pair(struct ibv_qp *pair, int index, const union ibv_gid *gid)
{
	struct ibv_qp_attr state = {
		.qp_state = IBV_QPS_INIT, .port_num = PORT, .qp_access_flags = ACCESS,
	};
	int error = ibv_modify_qp(pair, &state, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
				  IBV_QP_ACCESS_FLAGS);

	if (error)
		return -error;
	state = (struct ibv_qp_attr) {
		.qp_state = IBV_QPS_RTR, .path_mtu = IBV_MTU_1024, .dest_qp_num = pair->qp_num,
		.max_dest_rd_atomic = 1, .min_rnr_timer = 12,
		.ah_attr = {
			.is_global = 1, .port_num = PORT,
			.grh = { .dgid = *gid, .sgid_index = index, .hop_limit = 1 },
		},
	};
	error = ibv_modify_qp(pair, &state, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
			      IBV_QP_DEST_QPN | IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
			      IBV_QP_MIN_RNR_TIMER);
	if (error)
		return -error;
	state = (struct ibv_qp_attr) {
		.qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7,
		.max_rd_atomic = 1,
	};
	return -ibv_modify_qp(pair, &state, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT |
			      IBV_QP_RNR_RETRY | IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

/* A region goes after the queue pair that used it. Safe at any point of open_device(). */
static int close_device(struct rdma_device *device)
{
	int error = 0;

	if (device->pair)
		error = ibv_destroy_qp(device->pair);
	if (device->region)
		error = ibv_dereg_mr(device->region) ?: error;
	if (device->page_region)
		error = ibv_dereg_mr(device->page_region) ?: error;
	if (device->completions)
		error = ibv_destroy_cq(device->completions) ?: error;
	if (device->domain)
		error = ibv_dealloc_pd(device->domain) ?: error;
	if (device->context)
		ibv_close_device(device->context);
	if (device->page && device->page != MAP_FAILED)
		munmap(device->page, PAGE_BYTES);
	free(device);
	return -error;
}

static bool make_objects(struct rdma_device *device)
{
	struct ibv_qp_init_attr wanted = {
		.qp_type = IBV_QPT_RC, .sq_sig_all = 1,
		.cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
	};

	device->context = open_context();
	if (!device->context)
		return false;
	device->domain = ibv_alloc_pd(device->context);
	device->completions = ibv_create_cq(device->context, 2, NULL, NULL, 0);
	if (!device->domain || !device->completions)
		return false;
	wanted.send_cq = device->completions;
	wanted.recv_cq = device->completions;
	device->pair = ibv_create_qp(device->domain, &wanted);
	/* A page that fork does not copy: the device, not a process, has the bytes. */
	device->page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			    0);
	if (!device->pair || device->page == MAP_FAILED)
		return false;
	device->page_region = ibv_reg_mr(device->domain, device->page, PAGE_BYTES, ACCESS);
	return device->page_region;
}

static int open_device(struct rdma_device *device)
{
	union ibv_gid gid;
	int index;

	if (!make_objects(device))
		return cause_say(errno ? -errno : -EIO, "libibverbs: %s", strerror(errno));
	index = find_gid(device->context, &gid);
	if (index < 0)
		return cause_say(-errno, "the RDMA device has not the address " RDMA_LINK_ADDRESS);
	return connect_pair(device->pair, index, &gid);
}

static int rdma_take(struct hold *hold)
{
	struct rdma_device *device = calloc(1, sizeof(*device));
	int error = device ? rdma_link_up() : -ENOMEM;

	if (error) {
		free(device);
		return error;
	}
	error = open_device(device);
	if (error)
		goto failed;
	device->region = ibv_reg_mr(device->domain, hold_start(hold), hold_bytes(hold), ACCESS |
				    (hold->kind->traits & HOLD_MIRROR ? IBV_ACCESS_ON_DEMAND : 0));
	if (!device->region) {
		error = -errno;
		goto failed;
	}
	hold->device = device;
	hold->own_pins = 1;
	return 0;
failed:
	close_device(device);
	return error;
}

static int wait_for_completion(struct rdma_device *device)
{
	int64_t end = nanoseconds() + WAIT_NS;
	struct ibv_wc completion;
	int done;

	do {
		done = ibv_poll_cq(device->completions, 1, &completion);
	} while (!done && moment_goes_on(end));
	if (!done)
		return cause_say(-ETIMEDOUT, "RDMA does not complete");
	if (done < 0)
		return -EIO;
	if (completion.status != IBV_WC_SUCCESS)
		return cause_say(-EIO, "RDMA: %s", ibv_wc_status_str(completion.status));
	return 0;
}

static int transfer_page(struct rdma_device *device, enum ibv_wr_opcode what, size_t offset,
			 size_t bytes)
{
	struct ibv_sge here = {
		.addr = (uintptr_t)device->page, .length = bytes, .lkey = device->page_region->lkey,
	};
	struct ibv_send_wr request = {
		.opcode = what, .sg_list = &here, .num_sge = 1,
		.wr.rdma = {
			.remote_addr = (uintptr_t)device->region->addr + offset,
			.rkey = device->region->rkey,
		},
	}, *bad;
	int error = ibv_post_send(device->pair, &request, &bad);

	return error ? -error : wait_for_completion(device);
}

static int rdma_device_read(struct hold *hold, size_t offset, void *buffer, size_t bytes)
{
	struct rdma_device *device = hold->device;
	int error = transfer_page(device, IBV_WR_RDMA_READ, offset, bytes);

	if (!error)
		memcpy(buffer, device->page, bytes);
	return error;
}

static int rdma_device_write(struct hold *hold, size_t offset, const void *buffer, size_t bytes)
{
	struct rdma_device *device = hold->device;

	memcpy(device->page, buffer, bytes);
	return transfer_page(device, IBV_WR_RDMA_WRITE, offset, bytes);
}

static int rdma_release(struct hold *hold)
{
	return close_device(hold->device);
}

static const struct hold_ops rdma_ops = {
	.take = rdma_take, .device_read = rdma_device_read, .device_write = rdma_device_write,
	.release = rdma_release,
};

const struct hold_kind hold_rdma = {
	.name = "rdma", .ops = &rdma_ops, .needs = NEEDS_RDMA,
	.traits = HOLD_PIN | HOLD_WRITE | HOLD_LONGTERM | HOLD_DRIVER,
	.keeps_sync = ACROSS_PROTECTION | ACROSS_FORK, .charges = CHARGE_VM_PIN | CHARGE_OWN,
};

/* A region that follows the mapping has no page of its own. */
static int odp_pages(struct hold *hold, size_t page, size_t count, uint64_t *pfn, uint32_t *path)
{
	(void)hold;
	(void)page;
	memset(pfn, 0, count * sizeof(*pfn));
	memset(path, 0, count * sizeof(*path));
	return 0;
}

static const struct hold_ops odp_ops = {
	.take = rdma_take, .device_read = rdma_device_read, .device_write = rdma_device_write,
	.pages = odp_pages, .release = rdma_release,
};

const struct hold_kind hold_rdma_odp = {
	.name = "rdma_odp", .ops = &odp_ops, .needs = NEEDS_RDMA | NEEDS_RDMA_ODP,
	.traits = HOLD_MIRROR | HOLD_WRITE | HOLD_DRIVER,
	.keeps_sync = ACROSS_PROTECTION | ACROSS_FORK, .charges = CHARGE_OWN,
};
