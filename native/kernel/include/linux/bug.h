/*
 * BUG_ON and WARN_ON. A BUG leaves the kernel code for the guard above it (userspace/context.h) and never comes back;
 * a WARN is an expression that counts and goes on.
 */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <userspace/context.h>

#define BUG_ON(condition)                                                                          \
	do {                                                                                       \
		if (unlikely(condition))                                                           \
			kernel_bug(__FILE__, __LINE__, #condition);                                \
	} while (0)

#define WARN_ON(condition)                                                                         \
	({                                                                                         \
		bool warn_on = !!(condition);                                                      \
		if (unlikely(warn_on))                                                             \
			kernel_warn(__FILE__, __LINE__, #condition);                               \
		warn_on;                                                                           \
	})

#define WARN(condition, text)                                                                      \
	({                                                                                         \
		bool warn_on = !!(condition);                                                      \
		if (unlikely(warn_on))                                                             \
			kernel_warn(__FILE__, __LINE__, text);                                     \
		warn_on;                                                                           \
	})

#endif
