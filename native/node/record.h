/*
 * An operation of native/buddy/run.h as JavaScript writes it down: eight cells, in the mailbox and in batches.
 * lib/records.ts is the other side.
 */
#ifndef NODE_RECORD_H
#define NODE_RECORD_H

#include <cstdint>
#include <cstring>

extern "C" {
#include <buddy/owner.h>
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

struct Record {
	/*
	 * An enum buddy_operation_kind, which takes two bits, and RECORD_ bits; those from the ninth on say which of the numbers
	 * are wide.
	 */
	uint32_t kind;
	/* Of the list. The generation goes with what is freed. */
	uint32_t slot, generation;
	/* Of an allocation: the kernel's flags. Of what is freed: whether it is cleared. */
	uint32_t flags;
	uint32_t allocator_slot, allocator_generation;
	/* size, min block size, start, end, tag */
	double numbers[5];

	uint64_t number(unsigned int index) const
	{
		return NumberIn(&numbers[index], kind >> 8 >> index & 1);
	}
};

#define RECORD_CELLS 8

/* In a batch: the slot of an allocation is one that the batch opens; of what is freed, `slot` is the record of such an allocation. */
#define RECORD_IN_BATCH 4
/* In a batch: an allocation asks for the same as the one before it, but for the size. */
#define RECORD_SAME_REQUEST 8

static_assert(sizeof(Record) == RECORD_CELLS * sizeof(double));

/* The list of something that is to be freed is given up: its slot has a new generation. */
inline void ReadFree(struct buddy_owner &owner, uint32_t slot, uint32_t generation, bool cleared,
		     struct buddy_operation &operation)
{
	operation.kind = BUDDY_FREE;
	operation.list = buddy_owner_give_up(&owner, slot, generation);
	operation.status = operation.list ? BUDDY_OK : BUDDY_FREED;
	operation.cleared = cleared;
}

/* What an allocation asks for, but for the size. */
inline void ReadRequest(const Record &record, struct buddy_request &request)
{
	request.flags = record.flags;
	request.min_block_size = record.number(1);
	request.start = record.number(2);
	request.end = record.number(3);
	request.tag = record.number(4);
}

/* Who is asked, how much is asked for, and where it goes. */
inline void ReadTarget(const Record &record, struct buddy_owner &owner,
		       struct buddy_operation &operation)
{
	operation.allocator =
		buddy_owner_allocator(&owner, record.allocator_slot, record.allocator_generation);
	operation.list = buddy_owner_list_at(&owner, record.slot);
	operation.request.size = record.number(0);
	operation.status = !operation.allocator ? BUDDY_DISPOSED :
			   !operation.list      ? BUDDY_FREED :
						  BUDDY_OK;
}

#endif
