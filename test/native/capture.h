/* Captures what a piece of code does to the whole process: its text on stdout, and whether it aborts. No tests here. */
#ifndef TEST_CAPTURE_H
#define TEST_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

/* The number of bytes that `body` writes to stdout. */
long bytes_written_to_stdout(void (*body)(void));

/* Runs `body` in a process of its own. */
bool aborts(void (*body)(void));

#endif
