/*
 * The calls that programs make most, allocating and freeing, one or many in a row: the operations of a run share the lock
 * of their allocator and its guard against BUGs.
 */
#ifndef BUDDY_RUN_H
#define BUDDY_RUN_H

#include <buddy/buddy.h>

/* Most operations of one run, so that others do not wait too long for the lock. */
#define BUDDY_LONGEST_RUN 64

/* The body of a run. A BUG may end it anywhere: nothing may be lost then. */
typedef enum buddy_status (*buddy_body)(struct buddy_allocator *allocator, void *arguments);

/*
 * Runs `body` under the lock and in the context of the allocator, and gives its status. A BUG ends it, and poisons the
 * allocator; a poisoned one is BUDDY_POISONED without a call. What was in work then, or would have been, is for
 * buddy_abandon(). The allocator may be gone afterwards if the body gave up the last reference.
 */
enum buddy_status buddy_run(struct buddy_allocator *allocator, buddy_body body, void *arguments);

/*
 * A request, and the kernel's arguments that the checked entry has made of it. They can be used again until the request or the
 * allocator changes; a caller that writes another request clears `is_known`.
 */
struct buddy_prepared {
	/* The request as given; then the kernel's arguments, in its unit, once they are known and valid. */
	struct buddy_request request;
	/* Size that was asked for. */
	uint64_t size;
	bool is_known;
	/* Reason why it can never be done; BUDDY_OK: it can be tried. */
	enum buddy_status status;
	/* Somewhere in a range that is not as long as the size. */
	bool is_in_range;
	/* The least number of free bytes with which it can be done. */
	uint64_t needed;
	/* One block at first: without clear memory to merge, the kernel knows at once if there is none. */
	bool is_one_block;
};

/*
 * Allocate into an empty list. The raw operation passes the kernel's arguments on as they are, bad ones too, and leaves the list
 * bound to the allocator even when it fails. The checked one says what is wrong with an argument, keeps min_block_size as
 * alignment where the kernel does not, and takes start and end only together with GPU_BUDDY_RANGE_ALLOCATION.
 */
enum buddy_status buddy_run_alloc(struct buddy_allocator *allocator, struct buddy_list *list,
				  struct buddy_prepared *prepared);
enum buddy_status buddy_run_alloc_raw(struct buddy_allocator *allocator, struct buddy_list *list,
				      const struct buddy_request *request);
/* Frees a list, which must have come from this allocator. */
void buddy_run_free(struct buddy_allocator *allocator, struct buddy_list *list, bool cleared);
/* The same for an owner's list by its name, if it is there: then one more has been freed, even where a BUG follows. */
void buddy_run_free_named(struct buddy_allocator *allocator, uint32_t owner, struct buddy_name name,
			  bool cleared, uint64_t *freed);
/* Finds an owner's list by its node alone. */
bool buddy_run_find_node(struct buddy_allocator *allocator, uint32_t owner, uint32_t node,
			 struct buddy_list *list);
/* Takes an allocation back: its blocks are as clear or dirty afterwards as they were before it. */
void buddy_run_undo(struct buddy_allocator *allocator, struct buddy_list *list);

/* Says how the blocks of a list that ends are freed. */
enum buddy_closing {
	BUDDY_CLOSE_DIRTY,
	BUDDY_CLOSE_CLEARED,
	BUDDY_CLOSE_UNDONE,
	/* Frees them as dirty, and counts them as freed by the collector. */
	BUDDY_CLOSE_RECLAIMED,
};

/* Ends a list of this allocator. */
void buddy_run_close(struct buddy_allocator *allocator, struct buddy_list *list,
		     enum buddy_closing how);
/* buddy_free(), in one of these ways. */
enum buddy_status buddy_close(struct buddy_list *list, enum buddy_closing how);

/*
 * Reads, in the middle of a run: the bytes available; the bytes of a list; the blocks of a list, into the columns from row `first`
 * on (false if they have no room).
 */
struct buddy_avail buddy_run_avail(const struct buddy_allocator *allocator);
uint64_t buddy_run_bytes(const struct buddy_list *list);
bool buddy_run_read(const struct buddy_list *list, const struct buddy_columns *columns,
		    uint64_t first);

/* Whether an allocation was refused for want of bytes, which another free may bring. */
static inline bool buddy_is_shortage(enum buddy_status status)
{
	return status == BUDDY_NO_SPACE || status == BUDDY_ABOVE_LIMIT ||
	       status == BUDDY_ALL_RESERVED;
}

/* The free memory at the time an allocation found no space. */
struct buddy_shortage {
	uint64_t avail;
	uint64_t largest_free;
	/* Free bytes in the range that was given; 0 where none was, and where it does not matter: more is asked for than is free. */
	uint64_t avail_in_range;
	/* True if the range may have more: it has very many blocks, and the walk ended early. */
	bool more_in_range;
};

/*
 * Walks some hundred blocks of the range, if any; otherwise it costs what the orders cost. After the allocation, in the same run:
 * the request is in the kernel's unit.
 */
void buddy_run_explain(struct buddy_allocator *allocator, const struct buddy_request *request,
		       struct buddy_shortage *shortage);

/* Stands for the first block of no list: no node has the number. */
#define BUDDY_NO_NODE 0x7fffffffU

/* Lists that will be freed in turn, by the nodes of their first blocks. All zero at first. */
struct buddy_ahead {
	uint32_t nodes[32];
	uint32_t row;
};

/* Rows before a list is freed at which its node must be known. */
#define BUDDY_ROWS_AHEAD 16

/*
 * Asks for the memory that freeing an owner's lists will need, once a row, in a run: what lies scattered then comes while others
 * are done. `node`: whatever list of this owner begins there is freed BUDDY_ROWS_AHEAD rows from now.
 */
void buddy_run_fetch_ahead(const struct buddy_allocator *allocator, uint32_t owner,
			   struct buddy_ahead *ahead, uint32_t node);
/*
 * Asks for the first block alone, out of a run. It does nothing where another thread can reach the allocator, whose table of pages moves when it
 * grows.
 */
void buddy_fetch_ahead(const struct buddy_allocator *allocator, uint32_t node);

/* Empties a list of a poisoned allocator: the BUG may have left blocks behind that nobody may look for. */
void buddy_abandon(struct buddy_list *list);
/* The same for an owner's list by its name, out of a run; false where there is none. */
bool buddy_abandon_named(struct buddy_allocator *allocator, uint32_t owner, struct buddy_name name);

#endif
