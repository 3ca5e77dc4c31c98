// SPDX-License-Identifier: GPL-2.0-only
/* The adapter for programs of LTP. */
#include <stdio.h>
#include <string.h>
#include "../../lib/array.h"
#include "ltp.h"

/* TINFO, 16, is a bit, too. */
#define ALL_BITS	(1 | 2 | 4 | 16 | 32)

/**
 * struct kind - a word of LTP
 * @bit: of the exit status, as LTP's tst_res_flags.h has it
 * @outcome: of a program whose exit status has the bit
 */
static const struct kind {
	const char *word;
	int bit;
	enum ktap_outcome outcome;
} kinds[LTP_KINDS] = {
	[LTP_PASS] = { "TPASS", 0, KTAP_PASS },
	[LTP_FAIL] = { "TFAIL", 1, KTAP_FAIL },
	[LTP_BROK] = { "TBROK", 2, KTAP_ERROR },
	[LTP_WARN] = { "TWARN", 4, KTAP_ERROR },
	[LTP_CONF] = { "TCONF", 32, KTAP_SKIP },
};

/* The text behind @word, which a colon follows, perhaps after blanks; NULL if the line is no line of it */
static const char *text_behind(const char *line, const char *word)
{
	const char *at = strstr(line, word);

	if (!at || at == line || at[-1] != ' ')
		return NULL;
	at += strlen(word);
	at += strspn(at, " ");
	if (*at != ':')
		return NULL;
	return at + 1 + strspn(at + 1, " ");
}

bool ltp_read_line(struct ltp *ltp, const char *line)
{
	sscanf(line, "%*[^ ] TINFO: Constraint '%127[^']' not satisfied", ltp->constraint);
	for (size_t i = 0; i < LTP_KINDS; i++) {
		const char *text = text_behind(line, kinds[i].word);

		if (!text)
			continue;
		if (!ltp->count[i]++)
			snprintf(ltp->first[i], sizeof(ltp->first[i]), "%s", text);
		return true;
	}
	return false;
}

/* Return: the kind of line that decides, LTP_KINDS for an exit status that is none of LTP's */
static size_t deciding_kind(int code)
{
	if (code & ~ALL_BITS)
		return LTP_KINDS;
	for (size_t i = LTP_FAIL; i < LTP_KINDS; i++)
		if (code & kinds[i].bit)
			return i;
	return code ? LTP_KINDS : LTP_PASS;
}

enum ktap_outcome ltp_judge(const struct ltp *ltp, int code, char *reason, size_t size)
{
	size_t kind = deciding_kind(code);

	if (kind == LTP_KINDS) {
		snprintf(reason, size, "exit status %d", code);
		return KTAP_FAIL;
	}
	if (kind == LTP_PASS)
		snprintf(reason, size, "%u checks", ltp->count[LTP_PASS]);
	else if (kind == LTP_CONF && *ltp->constraint)
		snprintf(reason, size, "needs a kernel with %s", ltp->constraint);
	else
		snprintf(reason, size, "%s: %s", kinds[kind].word,
			 ltp->count[kind] ? ltp->first[kind] : "the program gives no reason");
	return kinds[kind].outcome;
}
