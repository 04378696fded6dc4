/* Injects faults on demand, in test builds only, so that their consequences can be tested. */
#ifndef BUDDY_FAULTS_H
#define BUDDY_FAULTS_H

#include <buddy/buddy.h>

/* The faults that JavaScript can ask for. */
enum buddy_injection {
	BUDDY_INJECT_BUG,
	BUDDY_INJECT_WARNING,
	BUDDY_INJECT_FAILURE,
};

#ifdef GPU_BUDDY_FAULT_INJECTION

/* Meets a BUG_ON, or a WARN_ON, as kernel code would. */
enum buddy_status buddy_inject_bug(struct buddy_allocator *allocator);
enum buddy_status buddy_inject_warning(struct buddy_allocator *allocator);

/* The nth allocation of native memory from now on fails; with `from_then_on`, every one after it too. 0: none. */
void buddy_inject_failure(struct buddy_allocator *allocator, uint64_t nth, bool from_then_on);

#endif
#endif
