/* SPDX-License-Identifier: GPL-2.0-only */
/* Topics about the command pincheck: a case has a stage, and a command that it runs. */
#ifndef PINCHECK_SELFTESTS_CLI_SUITE_H
#define PINCHECK_SELFTESTS_CLI_SUITE_H

#include "suite.h"
#include "command.h"
#include "stage.h"

/** CLI_TOPIC() - the fixture of such a topic */
#define CLI_TOPIC(topic)									\
	FIXTURE(topic)										\
	{											\
		struct stage stage;								\
		struct command command;								\
	};											\
												\
	SUITE_PREPARE										\
	{											\
		command_prepare();								\
	}											\
												\
	FIXTURE_SETUP(topic)									\
	{											\
		SUITE_NEEDS(NEEDS_SIGNALFD);							\
		ASSERT_STAGE_OPEN(&self->stage);						\
	}											\
												\
	STAGE_TEARDOWN(topic)

/** struct place - a process, and the address of the stage's memory, as arguments */
struct place {
	char pid[16];
	char address[32];
};

static inline struct place place_in(pid_t process, const struct stage *stage)
{
	struct place place;

	snprintf(place.pid, sizeof(place.pid), "%d", process);
	snprintf(place.address, sizeof(place.address), "%p", (void *)stage->memory);
	return place;
}

#endif
