/*
 * Operations as JavaScript writes them down: the allocation in the mailbox, and the records of a batch. lib/native/ is the
 * other side; it learns from layout.c where everything is.
 */
#ifndef BUDDY_RECORD_H
#define BUDDY_RECORD_H

#include <buddy/run.h>
#include <string.h>

/* The account of an allocation. */
struct buddy_account_record {
	/* Its slot in the environment, with 1 added; 0: no account. */
	uint32_t place;
	uint32_t generation;
};

/* An allocation's arguments without its size. */
struct buddy_request_record {
	/* The kernel's flags. */
	uint32_t flags;
	/* A bit for each number that is wide, and BUDDY_REQUEST_EXPLAINS. */
	uint32_t wide;
	double min_block_size, start, end, tag;
	struct buddy_account_record account;
};

#define BUDDY_WIDE_MIN_BLOCK_SIZE 1
#define BUDDY_WIDE_START 2
#define BUDDY_WIDE_END 4
#define BUDDY_WIDE_TAG 8
/* An allocation in the mailbox tells what is free where it finds no space. */
#define BUDDY_REQUEST_EXPLAINS 16

/* The allocation in the mailbox. */
struct buddy_alloc_record {
	/* The slot of the guard, or of the pool. */
	uint32_t slot;
	uint32_t is_size_wide;
	double size;
	uint32_t allocator_slot, allocator_generation;
	struct buddy_request_record request;
};

/* The kind of a record, in two bits. */
#define BUDDY_RECORD_KIND 3
#define BUDDY_RECORD_ALLOC 0
#define BUDDY_RECORD_ALLOC_RAW 1
#define BUDDY_RECORD_FREE 2
/* The list of an allocation is the batch's; of what is freed, `slot` is the record of such an allocation. */
#define BUDDY_RECORD_IN_BATCH 4
/* The size of an allocation is wide. */
#define BUDDY_RECORD_WIDE 8
/* Frees as cleared. */
#define BUDDY_RECORD_CLEARED 16

/* An operation of a batch. */
struct buddy_record {
	uint32_t what;
	/* The slot of a guard. */
	uint32_t slot;
	union {
		/* The number of an allocation's request in the batch. */
		uint32_t request;
		/* The low bits of that of what is freed; or BUDDY_ANY_GENERATION. */
		uint32_t generation;
	};
	uint32_t unused;
	double size;
};

static inline bool buddy_record_frees(const struct buddy_record *record)
{
	return (record->what & BUDDY_RECORD_KIND) == BUDDY_RECORD_FREE;
}

/* Reads a byte count or an address: a double as long as that is exact, a 64-bit integer (wide) above. */
static inline uint64_t buddy_number_in(const double *cell, bool wide)
{
	uint64_t word;

	if (wide) {
		memcpy(&word, cell, sizeof(word));
		return word;
	}
	return *cell >= 0 && *cell < 0x1p64 ? (uint64_t)*cell : 0;
}

/* Reads what an allocation asks for, but for the account. */
static inline void buddy_read_request(const struct buddy_request_record *record, uint64_t size,
				      struct buddy_prepared *prepared)
{
	struct buddy_request *request = &prepared->request;

	prepared->is_known = false;
	prepared->size = size;
	request->size = size;
	request->flags = record->flags;
	request->min_block_size =
		buddy_number_in(&record->min_block_size, record->wide & BUDDY_WIDE_MIN_BLOCK_SIZE);
	request->start = buddy_number_in(&record->start, record->wide & BUDDY_WIDE_START);
	request->end = buddy_number_in(&record->end, record->wide & BUDDY_WIDE_END);
	request->tag = buddy_number_in(&record->tag, record->wide & BUDDY_WIDE_TAG);
	request->account = 0;
}

#endif
