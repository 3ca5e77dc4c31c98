// SPDX-License-Identifier: GPL-2.0-only
/* What the interpreter of the kernel's own tests makes of their output, and of its scripts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../../lib/array.h"
#include "../../lib/test/tap.h"
#include "../guest/output.h"
#include "../guest/plan.h"

#define EXITED(code)	((code) << 8)
#define KILLED(signal)	(signal)
#define TIMED_OUT	(-1)

/**
 * struct sample - a program that printed @stream and ended with @status; where its name begins so, one of LTP
 * @results: what has to be reported, "OUTCOME NAME (REASON)" a line
 */
static const struct sample {
	const char *name;
	const char *stream;
	int status;
	const char *results;
} samples[] = {
	{ "tap", "TAP version 13\n1..2\n# [RUN] a b (c)\nok 1 a b (c)\nnot ok 2 pin: R/O, 4 kB\n", EXITED(1),
	  "pass a_b_c ()\nfail pin_r_o_4_kb ()\n" },
	{ "skip_before_name", "TAP version 13\n1..1\n# [RUN] x with y\n# gup_test not available\nok 1 # SKIP x with y\n",
	  EXITED(0), "skip x_with_y (gup_test not available)\n" },
	{ "skip_behind_name", "TAP version 13\n1..2\nok 1 # SKIP wp on anon (feature missing)\n"
	  "ok 2 # SKIP THP (128 kB)\n", EXITED(0), "skip wp_on_anon (feature missing)\nskip thp_128_kb (THP (128 kB))\n" },
	{ "harness", "TAP version 13\n1..1\n# Starting 1 tests from 1 test cases.\n#  RUN           hmm.open ...\n"
	  "#            OK  hmm.open\nok 1 hmm.open\n", EXITED(0), "pass hmm.open ()\n" },
	{ "harness_fails", "TAP version 13\n1..1\n#  RUN           g.basic ...\n# g.c:4:basic:Expected 22 == 0\n"
	  "# basic: Test terminated by assertion\n#          FAIL  g.basic\nnot ok 1 g.basic\n", EXITED(1),
	  "fail g.basic (g.c:4:basic:Expected 22 == 0)\n" },
	{ "skip_says_why", "TAP version 13\n1..1\nok 1 # SKIP need more free huge pages\n", EXITED(0),
	  "skip need_more_free_huge_pages (need more free huge pages)\n" },
	{ "skip_lacks", "TAP version 13\n1..1\n# page size: 4096\nok 1 # SKIP x is not there\n", EXITED(4),
	  "skip x_is_not_there (x is not there)\n" },
	{ "whole_skip", "TAP version 13\n1..0 # SKIP needs /dev/mem\n", EXITED(4), "skip ended (needs /dev/mem)\n" },
	{ "skips_rest", "TAP version 13\n1..3\nok 1 a\nok 2 # SKIP b\n", EXITED(4), "pass a ()\nskip b (b)\n" },
	{ "exit_status", "hello\nOK\n", EXITED(0), "pass ended ()\n" },
	{ "exit_skip", "no KSM here\n", EXITED(4), "skip ended (no KSM here)\n" },
	{ "exit_skip_silently", "", EXITED(4), "skip ended (the program gives no reason)\n" },
	{ "exit_failure", "Not OK\n", EXITED(1), "fail ended (exit status 1: Not OK)\n" },
	{ "passes_and_fails", "TAP version 13\n1..1\nok 1 a\n", EXITED(1), "pass a ()\nfail ended (exit status 1)\n" },
	{ "short_plan", "TAP version 13\n1..3\nok 1 a\n", EXITED(0),
	  "pass a ()\nerror ended (short plan: 1 of 3 results)\n" },
	{ "signal", "TAP version 13\n1..3\nok 1 a\n", KILLED(11),
	  "pass a ()\nerror ended (killed by signal 11 (Segmentation fault))\n" },
	{ "deadline", "TAP version 13\n1..3\n", TIMED_OUT, "timeout ended (the program did not end in time)\n" },
	{ "bail_out", "TAP version 13\n1..2\nok 1 a\nBail out! no memory\n", EXITED(1),
	  "pass a ()\nerror ended (bail out: no memory)\n" },
	{ "fails_and_bails_out", "TAP version 13\n1..1\nnot ok 1 a\nBail out! 1 of 1 tests failed\n", EXITED(1),
	  "fail a ()\n" },
	{ "uffd", "Testing UFFDIO_API (with syscall)... done\nTesting wp-fork on anon... skipped [reason: feature missing]\n"
	  "Testing wp on shmem... failed [reason: fork count 3]\nUserfaults unit tests: pass=1, skip=1, fail=1 (total=3)\n",
	  EXITED(1), "pass uffdio_api_with_syscall ()\nskip wp_fork_on_anon (feature missing)\n"
	  "fail wp_on_shmem (fork count 3)\n" },
	{ "uffd_dies", "Testing wp on anon... ERROR: x\n", EXITED(1),
	  "error wp_on_anon (the program ended)\n" },
	{ "uffd_talks", "Testing wp on anon... line\nmore\ndone\n", EXITED(0), "pass wp_on_anon ()\n" },
	{ "colours", "Collapse... \033[31mFail\033[0m\n", EXITED(1),
	  "fail ended (exit status 1: Collapse... Fail)\n" },
	{ "no_newline", "TAP version 13\n1..1\nok 1 a", EXITED(0), "pass a ()\n" },
	{ "ltp_pass", "tst_test.c:1: TINFO: x\na.c:2: TPASS: one\na.c:3: TPASS: two\n\nSummary:\npassed   2\n",
	  EXITED(0), "pass ended (2 checks)\n" },
	{ "ltp_old", "diotest1    1  TPASS  :  one\ndiotest1    2  TFAIL  :  a.c:9: two\n", EXITED(1),
	  "fail ended (TFAIL: a.c:9: two)\n" },
	{ "ltp_skip", "a.c:2: TCONF: no KSM\nb.c:3: TCONF: no NUMA\n", EXITED(32), "skip ended (TCONF: no KSM)\n" },
	{ "ltp_configuration", "a.c:2: TINFO: Constraint 'CONFIG_KSM=y' not satisfied!\na.c:3: TCONF: see above\n", EXITED(32),
	  "skip ended (needs a kernel with CONFIG_KSM=y)\n" },
	{ "ltp_left_out", "a.c:2: TPASS: one\na.c:3: TCONF: no swap: none\na.c:4: TCONF: no KSM\n", EXITED(0),
	  "pass ended (1 checks)\nskip left_out (2 parts, the first: no swap: none)\n" },
	{ "ltp_fails_and_skips", "a.c:2: TCONF: no KSM\na.c:3: TFAIL: one: EIO (5)\n", EXITED(33),
	  "fail ended (TFAIL: one: EIO (5))\nskip left_out (1 parts, the first: no KSM)\n" },
	{ "ltp_breaks", "a.c:2: TPASS: one\n\033[1;31ma.c:3: TBROK: mkdir failed\033[0m\n", EXITED(2),
	  "error ended (TBROK: mkdir failed)\n" },
	{ "ltp_warns", "a.c:2: TPASS: one\na.c:3: TWARN: umount: EBUSY\n", EXITED(4), "error ended (TWARN: umount: EBUSY)\n" },
	{ "ltp_silent", "", EXITED(32), "skip ended (TCONF: the program gives no reason)\n" },
	{ "ltp_other_status", "cannot run /x: ENOENT\n", EXITED(127), "fail ended (exit status 127)\n" },
	{ "ltp_not_run", "1..0 # SKIP needs the program x\n", EXITED(4), "skip ended (needs the program x)\n" },
	{ "ltp_signal", "a.c:2: TPASS: one\n", KILLED(11), "error ended (killed by signal 11 (Segmentation fault))\n" },
};

static void note_line(void *context, const char *text)
{
	(void)context;
	(void)text;
}

static void note_result(void *context, enum ktap_outcome outcome, const char *name, const char *reason)
{
	fprintf(context, "%s %s (%s)\n", ktap_outcome_name(outcome), name, reason);
}

static const struct output_ops ops = {
	.line = note_line,
	.result = note_result,
};

/* However the bytes are split, the results are the same. */
static bool sample_reads(const struct sample *sample, size_t step)
{
	const struct ending ending = { .status = sample->status, .timed_out = sample->status == TIMED_OUT,
					 .skip_code = 4 };
	size_t length, size = strlen(sample->stream);
	char *text = NULL;
	FILE *to = open_memstream(&text, &length);
	struct output *output = output_new(&ops, to, !strncmp(sample->name, "ltp_", 4));
	bool same;

	for (size_t at = 0; at < size; at += step)
		output_feed(output, sample->stream + at, size - at < step ? size - at : step);
	output_end(output, &ending);
	fclose(to);
	same = !strcmp(text, sample->results);
	if (!same)
		printf("# step %zu: %s", step, text);
	free(text);
	return same;
}

static void outputs_become_results(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
		tap_verdict(sample_reads(&samples[i], 1) && sample_reads(&samples[i], 7) &&
			    sample_reads(&samples[i], 4096), "kernel_tests.output.%s", samples[i].name);
}

static int read_script(struct plan *plan, const char *text, unsigned int *line)
{
	char path[] = "/tmp/kernel-tests-XXXXXX";
	int fd = mkstemp(path), error;

	if (fd < 0)
		tap_bail_out("no file in /tmp");
	dprintf(fd, "%s", text);
	close(fd);
	error = plan_read(plan, path, line);
	unlink(path);
	return error;
}

static void script_is_read(void)
{
	struct plan plan;
	unsigned int line;
	bool ok = !read_script(&plan, "#!/tests/.kernel-test\nneeds file_systems\nseconds 30\nskip 77\n"
			       "output ltp\npatience -l 1200\nvariable A=1\nvariable B=2\nhelper child\n"
			       "module gup_test /sys/x\nrequire test_hmm /dev/y\nknob /proc/z 1\n"
			       "run - ext4 - cow\nrun s_2 tmpfs nobody khugepaged -s 2\n"
			       "insert smoke test_vmalloc a=1 b=2\n", &line);

	ok = ok && plan.run_count == 3 && plan.module_count == 2 && plan.seconds == 30 && plan.skip_code == 77;
	tap_verdict(ok, "kernel_tests.plan.counts");
	if (!ok)
		return;
	tap_verdict(plan.ltp && !strcmp(plan.variables[1], "B=2") && !plan.variables[2] &&
		    !strcmp(plan.helpers[0], "child") && !plan.helpers[1] &&
		    !strcmp(plan.patience[1], "1200") && !plan.patience[2], "kernel_tests.plan.surroundings");
	tap_verdict(!plan.modules[0].required && plan.modules[1].required &&
		    !strcmp(plan.modules[1].present, "/dev/y"), "kernel_tests.plan.modules");
	tap_verdict(!*plan.runs[0].variant && !*plan.runs[0].user && plan.runs[0].knob_count == 1 &&
		    !strcmp(plan.runs[0].words[0], "cow") && !plan.runs[0].words[1],
		    "kernel_tests.plan.first_run");
	tap_verdict(!strcmp(plan.runs[1].user, "nobody") && !plan.runs[1].knob_count &&
		    !strcmp(plan.runs[1].words[2], "2") && !plan.runs[1].words[3],
		    "kernel_tests.plan.second_run");
	tap_verdict(!strcmp(plan.runs[2].module, "test_vmalloc") &&
		    !strcmp(plan.runs[2].parameters, "a=1 b=2"), "kernel_tests.plan.insert");
	plan_free(&plan);
}

static void errors_of_scripts_are_found(void)
{
	static const char *const scripts[] = {
		"#!x\nrunn - ext4 - cow\n", "#!x\nrun - ext4 -\n", "#!x\nseconds x\n", "#!x\nknob /proc/z\n",
		"#!x\nmodule gup_test\n", "#!x\nrun\n", "#!x\noutput tap\n", "#!x\nvariable A\n",
	};
	struct plan plan;
	unsigned int line;

	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		tap_verdict(read_script(&plan, scripts[i], &line) == -EINVAL && line == 2,
			    "kernel_tests.plan.error_%zu", i + 1);
		plan_free(&plan);
	}
}

int main(void)
{
	tap_begin();
	outputs_become_results();
	script_is_read();
	errors_of_scripts_are_found();
	return tap_end();
}
