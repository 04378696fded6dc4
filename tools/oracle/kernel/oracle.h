/* SPDX-License-Identifier: MIT */
/* Shared by the files of the replayer: files of the host, the kernel's log, and the two jobs. */
#ifndef GPU_BUDDY_ORACLE_H
#define GPU_BUDDY_ORACLE_H

#include <linux/compiler.h>
#include <linux/types.h>

/* file.c: the files `trace` and `result` in a folder of the host. Functions give 0 or a negative errno. */
int oracle_open_folder(char *folder);
int oracle_open_trace(void);
/* The next line without its line feed, or NULL at the end. */
char *oracle_read_line(void);
void oracle_write(const char *text, size_t length);
__printf(1, 2) void oracle_printf(const char *format, ...);
/* Makes sure that the host has it all; gives the first error of any write. */
int oracle_close_folder(void);

/* log.c: what the kernel has said since the last look. */
int oracle_log_begin(void);
/*
 * Reads all new records and gives the number of WARNs among them, or a negative errno if any record was lost.
 * `sink`, which may be NULL, gets each record without its line feed.
 */
int oracle_log_read(void (*sink)(const char *text, size_t length));

/* replay.c. What is about a list or block that is not there is skipped; what cannot be part of a trace ends it. */
int oracle_replay(unsigned long *lines);

/* bench.c */
int oracle_bench(void);

#endif
