/*
 * Context of a call, which the kernel has by itself and userspace must pass on: whose memory a call takes, where its log
 * goes, how much work it may do, and where a BUG leads. A thread enters the context of one allocator before it calls
 * kernel code and leaves it afterwards; the kernel code runs in whatever context its thread is in.
 */
#ifndef USERSPACE_CONTEXT_H
#define USERSPACE_CONTEXT_H

#include <linux/types.h>
#include <userspace/system.h>

struct arena;

/* Names the place of a BUG_ON or WARN_ON. Strings are literals. */
struct kernel_fault {
	const char *file;
	const char *condition;
	int line;
};

struct kernel_context {
	struct arena *arena;

	/* Set by the guard for the time of a call: a BUG jumps there. */
	jmp_buf *escape;
	struct kernel_fault bug;

	/* How many WARNs there were, and the first of them. */
	u64 warnings;
	struct kernel_fault warning;

	/* Receives each line of the log; NULL drops it. */
	void (*print)(void *reader, const char *line);
	void *print_reader;

	/* Work: steps along lists and trees in this call, and how many it may take. */
	u64 steps;
	u64 step_limit;
	/* The step at which memory was last allocated, see kernel_work_is_spent(). */
	u64 step_of_allocation;
	bool work_spent;

	/* Memory was asked for and not had in this call. */
	bool out_of_memory;
	/* An object that can't be had is a BUG, since the kernel code would go on with freed memory. */
	bool needs_memory;
};

extern THREAD_LOCAL struct kernel_context *kernel_current;

/* Begins a call of kernel code: a fresh count of steps, none of its faults happened yet. `step_limit` 0: no limit. */
static inline void kernel_begin(struct kernel_context *context, u64 step_limit)
{
	context->steps = 0;
	context->step_limit = step_limit ? step_limit : ~0ULL;
	context->step_of_allocation = 0;
	context->work_spent = false;
	context->out_of_memory = false;
}

/* Enters the context for calls that each begin with kernel_begin(). */
static inline void kernel_attach(struct kernel_context *context, jmp_buf *escape)
{
	context->escape = escape;
	kernel_current = context;
}

/* Enters the context for one call. */
static inline void kernel_enter(struct kernel_context *context, jmp_buf *escape, u64 step_limit)
{
	kernel_begin(context, step_limit);
	kernel_attach(context, escape);
}

static inline void kernel_leave(void)
{
	kernel_current->escape = NULL;
	kernel_current = NULL;
}

/*
 * Counts a step and tells whether the call has done all the work that it may. The walks of buddy.c then see the end of
 * their list or tree, fail with -ENOSPC and unwind. It is never told within 128 steps of an allocation of memory: a
 * block that has just been split must first get its halves onto the list.
 */
static inline bool kernel_work_is_spent(void)
{
	struct kernel_context *current = kernel_current;

	if (++current->steps <= current->step_limit ||
	    current->steps - current->step_of_allocation <= 128)
		return false;

	current->work_spent = true;
	return true;
}

_Noreturn void kernel_bug(const char *file, int line, const char *condition);
void kernel_warn(const char *file, int line, const char *condition);
/* The first WARN of the whole process, to whoever asks first after it; false at all other times. */
bool kernel_take_warning(struct kernel_fault *warning);

void kernel_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
