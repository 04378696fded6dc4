// SPDX-License-Identifier: MIT
/* Reads a trace line by line and has each operation carried out. */
#include "operations.h"
#include "oracle.h"

#include <linux/errno.h>
#include <linux/kstrtox.h>
#include <linux/sched.h>
#include <linux/string.h>

/* In place of an answer. A comment, so that it can stand in a trace in the operation's place. */
#define SKIPPED "# skipped: what it is about is not there\n"

/* The START of a trim may be "-". */
static int parse_fields(char *rest, const struct operation *operation,
			struct operation_fields *fields)
{
	fields->start_is_null = false;
	for (unsigned int i = 0; i < operation->fields; i++) {
		char *field = strsep(&rest, " ");

		if (!field)
			return -EINVAL;
		if (operation->takes_null_start && i == 1 && !strcmp(field, "-"))
			fields->start_is_null = true;
		else if (kstrtou64(field, 0, &fields->numbers[i]))
			return -EINVAL;
	}
	return rest ? -EINVAL : 0;
}

static int replay_line(char *line)
{
	const struct operation *operation;
	struct operation_fields fields = {};

	if (line[0] == '#') {
		oracle_write(line, strlen(line));
		oracle_write("\n", 1);
		return 0;
	}
	operation = oracle_find_operation(strsep(&line, " "));
	if (!operation)
		return -EINVAL;
	return parse_fields(line, operation, &fields) ?: oracle_carry_out(operation, &fields);
}

int oracle_replay(bool skip_missing, unsigned long *lines)
{
	char *line;
	int error;

	for (;;) {
		error = oracle_read_line(&line);
		if (error <= 0)
			return error;
		++*lines;
		error = replay_line(line);
		if (error == -ENOENT && skip_missing) {
			oracle_printf(SKIPPED);
			continue;
		}
		if (error)
			return error;
		cond_resched();
	}
}
