// SPDX-License-Identifier: MIT
/*
 * Runs at the end of the kernel's start, if the command line asks for it, and powers the kernel off:
 *
 *	gpu_buddy_oracle.folder=DIR				replays DIR/trace
 *	gpu_buddy_oracle.folder=DIR gpu_buddy_oracle.bench=1	measures
 *
 * The folder is the host's, and DIR/result is written. How it went is the last line of the log that begins with
 * "gpu-buddy-oracle: ".
 */
#include "oracle.h"

#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/reboot.h>

static char *folder;
module_param(folder, charp, 0);
static bool bench;
module_param(bench, bool, 0);

static int __init start(void)
{
	unsigned long lines = 0;
	int error;

	if (!folder)
		return 0;
	error = oracle_open_folder(folder);
	if (!error && bench)
		error = oracle_bench();
	else if (!error)
		error = oracle_open_trace() ?: oracle_log_begin() ?: oracle_replay(&lines);
	error = error ?: oracle_close_folder();
	if (error)
		pr_err("gpu-buddy-oracle: failed after line %lu: error %d\n", lines, error);
	else
		pr_notice("gpu-buddy-oracle: done: %lu lines\n", lines);
	kernel_power_off();
	return 0;
}
late_initcall(start);
