/* A byte string as a source of decisions, see input.h. */
#include "input.h"

bool input_ended(const struct input *input)
{
	return input->at >= input->size;
}

uint8_t input_byte(struct input *input)
{
	return input_ended(input) ? 0 : input->bytes[input->at++];
}

uint64_t input_bytes(struct input *input, unsigned int count)
{
	uint64_t number = 0;

	for (unsigned int i = 0; i < count; i++)
		number |= (uint64_t)input_byte(input) << (8 * i);
	return number;
}

unsigned int input_below(struct input *input, unsigned int limit)
{
	return input_byte(input) % limit;
}

/* Up to two chunks above or below. */
static uint64_t near(struct input *input, uint64_t number, uint64_t unit)
{
	return number + unit * (uint64_t)((int)input_below(input, 5) - 2);
}

uint64_t input_number(struct input *input, const struct landmarks *landmarks)
{
	uint64_t chunk_size = landmarks->chunk_size;

	switch (input_below(input, 16)) {
	case 0:
	case 1:
	case 2:
		return chunk_size * input_byte(input);
	case 3:
	case 4:
		return chunk_size * (1 + input_below(input, 16));
	case 5:
		return chunk_size * input_bytes(input, 2);
	case 6:
	case 7:
		/* A number of 256ths of the space. */
		return (landmarks->size >> 8) / chunk_size * chunk_size * input_byte(input);
	case 8:
		return near(input, landmarks->size, chunk_size);
	case 9:
	case 10:
		return near(input, landmarks->offset, chunk_size);
	case 11:
		return near(input, landmarks->block_size, chunk_size);
	case 12:
		return near(input, 1ULL << input_below(input, 64), chunk_size);
	case 13:
		return near(input, 0, 1);
	case 14:
		return near(input, landmarks->size, 1);
	default:
		return input_bytes(input, 8);
	}
}

uint64_t input_power(struct input *input, const struct landmarks *landmarks)
{
	unsigned int choice = input_below(input, 16);

	if (choice < 8)
		return landmarks->chunk_size;
	if (choice < 14)
		return landmarks->chunk_size << input_below(input, 8);
	if (choice == 14)
		return 1ULL << input_below(input, 64);
	return input_number(input, landmarks);
}
