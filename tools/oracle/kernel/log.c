// SPDX-License-Identifier: MIT
/*
 * Reads the kernel's log record by record, each exactly once: records are numbered, so a lost one shows. That is how
 * lines that the allocator prints, and its WARNs, reach the results.
 */
#include "oracle.h"

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/kmsg_dump.h>
#include <linux/printk.h>
#include <linux/string.h>

static struct kmsg_dump_iter position;
static char record[4096];

int oracle_log_read(void (*sink)(const char *text, size_t length))
{
	int warnings = 0;

	for (;;) {
		u64 expected = position.cur_seq;
		size_t length;

		if (!kmsg_dump_get_line(&position, false, record, sizeof(record) - 1, &length))
			return warnings;
		if (position.cur_seq != expected + 1)
			return -EOVERFLOW;
		if (length > 0 && record[length - 1] == '\n')
			length--;
		record[length] = '\0';
		if (strstarts(record, "WARNING: "))
			warnings++;
		if (sink)
			sink(record, length);
	}
}

/* Also makes sure that a WARN is noticed, whatever this kernel's WARNs look like. */
int oracle_log_begin(void)
{
	int warnings;

	kmsg_dump_rewind(&position);
	warnings = oracle_log_read(NULL);
	if (warnings < 0)
		return warnings;
	WARN(true, "gpu-buddy-oracle: no fault, but a test of how WARNs are counted\n");
	return oracle_log_read(NULL) == 1 ? 0 : -EPROTO;
}
