// SPDX-License-Identifier: GPL-2.0-only
/* Set up what a topic needs, and take it away after the topic. */
#include "../../lib/array.h"
#include "../needs.h"
#include "guest.h"

static void file_systems_up(const struct config *config)
{
	(void)config;
	kmods_load_for(NEED_FILE_SYSTEMS);
	disks_up(true);
}

/* Without @up there are modules to load, and nothing else to do. */
static const struct {
	enum need need;
	void (*up)(const struct config *config);
	const char *(*down)(const struct config *config);
} rows[] = {
	{ NEED_FILE_SYSTEMS, file_systems_up, NULL },
	{ NEED_MOVABLE, movable_up, movable_down },
	{ NEED_VIRTIO_MEM, virtio_mem_up, virtio_mem_down },
	{ NEED_PMEM, pmem_up, NULL },
	{ NEED_CRYPTO, NULL, NULL },
	{ NEED_VHOST, NULL, NULL },
	{ NEED_RDMA, NULL, NULL },
	{ NEED_VFIO, NULL, NULL },
	{ NEED_V4L2, NULL, NULL },
};

void needs_up(unsigned int needs, const struct config *config)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!(needs & rows[i].need))
			continue;
		if (rows[i].up)
			rows[i].up(config);
		else
			kmods_load_for(rows[i].need);
	}
}

const char *needs_down(unsigned int needs, const struct config *config)
{
	const char *wrong = NULL;

	swap_async_off();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if ((needs & rows[i].need) && rows[i].down)
			wrong = rows[i].down(config) ?: wrong;
	return wrong;
}
