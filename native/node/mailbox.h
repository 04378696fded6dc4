/*
 * How arguments and results cross the border without N-API values: one ArrayBuffer of 8-byte cells that both sides see.
 * A cell is a double, or, where the bit of its index is set in the WIDE cell, a 64-bit unsigned integer; results are
 * doubles (all that the allocator reports in bytes is a multiple of 4096, and so exact in a double up to 2^64), but for
 * the words of tokens.
 */
#ifndef NODE_MAILBOX_H
#define NODE_MAILBOX_H

#include <cstdint>

enum mailbox_cell {
	MAILBOX_ARGUMENTS = 0,
	MAILBOX_WIDE = 16,
	MAILBOX_STATUS = 17,
	MAILBOX_RESULTS = 18,
	MAILBOX_CELLS = 32,
};

class Mailbox {
public:
	explicit Mailbox(void *memory) : doubles_(static_cast<double *>(memory)) {}

	uint64_t number(unsigned int index) const
	{
		double value = doubles_[MAILBOX_ARGUMENTS + index];

		if (static_cast<unsigned int>(doubles_[MAILBOX_WIDE]) >> index & 1)
			return reinterpret_cast<const uint64_t *>(
				doubles_)[MAILBOX_ARGUMENTS + index];
		return value >= 0 && value < 0x1p64 ? static_cast<uint64_t>(value) : 0;
	}

	uint32_t index(unsigned int index) const { return static_cast<uint32_t>(number(index)); }
	bool flag(unsigned int index) const { return number(index) != 0; }

	void result(unsigned int index, uint64_t value)
	{
		doubles_[MAILBOX_RESULTS + index] = static_cast<double>(value);
	}

	/* A result that is all 64 bits: for these the other side reads a bigint. */
	void word(unsigned int index, uint64_t value)
	{
		reinterpret_cast<uint64_t *>(doubles_)[MAILBOX_RESULTS + index] = value;
	}

	void status(int value) { doubles_[MAILBOX_STATUS] = value; }

private:
	double *doubles_;
};

#endif
