/* Declares the inside of an allocator, for the files of this folder only. */
#ifndef BUDDY_ALLOCATOR_H
#define BUDDY_ALLOCATOR_H

#include <buddy/counters.h>
#include <buddy/directory.h>
#include <buddy/run.h>
#include <buddy/slots.h>
#include <interface.h>
#include <linux/mutex.h>
#include <string.h>
#include <userspace/arena.h>

/* Bits of `extras`: features that few allocators use. */
#define BUDDY_HAS_WAITERS 1U
#define BUDDY_HAS_ACCOUNTS 2U
#define BUDDY_IS_JOURNALED 4U

/* Lists that are parked here, in chains by their tickets: see parking.c. */
struct buddy_parking {
	struct buddy_parked **chains;
	/* Number of chains: a power of two, or 0 before the first list. */
	size_t chain_count;
	size_t count;
};

struct buddy_allocator {
	/* Guards all members below. See buddy_lock(). */
	struct mutex lock;
	/* Handles, and parked lists without a giver: the last one to go destroys the allocator. */
	u64 references;
	/* The kernel code met a BUG: what it left behind is never touched again. */
	bool poisoned;
	/* BUDDY_HAS_ bits: operations test them all at once, and do what they ask for elsewhere. */
	unsigned int extras;
	/* See buddy_epoch(). */
	u64 epoch;
	struct buddy_counters counters;
	/* The observer that is told of the counters. */
	const void *observer;
	struct buddy_waiter *waiters;
	/* See journal.h; one that was stopped is kept until another one begins. */
	struct buddy_journal *journal;
	/* Counts refusals for want of bytes: see buddy_run_note_shortage(). */
	u64 shortages;
	unsigned int account_count;
	/* Bytes that accounts reserve, and do not use, in the caller's unit. */
	u64 promised;
	u64 step_limit;
	u64 base_offset;
	char name[BUDDY_NAME_BYTES + 1];
	/* Shifted to the left by this, the caller's bytes are the kernel's. */
	unsigned int scale;
	/* Shifted to the right by this, the kernel's bytes are chunks. */
	unsigned int chunk_shift;
	struct buddy_directory_entry directory;
	struct kernel_context context;
	struct arena arena;
	/* The IDs of owners that are in use: see buddy_open_owner(). */
	struct slots owners;
	/* Accounts by number, less 1: see account.h. */
	struct slots accounts;
	struct buddy_parking parking;
	struct gpu_buddy mm;
};

/*
 * Whether another thread may have a way to the allocator: there is none but the directory. What nobody else can reach needs
 * no lock; the kernel code, where it checks, wants to see one all the same.
 */
static inline bool buddy_needs_lock(const struct buddy_allocator *allocator)
{
#ifdef CONFIG_LOCKDEP
	(void)allocator;
	return true;
#else
	return allocator->directory.listed;
#endif
}

static inline void buddy_lock(struct buddy_allocator *allocator)
{
	if (buddy_needs_lock(allocator))
		mutex_lock(&allocator->lock);
}

static inline void buddy_unlock(struct buddy_allocator *allocator)
{
	if (buddy_needs_lock(allocator))
		mutex_unlock(&allocator->lock);
}

/* Wakes all waiters, in a run. */
void buddy_run_wake(struct buddy_allocator *allocator);

/* Notes that memory becomes free in this run. */
static inline void buddy_run_note_free(struct buddy_allocator *allocator)
{
	allocator->epoch++;
	if (unlikely(allocator->extras))
		buddy_run_wake(allocator);
}

/* Counts an allocation that failed, whose request is in the kernel's unit. */
void buddy_run_count_failure(struct buddy_allocator *allocator, enum buddy_status status,
			     const struct buddy_request *asked);

/* buddy_room(), in a run. */
struct buddy_room buddy_run_room(const struct buddy_allocator *allocator);

/*
 * Counts a refusal for want of bytes, in a run; gives the status. The bytes may be those of others' allocations that are taken
 * back: that counts as a free then.
 */
static inline enum buddy_status buddy_run_note_shortage(struct buddy_allocator *allocator,
							enum buddy_status status)
{
	if (unlikely(status) && (buddy_is_shortage(status) || status == BUDDY_BLOCK_NOT_FREE ||
				 status == BUDDY_RESERVED_NOT_FREE))
		allocator->shortages++;
	return status;
}

/* buddy_run() of one call of kernel code, without a limit of steps: for all that is no operation of run.h. */
enum buddy_status buddy_call(struct buddy_allocator *allocator, buddy_body body, void *arguments);

/* Translates a negative errno of the kernel's code into a status, by what happened to memory and work in this call. */
enum buddy_status buddy_status_of(const struct buddy_allocator *allocator, int error);

static inline bool buddy_is_allocated(const struct gpu_buddy_block *block)
{
	return (block->header & GPU_BUDDY_HEADER_STATE) == GPU_BUDDY_ALLOCATED;
}

static inline bool buddy_is_split(const struct gpu_buddy_block *block)
{
	return (block->header & GPU_BUDDY_HEADER_STATE) == GPU_BUDDY_SPLIT;
}

/* Sums up the numbers of free and of used blocks of all orders. */
static inline void buddy_count_blocks(const struct gpu_buddy *mm, u64 *free, u64 *used)
{
	uint64_t free_blocks[BUDDY_MAX_ORDERS], used_blocks[BUDDY_MAX_ORDERS];

	linux_count_blocks(mm, free_blocks, used_blocks);
	*free = *used = 0;
	for (unsigned int order = 0; order <= mm->max_order; order++) {
		*free += free_blocks[order];
		*used += used_blocks[order];
	}
}

/* The blocks of an allocator that are not split, in the order of their addresses. */
struct buddy_leaves {
	/* The next root. */
	unsigned int root;
	unsigned int depth;
	/* The right halves that are still to come: one of each order at the most. */
	struct gpu_buddy_block *waiting[BUDDY_MAX_ORDERS + 1];
};

/* The waiting blocks are not initialised: they are written before they are read. */
static inline void buddy_begin_leaves(struct buddy_leaves *leaves)
{
	leaves->root = 0;
	leaves->depth = 0;
}

/* Gives the next one; NULL after the last. */
static inline struct gpu_buddy_block *buddy_next_leaf(const struct gpu_buddy *mm,
						      struct buddy_leaves *leaves)
{
	struct gpu_buddy_block *block;

	if (leaves->depth)
		block = leaves->waiting[--leaves->depth];
	else if (leaves->root < mm->n_roots)
		block = mm->roots[leaves->root++];
	else
		return NULL;
	for (; buddy_is_split(block); block = block->left) {
		/* Fetches them ahead, since they lie scattered in memory. */
		__builtin_prefetch(block->right);
		leaves->waiting[leaves->depth++] = block->right;
	}
	return block;
}

/* The bits of a block's `private` that are its tag. Those above are the number of its account. */
#define BUDDY_TAG_BITS 53
#define BUDDY_TAG_MASK ((1ULL << BUDDY_TAG_BITS) - 1)

static inline void *buddy_label(u64 tag, u32 account)
{
	return (void *)(uintptr_t)((u64)account << BUDDY_TAG_BITS | (tag & BUDDY_TAG_MASK));
}

/* A free block still has the tag of its last owner. */
static inline u64 buddy_tag_of(const struct gpu_buddy_block *block)
{
	return buddy_is_allocated(block) ? (uintptr_t)block->private & BUDDY_TAG_MASK : 0;
}

/* The account in a label. */
static inline u32 buddy_account_in(const void *label)
{
	return (u32)((u64)(uintptr_t)label >> BUDDY_TAG_BITS);
}

/* The account of an allocated block; that of a list, whose blocks all have the same: none where there is no block. */
static inline u32 buddy_account_of(const struct gpu_buddy_block *block)
{
	return block ? buddy_account_in(block->private) : 0;
}

void buddy_accounts_init(struct buddy_allocator *allocator);

/*
 * Whether an account may take so many of the free bytes, both in the kernel's unit. Like the others below, in a run, and for any
 * account or none.
 */
enum buddy_status buddy_run_admit(const struct buddy_allocator *allocator, u32 account, u64 avail,
				  u64 bytes);
/* Charges what has been taken, or freed, since so many bytes were free. Afterwards the account may be gone. */
void buddy_run_settle(struct buddy_allocator *allocator, u32 account, u64 avail);
/* The same, unless the account may not take it: then the caller gives it back. */
enum buddy_status buddy_run_charge(struct buddy_allocator *allocator, u32 account, u64 avail);

/* The number by which other threads find an account; all zero for none. */
struct buddy_token buddy_run_account_token(const struct buddy_allocator *allocator, u32 account);

/* Frees all that is parked, in the last run of an allocator; of a poisoned one, only what it takes to remember it. */
void buddy_run_free_all_parked(struct buddy_allocator *allocator);
void buddy_parking_destroy(struct buddy_parking *parking);

/* Converts from the caller's unit to the kernel's. The address must lie within the space, or at its end. */
static inline u64 buddy_to_kernel(const struct buddy_allocator *allocator, u64 bytes)
{
	return bytes << allocator->scale;
}

static inline u64 buddy_from_kernel(const struct buddy_allocator *allocator, u64 bytes)
{
	return bytes >> allocator->scale;
}

/* Bytes of the space, and of a chunk, in the caller's unit. */
static inline u64 buddy_size(const struct buddy_allocator *allocator)
{
	return buddy_from_kernel(allocator, allocator->mm.size);
}

static inline u64 buddy_chunk_size(const struct buddy_allocator *allocator)
{
	return buddy_from_kernel(allocator, allocator->mm.chunk_size);
}

static inline u64 buddy_offset_of(const struct buddy_allocator *allocator,
				  const struct gpu_buddy_block *block)
{
	return buddy_from_kernel(allocator, gpu_buddy_block_offset(block));
}

static inline void buddy_describe(const struct buddy_allocator *allocator,
				  struct gpu_buddy_block *block, struct buddy_block_info *info)
{
	info->offset = buddy_offset_of(allocator, block);
	info->tag = buddy_tag_of(block);
	info->order = gpu_buddy_block_order(block);
	info->allocated = buddy_is_allocated(block);
	info->clear = gpu_buddy_block_is_clear(block);
}

static inline enum buddy_status buddy_check_range(const struct buddy_allocator *allocator,
						  u64 start, u64 end)
{
	if (start >= end)
		return BUDDY_RANGE_EMPTY;
	return end > buddy_size(allocator) ? BUDDY_RANGE_BEYOND_SPACE : BUDDY_OK;
}

/* Writes a cell of a column. */
static inline void buddy_write_cell(uint64_t *cell, u64 value, bool as_double)
{
	double number = (double)value;

	if (as_double)
		memcpy(cell, &number, sizeof(number));
	else
		*cell = value;
}

/* Fills in row `index` of the columns. */
static inline void buddy_copy_block(const struct buddy_allocator *allocator,
				    const struct buddy_columns *columns, u64 index,
				    struct gpu_buddy_block *block)
{
	buddy_write_cell(&columns->offsets[index],
			 columns->base_offset + buddy_offset_of(allocator, block),
			 columns->as_doubles);
	columns->orders[index] = (u8)gpu_buddy_block_order(block);
	columns->states[index] = (buddy_is_allocated(block) ? BUDDY_STATE_ALLOCATED : 0) |
				 (gpu_buddy_block_is_clear(block) ? BUDDY_STATE_CLEAR : 0);
	columns->tags[index] = (double)buddy_tag_of(block);
}

#endif
