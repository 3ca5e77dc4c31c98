// SPDX-License-Identifier: GPL-2.0-only
/* pincheck bench gup --plot: the figures as a picture, drawn by gnuplot. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tools/pincheck/bench_gup.h"

#define ROW_PIXELS	22

static void write_data(FILE *script, const char *name, const struct gup_figures *figures,
		       const struct gup_figures *order, double shift)
{
	fprintf(script, "$%s << EOD\n", name);
	for (size_t i = 0; i < figures->count; i++) {
		const struct gup_figure *figure = &figures->figures[i];
		size_t at = 0;

		while (at < order->count && strcmp(order->figures[at].name, figure->name))
			at++;
		if (!figure->why[0] && at < order->count)
			fprintf(script, "%g %g %g %g\n", (double)at + shift, figure->median, figure->low, figure->high);
	}
	fprintf(script, "EOD\n");
}

/* A row of the picture for each figure: a point at its median, a line from the fastest to the slowest pass. */
static void write_script(FILE *script, const struct gup_figures *figures, const struct gup_figures *old,
			 const char *path)
{
	write_data(script, "now", figures, figures, old ? 0.18 : 0);
	if (old)
		write_data(script, "old", old, figures, -0.18);
	fprintf(script, "set terminal svg size 900,%zu background 'white'\nset output '%s'\n",
		120 + figures->count * ROW_PIXELS, path);
	fprintf(script, "set title 'GUP: nanoseconds a page, taken and given back (median; fastest and slowest pass)'\n"
		"set logscale x\nset grid x\nset xlabel 'ns a page'\nset yrange [%zu.5:-0.5]\nset ytics (",
		figures->count - 1);
	for (size_t i = 0; i < figures->count; i++)
		fprintf(script, "%s'%s' %zu", i ? ", " : "", figures->figures[i].name, i);
	fprintf(script, ")\nplot $now using 2:1:3:4 with xerrorbars pointtype 7 pointsize 0.5 title 'now'");
	if (old)
		fprintf(script, ", $old using 2:1:3:4 with xerrorbars pointtype 6 pointsize 0.5 title 'before'");
	fprintf(script, "\n");
}

static int spawn_gnuplot(int input, pid_t *pid)
{
	char name[] = "gnuplot", *const arguments[] = { name, NULL };
	posix_spawn_file_actions_t actions;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	error = -posix_spawnp(pid, name, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* The script goes by a file that nobody else sees: a pipe would end this program where gnuplot ends early. */
int gup_plot(const struct gup_figures *figures, const struct gup_figures *old, const char *path)
{
	FILE *script = tmpfile();
	int error = script ? 0 : -errno, status = -1;
	pid_t pid;

	if (strchr(path, '\'')) {
		fprintf(stderr, "pincheck: gnuplot cannot write to a name with ': %s. Name another file: --plot FILE\n", path);
		error = -EINVAL;
		goto out;
	}
	if (!error) {
		write_script(script, figures, old, path);
		rewind(script);
		error = spawn_gnuplot(fileno(script), &pid);
	}
	if (!error && waitpid(pid, &status, 0) == pid && status)
		error = -EIO;
	if (error)
		fprintf(stderr, "pincheck: cannot draw %s by gnuplot: %s. Install it: sudo apt-get install gnuplot-nox\n",
			path, strerror(-error));
out:
	if (script)
		fclose(script);
	return error;
}
