/* The kernel's log: each line goes to the reader that the current context names. */
#include <linux/printk.h>
#include <stdarg.h>
#include <stdio.h>

void kernel_print(const char *format, ...)
{
	struct kernel_context *current = kernel_current;
	char line[256];
	va_list values;

	if (!current->print)
		return;

	va_start(values, format);
	vsnprintf(line, sizeof(line), format, values);
	va_end(values);
	current->print(current->print_reader, line);
}
