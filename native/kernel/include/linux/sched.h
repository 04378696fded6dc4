/* Userspace is preempted anyway: there is nothing to give way to. */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <linux/bug.h>
#include <linux/lockdep.h>
#include <linux/printk.h>

static inline void cond_resched(void) {}

#endif
