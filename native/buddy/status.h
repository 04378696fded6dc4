/* Lists every way in which a call can end, one row each; status.c holds the texts. */
#ifndef BUDDY_STATUS_H
#define BUDDY_STATUS_H

#include <errno.h>

/*
 * X(name, errno, code, argument, why). `argument` names the argument that is at fault, as the kernel does; `why` completes
 * the sentence that begins with it. The errors of this library's own have a code of their own and no errno (0).
 */
#define BUDDY_STATUSES(X)                                                                          \
	X(OK, 0, "", "", "")                                                                       \
                                                                                                   \
	X(CHUNK_SIZE_TOO_SMALL, EINVAL, "EINVAL", "chunk_size", "must be at least 4096")           \
	X(CHUNK_SIZE_NO_POWER_OF_2, EINVAL, "EINVAL", "chunk_size", "must be a power of two")      \
	X(SIZE_BELOW_CHUNK, EINVAL, "EINVAL", "size", "must be at least one chunk")                \
	X(SIZE_TOO_LARGE_SCALED, EINVAL, "EINVAL", "size",                                         \
	  "times 4096 / chunkSize, which the kernel is told, must be below 2^64")                  \
	X(BASE_OFFSET_TOO_LARGE, EINVAL, "EINVAL", "base_offset", "plus size must be below 2^64")  \
	X(NEEDS_BIGINT, EINVAL, "EINVAL", "size",                                                  \
	  "plus baseOffset is above 2^53 - 1: addresses there need { bigint: true }")              \
                                                                                                   \
	X(SIZE_UNALIGNED, EINVAL, "EINVAL", "size", "must be a multiple of the chunk size")        \
	X(SIZE_ABOVE_SPACE, EINVAL, "EINVAL", "size", "is larger than the whole space")            \
	X(SIZE_ABOVE_SPACE_ROUNDED, EINVAL, "EINVAL", "size",                                      \
	  "rounded up to a multiple of the min block size is larger than the whole space")         \
	X(SIZE_ABOVE_SPACE_CONTIGUOUS, EINVAL, "EINVAL", "size",                                   \
	  "rounded up to a power of two, as contiguous asks, is larger than the whole space")      \
	X(MIN_BLOCK_SIZE_BELOW_CHUNK, EINVAL, "EINVAL", "min_block_size",                          \
	  "must be at least one chunk")                                                            \
	X(MIN_BLOCK_SIZE_NO_POWER_OF_2, EINVAL, "EINVAL", "min_block_size",                        \
	  "must be a power of two")                                                                \
	X(MIN_BLOCK_SIZE_TOO_LARGE_SCALED, EINVAL, "EINVAL", "min_block_size",                     \
	  "times 4096 / chunkSize, which the kernel is told, must be below 2^64")                  \
	X(RANGE_EMPTY, EINVAL, "EINVAL", "range", "must start below its end")                      \
	X(RANGE_UNALIGNED, EINVAL, "EINVAL", "range",                                              \
	  "must start and end on a multiple of the chunk size")                                    \
	X(RANGE_BEYOND_SPACE, EINVAL, "EINVAL", "range", "must lie within the space")              \
	X(RANGE_TOO_LATE, EINVAL, "EINVAL", "range",                                               \
	  "starts so late that size reaches beyond the space")                                     \
	X(RANGE_EXACT_UNALIGNED, EINVAL, "EINVAL", "range",                                        \
	  "is exactly as long as size, so it must start and end on a multiple of the min block "   \
	  "size")                                                                                  \
	X(FLAGS_UNKNOWN, EINVAL, "EINVAL", "flags", "has bits that mean nothing, or no mode")      \
	X(ALIGNMENT_NO_POWER_OF_2, EINVAL, "EINVAL", "alignment", "must be a power of two")        \
                                                                                                   \
	X(TRIM_NOT_SINGULAR, EINVAL, "EINVAL", "blocks",                                           \
	  "must be a list of exactly one block to be trimmed")                                     \
	X(NEW_SIZE_ZERO, EINVAL, "EINVAL", "new_size", "must not be 0")                            \
	X(NEW_SIZE_UNALIGNED, EINVAL, "EINVAL", "new_size",                                        \
	  "must be a multiple of the chunk size")                                                  \
	X(NEW_SIZE_ABOVE_BLOCK, EINVAL, "EINVAL", "new_size", "is larger than the block")          \
	X(START_OUTSIDE_BLOCK, EINVAL, "EINVAL", "start",                                          \
	  "and the new size after it must lie within the block")                                   \
	X(START_UNALIGNED, EINVAL, "EINVAL", "start", "must be a multiple of the chunk size")      \
                                                                                                   \
	X(INDEX_OUTSIDE_LIST, EINVAL, "EINVAL", "index", "must be that of a block of the list")    \
	X(ADDRESS_BEYOND_SPACE, ENXIO, "ENXIO", "address", "lies outside the space")               \
	X(MAX_LENGTH_UNALIGNED, EINVAL, "EINVAL", "max_length",                                    \
	  "must be a multiple of the chunk size, and not 0")                                       \
	X(HANDLE_UNKNOWN, EINVAL, "EINVAL", "handle",                                              \
	  "must be that of an allocation of this batch whose blocks are not freed yet")            \
	X(HANDLE_OUTSIDE_RUN, EINVAL, "EINVAL", "handle",                                          \
	  "must be that of an operation of this run of the batch")                                 \
	X(POOL_HANDLE_UNKNOWN, EINVAL, "EINVAL", "handle",                                         \
	  "must be that of an allocation of this pool that is not freed yet")                      \
	X(POOL_FULL, ENOMEM, "ENOMEM", "", "the pool has no room for another allocation")          \
	X(BLOCKS_FOREIGN, EINVAL, "EINVAL", "blocks", "must come from the allocator of the batch") \
	X(LIST_ITSELF, EINVAL, "EINVAL", "other", "must be another list")                          \
	X(LIST_FOREIGN, EINVAL, "EINVAL", "other", "must come from the same allocator")            \
	X(LIST_OF_OTHER_ACCOUNT, EINVAL, "EINVAL", "other", "must be charged to the same account") \
	X(ACCOUNT_FOREIGN, EINVAL, "EINVAL", "account", "must be one of this allocator")           \
	X(RESERVED_ABOVE_LIMIT, EINVAL, "EINVAL", "reserved", "must not be above the limit")       \
	X(RESERVED_ABOVE_SPACE, EINVAL, "EINVAL", "reserved",                                      \
	  "and what other accounts reserve is more than the whole space")                          \
	X(NO_BLOCKS, EINVAL, "EINVAL", "blocks", "must name at least one block")                   \
	X(BLOCK_OUTSIDE_SPACE, EINVAL, "EINVAL", "block", "must lie within the space")             \
	X(BLOCK_UNALIGNED, EINVAL, "EINVAL", "block", "must begin on a multiple of its own size")  \
	X(BLOCK_OVERLAPS, EINVAL, "EINVAL", "block", "must not overlap another block")             \
	X(STATE_UNKNOWN, EINVAL, "EINVAL", "state", "is unknown to this release")                  \
	X(STATE_UNFIT, EINVAL, "EINVAL", "entry", "does not fit the rest of the state")            \
	X(FREED_BEFORE_ALLOCATION, EINVAL, "EINVAL", "atomic",                                     \
	  "cannot be had where blocks from before the batch are freed before its last allocation") \
	X(KERNEL_EINVAL, EINVAL, "EINVAL", "", "the kernel rejects these arguments")               \
                                                                                                   \
	X(NO_SPACE, ENOSPC, "ENOSPC", "", "no free space fits the request")                        \
	X(BLOCK_NOT_FREE, ENOSPC, "ENOSPC", "block", "does not lie within one free block")         \
	X(ABOVE_LIMIT, ENOSPC, "ENOSPC", "account", "would hold more than its limit")              \
	X(ALL_RESERVED, ENOSPC, "ENOSPC", "", "what is free is reserved for other accounts")       \
	X(RESERVED_NOT_FREE, ENOSPC, "ENOSPC", "reserved",                                         \
	  "is more than is free and not reserved for other accounts")                              \
	X(TOO_MANY_ACCOUNTS, ENOMEM, "ENOMEM", "",                                                 \
	  "the allocator has as many accounts as it can have")                                     \
	X(NO_MEMORY, ENOMEM, "ENOMEM", "",                                                         \
	  "the native memory for the bookkeeping of blocks is used up")                            \
	X(WORK_LIMIT, 0, "ERR_GPU_BUDDY_WORK_LIMIT", "",                                           \
	  "the search took more steps than one call may take")                                     \
	X(POISONED, 0, "ERR_GPU_BUDDY_POISONED", "",                                               \
	  "the kernel code met a BUG in this allocator")                                           \
	X(FREED, 0, "ERR_GPU_BUDDY_FREED", "", "the list of blocks has been freed")                \
	X(DISPOSED, 0, "ERR_GPU_BUDDY_DISPOSED", "", "the allocator has been disposed of")         \
	X(ACCOUNT_DISPOSED, 0, "ERR_GPU_BUDDY_DISPOSED", "account", "has been disposed of")        \
	X(TOKEN_UNKNOWN, 0, "ERR_GPU_BUDDY_TOKEN", "token", "is unknown, or was already used")     \
	X(LIST_IN_USE, EBUSY, "EBUSY", "blocks", "must be an empty list to receive blocks")        \
	X(JOURNAL_RUNS, EBUSY, "EBUSY", "journal", "has begun already")                            \
	X(NO_JOURNAL, EINVAL, "EINVAL", "journal", "has not begun")

enum buddy_status {
#define BUDDY_STATUS_NAME(name, number, code, argument, why) BUDDY_##name,
	BUDDY_STATUSES(BUDDY_STATUS_NAME)
#undef BUDDY_STATUS_NAME
		BUDDY_STATUS_COUNT
};

struct buddy_status_text {
	/* Negative, or 0 for success and for this library's own errors. */
	int error;
	const char *code;
	const char *argument;
	const char *why;
};

extern const struct buddy_status_text buddy_status_texts[BUDDY_STATUS_COUNT];

#endif
