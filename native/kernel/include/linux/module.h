/* Makes a source file a kernel module: its init function runs once a process, when the library is loaded. */
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H

#include <stdlib.h>

/* The kernel is written for, and built with, -Wall and -Wextra less these two. */
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define __init

#define module_init(function)                                                                      \
	static void __attribute__((constructor)) module_init_at_load(void)                         \
	{                                                                                          \
		if (function())                                                                    \
			abort();                                                                   \
	}                                                                                          \
	_Static_assert(1, "")

/* A module that is compiled in never leaves: the library stays loaded as long as the process (-z nodelete). */
#define module_exit(function)                                                                      \
	static void (*const module_exit_never)(void) __attribute__((unused)) = function

#define MODULE_AUTHOR(text) _Static_assert(sizeof(text) > 0, "")
#define MODULE_DESCRIPTION(text) _Static_assert(sizeof(text) > 0, "")
#define MODULE_LICENSE(text) _Static_assert(sizeof(text) > 0, "")

#endif
