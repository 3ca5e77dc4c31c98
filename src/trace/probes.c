// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probes of a trace: a kretprobe on each function that takes pins or gives them back, and a
 * kprobe on __get_user_pages(), where every slow path of GUP ends. Nothing here allocates, sleeps
 * or waits, except for the lock of the ring.
 *
 * These functions call each other: pin_user_pages_fast() gives back what it took when it fails,
 * unpin_user_pages() of 5.10 calls unpin_user_page() for each page. What is inside another call is
 * not recorded: the call of the outermost function says what came of it. An interrupt may come
 * during a call, and give back pins of others: that is a call of its own. So a call belongs to a
 * context: a task, or an interrupt that has interrupted the task.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/hardirq.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include "compat/function_args.h"
#include "compat/kretprobe.h"
#include "trace.h"

#define SLOT_TRIES	8

/* Of each function, calls at the same time. */
#define CALLS_AT_ONCE	64

/* Ancestors of a process that are asked whether they are the root. */
#define GENERATIONS	64

/** enum referent - what an argument or an array of a probed function refers to */
enum referent { ARRAY, RANGE, FOLIO };

#define NO_ARGUMENT	(-1)

/**
 * struct traced_function - what the arguments of a probed function mean
 * @name: of the function
 * @refers: what argument @pages is: an array of pages or folios, the first of adjacent pages, or a
 *	folio that has several pins
 * @release: gives pins back
 * @fast: tries GUP-fast
 * @slow: is the slow path of GUP
 * @int_asked: argument @asked is an int
 * @int_result: the result is an int
 * @void_result: there is no result, or one that is 0 for success: all that was asked is done
 * @address: number of the argument that is the first address, or NO_ARGUMENT
 * @asked: of that with the number of pages; NO_ARGUMENT: 1 is asked
 * @pages: of that with the array, page or folio
 * @gup_flags: of that with FOLL_*, or NO_ARGUMENT
 * @dirty: of that which says that the pages are dirty, or NO_ARGUMENT
 */
struct traced_function {
	const char *name;
	enum referent refers;
	bool release;
	bool fast;
	bool slow;
	bool int_asked;
	bool int_result;
	bool void_result;
	s8 address;
	s8 asked;
	s8 pages;
	s8 gup_flags;
	s8 dirty;
};

#define GUP(function, at, array, foll, ...)						\
	{ .name = #function, .refers = ARRAY, .address = at, .asked = (at) + 1,		\
	  .pages = array, .gup_flags = foll, .dirty = NO_ARGUMENT, ##__VA_ARGS__ }
#define MORE_PINS(function, number, ...)						\
	{ .name = #function, .refers = FOLIO, .void_result = true, .asked = number,	\
	  .address = NO_ARGUMENT, .gup_flags = NO_ARGUMENT, .dirty = NO_ARGUMENT, ##__VA_ARGS__ }
#define UNPIN(function, what, number, mark)						\
	{ .name = #function, .refers = what, .release = true, .void_result = true,	\
	  .asked = number, .dirty = mark, .address = NO_ARGUMENT, .gup_flags = NO_ARGUMENT }

#define INDEX(function)	(PINCHECK_FUNCTION_##function - 1)

static const struct traced_function functions[] = {
	[INDEX(PIN_USER_PAGES)] = GUP(pin_user_pages, 0, 3, 2, .slow = true),
	[INDEX(PIN_USER_PAGES_FAST)] =
		GUP(pin_user_pages_fast, 0, 3, 2, .fast = true, .int_asked = true,
		    .int_result = true),
	[INDEX(PIN_USER_PAGES_FAST_ONLY)] =
		GUP(pin_user_pages_fast_only, 0, 3, 2, .fast = true, .int_asked = true,
		    .int_result = true),
	[INDEX(PIN_USER_PAGES_LOCKED)] = GUP(pin_user_pages_locked, 0, 3, 2, .slow = true),
	[INDEX(PIN_USER_PAGES_UNLOCKED)] = GUP(pin_user_pages_unlocked, 0, 2, 3, .slow = true),
	[INDEX(PIN_USER_PAGES_REMOTE)] = GUP(pin_user_pages_remote, 1, 4, 3, .slow = true),
	[INDEX(MEMFD_PIN_FOLIOS)] = {
		.name = "memfd_pin_folios", .refers = ARRAY, .address = 1, .pages = 3, .asked = 4,
		.int_asked = true, .gup_flags = NO_ARGUMENT, .dirty = NO_ARGUMENT,
	},
	[INDEX(FOLIO_ADD_PIN)] = MORE_PINS(folio_add_pin, NO_ARGUMENT),
	[INDEX(FOLIO_ADD_PINS)] = MORE_PINS(folio_add_pins, 1, .int_asked = true, .int_result = true),
	[INDEX(UNPIN_USER_PAGE)] = UNPIN(unpin_user_page, RANGE, NO_ARGUMENT, NO_ARGUMENT),
	[INDEX(UNPIN_USER_PAGES)] = UNPIN(unpin_user_pages, ARRAY, 1, NO_ARGUMENT),
	[INDEX(UNPIN_USER_PAGES_DIRTY_LOCK)] = UNPIN(unpin_user_pages_dirty_lock, ARRAY, 1, 2),
	[INDEX(UNPIN_USER_PAGE_RANGE_DIRTY_LOCK)] =
		UNPIN(unpin_user_page_range_dirty_lock, RANGE, 1, 2),
	[INDEX(UNPIN_USER_FOLIO)] = UNPIN(unpin_user_folio, FOLIO, 1, NO_ARGUMENT),
	[INDEX(UNPIN_FOLIO)] = UNPIN(unpin_folio, RANGE, NO_ARGUMENT, NO_ARGUMENT),
	[INDEX(UNPIN_FOLIOS)] = UNPIN(unpin_folios, ARRAY, 1, NO_ARGUMENT),
};

/**
 * struct call - a call of a probed function, in the instance of the kretprobe
 * @slot: that the call has
 * @began: nanoseconds
 * @address: argument
 * @asked: argument
 * @pages: argument
 * @folio_pages: pages of the folio that @pages is, when the call began: it may be gone afterwards
 * @gup_flags: argument
 * @flags: PINCHECK_TRACED_*
 * @stack: number of the call stack, or 0
 * @slow_missed: hits that the probe of the slow path had missed when the call began
 */
struct call {
	struct trace_slot *slot;
	u64 began;
	unsigned long address;
	unsigned long asked;
	unsigned long pages;
	unsigned long folio_pages;
	u32 gup_flags;
	u32 flags;
	u32 stack;
	unsigned long slow_missed;
};

static struct kretprobe probes[ARRAY_SIZE(functions)];
static struct kprobe slow_probe;
static bool slow_probed;
static struct trace *the_trace;		/* while probes exist */

/* The task that calls probes_are_called(), and what it has found; there is one at a time. */
static struct task_struct *control;
static bool control_seen;

/*
 * How many interrupts deep is this? A breakpoint counts as an NMI, and an NMI as a hardirq, too,
 * but neither makes another context: the probe itself may be the breakpoint.
 */
static unsigned long interrupt_level(void)
{
	unsigned long nmis = (preempt_count() & NMI_MASK) >> NMI_SHIFT;
	unsigned long hardirqs = hardirq_count() >> HARDIRQ_SHIFT;

	if (hardirqs > nmis)
		return 2;
	return in_serving_softirq() ? 1 : 0;
}

/* The task and the kind of interrupt that has interrupted it: two contexts do not have the same. */
static unsigned long context_now(void)
{
	return (unsigned long)current | interrupt_level();
}

static struct trace_slot *slot_at(struct trace *trace, unsigned long context, unsigned int try)
{
	return &trace->slots[(hash_long(context, 32) + try) % TRACE_SLOTS];
}

static struct trace_slot *find_slot(struct trace *trace, unsigned long context)
{
	unsigned int try;

	for (try = 0; try < SLOT_TRIES; try++) {
		struct trace_slot *slot = slot_at(trace, context, try);

		if (READ_ONCE(slot->context) == context)
			return slot;
	}
	return NULL;
}

static struct trace_slot *claim_slot(struct trace *trace, unsigned long context)
{
	unsigned int try;

	for (try = 0; try < SLOT_TRIES; try++) {
		struct trace_slot *slot = slot_at(trace, context, try);

		if (READ_ONCE(slot->context) || cmpxchg(&slot->context, 0, context))
			continue;
		slot->slow = false;
		return slot;
	}
	atomic64_inc(&trace->missed);
	return NULL;
}

/* Is the calling process the root, or, for a tree, one of its descendants? */
static bool is_inside(const struct trace *trace)
{
	struct task_struct *task = current;
	unsigned int generation;
	bool inside = false;

	if (!trace->root)
		return true;
	rcu_read_lock();
	for (generation = 0; generation < GENERATIONS && !inside; generation++) {
		inside = task_tgid(task) == trace->root;
		/* The parent of a task that was reaped may be gone: see task_ppid_nr(). */
		if (!trace->tree || !pid_alive(task) || task_pid_nr(task) <= 1)
			break;
		task = rcu_dereference(task->real_parent);
	}
	rcu_read_unlock();
	return inside;
}

static u32 flags_of_caller(const struct trace *trace)
{
	if (interrupt_level())
		return PINCHECK_TRACED_INTERRUPT | (trace->root ? 0 : PINCHECK_TRACED_INSIDE);
	if (current->flags & PF_KTHREAD)
		return PINCHECK_TRACED_KTHREAD | (trace->root ? 0 : PINCHECK_TRACED_INSIDE);
	return is_inside(trace) ? PINCHECK_TRACED_INSIDE : 0;
}

static unsigned long argument_of(struct pt_regs *regs, s8 number, unsigned long otherwise)
{
	return number == NO_ARGUMENT ? otherwise : compat_function_arg(regs, number);
}

static void read_arguments(const struct traced_function *function, struct pt_regs *regs,
			   struct call *call)
{
	call->address = argument_of(regs, function->address, 0);
	call->asked = argument_of(regs, function->asked, 1);
	if (function->int_asked)
		call->asked = (int)call->asked;
	call->pages = compat_function_arg(regs, function->pages);
	if (function->refers == FOLIO)
		call->folio_pages = compound_nr((struct page *)call->pages);
	call->gup_flags = argument_of(regs, function->gup_flags, 0);
	/* A bool: the rest of the register may have anything. */
	if ((u8)argument_of(regs, function->dirty, 0))
		call->flags |= PINCHECK_TRACED_DIRTY;
}

/* The calls that probes_are_called() makes, and no others, are not recorded. */
static bool is_control(const struct traced_function *function, struct pt_regs *regs)
{
	if (READ_ONCE(control) != current || interrupt_level() ||
	    function != &functions[INDEX(UNPIN_USER_PAGES)] || compat_function_arg(regs, 1))
		return false;
	control_seen = true;
	return true;
}

/* Return: 1 if the kernel need not say when the call returns. */
static int call_begins(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct kretprobe *probe = compat_kretprobe_of(instance);
	struct call *call = (struct call *)instance->data;
	const struct traced_function *function;
	unsigned long context = context_now();
	struct trace *trace = the_trace;

	if (!probe)
		return 1;
	function = &functions[probe - probes];
	if (is_control(function, regs) || find_slot(trace, context))
		return 1;
	*call = (struct call){ .flags = flags_of_caller(trace) };
	if (!(call->flags & PINCHECK_TRACED_INSIDE) && !trace->others)
		return 1;
	call->slot = claim_slot(trace, context);
	if (!call->slot)
		return 1;
	read_arguments(function, regs, call);
	call->slow_missed = READ_ONCE(slow_probe.nmissed);
	if (trace->stacks)
		call->stack = stacks_save(trace->stacks, (unsigned long)probe->kp.addr);
	call->began = ktime_get_mono_fast_ns();
	return 0;
}

static int slow_path_begins(struct kprobe *probe, struct pt_regs *regs)
{
	struct trace_slot *slot = find_slot(the_trace, context_now());

	if (slot && !slot->slow) {
		slot->slow = true;
		slot->first_slow = compat_function_arg(regs, 1);
	}
	return 0;
}

/**
 * struct writer - the records of a call, being written
 * @trace: to whose ring
 * @record: the one that is being filled
 * @runs: where its runs are
 * @used: number of runs that it has
 * @capacity: number of runs that it has room for
 */
struct writer {
	struct trace *trace;
	struct pincheck_traced record;
	u64 *runs;
	unsigned int used;
	unsigned int capacity;
};

/* Go on with a record that has only runs. */
static void next_record(struct writer *writer)
{
	u64 call = writer->record.call;

	ring_put(&writer->trace->ring, &writer->record);
	writer->record = (struct pincheck_traced){ .type = PINCHECK_TRACED_PAGES, .call = call };
	writer->runs = writer->record.runs;
	writer->capacity = PINCHECK_TRACED_RUNS;
	writer->used = 0;
}

static void write_run(struct writer *writer, unsigned long pfn, unsigned long pages)
{
	while (pages) {
		unsigned long some = min(pages, 0xffffUL);

		if (writer->used == writer->capacity)
			next_record(writer);
		writer->runs[writer->used++] = (u64)pfn << 16 | some;
		pfn += some;
		pages -= some;
	}
}

static void write_array_runs(struct writer *writer, struct page **pages, unsigned long count)
{
	unsigned long i, first = 0, run = 0;

	for (i = 0; i < count; i++) {
		unsigned long pfn = page_to_pfn(pages[i]);

		if (run && pfn == first + run) {
			run++;
			continue;
		}
		write_run(writer, first, run);
		first = pfn;
		run = 1;
	}
	write_run(writer, first, run);
}

static void write_call_pages(struct writer *writer, const struct traced_function *function,
		      const struct call *call)
{
	struct page *page = (struct page *)call->pages;
	s64 result = writer->record.result;
	unsigned long count;

	if (result <= 0)
		return;
	count = min_t(u64, result, PINCHECK_TRACED_PAGES_MAX);
	if (function->refers == ARRAY)
		write_array_runs(writer, (struct page **)call->pages, count);
	else if (function->refers == RANGE)
		write_run(writer, page_to_pfn(page), count);
	else
		write_run(writer, page_to_pfn(page), min(call->folio_pages, 0xffffUL));
}

static s64 result_of(const struct traced_function *function, const struct call *call,
		     struct pt_regs *regs)
{
	s64 result = regs_return_value(regs);

	if (function->int_result)
		result = (int)result;
	if (!function->void_result)
		return result;
	if (function->int_result && result)
		return result;
	/* unpin_user_pages() and others warn of an errno in place of a number, and do nothing. */
	return (long)call->asked < 0 ? 0 : call->asked;
}

/* Pages that GUP-fast took, from the first one: see page/path.c. */
static u64 fast_pages_of(const struct call *call, s64 result)
{
	unsigned long before;

	if (result <= 0)
		return 0;
	if (!call->slot->slow)
		return result;
	before = (call->slot->first_slow - (call->address & PAGE_MASK)) >> PAGE_SHIFT;
	return before < call->asked ? min_t(u64, before, result) : 0;
}

static bool path_is_known(const struct traced_function *function, const struct call *call)
{
	if (function->slow)
		return true;
	return function->fast && slow_probed &&
	       call->slow_missed == READ_ONCE(slow_probe.nmissed);
}

static void fill_record(struct pincheck_traced *record, const struct traced_function *function,
			const struct call *call, struct pt_regs *regs)
{
	struct trace *trace = the_trace;
	u64 now = ktime_get_mono_fast_ns();

	record->type = PINCHECK_TRACED_CALL;
	record->flags = call->flags;
	record->call = atomic64_inc_return(&trace->calls);
	record->time = function->release ? call->began : now;
	record->latency = now - call->began;
	record->address = call->address;
	record->asked = call->asked;
	record->result = result_of(function, call, regs);
	record->function = function - functions + 1;
	record->gup_flags = call->gup_flags;
	record->stack = call->stack;
	record->cpu = raw_smp_processor_id();
	if (function->release)
		record->flags |= PINCHECK_TRACED_RELEASE;
	if (function->refers == FOLIO)
		record->flags |= PINCHECK_TRACED_FOLIO;
	if (record->result > PINCHECK_TRACED_PAGES_MAX)
		record->flags |= PINCHECK_TRACED_CUT;
	if (path_is_known(function, call)) {
		record->flags |= PINCHECK_TRACED_PATH;
		if (function->fast)
			record->fast_pages = fast_pages_of(call, record->result);
	}
	if (record->flags & PINCHECK_TRACED_INTERRUPT)
		return;
	memcpy(record->comm, current->comm, sizeof(record->comm));
	record->comm[sizeof(record->comm) - 1] = 0;
	record->tid = task_pid_nr_ns(current, trace->namespace);
	record->pid = task_tgid_nr_ns(current, trace->namespace);
}

static int call_returns(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct kretprobe *probe = compat_kretprobe_of(instance);
	struct call *call = (struct call *)instance->data;
	struct writer writer = { .trace = the_trace, .capacity = PINCHECK_TRACED_CALL_RUNS };
	const struct traced_function *function;

	if (!probe)
		return 0;
	function = &functions[probe - probes];
	writer.runs = writer.record.call_runs;
	fill_record(&writer.record, function, call, regs);
	write_call_pages(&writer, function, call);
	ring_put(&writer.trace->ring, &writer.record);
	/* Release: another context may claim the slot only after it was read. */
	smp_store_release(&call->slot->context, 0);
	return 0;
}

/* A kernel lacks some of the functions, or forbids to probe them: the mask says which are probed. */
static u64 plant_on_functions(void)
{
	u64 planted = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		probes[i] = (struct kretprobe) {
			.kp.symbol_name = functions[i].name,
			.handler = call_returns,
			.entry_handler = call_begins,
			.maxactive = CALLS_AT_ONCE,
			.data_size = sizeof(struct call),
		};
		if (!register_kretprobe(&probes[i]))
			planted |= 1ULL << (i + 1);
	}
	return planted;
}

static bool some_take_pins(u64 planted)
{
	const u64 takers = 1ULL << PINCHECK_FUNCTION_PIN_USER_PAGES |
			   1ULL << PINCHECK_FUNCTION_PIN_USER_PAGES_FAST;

	return planted & takers && planted & 1ULL << PINCHECK_FUNCTION_UNPIN_USER_PAGES;
}

/**
 * probes_begin() - plant the probes
 * @trace: gets their records, from now on, and the mask of the functions
 *
 * Context: process context, sleeps. One trace at a time.
 *
 * Return: 0, or -EOPNOTSUPP if the kernel lets nobody probe what takes pins.
 */
int probes_begin(struct trace *trace)
{
	if (!compat_function_args)
		return -EOPNOTSUPP;
	the_trace = trace;
	slow_probe = (struct kprobe) {
		.symbol_name = "__get_user_pages", .pre_handler = slow_path_begins,
	};
	slow_probed = !register_kprobe(&slow_probe);
	trace->functions = plant_on_functions();
	if (some_take_pins(trace->functions))
		return 0;
	probes_end();
	return -EOPNOTSUPP;
}

/** probes_end() - remove the probes; no handler runs when this returns */
void probes_end(void)
{
	struct kretprobe *planted[ARRAY_SIZE(probes)];
	unsigned int i;
	int count = 0;

	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		if (the_trace->functions & 1ULL << (i + 1))
			planted[count++] = &probes[i];
	}
	unregister_kretprobes(planted, count);
	if (slow_probed)
		unregister_kprobe(&slow_probe);
	the_trace = NULL;
}

/**
 * probes_are_called() - does the kernel call the probes at this moment?
 *
 * Kprobes and ftrace may be switched off at any time, and the kernel does not say so.
 *
 * Context: process context; one caller at a time, while there are probes.
 */
bool probes_are_called(void)
{
	control_seen = false;
	WRITE_ONCE(control, current);
	unpin_user_pages(NULL, 0);	/* does nothing, and calls the probe */
	WRITE_ONCE(control, NULL);
	return READ_ONCE(control_seen);
}

/** probes_missed() - number of calls so far that have no record: too many calls at once */
u64 probes_missed(const struct trace *trace)
{
	u64 missed = atomic64_read(&trace->missed);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		missed += (unsigned int)READ_ONCE(probes[i].nmissed) +
			  READ_ONCE(probes[i].kp.nmissed);
	return missed;
}
