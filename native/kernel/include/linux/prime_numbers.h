/* Included by the kernel's tests, which use nothing of it. */
