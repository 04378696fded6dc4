/* Notes a BUG or a WARN in the context of the thread that met it. */
#include <linux/bug.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

THREAD_LOCAL struct kernel_context *kernel_current;

/* The first WARN of the process, and what has become of it. */
enum { NO_WARNING, WARNING_IN_WORK, WARNING_NOTED, WARNING_TAKEN };
static _Atomic int first_warning_state;
static struct kernel_fault first_warning;

/* The file's path in the kernel tree: where this machine keeps the tree is nobody's business. */
static const char *path_in_tree(const char *file)
{
	const char *path = file;

	/* The last folder of that name: the tree itself may lie below another. */
	for (const char *rest = file; (rest = strstr(rest, "drivers/")); rest++)
		path = rest;
	return path;
}

_Noreturn void kernel_bug(const char *file, int line, const char *condition)
{
	struct kernel_context *current = kernel_current;

	if (!current || !current->escape)
		abort();

	current->bug = (struct kernel_fault){ path_in_tree(file), condition, line };
	system_longjmp(*current->escape, 1);
}

bool kernel_take_warning(struct kernel_fault *warning)
{
	int expected = WARNING_NOTED;

	if (atomic_load_explicit(&first_warning_state, memory_order_relaxed) != WARNING_NOTED ||
	    !atomic_compare_exchange_strong(&first_warning_state, &expected, WARNING_TAKEN))
		return false;

	*warning = first_warning;
	return true;
}

/* The first one to come here is told. */
static void note_first_warning(const struct kernel_fault *warning)
{
	int expected = NO_WARNING;

	if (!atomic_compare_exchange_strong(&first_warning_state, &expected, WARNING_IN_WORK))
		return;
	first_warning = *warning;
	atomic_store(&first_warning_state, WARNING_NOTED);
}

void kernel_warn(const char *file, int line, const char *condition)
{
	struct kernel_context *current = kernel_current;
	struct kernel_fault warning = { path_in_tree(file), condition, line };

	note_first_warning(&warning);
	if (!current->warnings++)
		current->warning = warning;
}
