/* SPDX-License-Identifier: MIT */
/* What can stand in a line of a trace. */
#ifndef GPU_BUDDY_ORACLE_OPERATIONS_H
#define GPU_BUDDY_ORACLE_OPERATIONS_H

#include <linux/types.h>

#define MAX_FIELDS 6

struct operation_fields {
	u64 numbers[MAX_FIELDS];
	bool start_is_null;
};

struct operation {
	const char *name;
	unsigned int fields; /* after the name */
	int (*carry_out)(const struct operation_fields *fields);
	bool needs_mm;
	bool takes_null_start;
};

/* NULL where there is none of that name. */
const struct operation *oracle_find_operation(const char *name);
/* Writes the result line; an error, instead of one, for what cannot be part of a trace. */
int oracle_carry_out(const struct operation *operation, const struct operation_fields *fields);

#endif
