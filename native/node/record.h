/*
 * Operations as JavaScript writes them down: the allocation in the mailbox, and the records of a batch. lib/records.ts is
 * the other side.
 */
#ifndef NODE_RECORD_H
#define NODE_RECORD_H

#include <cstdint>
#include <cstring>

extern "C" {
#include <buddy/owner.h>
#include <buddy/queue.h>
#include <buddy/run.h>
}

/* Byte counts and addresses come as doubles as long as these are exact, as 64-bit integers (wide) above. */
inline uint64_t NumberIn(const double *cell, bool wide)
{
	uint64_t word;

	if (wide) {
		memcpy(&word, cell, sizeof(word));
		return word;
	}
	return *cell >= 0 && *cell < 0x1p64 ? static_cast<uint64_t>(*cell) : 0;
}

/* What an allocation asks for, but for the size. */
struct RequestRecord {
	/* The kernel's flags; a bit for each number that is wide, and EXPLAINS. */
	uint32_t flags, wide;
	/* min block size, start, end, tag */
	double numbers[4];

	/* An allocation in the mailbox tells what is free where it finds no space. */
	static constexpr uint32_t EXPLAINS = 16;

	bool explains() const { return wide & EXPLAINS; }

	/* All but the size. */
	void Read(struct buddy_prepared &prepared) const
	{
		struct buddy_request &request = prepared.request;

		prepared.is_known = false;
		request.flags = flags;
		request.min_block_size = number(0);
		request.start = number(1);
		request.end = number(2);
		request.tag = number(3);
	}

private:
	uint64_t number(unsigned int index) const
	{
		return NumberIn(&numbers[index], wide >> index & 1);
	}
};

/* The allocation in the mailbox. */
struct AllocRecord {
	/* Of the guard, or of the pool. */
	uint32_t slot;
	uint32_t is_size_wide;
	double size;
	uint32_t allocator_slot, allocator_generation;
	RequestRecord request;
};

/* What a record of a batch is, in two bits. */
enum record_kind {
	RECORD_ALLOC,
	RECORD_ALLOC_RAW,
	RECORD_FREE,
};

/* The list of an allocation is the batch's; of what is freed, `slot` is the record of such an allocation. */
#define RECORD_IN_BATCH 4
/* Of an allocation: its size is wide. */
#define RECORD_WIDE 8
/* What is freed is cleared. */
#define RECORD_CLEARED 16

struct Record {
	uint32_t what;
	/* Of a guard. */
	uint32_t slot;
	union {
		/* Of an allocation: the number of its request in the batch. */
		uint32_t request;
		/* The low bits of that of what is freed; or BUDDY_ANY_GENERATION. */
		uint32_t generation;
	};
	uint32_t unused;
	double size;

	bool frees() const { return (what & 3) == RECORD_FREE; }
};

#define REQUEST_CELLS 5
#define ALLOC_CELLS 8
#define RECORD_CELLS 3

static_assert(sizeof(RequestRecord) == REQUEST_CELLS * sizeof(double));
static_assert(sizeof(AllocRecord) == ALLOC_CELLS * sizeof(double));
static_assert(sizeof(Record) == RECORD_CELLS * sizeof(double));

inline void SetSize(struct buddy_prepared &prepared, uint64_t size)
{
	if (size == prepared.request.size)
		return;
	prepared.request.size = size;
	prepared.is_known = false;
}

#endif
