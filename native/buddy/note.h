/* Writes entries of the journal (journal.h), in a run: for this folder only. */
#ifndef BUDDY_NOTE_H
#define BUDDY_NOTE_H

#include <buddy/journal.h>
#include <buddy/lists.h>
#include <buddy/state.h>

static inline bool buddy_is_journaled(const struct buddy_allocator *allocator)
{
	return unlikely(allocator->extras & BUDDY_IS_JOURNALED);
}

/* The name of a list by its first block; NULL: it has none. */
static inline u64 buddy_entry_of(const struct buddy_allocator *allocator,
				 struct gpu_buddy_block *block)
{
	if (!block)
		return BUDDY_NO_LIST;
	return gpu_buddy_block_offset(block) >> allocator->chunk_shift << BUDDY_ENTRY_CHUNK_SHIFT |
	       (gpu_buddy_block_is_clear(block) ? BUDDY_ENTRY_BLOCK_CLEAR : 0) |
	       gpu_buddy_block_order(block);
}

/* An entry that is to be written. */
struct buddy_note {
	enum buddy_entry_kind kind;
	enum buddy_status status;
	u32 bits;
	u32 count;
	u64 arguments[5];
	/* The list whose blocks it shows; NULL: none. */
	const struct buddy_list *list;
};

void buddy_note(struct buddy_allocator *allocator, const struct buddy_note *note);

/* Write entries. Arguments are those that can't be found out afterwards. */
void buddy_note_alloc(struct buddy_allocator *allocator, const struct buddy_list *list,
		      const struct buddy_prepared *prepared, enum buddy_status status);
void buddy_note_claim(struct buddy_allocator *allocator, const struct buddy_list *list,
		      const struct buddy_places *places, const void *label, bool is_marked,
		      enum buddy_status status);
/* Calls on a list that had this name, which is BUDDY_NO_LIST where nothing is to be written. */
void buddy_note_list(struct buddy_allocator *allocator, enum buddy_entry_kind kind, u64 name,
		     u32 bits);
/* Notes an operation that no entry can describe. */
void buddy_note_lost(struct buddy_allocator *allocator);
/* The allocator has just been poisoned: the journal ends. */
void buddy_note_poisoned(struct buddy_allocator *allocator);

/* The allocator goes: nobody reads any more. */
void buddy_drop_journal(struct buddy_allocator *allocator);

#endif
