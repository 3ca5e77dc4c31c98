/* SPDX-License-Identifier: GPL-2.0-only */
/* /init of the guest: what its rooms offer each other. */
#ifndef PINCHECK_VM_GUEST_H
#define PINCHECK_VM_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "../../lib/array.h"
#include "../needs.h"
#include "../protocol.h"

#define MAX_TOPICS	256

/**
 * struct config - what the host asked for, see protocol.h
 * @module: "" to run without one
 */
struct config {
	bool probe;
	bool shell;
	bool share;
	bool slow;
	char filter[FILTER_MAX];
	char module[FILTER_MAX];
	long topic_seconds;
	long swap_mib;
	long hugepages;
};

void config_read(struct config *config);

/* The result stream. A line is whole on the wire before the next thing happens to the guest. */
int report_open(void);
void report_plan(unsigned int count);
void report_subtests(unsigned int count);
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
void report_result(bool ok, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_subresult(bool ok, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_raw(const char *bytes, size_t length);
unsigned int report_results(void);
void report_count_result(void);
void report_drain(void);

/* Files of proc and sys, where a failure is an answer */
int file_read(const char *path, char *into, size_t size);
double monotonic_seconds(void);

void mounts_up(void);
void memory_up(const struct config *config);
/* For one topic. movable_down() returns NULL, or what is wrong */
void movable_up(const struct config *config);
const char *movable_down(const struct config *config);
void virtio_mem_up(const struct config *config);
const char *virtio_mem_down(const struct config *config);
void pmem_up(const struct config *config);
void swap_up(const struct config *config);
/* A topic that was killed may have left the device on. */
void swap_async_off(void);
void disks_up(bool late);
/* Write the blocks of the image of file system @name to the device @path. Return: 0 or -errno */
int disk_fill(const char *name, const char *path);

/* Kernel modules: the list of the host, and the one under test */
void kmods_load(const char *list);
void kmods_load_for(enum need need);
int kmod_insert(const char *path, const char *parameters);
int module_insert(const char *path);
int module_remove(const char *path);
void module_name(const char *path, char *name, size_t size);

/* The kernel log and the taint flags, by scope: "boot", "insmod", a topic, ... */
void kmsg_open(void);
bool kmsg_readable(void);
void kmsg_mark(const char *text);
unsigned int kmsg_check(const char *scope);
void kmsg_report_tail(unsigned int count);

/* Test programs */
unsigned int topics_find(void);
void topics_environment(const struct config *config);
void topics_run(const struct config *config);
void topics_refuse(const char *reason);

/**
 * struct scope - one span of the run and the splats that fell into it
 */
struct scope {
	char name[64];
	unsigned int splats;
};

void scope_add(const char *name, unsigned int splats);

/* Everything given back: pins, module, kernel log */
void clean_baseline(void);
void clean_pins_since(const char *topic);
void clean_check(const struct config *config);

/* --shell: where no script is, a person types at the console */
bool shell_has_person(void);
void shell_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void shell_run(void);
void machine_off(void);

#endif
