/*
 * Gives Windows the kernel's `long`, in which buddy.c counts chunks: 64 bits. The compiler includes this file before each C file
 * (-include). The system's headers come first and keep the long that they mean; in all that follows, long is long long. A header of
 * the system that is missing here and spells `long long` does not compile; suffixes of numbers are not changed, so that a constant
 * is written without UL (test/addon/windows.test.ts).
 */
#ifndef SYSTEM_LP64_H
#define SYSTEM_LP64_H

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* These are still the system's. */
#pragma GCC poison LONG_MAX LONG_MIN ULONG_MAX

#define long long long

#endif
