/* What becomes of a BUG and of a WARN: notes in the context of the thread that met them. */
#include <linux/bug.h>
#include <stdlib.h>
#include <string.h>

_Thread_local struct kernel_context *kernel_current;

/* The file's path in the kernel tree: where this machine keeps the tree is nobody's business. */
static const char *path_in_tree(const char *file)
{
	const char *place = strstr(file, "drivers/");

	return place ? place : file;
}

_Noreturn void kernel_bug(const char *file, int line, const char *condition)
{
	struct kernel_context *current = kernel_current;

	if (!current || !current->escape)
		abort();

	current->bug = (struct kernel_fault){path_in_tree(file), condition, line};
	_longjmp(*current->escape, 1);
}

void kernel_warn(const char *file, int line, const char *condition)
{
	struct kernel_context *current = kernel_current;

	if (!current->warnings++)
		current->warning = (struct kernel_fault){path_in_tree(file), condition, line};
}
