/*
 * What one environment (one thread's JavaScript) owns: its lists of blocks and its handles on allocators, by slot and
 * generation. Used by that thread only; the allocators behind it may be shared.
 */
#ifndef BUDDY_OWNER_H
#define BUDDY_OWNER_H

#include <buddy/sharing.h>
#include <buddy/slots.h>

struct buddy_owner {
	struct slots allocators;
	struct slots lists;
	struct slots groups;
	/* The ticket of the list that is parked next, see buddy_owner_prepare_parking(). */
	struct buddy_token ticket;
	bool has_ticket;
};

/* Lists that belong together: the numbers of their slots, each with 1 added; 0 for none. */
struct buddy_group {
	uint32_t *slots;
	size_t count;
};

void buddy_owner_init(struct buddy_owner *owner);

/* Frees every list, those parked for others too, and gives up every allocator that is still there. */
void buddy_owner_destroy(struct buddy_owner *owner);

/*
 * Takes over the caller's reference. `created` tells whether this owner made the allocator. SLOT_NONE without memory;
 * the reference is then the caller's still.
 */
uint32_t buddy_owner_take(struct buddy_owner *owner, struct buddy_allocator *allocator,
			  bool created);

/* NULL where the handle is stale or made up. */
struct buddy_allocator *buddy_owner_allocator(const struct buddy_owner *owner, uint32_t slot,
					      uint32_t generation);

/* Gives up the handle; without effect on a stale one. Returns the bytes that buddy_owner_growth() has told of. */
uint64_t buddy_owner_dispose(struct buddy_owner *owner, uint32_t slot, uint32_t generation);

/*
 * By how many bytes of native memory the allocator behind an open handle has grown (or shrunk) since this was last asked: for
 * whoever keeps the books. 0 for a handle on somebody else's allocator.
 */
int64_t buddy_owner_growth(struct buddy_owner *owner, uint32_t slot);

/* A slot that can receive one list after the other; SLOT_NONE without memory. */
uint32_t buddy_owner_open_list(struct buddy_owner *owner);
/* Frees what is in the slot, and the slot. */
void buddy_owner_close_list(struct buddy_owner *owner, uint32_t slot);
/* The same, where the slot is open and its list empty. */
static inline void buddy_owner_close_empty(struct buddy_owner *owner, uint32_t slot)
{
	slots_close_open(&owner->lists, slot);
}

/* The list in the slot; NULL where the slot is not open, or, below, the list is not the one that was meant. */
static inline struct buddy_list *buddy_owner_list_at(const struct buddy_owner *owner, uint32_t slot)
{
	return (struct buddy_list *)slots_at(&owner->lists, slot);
}

static inline struct buddy_list *buddy_owner_list(const struct buddy_owner *owner, uint32_t slot,
						  uint32_t generation)
{
	return (struct buddy_list *)slots_find(&owner->lists, slot, generation);
}

/* Asks for the memory of a list, before it is needed. */
static inline void buddy_owner_fetch_list(const struct buddy_owner *owner, uint32_t slot)
{
	slots_fetch(&owner->lists, slot);
}

/*
 * Parks a list in two steps, so that whoever is interrupted in between still has the list: the first one tells which numbers
 * will stand for it, the second one parks it. The slot can then receive another list, under a new generation.
 */
enum buddy_status buddy_owner_prepare_parking(struct buddy_owner *owner, uint32_t slot,
					      uint32_t generation, struct buddy_token *allocator,
					      struct buddy_token *ticket);
enum buddy_status buddy_owner_park(struct buddy_owner *owner, uint32_t slot, uint32_t generation);

/* Opens an empty group; SLOT_NONE without memory. */
uint32_t buddy_owner_open_group(struct buddy_owner *owner);
/* Makes room for this many lists in a group that is empty. */
bool buddy_owner_size_group(struct buddy_group *group, size_t count);
/* Makes a group empty, or closes it; its lists must have been closed. */
void buddy_owner_empty_group(struct buddy_group *group);
void buddy_owner_close_group(struct buddy_owner *owner, uint32_t slot);

/* Returns the group in the slot; NULL where the slot is not open. */
static inline struct buddy_group *buddy_owner_group(const struct buddy_owner *owner, uint32_t slot)
{
	return (struct buddy_group *)slots_at(&owner->groups, slot);
}

/* The list, to be freed by the caller; the slot can receive another, under a new generation. NULL where it is stale. */
static inline struct buddy_list *buddy_owner_give_up(struct buddy_owner *owner, uint32_t slot,
						     uint32_t generation)
{
	struct buddy_list *list = buddy_owner_list(owner, slot, generation);

	if (list)
		slots_renew(&owner->lists, slot);
	return list;
}

enum buddy_status buddy_owner_free(struct buddy_owner *owner, uint32_t slot, uint32_t generation,
				   bool cleared);

#endif
