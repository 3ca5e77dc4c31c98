// SPDX-License-Identifier: GPL-2.0-only
/* The rows of arch.c are whole, and scripts read them as C does. Run from the top of the clone. */
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include "../../lib/test/tap.h"
#include "../arch.c"

#define TEXT(field)	{ #field, offsetof(struct arch, field), false }
#define NUMBER(field)	{ #field, offsetof(struct arch, field), true }

static const struct {
	const char *name;
	size_t offset;
	bool is_number;
} fields[] = {
	TEXT(name), TEXT(machine), TEXT(srcarch), TEXT(cross), TEXT(flavour), TEXT(image),
	TEXT(packaged_image), TEXT(loader), TEXT(page_sizes), NUMBER(hugepage_mib), TEXT(qemu),
	TEXT(qemu_package), TEXT(qemu_machine), TEXT(qemu_cpu), TEXT(qemu_serial),
	TEXT(console_config), TEXT(console_tty), TEXT(results_tty), TEXT(boot),
	NUMBER(command_line_bytes),
};

/* What arch_fields of arch.sh prints for the row, as C sees it. Return: false if a field is missing */
static bool print_fields(const struct arch *arch, char *text, size_t size)
{
	bool whole = true;

	*text = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const char *field = (const char *)arch + fields[i].offset;
		size_t used = strlen(text);
		const char *value = *(const char *const *)field;

		if (fields[i].is_number) {
			snprintf(text + used, size - used, "%s %ld\n", fields[i].name, *(const long *)field);
			whole &= *(const long *)field > 0;
		} else {
			snprintf(text + used, size - used, "%s %s\n", fields[i].name, value ?: "(missing)");
			whole &= value && *value;
		}
	}
	return whole;
}

static bool scripts_agree(const char *name, const char *expected)
{
	char command[256], text[4096];
	size_t length;
	FILE *from;

	snprintf(command, sizeof(command), "bash -c '. tools/arch/arch.sh && arch_fields %s'", name);
	from = popen(command, "r");
	if (!from)
		return false;
	length = fread(text, 1, sizeof(text) - 1, from);
	text[length] = '\0';
	return !pclose(from) && !strcmp(text, expected);
}

static bool page_size_is_known(const struct arch *arch)
{
	char sizes[256], size[32];

	snprintf(sizes, sizeof(sizes), " %s ", arch->page_sizes);
	snprintf(size, sizeof(size), " %ld ", sysconf(_SC_PAGESIZE));
	return strstr(sizes, size);
}

int main(void)
{
	const struct arch *host = arch_host();
	char text[4096];

	tap_begin();
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct arch *arch = &rows[i];

		tap_verdict(print_fields(arch, text, sizeof(text)), "arch.%s.whole", arch->name);
		tap_verdict(scripts_agree(arch->name, text), "arch.%s.scripts_agree", arch->name);
		tap_verdict(arch_find(arch->name) == arch && arch_find(arch->machine) == arch &&
			    arch_find(arch->srcarch) == arch, "arch.%s.found", arch->name);
	}
	tap_verdict(!arch_find("pdp11") && scripts_agree("pdp11", ""), "arch.unknown");
	tap_verdict(!host || page_size_is_known(host), "arch.page_size_of_this_machine");
	return tap_end();
}
