/* The kernel's log goes to the sink of the current context: stdout is the user's. */
#ifndef _LINUX_PRINTK_H
#define _LINUX_PRINTK_H

#include <stdatomic.h>
#include <userspace/context.h>

/* A file may define pr_fmt() to put the name of its module before every line. The module is drivers/gpu/buddy.c. */
#define KBUILD_MODNAME "buddy"
#ifndef pr_fmt
#define pr_fmt(format) format
#endif

#define pr_info(format, ...) kernel_print(pr_fmt(format), ##__VA_ARGS__)

/* Prints a line the first time that this place is reached. */
#define pr_warn_once(format, ...)                                                                  \
	do {                                                                                       \
		static atomic_flag is_said = ATOMIC_FLAG_INIT;                                     \
                                                                                                   \
		if (!atomic_flag_test_and_set(&is_said))                                           \
			kernel_print(pr_fmt(format), ##__VA_ARGS__);                               \
	} while (0)

#endif
