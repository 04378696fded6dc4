/*
 * The safe allocator: struct gpu_buddy with a lock, a reference count, memory of its own and owned lists of blocks.
 * Whatever the arguments, a call ends with a status, and after any but BUDDY_OK the allocator is as it was (only the
 * kernel's own habit of merging clear with dirty memory before it gives up may have made clear memory dirty).
 *
 * Sizes and addresses are bytes; addresses are relative to the start of the space. An allocator may be made in a unit of its
 * own (buddy_config.any_unit): then every number, in and out, is in that unit, but for those of raw entries.
 * A new allocator belongs to the thread that made it. After buddy_share() (sharing.h) every function may be called from any
 * thread; a list belongs to one thread at a time.
 */
#ifndef BUDDY_BUDDY_H
#define BUDDY_BUDDY_H

#include <buddy/status.h>
#include <stdbool.h>
#include <stdint.h>

struct buddy_allocator;

struct gpu_buddy_block;

/*
 * Blocks that were allocated together and are freed together. They are linked in a ring; the list is where its first block
 * is, and this says where that is. A list does not keep its allocator alive.
 */
struct buddy_list {
	/* NULL while the list is free to receive blocks. */
	struct buddy_allocator *allocator;
	/* NULL without blocks. */
	struct gpu_buddy_block *first;
	/* ID of the owner, see buddy_open_owner(). */
	uint32_t owner;
};

/*
 * Names a list without a pointer: the number of its first block's node, and the generation that the node
 * had when the list was made. No name comes twice in an allocator.
 */
struct buddy_name {
	uint32_t node;
	uint64_t generation;
};

/* IDs of owners: blocks on their way between two owners; lists of those that need no names. */
#define BUDDY_PARKED 1U
#define BUDDY_NOBODY 2U
#define BUDDY_FIRST_OWNER 3U

/* The longest name of an allocator, in bytes without the end. */
#define BUDDY_NAME_BYTES 64

struct buddy_config {
	uint64_t size;
	uint64_t chunk_size;
	/* Native memory for the bookkeeping, in bytes; 0: a quarter of the machine's. */
	uint64_t memory_limit;
	/* Steps of a search in one allocation; 0: no limit. */
	uint64_t step_limit;
	/* Address of the first byte, kept for buddy_base_offset(). Plus size it must be below 2^64. */
	uint64_t base_offset;
	/*
	 * Takes any power of two as the chunk size. The kernel's chunks have at least 4096 bytes: of smaller ones it is told in
	 * a larger unit, every number times 4096 / chunk_size. Blocks do not depend on the unit.
	 */
	bool any_unit;
	/* The name for people, of which BUDDY_NAME_BYTES are kept; NULL: none. */
	const char *name;
};

/* The arguments of gpu_buddy_alloc_blocks(), and what each block of the result carries. */
struct buddy_request {
	uint64_t start;
	uint64_t end;
	uint64_t size;
	uint64_t min_block_size;
	uint64_t flags;
	/* Below 2^53. */
	uint64_t tag;
	/* The number of an account that is charged (account.h); 0: none. */
	uint32_t account;
};

struct buddy_block_info {
	uint64_t offset;
	uint64_t tag;
	unsigned int order;
	bool allocated;
	bool clear;
};

/* Many blocks at once, a column for each property. */
struct buddy_columns {
	/* Rows that every column has room for. */
	uint64_t capacity;
	uint64_t *offsets;
	uint8_t *orders;
	/* BUDDY_STATE_ bits. */
	uint8_t *states;
	double *tags;
	/* Added to each offset. */
	uint64_t base_offset;
	/* Each offset is written as a double. */
	bool as_doubles;
};

#define BUDDY_STATE_ALLOCATED 1
#define BUDDY_STATE_CLEAR 2

struct buddy_avail {
	/* Bytes that are free, and bytes of these that are clear. */
	uint64_t avail;
	uint64_t clear_avail;
	/* WARN_ONs that the kernel code met. */
	uint64_t kernel_warnings;
};

#define BUDDY_MAX_ORDERS 52

struct buddy_stats {
	uint64_t size;
	uint64_t chunk_size;
	uint64_t avail;
	uint64_t clear_avail;
	/* Bytes of `avail` that accounts reserve, and do not use. */
	uint64_t reserved;
	/* Bytes of native memory taken for the bookkeeping. */
	uint64_t native_bytes;
	/* WARN_ONs that the kernel code met. */
	uint64_t kernel_warnings;
	unsigned int max_order;
	/* Numbers of blocks by order, up to max_order; 0 of a poisoned allocator where the kernel keeps none. */
	uint64_t free_blocks[BUDDY_MAX_ORDERS];
	uint64_t used_blocks[BUDDY_MAX_ORDERS];
};

/* Names the place in the kernel's source of a condition that should never hold. */
struct buddy_fault {
	const char *file;
	const char *condition;
	int line;
};

/* A new allocator with one reference. */
enum buddy_status buddy_create(const struct buddy_config *config,
			       struct buddy_allocator **allocator);
void buddy_get(struct buddy_allocator *allocator);
void buddy_put(struct buddy_allocator *allocator);

/* Returns the base offset, or the name, that the allocator was made with; an empty name where it has none. Both never change. */
uint64_t buddy_base_offset(const struct buddy_allocator *allocator);
const char *buddy_allocator_name(const struct buddy_allocator *allocator);

/*
 * Draws an ID for an owner of lists in this allocator; 0: there are too many owners, or no memory. An ID can be given to
 * another owner once its lists are gone.
 */
uint32_t buddy_open_owner(struct buddy_allocator *allocator);
void buddy_close_owner(struct buddy_allocator *allocator, uint32_t owner);

/* The name of a list that is not empty. */
struct buddy_name buddy_name_of(const struct buddy_list *list);

/* Finds the list of an owner by its name. False where it is gone, was never there, or belongs to somebody else. */
bool buddy_find_list(struct buddy_allocator *allocator, uint32_t owner, struct buddy_name name,
		     struct buddy_list *list);

/* Frees all lists of an owner, in parts, between which others have their turn. `freed`: how many there were. */
enum buddy_status buddy_free_owned(struct buddy_allocator *allocator, uint32_t owner, bool cleared,
				   uint64_t *freed);

uint64_t buddy_count(const struct buddy_list *list);

/* Bytes in all blocks of a list. */
uint64_t buddy_bytes(const struct buddy_list *list);

/*
 * gpu_buddy_block_trim(): shrinks a list of one block to new_size bytes, from *start on, or from its own start where
 * start is NULL. The checked entry looks at start even if there is nothing to trim.
 */
enum buddy_status buddy_trim_raw(struct buddy_list *list, const uint64_t *start, uint64_t new_size);
enum buddy_status buddy_trim(struct buddy_list *list, const uint64_t *start, uint64_t new_size);

/* gpu_buddy_free_list(). The list is empty and bound to no allocator afterwards, whatever the status. */
enum buddy_status buddy_free(struct buddy_list *list, bool cleared);

/*
 * Frees one block of a list. The raw entry is gpu_buddy_free_block(), which leaves the block as clear as it was; the
 * checked entry says what it is, as gpu_buddy_free_list() does.
 */
enum buddy_status buddy_free_block_raw(struct buddy_list *list, uint64_t index);
enum buddy_status buddy_free_block(struct buddy_list *list, uint64_t index, bool cleared);

/*
 * Moves the blocks of `from` behind those of another list of the same allocator, and gives them its tag. `from` has no blocks
 * and is bound to no allocator afterwards. Either list may be empty.
 */
enum buddy_status buddy_append(struct buddy_list *list, struct buddy_list *from, uint64_t tag);

/*
 * Allocates the `size` bytes right behind the highest block of a list, and puts them at its end: gpu_buddy_alloc_blocks() with a
 * range as long as the size. BUDDY_NO_SPACE where the list is empty, too.
 */
enum buddy_status buddy_extend(struct buddy_list *list, uint64_t size);

/* The first block of a list that is not empty. Takes no lock: the list is the caller's. */
struct buddy_block_info buddy_first(const struct buddy_list *list);
/* Its offset in chunks. */
uint64_t buddy_first_chunk(const struct buddy_list *list);

/*
 * A list in small integers, as JavaScript likes them: the number of its blocks; of the first one, the node, the low bits of the
 * generation, the offset in chunks, and, in one number, clear bit, order, number of blocks once more, and the rest of the
 * generation. -1: too large. All zero, where there are no blocks.
 */
struct buddy_report {
	int32_t count;
	int32_t node;
	int32_t generation;
	int32_t chunk;
	int32_t shape;
};

#define BUDDY_LOW_GENERATION_BITS 30
#define BUDDY_LOW_GENERATION(generation)                                                           \
	((uint32_t)(generation) & ((1U << BUDDY_LOW_GENERATION_BITS) - 1))
#define BUDDY_SHAPE_ORDER_SHIFT 1
#define BUDDY_SHAPE_COUNT_SHIFT 7
#define BUDDY_SHAPE_GENERATION_SHIFT 15
/* This many blocks, or more. */
#define BUDDY_SHAPE_MOST_BLOCKS 255

/* Gives the name of the list. Takes no lock: the list is the caller's. */
struct buddy_name buddy_report(const struct buddy_list *list, struct buddy_report *report);

/* Copies the description of the blocks, in list order. Copies none where `count` is above the capacity. */
enum buddy_status buddy_read(const struct buddy_list *list, const struct buddy_columns *columns,
			     uint64_t *count);

/* gpu_buddy_reset_clear(), once (raw), or until no free block is left in the other state. */
enum buddy_status buddy_reset_clear_raw(struct buddy_allocator *allocator, bool clear);
enum buddy_status buddy_reset_clear(struct buddy_allocator *allocator, bool clear);

/* gpu_buddy_allocated_addr_to_block(). `found` is false where the address is free. */
enum buddy_status buddy_lookup(struct buddy_allocator *allocator, uint64_t address,
			       struct buddy_block_info *block, bool *found);

/*
 * gpu_buddy_print(), line by line. Where the kernel is told of a larger unit than the caller's, so is `print`, and a first line
 * says by how much. `print` must not call back.
 */
enum buddy_status buddy_print(struct buddy_allocator *allocator,
			      void (*print)(void *reader, const char *line), void *reader);

/* The numbers that are kept anyway; what they cost depends on the number of orders only. */
void buddy_stats(struct buddy_allocator *allocator, struct buddy_stats *stats);

/* Works on a poisoned allocator, as buddy_stats() does. */
void buddy_avail(struct buddy_allocator *allocator, struct buddy_avail *avail);

/*
 * Copies the description of all blocks, allocated and free, in the order of their addresses. Copies none where `count`
 * is above the capacity.
 */
enum buddy_status buddy_snapshot(struct buddy_allocator *allocator,
				 const struct buddy_columns *columns, uint64_t *count);

/* The amount of free memory, and the sizes of its blocks. */
struct buddy_room {
	uint64_t avail;
	/* Bytes of the largest free block; of the largest one that could be free with as many bytes free. */
	uint64_t largest_free;
	uint64_t largest_possible;
};

/* Costs what the orders cost, and works on a poisoned allocator, as buddy_stats(). */
void buddy_room(struct buddy_allocator *allocator, struct buddy_room *room);

/* Free bytes from `start` to `end`, which need not be aligned. Walks the blocks of that range only. */
enum buddy_status buddy_avail_in(struct buddy_allocator *allocator, uint64_t start, uint64_t end,
				 uint64_t *bytes);

/* Runs of free bytes, as long as they are whatever blocks they are made of. */
struct buddy_runs {
	/* Rows that both columns have room for. */
	uint64_t capacity;
	uint64_t *offsets;
	uint64_t *sizes;
	/* Added to each offset. */
	uint64_t base_offset;
	/* Offsets and sizes are written as doubles. */
	bool as_doubles;
};

/*
 * Writes all free runs in the order of their addresses, and gives their number. Where there are more free blocks than the
 * capacity, writes none and gives the number of these.
 */
enum buddy_status buddy_free_runs(struct buddy_allocator *allocator, const struct buddy_runs *runs,
				  uint64_t *count);

/* The place of a search for a free run. */
struct buddy_search {
	/* Need not be aligned. */
	uint64_t start, end;
	/* A multiple of the chunk size. */
	uint64_t size;
	/* A power of two; one below the chunk size is as good as the chunk size. */
	uint64_t alignment;
};

/*
 * Finds the lowest aligned address where so many bytes in a row are free. BUDDY_WORK_LIMIT where that takes more steps than one
 * allocation may take.
 */
enum buddy_status buddy_find_free(struct buddy_allocator *allocator,
				  const struct buddy_search *search, uint64_t *address,
				  bool *found);

/* Bytes of a list that lie between two addresses, which need not be aligned. */
enum buddy_status buddy_size_in(const struct buddy_list *list, uint64_t start, uint64_t end,
				uint64_t *bytes);

/* The start of the lowest block of a list. `whole`: the blocks, in whatever order, make up one piece. */
enum buddy_status buddy_lowest(const struct buddy_list *list, uint64_t *address, bool *whole);

/* Bytes of native memory that the bookkeeping has taken. Waits for nobody. */
uint64_t buddy_native_bytes(const struct buddy_allocator *allocator);

/* The first WARN_ON that kernel code met in this process, to whoever asks first after it; false at all other times. */
bool buddy_take_warning(struct buddy_fault *warning);

/* Whether the kernel code met a BUG, and where; all zero while it did not. */
bool buddy_is_poisoned(struct buddy_allocator *allocator);
struct buddy_fault buddy_bug(struct buddy_allocator *allocator);

#endif
