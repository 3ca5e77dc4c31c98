/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two programs run topics: /init of a guest (init.c), and topics-host on a person's machine
 * (host.c). Both have run.c, topics.c, and the files that these call.
 */
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
 * struct config - the configuration that the host packed, see protocol.h
 * @module: "" to run without one
 * @without_module: and tests get PINCHECK_MODULE=no
 * @tests: directory of the test programs
 * @guest: number of this guest, from 1
 * @plan: top-level results of the whole stream, 0: of the topics that are chosen here;
 *	@results_before: those that others have sent
 * @results: the terminal for the results, "" for the second serial line
 * @terse: result lines only, and the evidence of failures
 * @shards: of machines that share the topics; @shard: this one, from 1
 */
struct config {
	bool probe;
	bool shell;
	bool share;
	bool slow;
	bool without_module;
	bool terse;
	char filter[FILTER_MAX];
	char module[FILTER_MAX];
	char guest_title[FILTER_MAX];
	char results[FILTER_MAX];
	const char *tests;
	long topic_seconds;
	long swap_mib;
	long hugepages;
	long guest;
	long plan;
	long results_before;
	long shards;
	long shard;
};

void config_read(struct config *config);

/** config_environment() - what init's environment says overrides what the host packed */
void config_environment(struct config *config);

/* The result stream. Each call returns after the whole line is written. */
void report_to(int fd);
void report_begin(const struct config *config);
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

/* Files of proc and sys. An error is a result for the caller, and nothing is printed. */
int file_read(const char *path, char *into, size_t size);
double monotonic_seconds(void);

void mounts_up(void);
void memory_up(const struct config *config);
/*
 * Set up for one topic what @needs (bits of enum need) say. Return: NULL, or what could not be put
 * back
 */
void needs_up(unsigned int needs, const struct config *config);
const char *needs_down(unsigned int needs, const struct config *config);
/* Called by needs_up() and needs_down() */
void movable_up(const struct config *config);
const char *movable_down(const struct config *config);
void virtio_mem_up(const struct config *config);
const char *virtio_mem_down(const struct config *config);
void pmem_up(const struct config *config);
void swap_up(const struct config *config);
/* A killed topic may leave the swap device on. */
void swap_async_off(void);
void disks_up(bool late);
/* Write the blocks of the image of file system @name to the device @path. Return: 0 or -errno */
int disk_fill(const char *name, const char *path);

/* Kernel modules: those that the host packed, and the module under test */
void kmods_load(const char *list);
void kmods_load_for(enum need need);
int kmod_insert(const char *path, const char *parameters);
int module_insert(const char *path);
int module_remove(const char *path);
/** siblings_offer() - tests may load gup_test.ko and pincheck_interleave.ko, if they lie beside the module under test */
void siblings_offer(const struct config *config);
void module_name(const char *path, char *name, size_t size);

/* The kernel log and the taint flags, by scope: "boot", "insmod", a topic, ... */
void kmsg_open(bool from_now);
bool kmsg_readable(void);
void kmsg_mark(const char *text);
unsigned int kmsg_check(const char *scope);
void kmsg_report_tail(unsigned int count);

/* Test programs */
unsigned int topics_find(const char *directory);
unsigned int topics_count(void);
/** topics_keep() - forget the topics that @wanted does not want; @number is its place */
void topics_keep(bool (*wanted)(const struct config *config, const char *topic, unsigned int number),
		 const struct config *config);
/** choose_topics() - of those that were found the ones of this boot, and of this shard of it */
void choose_topics(struct config *config);
void topics_run(const struct config *config);
void topics_refuse(const char *reason);

/** result_name() - "boot" in the first guest, "boot_2" in the second. It stays allocated */
const char *result_name(const struct config *config, const char *name);

/** run_topics() - insert the module, run the topics, give everything back; to the end marker */
void run_topics(const struct config *config);

/**
 * struct scope - one part of the run, and the number of splats in it
 */
struct scope {
	char name[64];
	unsigned int splats;
};

void scope_add(const char *name, unsigned int splats);

/* The last result: are the pins given back, does the module unload, is the kernel log clean? */
void clean_baseline(void);
void clean_pins_since(const char *topic);
void clean_check(const struct config *config);

/* --shell: without a script, a person types at the console */
bool shell_has_person(void);
void shell_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void shell_run(void);
void machine_off(void);

#endif
