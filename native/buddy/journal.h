/*
 * The journal of an allocator: every call of this library that changed it, or that it refused, in the order of its lock, with what
 * it answered. Calls write entries into a ring of cells, readers take them out of it; where the ring is full, what does not fit is
 * counted, and one entry says how much is missing. Nobody waits for a reader.
 *
 * A list is named by where its first block begins: no other list begins there at that moment. Calls on a list without blocks,
 * which change nothing, have no entry. Sizes and addresses are in the caller's unit. The raw entries, which JavaScript's allocators never
 * see, and buddy_restore() count as missing.
 */
#ifndef BUDDY_JOURNAL_H
#define BUDDY_JOURNAL_H

#include <buddy/buddy.h>

struct buddy_waiter;

/* Arguments stand behind each kind. NAME is that of a list: see BUDDY_ENTRY_BLOCK. LABEL has the account above the 53 bits of the tag. */
enum buddy_entry_kind {
	/* The state when the journal began. step limit, memory limit in bytes, time in milliseconds since 1970 */
	BUDDY_ENTRY_START,
	/* number, limit, reserved, whether it is open */
	BUDDY_ENTRY_ACCOUNT,
	/* LABEL; the blocks of a list */
	BUDDY_ENTRY_LIST,
	/* A free block that is clear. */
	BUDDY_ENTRY_CLEAR,

	/* size, min block size, LABEL; with BUDDY_ENTRY_RANGE start, end. Bits: the kernel's flags. */
	BUDDY_ENTRY_ALLOC,
	/* LABEL; the blocks that were asked for. Bits: whether it says which are clear. */
	BUDDY_ENTRY_CLAIM,
	/* NAME, size */
	BUDDY_ENTRY_EXTEND,
	/* NAME. Bits: cleared */
	BUDDY_ENTRY_FREE,
	/* NAME: an allocation that is taken back. */
	BUDDY_ENTRY_UNDO,
	/* NAME, index. Bits: cleared */
	BUDDY_ENTRY_FREE_BLOCK,
	/* NAME, new size, start or none. Bits: whether there is a start */
	BUDDY_ENTRY_TRIM,
	/* NAME or BUDDY_NO_LIST, NAME of the other list, its new tag */
	BUDDY_ENTRY_APPEND,
	/* Bits: clear */
	BUDDY_ENTRY_RESET_CLEAR,
	/* number, limit, reserved */
	BUDDY_ENTRY_OPEN_ACCOUNT,
	BUDDY_ENTRY_CHANGE_ACCOUNT,
	/* number */
	BUDDY_ENTRY_CLOSE_ACCOUNT,
	/* number of missing entries */
	BUDDY_ENTRY_GAP,
	/* The kernel's code met a BUG. */
	BUDDY_ENTRY_POISONED,
};

/* Stands for a list without blocks. */
#define BUDDY_NO_LIST UINT64_MAX

/* The cells of an entry: these, its arguments, and its blocks. */
enum buddy_entry_cell {
	/* kind, status and bits, 8 bits each; 8 unused; 32 of the thread */
	BUDDY_ENTRY_WHAT,
	/* Nanoseconds since the journal began. */
	BUDDY_ENTRY_TIME,
	/* Number of cells, 32 bits; number of blocks. */
	BUDDY_ENTRY_LENGTHS,
	/* Free bytes after it, and those of them that are clear. */
	BUDDY_ENTRY_AVAIL,
	BUDDY_ENTRY_CLEAR_AVAIL,
	BUDDY_ENTRY_ARGUMENTS,
};

#define BUDDY_ENTRY_STATUS_SHIFT 8
#define BUDDY_ENTRY_BITS_SHIFT 16
#define BUDDY_ENTRY_THREAD_SHIFT 32
#define BUDDY_ENTRY_BLOCKS_SHIFT 32
/* The meaning of the lowest bit where it stands alone. */
#define BUDDY_ENTRY_FLAG 1U

/* A block, or a list by its first one: the chunk at which it begins, whether it is clear, its order. */
#define BUDDY_ENTRY_CHUNK_SHIFT 8
#define BUDDY_ENTRY_BLOCK_CLEAR 0x80U
#define BUDDY_ENTRY_BLOCK_ORDER 0x3fU

/* Bytes of the smallest and the largest ring. */
#define BUDDY_LEAST_JOURNAL ((uint64_t)4096)
#define BUDDY_MOST_JOURNAL ((uint64_t)1 << 40)

/* The number by which entries know the calling thread. Default: 0. */
void buddy_set_thread(uint32_t thread);

/*
 * Begins a journal with a ring of at least so many bytes, and writes down what there is at that moment. `now`: milliseconds since
 * 1970. BUDDY_JOURNAL_RUNS where there is one; what nobody has read of one that was stopped is dropped.
 *
 * `holder` is NULL, or any address: the journal goes with it, see buddy_end_journal(). It drops nothing that somebody may still want to
 * read: BUDDY_JOURNAL_RUNS then, too.
 */
enum buddy_status buddy_start_journal(struct buddy_allocator *allocator, uint64_t capacity,
				      uint64_t now, const void *holder);
/* Ends the journal: no entry follows. The ring can still be read. */
enum buddy_status buddy_stop_journal(struct buddy_allocator *allocator);
/* Stops and drops the journal of a holder, if there is one. */
void buddy_end_journal(struct buddy_allocator *allocator, const void *holder);

/* Entries that are read. */
struct buddy_entries {
	uint64_t *cells;
	/* How many cells there is room for. */
	uint64_t capacity;
	/* The place up to which the reader needs nothing any more: the one at which it was given cells, and so many as it has used. */
	uint64_t seen;

	/* Cells that were written, all of whole entries, and the place of the first of them. */
	uint64_t count, place;
	/* The number of the first of them, counted from 1; after a gap as many more as are missing. The start has none: 0. */
	uint64_t sequence;
	/* The cells that the next entry needs, where there was no room for it and nothing was written; 0: there is none yet. */
	uint64_t needed;
	/* True if there is no entry, and none will follow. */
	bool is_ended;
};

/*
 * Copies what has waited longest. The start comes first, and as a whole. An entry stays in the ring until a reader has seen it, and
 * is given again to whoever asks before: so none is lost where a reader is interrupted.
 */
enum buddy_status buddy_read_journal(struct buddy_allocator *allocator,
				     struct buddy_entries *entries);

/* Arms a waiter, which is told of the next entry, and of the end. False, and not armed: there is something to read, or the end. */
bool buddy_wait_for_entries(struct buddy_allocator *allocator, struct buddy_waiter *waiter);
/* Disarms it, if it is armed. */
void buddy_end_wait_for_entries(struct buddy_allocator *allocator, struct buddy_waiter *waiter);

#endif
