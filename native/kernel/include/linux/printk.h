/* The kernel's log goes to the sink of the current context: stdout is the user's. */
#ifndef _LINUX_PRINTK_H
#define _LINUX_PRINTK_H

#include <userspace/context.h>

#define pr_info(...) kernel_print(__VA_ARGS__)

#endif
