/* The numbers that JavaScript needs to talk with this library, by name: lib/native/addon.ts reads them when it is loaded. */
#ifndef BUDDY_LAYOUT_H
#define BUDDY_LAYOUT_H

#include <stddef.h>

struct buddy_layout_entry {
	const char *name;
	int number;
};

extern const struct buddy_layout_entry buddy_layout[];
extern const size_t buddy_layout_length;

#endif
