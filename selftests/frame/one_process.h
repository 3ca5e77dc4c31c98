/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TEST_F() of the harness, from which CASE() makes tests, with one process a case instead of two.
 *
 * The harness forks a process for the case, which forks another for the body, so that the first can
 * run a teardown after a body that died. No topic has such a teardown (FIXTURE_TEARDOWN_PARENT):
 * the kernel gives back what a dead process leaves, and the second process is a third of the cost
 * of a case. All else is as in the harness: an ASSERT leaves the body, the process that ran the
 * setup runs the teardown once, and children of the body may use EXPECT.
 */
#ifndef PINCHECK_SELFTESTS_ONE_PROCESS_H
#define PINCHECK_SELFTESTS_ONE_PROCESS_H

#include <kselftest_harness.h>
#include <sys/mman.h>
#include <unistd.h>

#define ONE_PROCESS_TESTS	64	/* in a file */

/*
 * The children of the body share a test's results. One mapping serves all tests of a file, because
 * each mapping makes every fork of every case slower.
 */
static inline struct __test_metadata *one_process_test(void)
{
	static struct __test_metadata *tests;
	static size_t used;

	if (!tests)
		tests = mmap(NULL, ONE_PROCESS_TESTS * sizeof(*tests), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (tests == MAP_FAILED || used == ONE_PROCESS_TESTS)
		ksft_exit_fail_msg("no room for another test: see ONE_PROCESS_TESTS\n");
	return &tests[used++];
}

/* A child that returned from the body, or left it by an ASSERT, must not run the teardown. */
static inline void one_process_only(pid_t self)
{
	if (getpid() != self)
		_exit(0);
}

/* Variables that change between setjmp() and longjmp() are static: a process runs one case. */
#define ONE_PROCESS_BODY(fixture_name, test_name)						\
	static void wrapper_##fixture_name##_##test_name(struct __test_metadata *_metadata,	\
						struct __fixture_variant_metadata *variant)	\
	{											\
		static FIXTURE_DATA(fixture_name) self;						\
		static bool set_up;								\
		static pid_t pid;								\
												\
		(void)fixture_name##_teardown_parent;						\
		pid = getpid();									\
		if (!setjmp(_metadata->env)) {							\
			fixture_name##_setup(_metadata, &self, variant->data);			\
			if (_metadata->exit_code)						\
				return;								\
			set_up = true;								\
			fixture_name##_##test_name(_metadata, &self, variant->data);		\
		}										\
		one_process_only(pid);								\
		if (set_up)									\
			fixture_name##_teardown(_metadata, &self, variant->data);		\
		__test_check_assert(_metadata);							\
	}

#undef __TEST_F_IMPL
#define __TEST_F_IMPL(fixture_name, test_name, signal, seconds)					\
	static void fixture_name##_##test_name(struct __test_metadata *_metadata,		\
					       FIXTURE_DATA(fixture_name) *self,		\
					       const FIXTURE_VARIANT(fixture_name) *variant);	\
	ONE_PROCESS_BODY(fixture_name, test_name)						\
	static void __attribute__((constructor(KSELFTEST_PRIO_TEST)))				\
	_register_##fixture_name##_##test_name(void)						\
	{											\
		struct __test_metadata *test = one_process_test();				\
												\
		test->name = #test_name;							\
		test->fn = wrapper_##fixture_name##_##test_name;				\
		test->fixture = &_##fixture_name##_fixture_object;				\
		test->termsig = signal;								\
		test->timeout = seconds;							\
		__register_test(test);								\
	}											\
	static void fixture_name##_##test_name(							\
		struct __test_metadata __attribute__((unused)) *_metadata,			\
		FIXTURE_DATA(fixture_name) __attribute__((unused)) *self,			\
		const FIXTURE_VARIANT(fixture_name) __attribute__((unused)) *variant)

#endif
