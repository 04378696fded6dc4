/*
 * A byte string as a source of decisions: whatever the bytes, the decision is a valid one, and a string that has come to
 * its end says 0 for ever. Numbers lean towards those that mean something to an allocator. No tests here.
 */
#ifndef TEST_INPUT_H
#define TEST_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input {
	const uint8_t *bytes;
	size_t size;
	size_t at;
};

bool input_ended(const struct input *input);

uint8_t input_byte(struct input *input);

/* Any number of this many bytes. */
uint64_t input_bytes(struct input *input, unsigned int count);

/* A number below the limit, which is from 1 to 256. */
unsigned int input_below(struct input *input, unsigned int limit);

/* Numbers near which the interesting arguments lie. */
struct landmarks {
	uint64_t size;
	uint64_t chunk_size;
	/* Start and length of a block. */
	uint64_t offset;
	uint64_t block_size;
};

/* Any number, most often a multiple of the chunk size within the space, a power of two, or one near a landmark or an end. */
uint64_t input_number(struct input *input, const struct landmarks *landmarks);

/* The same, most often a power of two of at least a chunk. */
uint64_t input_power(struct input *input, const struct landmarks *landmarks);

#endif
