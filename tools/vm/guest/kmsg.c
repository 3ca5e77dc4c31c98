// SPDX-License-Identifier: GPL-2.0-only
/* The kernel log and the taint flags, by scope: "boot", "insmod", a topic. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../protocol.h"
#include "../splat.h"
#include "guest.h"

/* Lines reported after the first line of a splat: enough for the trace. */
#define SPLAT_LINES	24
#define TAIL_LINES	16

static int log_fd = -1;
static unsigned long taint;
static char tail[TAIL_LINES][256];
static unsigned int tail_next;

static unsigned long taint_now(void)
{
	char text[32];

	return file_read("/proc/sys/kernel/tainted", text, sizeof(text)) > 0 ?
	       strtoul(text, NULL, 10) : 0;
}

void kmsg_open(bool from_now)
{
	log_fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (log_fd < 0)
		report("no /dev/kmsg: %s", strerror(errno));
	else if (from_now)
		lseek(log_fd, 0, SEEK_END);
	taint = taint_now();
}

bool kmsg_readable(void)
{
	return log_fd >= 0;
}

void kmsg_mark(const char *text)
{
	char line[256];
	int length = snprintf(line, sizeof(line), "pincheck-vm: %s\n", text);

	if (log_fd >= 0 && write(log_fd, line, (size_t)length) < 0)
		report("cannot write to /dev/kmsg: %s", strerror(errno));
}

/* A record is "level,sequence,time,flags;text\n KEY=value\n". Return: its text, NULL at the end */
static char *next_record(char *record, size_t size)
{
	for (;;) {
		ssize_t length = read(log_fd, record, size - 1);
		char *text;

		if (length < 0 && errno == EPIPE) {
			report("kernel log: records were overwritten before they could be read");
			continue;
		}
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0)
			return NULL;
		record[length] = '\0';
		text = strchr(record, ';');
		if (!text)
			continue;
		text++;
		text[strcspn(text, "\n")] = '\0';
		return text;
	}
}

/* Letters of Documentation/admin-guide/tainted-kernels.rst, by bit */
static void taint_letters(unsigned long bits, char *letters)
{
	static const char by_bit[] = "PFSRMBUDAWCIOELKXTNJ";

	for (size_t i = 0; i < sizeof(by_bit) - 1; i++)
		if (bits >> i & 1)
			*letters++ = by_bit[i];
	*letters = '\0';
}

/* Every out-of-tree module sets these taints when it is loaded (O, E; N for a test): ignored. */
#define TAINT_BY_LOADING	(1UL << 0 | 1UL << 12 | 1UL << 13 | 1UL << 18)

static bool check_taint(const char *scope)
{
	unsigned long now = taint_now();
	unsigned long news = now & ~taint;
	char letters[32];

	taint = now;
	if (!strncmp(scope, "insmod", strlen("insmod")))
		news &= ~TAINT_BY_LOADING;
	if (!news)
		return false;
	taint_letters(news, letters);
	report(MARK_SPLAT "%s: the kernel became tainted: %s", scope, letters);
	return true;
}

/*
 * Report the splats since the last call. Return: their number; a new taint without a splat counts
 * as 1
 */
unsigned int kmsg_check(const char *scope)
{
	static char record[8192];
	unsigned int splats = 0, show = 0;
	char *text;

	while (log_fd >= 0 && (text = next_record(record, sizeof(record)))) {
		snprintf(tail[tail_next++ % TAIL_LINES], sizeof(tail[0]), "%s", text);
		if (splat_starts(text)) {
			report(MARK_SPLAT "%s: %s", scope, text);
			splats++;
			show = SPLAT_LINES;
		} else if (show) {
			report("    %s", text);
			show--;
		}
	}
	if (check_taint(scope) && !splats)
		splats = 1;
	return splats;
}

/* Report the last records: often only the kernel log says why the kernel refused something. */
void kmsg_report_tail(unsigned int count)
{
	unsigned int first = tail_next > count ? tail_next - count : 0;

	for (unsigned int i = first; i < tail_next; i++)
		report("kernel: %s", tail[i % TAIL_LINES]);
}
