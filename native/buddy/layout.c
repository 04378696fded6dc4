/* Lists the places and bits of all memory that both sides see: see layout.h. */
#include <buddy/batch.h>
#include <buddy/counters.h>
#include <buddy/faults.h>
#include <buddy/journal.h>
#include <buddy/layout.h>
#include <buddy/mailbox.h>
#include <buddy/parking.h>
#include <buddy/state.h>
#include <interface.h>

/* Places in a struct, counted in cells of 8 bytes, in integers of 32 bits or in bytes. */
#define CELL(type, member) ((int)(offsetof(struct type, member) / sizeof(double)))
#define INTEGER(type, member) ((int)(offsetof(struct type, member) / sizeof(int32_t)))
#define CELLS(type) ((int)(sizeof(struct type) / sizeof(double)))
#define INTEGERS(type) ((int)(sizeof(struct type) / sizeof(int32_t)))

/* JavaScript sees these as cells. */
#define IS_OF_CELLS(type)                                                                          \
	_Static_assert(sizeof(struct type) % sizeof(double) == 0, #type " has whole cells")
IS_OF_CELLS(buddy_request_record);
IS_OF_CELLS(buddy_alloc_record);
IS_OF_CELLS(buddy_record);
IS_OF_CELLS(buddy_mailbox);
IS_OF_CELLS(buddy_parked_row);
IS_OF_CELLS(buddy_observation);
_Static_assert(sizeof(struct buddy_pool_header) == sizeof(struct buddy_pool_entry),
	       "the header of a pool is as long as an entry");

const struct buddy_layout_entry buddy_layout[] = {
	{ "cells", CELLS(buddy_mailbox) },
	{ "results", CELL(buddy_mailbox, results) },
	{ "wide", INTEGER(buddy_mailbox, wide) },
	{ "status", INTEGER(buddy_mailbox, status) },
	{ "queued", INTEGER(buddy_mailbox, queued) },
	{ "changes", INTEGER(buddy_mailbox, changes) },
	{ "poisonings", INTEGER(buddy_mailbox, poisonings) },
	{ "freeAlls", INTEGER(buddy_mailbox, free_alls) },
	{ "listCount", INTEGER(buddy_mailbox, list.count) },
	{ "listNode", INTEGER(buddy_mailbox, list.node) },
	{ "listGeneration", INTEGER(buddy_mailbox, list.generation) },
	{ "listChunk", INTEGER(buddy_mailbox, list.chunk) },
	{ "listShape", INTEGER(buddy_mailbox, list.shape) },
	{ "shapeOrder", BUDDY_SHAPE_ORDER_SHIFT },
	{ "shapeCount", BUDDY_SHAPE_COUNT_SHIFT },
	{ "shapeMostBlocks", BUDDY_SHAPE_MOST_BLOCKS },

	{ "queue", INTEGER(buddy_mailbox, queue) },
	{ "queueLength", BUDDY_QUEUE_LENGTH },
	{ "queueEntry", INTEGERS(buddy_queued) },
	{ "queuedSlot", INTEGER(buddy_queued, slot) },
	{ "queuedNode", INTEGER(buddy_queued, node) },
	{ "queuedGeneration", INTEGER(buddy_queued, generation) },
	{ "queuedWhat", INTEGER(buddy_queued, what) },
	{ "queuedCleared", BUDDY_QUEUED_CLEARED },
	{ "queuedInPool", BUDDY_QUEUED_IN_POOL },

	{ "alloc", CELL(buddy_mailbox, alloc) },
	{ "allocCells", CELLS(buddy_alloc_record) },
	{ "allocSlot", INTEGER(buddy_alloc_record, slot) },
	{ "allocIsSizeWide", INTEGER(buddy_alloc_record, is_size_wide) },
	{ "allocSize", CELL(buddy_alloc_record, size) },
	{ "allocAllocator", INTEGER(buddy_alloc_record, allocator_slot) },
	{ "allocGeneration", INTEGER(buddy_alloc_record, allocator_generation) },
	{ "allocRequest", CELL(buddy_alloc_record, request) },

	{ "requestCells", CELLS(buddy_request_record) },
	{ "requestFlags", INTEGER(buddy_request_record, flags) },
	{ "requestWide", INTEGER(buddy_request_record, wide) },
	{ "requestMinBlockSize", CELL(buddy_request_record, min_block_size) },
	{ "requestStart", CELL(buddy_request_record, start) },
	{ "requestEnd", CELL(buddy_request_record, end) },
	{ "requestAccount", INTEGER(buddy_request_record, account.place) },
	{ "requestAccountGeneration", INTEGER(buddy_request_record, account.generation) },
	{ "requestTag", CELL(buddy_request_record, tag) },
	{ "wideMinBlockSize", BUDDY_WIDE_MIN_BLOCK_SIZE },
	{ "wideStart", BUDDY_WIDE_START },
	{ "wideEnd", BUDDY_WIDE_END },
	{ "wideTag", BUDDY_WIDE_TAG },
	{ "explains", BUDDY_REQUEST_EXPLAINS },
	{ "flagRange", GPU_BUDDY_RANGE_ALLOCATION },
	{ "flagTopDown", GPU_BUDDY_TOPDOWN_ALLOCATION },
	{ "flagContiguous", GPU_BUDDY_CONTIGUOUS_ALLOCATION },
	{ "flagClear", GPU_BUDDY_CLEAR_ALLOCATION },
	{ "flagTrimDisable", GPU_BUDDY_TRIM_DISABLE },

	{ "recordCells", CELLS(buddy_record) },
	{ "recordWhat", INTEGER(buddy_record, what) },
	{ "recordSlot", INTEGER(buddy_record, slot) },
	{ "recordRequest", INTEGER(buddy_record, request) },
	{ "recordGeneration", INTEGER(buddy_record, generation) },
	{ "recordSize", CELL(buddy_record, size) },
	{ "recordAlloc", BUDDY_RECORD_ALLOC },
	{ "recordAllocRaw", BUDDY_RECORD_ALLOC_RAW },
	{ "recordFree", BUDDY_RECORD_FREE },
	{ "recordInBatch", BUDDY_RECORD_IN_BATCH },
	{ "recordWide", BUDDY_RECORD_WIDE },
	{ "recordCleared", BUDDY_RECORD_CLEARED },
	{ "anyGeneration", (int32_t)BUDDY_ANY_GENERATION },

	{ "batchOffset", BUDDY_BATCH_OFFSET },
	{ "batchCount", BUDDY_BATCH_COUNT },
	{ "batchOrder", BUDDY_BATCH_ORDER },
	{ "batchClear", BUDDY_BATCH_CLEAR },
	{ "batchStatus", BUDDY_BATCH_STATUS },
	{ "batchRow", BUDDY_BATCH_BYTES_PER_ROW },
	{ "batchState", BUDDY_BATCH_STATE_CELLS },
	{ "closeDirty", BUDDY_CLOSE_DIRTY },
	{ "closeCleared", BUDDY_CLOSE_CLEARED },
	{ "closeUndone", BUDDY_CLOSE_UNDONE },
	{ "asFound", BUDDY_AS_FOUND },
	{ "asDirty", BUDDY_DIRTY },
	{ "asClear", BUDDY_CLEAR },

	{ "poolMoved", INTEGER(buddy_pool_header, moved) },
	{ "poolCount", INTEGER(buddy_pool_header, count) },
	{ "poolEntry", INTEGERS(buddy_pool_entry) },
	{ "poolGeneration", INTEGER(buddy_pool_entry, generation) },
	{ "poolChunk", INTEGER(buddy_pool_entry, chunk) },
	{ "poolChunks", INTEGER(buddy_pool_entry, chunks) },
	{ "poolGenerationBits", BUDDY_POOL_GENERATION_BITS },
	{ "poolMostEntries", BUDDY_POOL_MOST_ENTRIES },
	{ "poolPending", BUDDY_POOL_PENDING },

	{ "entryStart", BUDDY_ENTRY_START },
	{ "entryAccount", BUDDY_ENTRY_ACCOUNT },
	{ "entryList", BUDDY_ENTRY_LIST },
	{ "entryClear", BUDDY_ENTRY_CLEAR },
	{ "entryAlloc", BUDDY_ENTRY_ALLOC },
	{ "entryClaim", BUDDY_ENTRY_CLAIM },
	{ "entryExtend", BUDDY_ENTRY_EXTEND },
	{ "entryFree", BUDDY_ENTRY_FREE },
	{ "entryUndo", BUDDY_ENTRY_UNDO },
	{ "entryFreeBlock", BUDDY_ENTRY_FREE_BLOCK },
	{ "entryTrim", BUDDY_ENTRY_TRIM },
	{ "entryAppend", BUDDY_ENTRY_APPEND },
	{ "entryResetClear", BUDDY_ENTRY_RESET_CLEAR },
	{ "entryOpenAccount", BUDDY_ENTRY_OPEN_ACCOUNT },
	{ "entryChangeAccount", BUDDY_ENTRY_CHANGE_ACCOUNT },
	{ "entryCloseAccount", BUDDY_ENTRY_CLOSE_ACCOUNT },
	{ "entryGap", BUDDY_ENTRY_GAP },
	{ "entryPoisoned", BUDDY_ENTRY_POISONED },
	{ "entryWhat", BUDDY_ENTRY_WHAT },
	{ "entryTime", BUDDY_ENTRY_TIME },
	{ "entryLengths", BUDDY_ENTRY_LENGTHS },
	{ "entryAvail", BUDDY_ENTRY_AVAIL },
	{ "entryClearAvail", BUDDY_ENTRY_CLEAR_AVAIL },
	{ "entryArguments", BUDDY_ENTRY_ARGUMENTS },
	{ "entryBlockClear", BUDDY_ENTRY_BLOCK_CLEAR },
	{ "entryBlockOrder", BUDDY_ENTRY_BLOCK_ORDER },
	{ "entryFlag", BUDDY_ENTRY_FLAG },
	{ "mostHandles", BUDDY_MOST_HANDLES },

	{ "parkedCells", CELLS(buddy_parked_row) },
	{ "parkedTicket", CELL(buddy_parked_row, ticket) },
	{ "parkedAccount", CELL(buddy_parked_row, account) },
	{ "parkedTag", CELL(buddy_parked_row, tag) },
	{ "parkedBytes", CELL(buddy_parked_row, bytes) },

	{ "observedCells", CELLS(buddy_observation) },
	{ "observedSize", CELL(buddy_observation, size) },
	{ "observedAvail", CELL(buddy_observation, avail) },
	{ "observedClearAvail", CELL(buddy_observation, clear_avail) },
	{ "observedReserved", CELL(buddy_observation, reserved) },
	{ "observedLargestFree", CELL(buddy_observation, largest_free) },
	{ "observedLargestPossible", CELL(buddy_observation, largest_possible) },
	{ "observedAllocations", CELL(buddy_observation, counters.allocations) },
	{ "observedLists", CELL(buddy_observation, counters.lists) },
	{ "observedReclaimedLists", CELL(buddy_observation, counters.reclaimed_lists) },
	{ "observedReclaimedBytes", CELL(buddy_observation, counters.reclaimed_bytes) },
	{ "failedLimit", CELL(buddy_observation, counters.failures.limit) },
	{ "failedFull", CELL(buddy_observation, counters.failures.full) },
	{ "failedReserved", CELL(buddy_observation, counters.failures.reserved) },
	{ "failedRange", CELL(buddy_observation, counters.failures.range) },
	{ "failedFragmented", CELL(buddy_observation, counters.failures.fragmented) },
	{ "failedMemory", CELL(buddy_observation, counters.failures.memory) },
	{ "failedWork", CELL(buddy_observation, counters.failures.work) },

	{ "noSlot", SLOT_NONE },
	{ "maxOrders", BUDDY_MAX_ORDERS },
	{ "nameBytes", BUDDY_NAME_BYTES },
	{ "injectBug", BUDDY_INJECT_BUG },
	{ "injectWarning", BUDDY_INJECT_WARNING },
	{ "injectFailure", BUDDY_INJECT_FAILURE },
};

const size_t buddy_layout_length = sizeof(buddy_layout) / sizeof(*buddy_layout);
