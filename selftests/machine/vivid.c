// SPDX-License-Identifier: GPL-2.0-only
/* The video test driver vivid. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "../../tools/lib/cause.h"
#include "../../tools/lib/knob.h"
#include "clock.h"
#include "vivid.h"

#define NODES		64
#define PIXEL_BYTES	4
#define LINES_MOST	512
#define WAIT_MS		10000	/* for a frame: a guest of a busy machine is slow */

/* 120 frames in a second, which have room for 2 MiB: DMT 1024x768, reduced blanking */
static const struct v4l2_dv_timings picture = {
	.type = V4L2_DV_BT_656_1120,
	.bt = {
		.width = 1024, .height = 768, .pixelclock = 115500000,
		.hfrontporch = 48, .hsync = 32, .hbackporch = 80,
		.vfrontporch = 3, .vsync = 4, .vbackporch = 38, .polarities = V4L2_DV_HSYNC_POS_POL,
		.standards = V4L2_DV_BT_STD_DMT | V4L2_DV_BT_STD_CVT,
		.flags = V4L2_DV_FL_REDUCED_BLANKING,
	},
};

/* The output node shows a frame until it has the next, so it needs two before it gives one back. */
enum output_buffer { OUTPUT_SPARE, OUTPUT_FROM, OUTPUT_BUFFERS };
/* Up to 5.10, and where the driver does without requests, a capture starts when two buffers wait. */
enum capture_buffer { CAPTURE_SPARE, CAPTURE_SPARE_TOO, CAPTURE_TO, CAPTURE_BUFFERS };

static int ask_node(int node, unsigned long request, void *argument)
{
	return ioctl(node, request, argument) ? -errno : 0;
}

/* Return: a descriptor of the node, or a negative errno */
static int open_node(unsigned int device, const char *direction)
{
	char path[64], name[KNOB_VALUE], wanted[KNOB_VALUE];
	int node;

	snprintf(wanted, sizeof(wanted), "vivid-%03u-vid-%s", device, direction);
	for (unsigned int i = 0; i < NODES; i++) {
		snprintf(path, sizeof(path), "/sys/class/video4linux/video%u/name", i);
		if (knob_value(path, name, sizeof(name)) || strcmp(name, wanted))
			continue;
		snprintf(path, sizeof(path), "/dev/video%u", i);
		node = open(path, O_RDWR | O_CLOEXEC);
		return node < 0 ? -errno : node;
	}
	return -ENODEV;
}

/* A frame of @bytes, in lines without gaps. The fewest lines and columns are 16. */
static int shape_frame(size_t bytes, uint32_t *width, uint32_t *height)
{
	size_t line = 512;

	while (bytes / line > LINES_MOST)
		line *= 2;
	*width = line / PIXEL_BYTES;
	*height = bytes / line;
	if (bytes % line || *height < 16 || *width > 1024)
		return cause_say(-EFBIG, "vivid has no frames of %zu bytes", bytes);
	return 0;
}

/* The whole frame, at the corner of the picture and not scaled */
static int select_frame(int node, enum v4l2_buf_type type, uint32_t width, uint32_t height)
{
	const uint32_t targets[] = { V4L2_SEL_TGT_CROP, V4L2_SEL_TGT_COMPOSE };
	int error = 0;

	/* The one that is a part of the picture comes last: the other limits it. */
	for (size_t i = 0; i < 2 && !error; i++) {
		struct v4l2_selection selection = {
			.type = type, .r = { .width = width, .height = height },
			.target = targets[V4L2_TYPE_IS_OUTPUT(type) ? i : 1 - i],
		};

		error = ask_node(node, VIDIOC_S_SELECTION, &selection);
	}
	return error;
}

static int prepare_node(int node, enum v4l2_buf_type type, size_t bytes, unsigned int buffers)
{
	struct v4l2_dv_timings timings = picture;
	struct v4l2_requestbuffers request = {
		.type = type, .memory = V4L2_MEMORY_USERPTR, .count = buffers,
	};
	struct v4l2_format format = {
		.type = type,
		.fmt.pix = { .pixelformat = V4L2_PIX_FMT_XBGR32, .field = V4L2_FIELD_NONE },
	};
	uint32_t width, height;
	int error = shape_frame(bytes, &width, &height);

	format.fmt.pix.width = width;
	format.fmt.pix.height = height;
	if (!error)
		error = ask_node(node, VIDIOC_S_DV_TIMINGS, &timings);
	if (!error)
		error = ask_node(node, VIDIOC_S_FMT, &format);
	if (!error)
		error = select_frame(node, type, width, height);
	if (!error)
		error = ask_node(node, VIDIOC_REQBUFS, &request);
	if (!error && (format.fmt.pix.sizeimage != bytes || request.count != buffers))
		error = cause_say(-EPROTO, "vivid has %u buffers of %u bytes, not %u of %zu",
				  request.count, format.fmt.pix.sizeimage, buffers, bytes);
	return error;
}

static int ask_about_buffer(int node, unsigned long request, enum v4l2_buf_type type, uint32_t index,
			    const void *start, size_t bytes)
{
	struct v4l2_buffer buffer = {
		.type = type, .memory = V4L2_MEMORY_USERPTR, .index = index,
		.m.userptr = (unsigned long)start, .length = bytes,
		.bytesused = V4L2_TYPE_IS_OUTPUT(type) ? bytes : 0, .field = V4L2_FIELD_NONE,
	};

	return ask_node(node, request, &buffer);
}

/* Wait until the driver has done with a buffer, which must be number @index. */
static int await_buffer(int node, enum v4l2_buf_type type, uint32_t index)
{
	struct v4l2_buffer buffer = { .type = type, .memory = V4L2_MEMORY_USERPTR };
	struct pollfd poll_node = { .fd = node, .events = POLLIN | POLLOUT };
	int error;

	if (poll(&poll_node, 1, WAIT_MS) != 1)
		return cause_say(-ETIMEDOUT, "vivid moves no frame");
	error = ask_node(node, VIDIOC_DQBUF, &buffer);
	if (!error && (buffer.index != index || (buffer.flags & V4L2_BUF_FLAG_ERROR)))
		error = cause_say(-EIO, "vivid gave buffer %u back, flags %x, not buffer %u",
				  buffer.index, buffer.flags, index);
	return error;
}

/* From now on the output node shows @memory->from. */
static int start_output(int node, const struct vivid_memory *memory)
{
	enum v4l2_buf_type type = V4L2_BUF_TYPE_VIDEO_OUTPUT;
	int error = ask_about_buffer(node, VIDIOC_QBUF, type, OUTPUT_SPARE, memory->spare,
				     memory->bytes);

	if (!error)
		error = ask_about_buffer(node, VIDIOC_QBUF, type, OUTPUT_FROM, memory->from,
					 memory->bytes);
	if (!error)
		error = ask_node(node, VIDIOC_STREAMON, &type);
	return error ? error : await_buffer(node, type, OUTPUT_SPARE);
}

/* To prepare a buffer pins it. The frames that start the capture go to the spare memory. */
static int start_capture(int node, const struct vivid_memory *memory)
{
	enum v4l2_buf_type type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	int error = ask_about_buffer(node, VIDIOC_PREPARE_BUF, type, CAPTURE_TO, memory->to,
				     memory->bytes);

	for (uint32_t i = CAPTURE_SPARE; i < CAPTURE_TO && !error; i++)
		error = ask_about_buffer(node, VIDIOC_QBUF, type, i, memory->spare, memory->bytes);
	if (!error)
		error = ask_node(node, VIDIOC_STREAMON, &type);
	for (uint32_t i = CAPTURE_SPARE; i < CAPTURE_TO && !error; i++)
		error = await_buffer(node, type, i);
	return error;
}

int vivid_loop_open(struct vivid_loop *loop, unsigned int device, const struct vivid_memory *memory)
{
	size_t bytes = memory->bytes;
	int error;

	loop->output = open_node(device, "out");
	loop->capture = open_node(device, "cap");
	error = loop->output < 0 ? loop->output : loop->capture < 0 ? loop->capture : 0;
	if (!error)
		error = prepare_node(loop->output, V4L2_BUF_TYPE_VIDEO_OUTPUT, bytes, OUTPUT_BUFFERS);
	if (!error)
		error = prepare_node(loop->capture, V4L2_BUF_TYPE_VIDEO_CAPTURE, bytes,
				     CAPTURE_BUFFERS);
	if (!error)
		error = start_output(loop->output, memory);
	if (!error)
		error = start_capture(loop->capture, memory);
	if (error)
		vivid_loop_close(loop);
	return error;
}

int vivid_loop_move(const struct vivid_loop *loop, const struct vivid_memory *memory)
{
	enum v4l2_buf_type type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	int error = ask_about_buffer(loop->capture, VIDIOC_QBUF, type, CAPTURE_TO, memory->to,
				     memory->bytes);

	return error ? error : await_buffer(loop->capture, type, CAPTURE_TO);
}

/* To ask for no buffers unpins those that there are. */
static int close_node(int node, enum v4l2_buf_type type)
{
	struct v4l2_requestbuffers none = { .type = type, .memory = V4L2_MEMORY_USERPTR };
	int error;

	if (node < 0)
		return 0;
	error = ask_node(node, VIDIOC_STREAMOFF, &type);
	if (!error)
		error = ask_node(node, VIDIOC_REQBUFS, &none);
	close(node);
	return error;
}

int vivid_loop_close(struct vivid_loop *loop)
{
	int error = close_node(loop->capture, V4L2_BUF_TYPE_VIDEO_CAPTURE);

	return close_node(loop->output, V4L2_BUF_TYPE_VIDEO_OUTPUT) ?: error;
}

/* The newer control of a connection has a menu: the test pattern, nothing, and an output for each device. */
#define CONNECTION		"HDMI * Is Connected To"
#define MENU_OUTPUT(device)	(2 + (device))

/* Return: 0 and the number of the control, or -ENOENT: no control has such a name */
static int find_control(int node, const char *glob, uint32_t *id)
{
	struct v4l2_queryctrl control = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };

	for (; !ioctl(node, VIDIOC_QUERYCTRL, &control); control.id |= V4L2_CTRL_FLAG_NEXT_CTRL) {
		if (fnmatch(glob, (const char *)control.name, 0))
			continue;
		*id = control.id;
		return 0;
	}
	return -ENOENT;
}

static int set_control(int node, const char *glob, int value)
{
	struct v4l2_control setting = { 0 };
	int error = find_control(node, glob, &setting.id);

	if (error)
		return error;
	/* What is connected cannot be connected once more. */
	if (!ioctl(node, VIDIOC_G_CTRL, &setting) && setting.value == value)
		return 0;
	setting.value = value;
	return ask_node(node, VIDIOC_S_CTRL, &setting);
}

/*
 * Since 6.11 a worker of the driver takes an output that was connected out of the menus of the other devices.
 * If one of these is being connected then, the worker takes its new value for one that is not in the menu, and
 * resets it to the test pattern: update_hdmi_ctrls_work_handler() reads its mask before v4l2_ctrl_modify_range()
 * takes the lock. So nothing else is connected until the output is gone from the menu of the last device.
 */
static int await_worker(unsigned int device)
{
	unsigned int last = device == VIVID_DEVICES - 1 ? 0 : VIVID_DEVICES - 1;
	struct v4l2_querymenu menu = { .index = MENU_OUTPUT(device) };
	int64_t end = nanoseconds() + WAIT_MS * 1000000LL;
	int capture = open_node(last, "cap"), error = capture < 0 ? capture : 0;
	uint32_t id = 0;

	if (!error)
		error = find_control(capture, CONNECTION, &id);
	menu.id = id;
	while (!error && !ioctl(capture, VIDIOC_QUERYMENU, &menu)) {
		if (!moment_goes_on(end))
			error = -ETIMEDOUT;
	}
	if (capture >= 0)
		close(capture);
	return error;
}

/* No text in the frames, and a cable. Up to 6.10 a device is connected to itself or not. */
static int connect_device(unsigned int device)
{
	int capture = open_node(device, "cap"), error = capture < 0 ? capture : 0;

	if (!error)
		error = set_control(capture, "OSD Text Mode", 2);
	if (!error)
		error = set_control(capture, "Loop Video", 1);
	if (error == -ENOENT)
		error = set_control(capture, CONNECTION, MENU_OUTPUT(device)) ?: await_worker(device);
	if (capture >= 0)
		close(capture);
	return error;
}

bool vivid_offered(void)
{
	for (unsigned int device = 0; device < VIVID_DEVICES; device++) {
		if (connect_device(device))
			return false;
	}
	return true;
}
