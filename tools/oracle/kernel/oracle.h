/* SPDX-License-Identifier: MIT */
/* What the files of the replayer share: files of the host, the kernel's log, and the two jobs. */
#ifndef GPU_BUDDY_ORACLE_H
#define GPU_BUDDY_ORACLE_H

#include <linux/compiler.h>
#include <linux/types.h>

/* file.c: one file to read, one to write, both of the host. Functions give 0 or a negative errno. */
int oracle_open_input(const char *name);
int oracle_open_output(const char *name);
/* The next line without its line feed; valid until the next call. 1, or 0 at the end of the file. */
int oracle_read_line(char **line);
void oracle_write(const char *text, size_t length);
__printf(1, 2) void oracle_printf(const char *format, ...);
/* Writes what is left and closes both; gives the first error of any write. */
int oracle_close_files(void);

/* log.c: what the kernel has said since the last look. */
int oracle_log_begin(void);
/*
 * Reads all new records and gives the number of WARNs among them, or a negative errno if any record was lost.
 * `sink`, which may be NULL, gets each record without its line feed.
 */
int oracle_log_read(void (*sink)(const char *text, size_t length));

/* replay.c. An operation on a list or block that is not there ends it, or is skipped. */
int oracle_replay(bool skip_missing, unsigned long *lines);

/* bench.c */
int oracle_bench(void);

#endif
