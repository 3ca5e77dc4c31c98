// SPDX-License-Identifier: GPL-2.0-only
/* Read from the program of a topic what it needs of the machine. Host and guest do so. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "../lib/array.h"
#include "needs.h"
#include "protocol.h"

#define OWN_GUEST	"own_guest"
#define CONFIG		"CONFIG_"

static const struct {
	enum need need;
	const char *name;
} names[] = {
	{ NEED_FILE_SYSTEMS, "file_systems" },
	{ NEED_MOVABLE, "movable" },
	{ NEED_VIRTIO_MEM, "virtio_mem" },
	{ NEED_PMEM, "pmem" },
	{ NEED_EDU, "edu" },
	{ NEED_SHARE, "share" },
	{ NEED_CRYPTO, "crypto" },
	{ NEED_VHOST, "vhost" },
	{ NEED_GIGANTIC, "gigantic" },
	{ NEED_CPUS, "cpus" },
	{ NEED_RDMA, "rdma" },
	{ NEED_VFIO, "vfio" },
	{ NEED_V4L2, "v4l2" },
};

const char *need_name(enum need need)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].need == need)
			return names[i].name;
	return "";
}

static unsigned int need_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i].name, name))
			return names[i].need;
	return 0;
}

static bool read_at(int file, void *into, size_t size, uint64_t offset)
{
	return pread(file, into, size, (off_t)offset) == (ssize_t)size;
}

static bool has_name(int file, uint64_t offset, const char *name)
{
	char found[32] = "";

	return pread(file, found, sizeof(found) - 1, (off_t)offset) > 0 && !strcmp(found, name);
}

/* Copy the section @name of the ELF file into @text, which ends with a zero. */
static void read_section(int file, const char *name, char *text, size_t size)
{
	Elf64_Shdr strings, section;
	Elf64_Ehdr header;

	*text = '\0';
	if (!read_at(file, &header, sizeof(header), 0) || memcmp(header.e_ident, ELFMAG, SELFMAG) ||
	    !read_at(file, &strings, sizeof(strings),
		     header.e_shoff + header.e_shstrndx * sizeof(strings)))
		return;
	for (unsigned int i = 0; i < header.e_shnum; i++) {
		if (!read_at(file, &section, sizeof(section), header.e_shoff + i * sizeof(section)))
			return;
		if (!has_name(file, strings.sh_offset + section.sh_name, name))
			continue;
		if (section.sh_size < size &&
		    read_at(file, text, section.sh_size, section.sh_offset))
			text[section.sh_size] = '\0';
		return;
	}
}

/* Copy the rest of the line of the script that begins with "needs " into @text. */
static void read_script(int file, char *text, size_t size)
{
	FILE *script = fdopen(dup(file), "r");
	char line[sizeof(((struct needs *)0)->parameters)];

	while (script && fgets(line, sizeof(line), script)) {
		if (strncmp(line, SCRIPT_NEEDS, strlen(SCRIPT_NEEDS)))
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(text, size, "%s", line + strlen(SCRIPT_NEEDS));
		break;
	}
	if (script)
		fclose(script);
}

static bool is_script(int file)
{
	char begin[2];

	return read_at(file, begin, sizeof(begin), 0) && !memcmp(begin, "#!", sizeof(begin));
}

/* Return: false if @word means nothing */
static bool add_word(struct needs *needs, const char *word)
{
	size_t used = strlen(needs->parameters);

	if (strchr(word, '=')) {
		snprintf(needs->parameters + used, sizeof(needs->parameters) - used, "%s%s",
			 used ? " " : "", word);
		needs->own_guest = true;
	} else if (!strcmp(word, OWN_GUEST)) {
		needs->own_guest = true;
	} else if (!strncmp(word, CONFIG, strlen(CONFIG))) {
		snprintf(needs->config, sizeof(needs->config), "%s", word);
	} else {
		needs->bits |= need_by_name(word);
		return need_by_name(word);
	}
	return true;
}

int needs_read(const char *program, struct needs *needs, char *unknown, size_t size)
{
	char text[sizeof(needs->parameters)], *rest = text, *word;
	int file = open(program, O_RDONLY | O_CLOEXEC);
	int error = 0;

	*needs = (struct needs){ 0 };
	*text = '\0';
	if (file >= 0 && is_script(file))
		read_script(file, text, sizeof(text));
	else if (file >= 0)
		read_section(file, NEEDS_SECTION, text, sizeof(text));
	if (file >= 0)
		close(file);
	while ((word = strsep(&rest, " "))) {
		if (!*word || add_word(needs, word))
			continue;
		snprintf(unknown, size, "%s", word);
		error = -EINVAL;
	}
	return error;
}

bool topic_may_be_chosen(const char *topic, const char *filter)
{
	size_t plain, length = strlen(topic);

	do {
		filter += strspn(filter, " ");
		plain = strcspn(filter, "*?[{! ");
		if (!strncmp(filter, topic, plain < length ? plain : length))
			return true;
		filter += strcspn(filter, " ");
	} while (*filter);
	return false;
}
