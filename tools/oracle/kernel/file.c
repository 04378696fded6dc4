// SPDX-License-Identifier: MIT
/* Reads lines from a file of the host and writes text to another, through User-Mode Linux's own calls. */
#include "oracle.h"

#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include <os.h>

/* Static, so that they lie in memory that the host's calls can reach. */
static char input[1 << 20];
static char output[1 << 20];

static int input_fd = -1;
static size_t input_start, input_end;
static int output_fd = -1;
static size_t output_length;
static int output_error;

int oracle_open_input(const char *name)
{
	input_fd = os_open_file(name, of_read(OPENFLAGS()), 0);
	return min(input_fd, 0);
}

int oracle_open_output(const char *name)
{
	output_fd = os_open_file(name, of_trunc(of_create(of_write(OPENFLAGS()))), 0644);
	return min(output_fd, 0);
}

/* Gives the number of bytes that came in. */
static int fill_input(void)
{
	int count;

	memmove(input, input + input_start, input_end - input_start);
	input_end -= input_start;
	input_start = 0;
	if (input_end == sizeof(input))
		return -E2BIG;
	do
		count = os_read_file(input_fd, input + input_end, sizeof(input) - input_end);
	while (count == -EINTR);
	if (count > 0)
		input_end += count;
	return count;
}

int oracle_read_line(char **line)
{
	size_t seen = 0;

	for (;;) {
		char *start = input + input_start;
		char *end = memchr(start + seen, '\n', input_end - input_start - seen);
		int count;

		if (end) {
			*end = '\0';
			*line = start;
			input_start = end + 1 - input;
			return 1;
		}
		seen = input_end - input_start;
		count = fill_input();
		if (count < 0)
			return count;
		if (count == 0)
			return seen == 0 ? 0 : -ENODATA; /* the last line has no end */
	}
}

static void flush_output(void)
{
	size_t done = 0;

	while (done < output_length && !output_error) {
		int count = os_write_file(output_fd, output + done, output_length - done);

		if (count > 0)
			done += count;
		else if (count != -EINTR)
			output_error = count ?: -EIO;
	}
	output_length = 0;
}

void oracle_write(const char *text, size_t length)
{
	while (length > 0) {
		size_t part = min(length, sizeof(output) - output_length);

		memcpy(output + output_length, text, part);
		output_length += part;
		text += part;
		length -= part;
		if (output_length == sizeof(output))
			flush_output();
	}
}

void oracle_printf(const char *format, ...)
{
	char text[128];
	va_list arguments;

	va_start(arguments, format);
	oracle_write(text, vscnprintf(text, sizeof(text), format, arguments));
	va_end(arguments);
}

int oracle_close_files(void)
{
	flush_output();
	if (output_fd >= 0)
		os_close_file(output_fd);
	if (input_fd >= 0)
		os_close_file(input_fd);
	return output_error;
}
