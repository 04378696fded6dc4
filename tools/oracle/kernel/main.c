// SPDX-License-Identifier: MIT
/*
 * Runs at the end of the kernel's start, if the command line asks for it, and powers the kernel off:
 *
 *	gpu_buddy_oracle.trace=FILE gpu_buddy_oracle.result=FILE	replays the trace
 *	gpu_buddy_oracle.skip_missing=1					and passes over what it cannot do
 *	gpu_buddy_oracle.bench=FILE					measures
 *
 * The files are the host's. How it went is the last line of its log that begins with "gpu-buddy-oracle: ".
 */
#include "oracle.h"

#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/reboot.h>

static char *trace;
module_param(trace, charp, 0);
static char *result;
module_param(result, charp, 0);
static bool skip_missing;
module_param(skip_missing, bool, 0);
static char *bench;
module_param(bench, charp, 0);

static void finish(int error, unsigned long lines)
{
	error = oracle_close_files() ?: error;
	if (error)
		pr_err("gpu-buddy-oracle: failed after line %lu: error %d\n", lines, error);
	else
		pr_notice("gpu-buddy-oracle: done: %lu lines\n", lines);
	kernel_power_off();
}

static int __init start(void)
{
	unsigned long lines = 0;
	int error;

	if (trace && result) {
		error = oracle_open_input(trace)           ?:
				oracle_open_output(result) ?:
							     oracle_log_begin();
		if (!error)
			error = oracle_replay(skip_missing, &lines);
		finish(error, lines);
	} else if (bench) {
		finish(oracle_open_output(bench) ?: oracle_bench(), 0);
	}
	return 0;
}
late_initcall(start);
