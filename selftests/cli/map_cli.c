// SPDX-License-Identifier: GPL-2.0-only
/* map_cli: the picture that `pincheck map` makes of memory whose states the test knows. */
#include "cli_suite.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

CLI_TOPIC(map_cli)

/* The pages of the stage, one of each state: pinned, held, shared by COW, of a file, not there, and exclusive. */
enum stage_page { PINNED_PAGE, HELD_PAGE, SHARED_PAGE, FILE_PAGE, NO_PAGE, OWN_PAGE };

/** struct scene - what stays open while the picture is made */
struct scene {
	int file;
	int channel[2];
	pid_t child;
};

static int put_file_page(struct stage *stage, struct scene *scene)
{
	char *page = (char *)stage->memory + FILE_PAGE * stage->page;

	scene->file = memfd_create("map_cli", MFD_CLOEXEC);
	if (scene->file < 0 || ftruncate(scene->file, stage->page) ||
	    mmap(page, stage->page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, scene->file, 0) != page)
		return -errno;
	*page = 1;
	return 0;
}

/* A child shares the page by COW. It has no other page of the stage that is anonymous. */
static int share_page(struct stage *stage, struct scene *scene)
{
	char *shared = (char *)stage->memory + SHARED_PAGE * stage->page, byte;

	if (pipe2(scene->channel, O_CLOEXEC) || madvise(stage->memory, stage->length, MADV_DONTFORK) ||
	    madvise(shared, stage->page, MADV_DOFORK))
		return -errno;
	scene->child = fork();
	if (!scene->child) {
		close(scene->channel[1]);
		_exit(read(scene->channel[0], &byte, 1));
	}
	return scene->child < 0 ? -errno : 0;
}

static int set_scene(struct stage *stage, struct scene *scene)
{
	static const struct hold_row pin = STAGE_ROW(PIN, FAST, 0), get = STAGE_ROW(GET, FAST, 0);
	int error = put_file_page(stage, scene) ?: share_page(stage, scene);

	if (!error && madvise(stage->memory + NO_PAGE * stage->page, stage->page, MADV_DONTNEED))
		error = -errno;
	if (!error)
		error = stage_hold(stage, pin, stage->memory + PINNED_PAGE * stage->page, stage->page);
	if (!error)
		error = stage_hold(stage, get, stage->memory + HELD_PAGE * stage->page, stage->page);
	return error ?: usermem_drain_lru();
}

static void clear_scene(struct scene *scene)
{
	close(scene->channel[1]);
	close(scene->channel[0]);
	waitpid(scene->child, NULL, 0);
	close(scene->file);
}

/** struct stage_range - the stage's memory, as arguments */
struct stage_range {
	char length[24];
	struct place place;
};

static struct stage_range range_of(const struct stage *stage)
{
	struct stage_range range = { .place = place_in(getpid(), stage) };

	snprintf(range.length, sizeof(range.length), "%zu", stage->length);
	return range;
}

/* Put the letters of the cells that the command prints into @cells. Return: exit code of the command */
static int read_cells(struct command *command, char *cells, size_t size)
{
	char line[400], letters[300];
	unsigned long long at;

	cells[0] = '\0';
	while (fgets(line, sizeof(line), command->output)) {
		if (line[0] == ' ' && sscanf(line, " %llx %299[.efoshzRP]\n", &at, letters) == 2 &&
		    at > 0xfffff && strlen(cells) + strlen(letters) < size)
			strcat(cells, letters);
	}
	return command_end(command, NULL, 0);
}

/* ACCURACY. A letter for each page, in the order of the addresses. */
CASE(map_cli, letters, .rows = "P52")
{
	struct scene scene = { .file = -1 };
	struct stage_range range = range_of(&self->stage);
	char cells[300];

	ASSERT_EQ(0, set_scene(&self->stage, &scene));
	ASSERT_EQ(0, RUN(&self->command, "map", range.place.pid, range.place.address, range.length));
	EXPECT_EQ(0, read_cells(&self->command, cells, sizeof(cells)));
	EXPECT_STREQ("PRsf.eee", cells);
	evidence("cells=\"%s\"", cells);
	/* Two pages a cell: the greater state of each two, mapping by mapping. */
	ASSERT_EQ(0, RUN(&self->command, "map", "--cell", "8K", range.place.pid, range.place.address,
			 range.length));
	EXPECT_EQ(0, read_cells(&self->command, cells, sizeof(cells)));
	evidence("zoomed=\"%s\"", cells);
	if (self->stage.page == 4096) {
		EXPECT_NE(NULL, strchr(cells, 'P'));
		EXPECT_GT(8, strlen(cells));
	}
	clear_scene(&scene);
}

/* ACCURACY. The table has as many pages of each state. */
CASE(map_cli, table, .rows = "P34 P52")
{
	static const char *const states[] = { "pinned", "held", "shared", "file", "none", "exclusive" };
	static const long long expected[] = { 1, 1, 1, 1, 1, 3 };
	struct scene scene = { .file = -1 };
	struct stage_range range = range_of(&self->stage);
	const json_t *row;
	json_t *root;
	size_t line;

	ASSERT_EQ(0, set_scene(&self->stage, &scene));
	ASSERT_EQ(0, RUN(&self->command, "map", "--json", range.place.pid, range.place.address, range.length));
	root = command_json(&self->command);
	ASSERT_NE(NULL, root);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		long long pages = 0;

		json_array_foreach(json_object_get(root, "mappings"), line, row)
			pages += number_of(row, states[i]);
		EXPECT_EQ(expected[i], pages) TH_LOG("%s", states[i]);
		evidence("state=%s pages=%lld", states[i], pages);
	}
	json_decref(root);
	EXPECT_EXIT(self, 0);
	clear_scene(&scene);
}

#define ESCAPE	"\033["

/* On a terminal the cells have colors, in a pipe, with NO_COLOR and with --color never they have none. */
CASE(map_cli, colors, .rows = "P52")
{
	struct stage_range range = range_of(&self->stage);
	const char *words[8] = { "map", range.place.pid, range.place.address, range.length };
	static const struct {
		const char *option;
		const char *no_color;
		bool terminal;
		bool colored;
	} rows[] = {
		{ NULL, NULL, true, true },
		{ NULL, "", true, true },
		{ NULL, "1", true, false },
		{ NULL, NULL, false, false },
		{ "--color=never", NULL, true, false },
		{ "--color=always", "1", false, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[8192];
		size_t length;

		words[4] = rows[i].option;
		if (rows[i].no_color)
			setenv("NO_COLOR", rows[i].no_color, 1);
		else
			unsetenv("NO_COLOR");
		setenv("TERM", "linux", 1);
		ASSERT_EQ(0, rows[i].terminal ? command_start_terminal(&self->command, words) :
			     command_start(&self->command, words));
		length = fread(text, 1, sizeof(text) - 1, self->command.output);
		text[length] = '\0';
		EXPECT_NE(NULL, strstr(text, "pinned")) TH_LOG("row %zu", i);
		EXPECT_EQ(rows[i].colored, !!strstr(text, ESCAPE)) TH_LOG("row %zu", i);
		EXPECT_EXIT(self, 0);
	}
	evidence("rows=%zu", ARRAY_SIZE(rows));
}

/* Return: how often @needle is in @text */
static size_t count_words(const char *text, const char *needle)
{
	size_t count = 0;

	for (; (text = strstr(text, needle)); text += strlen(needle))
		count++;
	return count;
}

/* ACCURACY. The picture has a rectangle for each state, with its address, and is one XML element. */
CASE(map_cli, svg, .rows = "P52")
{
	struct scene scene = { .file = -1 };
	struct stage_range range = range_of(&self->stage);
	char path[64], first[64], text[16384];
	int file = memfd_create("map.svg", MFD_CLOEXEC);
	ssize_t length;

	ASSERT_LE(0, file);
	ASSERT_EQ(0, set_scene(&self->stage, &scene));
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), file);
	ASSERT_EQ(0, RUN(&self->command, "map", "--svg", path, range.place.pid, range.place.address,
			 range.length));
	EXPECT_EXIT(self, 0);
	length = pread(file, text, sizeof(text) - 1, 0);
	ASSERT_LT(0, length);
	text[length] = '\0';
	snprintf(first, sizeof(first), "<title>%llx-%llx pinned</title></rect>",
		 (unsigned long long)(uintptr_t)self->stage.memory,
		 (unsigned long long)(uintptr_t)self->stage.memory + self->stage.page);
	EXPECT_EQ(1, count_words(text, first));
	EXPECT_EQ(1, count_words(text, " held</title></rect>"));
	EXPECT_EQ(1, count_words(text, " shared</title></rect>"));
	EXPECT_EQ(1, count_words(text, " file</title></rect>"));
	/* None and exclusive: each has a rectangle of its own. */
	EXPECT_EQ(1, count_words(text, " none</title></rect>"));
	EXPECT_EQ(1, count_words(text, " exclusive</title></rect>"));
	EXPECT_EQ(0, strncmp(text, "<svg ", 5));
	EXPECT_STREQ("</svg>\n", text + length - 7);
	EXPECT_EQ(count_words(text, "<text"), count_words(text, "</text>"));
	evidence("bytes=%zd rectangles=%zu", length, count_words(text, "<rect"));
	close(file);
	clear_scene(&scene);
}

/* Each is refused with exit code 2, the cause, and what mends it. */
static const struct {
	const char *arguments[6];
	const char *cause;
	const char *mend;
} map_refused[] = {
	{ { "map" }, "name a process", "ADDRESS LENGTH" },
	{ { "map", "1", "0" }, "name a process", "ADDRESS LENGTH" },
	{ { "map", "4194304" }, "there is no process", "ps -p" },
	{ { "map", "2" }, "thread of the kernel", "ps -p" },
	{ { "map", "1", "0", "4K" }, "no mapping in this range", "/proc/1/maps" },
	{ { "map", "1", "-z", "5000" }, "power of two", "64K" },
	{ { "map", "1", "-c", "x" }, "'x' is none of", "always" },
	{ { "map", "1", "-s", "/no/such/file" }, "cannot write /no/such/file", "directory" },
};

CASE(map_cli, refused, .rows = "P35 P52")
{
	char errors[600];

	for (size_t i = 0; i < ARRAY_SIZE(map_refused); i++) {
		ASSERT_EQ(0, command_start(&self->command, map_refused[i].arguments));
		EXPECT_EQ(2, command_end(&self->command, errors, sizeof(errors)));
		EXPECT_TRUE(strstr(errors, map_refused[i].cause) && strstr(errors, map_refused[i].mend))
			TH_LOG("%zu: %s", i, errors);
	}
	evidence("refused=%zu", ARRAY_SIZE(map_refused));
}

PINCHECK_TEST_MAIN
