/*
 * Owner: keeps what one environment (one thread's JavaScript) owns, by numbers: handles on allocators, and lists of blocks in
 * guards, groups and pools. Used by that thread only; the allocators behind it may be shared.
 *
 * A list is not kept here: it is named by its first block (struct buddy_name), and what there is of it is in the memory of its
 * blocks. A guard, a row of a group and an entry of a pool keep a name each. Those of guards are not touched when a list is
 * freed, and so may be stale; those of groups and pools always say what there is.
 */
#ifndef BUDDY_OWNER_H
#define BUDDY_OWNER_H

#include <buddy/parking.h>
#include <buddy/run.h>
#include <buddy/slots.h>
#include <buddy/wait.h>

struct buddy_owner {
	struct slots handles;
	struct slots guards;
	struct slots groups;
	struct slots pools;
	struct slots accounts;
	/* The ticket of the list that is parked next, see buddy_owner_prepare_parking(). */
	struct buddy_token ticket;
	bool has_ticket;
};

/* One environment's use of an allocator. It keeps the allocator alive. */
struct buddy_handle {
	struct buddy_allocator *allocator;
	/* Reference of the handle. */
	uint32_t slot;
	/* The owner of the lists in guards and groups. */
	uint32_t owner;
	/* True if this environment made the allocator. */
	bool created;
	/* Given up: the slot goes with the last user. */
	bool disposed;
	/* Lists in guards, groups that hold lists, pools, and open accounts. */
	uint64_t users;
	/* Bytes of native memory that the books of this environment know of. */
	uint64_t known_bytes;
	/* How many of the allocator's `shortages` ended a batch through this handle that is taken back. */
	uint64_t shortages;
	/* Told of the next free, once it is filled in. Giving up the handle disarms it. */
	struct buddy_waiter waiter;
	/* Told of the next entry of the journal, in the same way. */
	struct buddy_waiter reader;
	/* The event loop goes on as long as they wait: for whoever keeps count of these. */
	bool keeps_alive, reader_keeps_alive;
};

/* Handles have slots below this. */
#define BUDDY_MOST_HANDLES (1U << 19)

/* Matches the generation of any list in the guard. */
#define BUDDY_ANY_GENERATION 0xffffffffU

/* A list that a caller names: its guard, and its name. */
struct buddy_meant {
	/* The slot of the guard. */
	uint32_t guard;
	struct buddy_handle *handle;
	struct buddy_name name;
	/* True if it has no blocks, and so no name. */
	bool is_empty;
};

/* Lists that belong together. They all come through one handle. */
struct buddy_group {
	/* The nodes of their first blocks, each with 1 added; 0 for none. */
	uint32_t *nodes;
	size_t count;
	/* NULL while there are no lists. */
	struct buddy_handle *handle;
	/* How many shortages others had had when the lists began to be allocated. */
	uint64_t shortages;
};

void buddy_owner_init(struct buddy_owner *owner);

/* Frees every list, those parked with this giver too, and gives up every allocator that is still there. */
void buddy_owner_destroy(struct buddy_owner *owner);

/*
 * Takes over the caller's reference. `created` tells whether this owner made the allocator. SLOT_NONE without memory;
 * the reference is then the caller's still.
 */
uint32_t buddy_owner_take(struct buddy_owner *owner, struct buddy_allocator *allocator,
			  bool created);

/* The handle in a slot, given up or not; NULL where there is none. */
static inline struct buddy_handle *buddy_owner_handle(const struct buddy_owner *owner,
						      uint32_t slot)
{
	return (struct buddy_handle *)slots_at(&owner->handles, slot);
}

/* NULL where the handle is stale, given up, or made up. */
static inline struct buddy_handle *buddy_owner_open_handle(const struct buddy_owner *owner,
							   uint32_t slot, uint32_t generation)
{
	struct buddy_handle *handle =
		(struct buddy_handle *)slots_find(&owner->handles, slot, generation);

	return handle && !handle->disposed ? handle : NULL;
}

/* Gives up the handle; without effect on a stale one. Returns the bytes that buddy_owner_growth() has told of. */
uint64_t buddy_owner_dispose(struct buddy_owner *owner, uint32_t slot, uint32_t generation);

/*
 * Bytes of native memory by which the allocator of an open handle has grown (or shrunk) since the last call. 0 for a handle on an
 * allocator that another environment made.
 */
int64_t buddy_owner_growth(struct buddy_owner *owner, uint32_t slot);

/* Disarms the waiters of all handles. */
void buddy_owner_end_waits(struct buddy_owner *owner);

/* Closes a handle that is given up and has no users; all of them. */
void buddy_owner_close_handle(struct buddy_owner *owner, struct buddy_handle *handle);
void buddy_owner_close_ended(struct buddy_owner *owner);

/* Counts so many users less; with the last one the handle may go. */
static inline void buddy_owner_release(struct buddy_owner *owner, struct buddy_handle *handle,
				       uint64_t users)
{
	handle->users -= users;
	if (handle->disposed && !handle->users)
		buddy_owner_close_handle(owner, handle);
}

/* Names the list that a guard owns. With its header it has 16 bytes. */
struct buddy_guard {
	uint64_t node : 31;
	/* The low half of the generation is that of the slot. */
	uint64_t high_generation : 14;
	/* The generation of the handle stands in the slot's 31 bits. */
	uint64_t handle : 19;
};

/* A guard for one list after the other; SLOT_NONE without memory. */
uint32_t buddy_owner_open_guard(struct buddy_owner *owner);
/* Frees the list of the guard, as the collector does, and the slot. */
void buddy_owner_close_guard(struct buddy_owner *owner, uint32_t slot);

/* Gives a guard a list, which may be empty. */
void buddy_owner_guard(struct buddy_owner *owner, uint32_t slot, struct buddy_handle *handle,
		       const struct buddy_list *list);

/* The same for the list of a name, which is not empty, and the slot of a guard. */
static inline void buddy_owner_guard_new(struct slots_entry *guard, struct buddy_handle *handle,
					 struct buddy_name name)
{
	guard->generation = (uint32_t)name.generation;
	guard->next_free = SLOT_OPEN | slots_generation_of(handle);
	*(struct buddy_guard *)guard->object = (struct buddy_guard){
		.node = name.node,
		.high_generation = name.generation >> 32,
		.handle = handle->slot,
	};
	handle->users++;
}

/*
 * Gives the name of the list in a guard. `generation`: its low bits, or BUDDY_ANY_GENERATION. False if the guard has another
 * generation or no list. Does not look whether the list is still there.
 */
bool buddy_owner_meant(const struct buddy_owner *owner, uint32_t slot, uint32_t generation,
		       struct buddy_meant *meant);

/* Finds the list in a guard: BUDDY_FREED where it is not there any more, BUDDY_POISONED where nobody can know that. */
enum buddy_status buddy_owner_find(const struct buddy_owner *owner, uint32_t slot,
				   uint32_t generation, struct buddy_list *list);

/* Notes that the blocks of the list in a guard, which has been found, are others now. */
void buddy_owner_renew(struct buddy_owner *owner, uint32_t slot, const struct buddy_list *list);

/*
 * buddy_append() for lists in two guards: the second one has no list afterwards. buddy_extend() of a list in a guard, which
 * `list` receives.
 */
enum buddy_status buddy_owner_append(struct buddy_owner *owner, uint32_t slot, uint32_t generation,
				     uint32_t from_slot, uint32_t from_generation, uint64_t tag,
				     struct buddy_list *list);
enum buddy_status buddy_owner_extend(struct buddy_owner *owner, uint32_t slot, uint32_t generation,
				     uint64_t size, struct buddy_list *list);

/* Makes a guard forget its list, which is empty, and a user of the handle that the caller then releases. */
void buddy_owner_forget(struct buddy_owner *owner, uint32_t slot);

/* Frees a list that is named. BUDDY_FREED where it is not there. */
enum buddy_status buddy_owner_free(struct buddy_owner *owner, const struct buddy_meant *meant,
				   bool cleared);

/*
 * Parks a list in two steps, so that whoever is interrupted in between still has the list: the first one tells which numbers
 * will stand for it, the second one parks it. `keeps`: without a giver.
 */
enum buddy_status buddy_owner_prepare_parking(struct buddy_owner *owner, uint32_t slot,
					      uint32_t generation, struct buddy_token *allocator,
					      struct buddy_token *ticket);
enum buddy_status buddy_owner_park(struct buddy_owner *owner, uint32_t slot, uint32_t generation,
				   bool keeps);
/* Takes a parked list into a guard. */
enum buddy_status buddy_owner_adopt(struct buddy_owner *owner, struct buddy_handle *handle,
				    struct buddy_token ticket, uint32_t slot);

/* Opens an empty group; SLOT_NONE without memory. */
uint32_t buddy_owner_open_group(struct buddy_owner *owner);
/* Makes room for this many lists in a group that is empty. */
bool buddy_owner_size_group(struct buddy_group *group, size_t count);

/* Returns the group in the slot; NULL where the slot is not open. */
static inline struct buddy_group *buddy_owner_group(const struct buddy_owner *owner, uint32_t slot)
{
	return (struct buddy_group *)slots_at(&owner->groups, slot);
}

/*
 * Gives back the lists of a group from row `first` on, the last one first. Each row becomes 0 in the step that ends its list.
 * BUDDY_CLOSE_UNDONE wakes those who wait only if others were refused bytes since the group was filled.
 */
enum buddy_status buddy_owner_free_rows(struct buddy_group *group, size_t first,
					enum buddy_closing how);
/* How often others than this handle's batches were refused bytes, in a run. */
uint64_t buddy_run_shortages_beside(const struct buddy_handle *handle);

/* Bytes in these lists. */
uint64_t buddy_owner_bytes_of_rows(const struct buddy_group *group, size_t first);
/* Finds the list in a row; false where there is none. */
bool buddy_owner_find_row(const struct buddy_group *group, size_t row, struct buddy_list *list);

/* Makes a group empty, whose lists are gone; or closes it. */
void buddy_owner_empty_group(struct buddy_owner *owner, struct buddy_group *group);
void buddy_owner_close_group(struct buddy_owner *owner, uint32_t slot);

/* Frees all lists of this owner in an allocator, which it has a handle on, and those that are parked there without a giver. */
enum buddy_status buddy_owner_free_all(struct buddy_owner *owner,
				       struct buddy_allocator *allocator);

#endif
