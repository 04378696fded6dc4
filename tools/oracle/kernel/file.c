// SPDX-License-Identifier: MIT
/* Reads one file of the host and writes another, in a folder that is mounted by User-Mode Linux's hostfs. */
#include "oracle.h"

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/init_syscalls.h>
#include <linux/kernel.h>
#include <linux/kernel_read_file.h>
#include <linux/limits.h>
#include <linux/stdarg.h>
#include <linux/string.h>

static char *input; /* the rest that has not been read */
static struct file *output;
static loff_t written;
static int output_error;

int __init oracle_open_folder(char *folder)
{
	int error = init_mkdir("/host", 0755) ?: init_mount("none", "/host", "hostfs", 0, folder);

	if (error)
		return error;
	output = filp_open("/host/result", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	return PTR_ERR_OR_ZERO(output);
}

int oracle_open_trace(void)
{
	void *text = NULL;
	ssize_t size =
		kernel_read_file_from_path("/host/trace", 0, &text, INT_MAX, NULL, READING_UNKNOWN);

	if (size < 0)
		return size;
	input = text;
	if (input[size - 1] != '\n')
		return -ENODATA; /* the last line has no end */
	input[size - 1] = '\0';
	return 0;
}

char *oracle_read_line(void)
{
	return strsep(&input, "\n");
}

void oracle_write(const char *text, size_t length)
{
	ssize_t count = kernel_write(output, text, length, &written);

	if (count != length && !output_error)
		output_error = count < 0 ? count : -EIO;
}

void oracle_printf(const char *format, ...)
{
	char text[128];
	va_list arguments;

	va_start(arguments, format);
	oracle_write(text, vscnprintf(text, sizeof(text), format, arguments));
	va_end(arguments);
}

int oracle_close_folder(void)
{
	return output_error ?: vfs_fsync(output, 0);
}
