/* The journal of an allocator, see journal.h: its ring, and the entries that calls write into it. */
#include <buddy/account.h>
#include <buddy/note.h>
#include <buddy/wait.h>
#include <stdlib.h>
#include <userspace/system.h>

/* Cells of an entry without blocks that has so many arguments. */
#define CELLS_WITH(arguments) (BUDDY_ENTRY_ARGUMENTS + (arguments))

/* Cells in the order in which they were written: a ring, or, before it is, memory of just the size of the start. */
struct cells {
	u64 *cells;
	/* A power of two, less 1. */
	u64 mask;
	/* Counted without end: those of the ring follow those of the start. */
	u64 begin, end;
};

struct buddy_journal {
	struct cells ring;
	/* The state when it began, until it is read. */
	struct cells start;
	/* The number of the first entry in the ring, and of the next one that will be written. */
	u64 first, next;
	/* Entries that found no room since the last one that did. */
	u64 lost;
	u64 started;
	bool is_stopped;
	/* Whom it goes with; NULL: nobody. */
	const void *holder;
	struct buddy_waiter *readers;
};

struct starting {
	u64 capacity, now;
	const void *holder;
};

static THREAD_LOCAL u32 this_thread;

void buddy_set_thread(uint32_t thread)
{
	this_thread = thread;
}

static void put(struct cells *cells, u64 cell)
{
	cells->cells[cells->end++ & cells->mask] = cell;
}

static u64 room_in(const struct cells *cells)
{
	return cells->mask + 1 - (cells->end - cells->begin);
}

/* Writes what all entries begin with. */
static void put_head(struct buddy_allocator *allocator, struct cells *cells,
		     const struct buddy_note *note, u64 blocks)
{
	put(cells, (u64)note->kind | (u64)note->status << BUDDY_ENTRY_STATUS_SHIFT |
			   (u64)note->bits << BUDDY_ENTRY_BITS_SHIFT |
			   (u64)this_thread << BUDDY_ENTRY_THREAD_SHIFT);
	put(cells, system_now() - allocator->journal->started);
	put(cells, (CELLS_WITH(note->count) + blocks) | blocks << BUDDY_ENTRY_BLOCKS_SHIFT);
	put(cells, buddy_from_kernel(allocator, allocator->mm.avail));
	put(cells, buddy_from_kernel(allocator, linux_clear_avail(&allocator->mm)));
	for (u32 i = 0; i < note->count; i++)
		put(cells, note->arguments[i]);
}

static void put_blocks(struct buddy_allocator *allocator, struct cells *cells,
		       const struct buddy_list *list)
{
	struct gpu_buddy_block *block;

	buddy_for_each_block(block, list)
		put(cells, buddy_entry_of(allocator, block));
}

/* Says in the ring how many entries are missing. False where there is no room even for that. */
static bool put_gap(struct buddy_allocator *allocator)
{
	struct buddy_journal *journal = allocator->journal;

	if (!journal->lost)
		return true;
	if (room_in(&journal->ring) < CELLS_WITH(1))
		return false;
	put_head(allocator, &journal->ring,
		 &(struct buddy_note){
			 .kind = BUDDY_ENTRY_GAP, .count = 1, .arguments = { journal->lost } },
		 0);
	journal->lost = 0;
	return true;
}

static void wake_readers(struct buddy_journal *journal)
{
	struct buddy_waiter *reader;

	while ((reader = journal->readers)) {
		buddy_unlink_waiter(reader);
		reader->wake(reader->context, reader->number);
	}
}

/* Whether there is room for an entry of so many cells, behind the gap, if there is one: otherwise it is lost. */
static bool make_room(struct buddy_allocator *allocator, u64 cells)
{
	struct buddy_journal *journal = allocator->journal;
	u64 needed = cells + (journal->lost ? CELLS_WITH(1) : 0);
	bool has_room = needed <= room_in(&journal->ring);

	journal->next++;
	if (has_room)
		put_gap(allocator);
	else
		journal->lost++;
	return has_room;
}

void buddy_note(struct buddy_allocator *allocator, const struct buddy_note *note)
{
	struct buddy_journal *journal = allocator->journal;
	u64 blocks = note->list ? buddy_count(note->list) : 0;

	if (make_room(allocator, CELLS_WITH(note->count) + blocks)) {
		put_head(allocator, &journal->ring, note, blocks);
		if (blocks)
			put_blocks(allocator, &journal->ring, note->list);
	}
	wake_readers(journal);
}

void buddy_note_alloc(struct buddy_allocator *allocator, const struct buddy_list *list,
		      const struct buddy_prepared *prepared, enum buddy_status status)
{
	const struct buddy_request *request = &prepared->request;
	/* A request that cannot be done at all is still in the caller's unit. */
	unsigned int scale = prepared->status ? 0 : allocator->scale;
	bool has_range = request->flags & GPU_BUDDY_RANGE_ALLOCATION;

	buddy_note(
		allocator,
		&(struct buddy_note){
			.kind = BUDDY_ENTRY_ALLOC,
			.status = status,
			.bits = (u32)request->flags,
			.count = has_range ? 5 : 3,
			.arguments = { request->size >> scale, request->min_block_size >> scale,
				       (u64)(uintptr_t)buddy_label(request->tag, request->account),
				       request->start >> scale, request->end >> scale },
			.list = status ? NULL : list,
		});
}

static void put_places(struct cells *cells, const struct buddy_places *places)
{
	for (u64 row = 0; row < places->count; row++)
		put(cells,
		    (u64)places->chunks[row] << BUDDY_ENTRY_CHUNK_SHIFT |
			    (places->clear && places->clear[row] ? BUDDY_ENTRY_BLOCK_CLEAR : 0) |
			    (places->orders[row] & BUDDY_ENTRY_BLOCK_ORDER));
}

void buddy_note_claim(struct buddy_allocator *allocator, const struct buddy_list *list,
		      const struct buddy_places *places, const void *label, bool is_marked,
		      enum buddy_status status)
{
	const struct buddy_note note = {
		.kind = BUDDY_ENTRY_CLAIM,
		.status = status,
		.bits = is_marked,
		.count = 1,
		.arguments = { (uintptr_t)label },
		.list = status ? NULL : list,
	};

	if (!status) {
		buddy_note(allocator, &note);
		return;
	}
	if (make_room(allocator, CELLS_WITH(1) + places->count)) {
		put_head(allocator, &allocator->journal->ring, &note, places->count);
		put_places(&allocator->journal->ring, places);
	}
	wake_readers(allocator->journal);
}

void buddy_note_list(struct buddy_allocator *allocator, enum buddy_entry_kind kind, u64 name,
		     u32 bits)
{
	if (name != BUDDY_NO_LIST)
		buddy_note(allocator,
			   &(struct buddy_note){
				   .kind = kind, .bits = bits, .count = 1, .arguments = { name } });
}

void buddy_note_lost(struct buddy_allocator *allocator)
{
	struct buddy_journal *journal = allocator->journal;

	journal->next++;
	journal->lost++;
	wake_readers(journal);
}

static void stop(struct buddy_allocator *allocator)
{
	allocator->extras &= ~BUDDY_IS_JOURNALED;
	allocator->journal->is_stopped = true;
	wake_readers(allocator->journal);
}

void buddy_note_poisoned(struct buddy_allocator *allocator)
{
	buddy_note(allocator, &(struct buddy_note){ .kind = BUDDY_ENTRY_POISONED });
	stop(allocator);
}

void buddy_drop_journal(struct buddy_allocator *allocator)
{
	struct buddy_journal *journal = allocator->journal;

	allocator->extras &= ~BUDDY_IS_JOURNALED;
	allocator->journal = NULL;
	if (!journal)
		return;
	free(journal->ring.cells);
	free(journal->start.cells);
	free(journal);
}

/* Whether a list begins at a block. */
static bool is_first(struct gpu_buddy_block *block)
{
	return buddy_is_allocated(block) && *buddy_mark_of(block) & BUDDY_OWNER_MASK;
}

static bool is_clear_free(struct gpu_buddy_block *block)
{
	return !buddy_is_allocated(block) && gpu_buddy_block_is_clear(block);
}

/* Cells that are needed to say what there is. */
static u64 cells_of_start(struct buddy_allocator *allocator)
{
	u64 cells = CELLS_WITH(3) + (u64)allocator->account_count * CELLS_WITH(4);
	struct gpu_buddy_block *block;
	struct buddy_leaves leaves;

	buddy_begin_leaves(&leaves);
	while ((block = buddy_next_leaf(&allocator->mm, &leaves))) {
		if (buddy_is_allocated(block))
			cells += 1 + (is_first(block) ? CELLS_WITH(1) : 0);
		else if (is_clear_free(block))
			cells += CELLS_WITH(1);
	}
	return cells;
}

static void put_accounts(struct buddy_allocator *allocator, struct cells *cells)
{
	for (u32 slot = 0; slot < allocator->accounts.count; slot++) {
		const struct buddy_account *account = slots_at(&allocator->accounts, slot);

		if (account)
			put_head(
				allocator, cells,
				&(struct buddy_note){ .kind = BUDDY_ENTRY_ACCOUNT,
						      .count = 4,
						      .arguments = { slot + 1, account->quota.limit,
								     account->quota.reserved,
								     account->openings != 0 } },
				0);
	}
}

static void put_block(struct buddy_allocator *allocator, struct cells *cells,
		      struct gpu_buddy_block *block)
{
	const struct buddy_list list = { allocator, block, 0 };

	if (is_first(block)) {
		put_head(allocator, cells,
			 &(struct buddy_note){ .kind = BUDDY_ENTRY_LIST,
					       .count = 1,
					       .arguments = { (uintptr_t)block->private } },
			 buddy_count(&list));
		put_blocks(allocator, cells, &list);
	} else if (is_clear_free(block)) {
		put_head(allocator, cells,
			 &(struct buddy_note){ .kind = BUDDY_ENTRY_CLEAR,
					       .count = 1,
					       .arguments = { buddy_entry_of(allocator, block) } },
			 0);
	}
}

/* Writes down what there is. */
static void put_start(struct buddy_allocator *allocator, struct cells *cells, u64 now)
{
	struct gpu_buddy_block *block;
	struct buddy_leaves leaves;

	put_head(allocator, cells,
		 &(struct buddy_note){
			 .kind = BUDDY_ENTRY_START,
			 .count = 3,
			 .arguments = { allocator->step_limit, allocator->arena.limit, now } },
		 0);
	put_accounts(allocator, cells);
	buddy_begin_leaves(&leaves);
	while ((block = buddy_next_leaf(&allocator->mm, &leaves)))
		put_block(allocator, cells, block);
}

/* Gets memory for so many cells, of which the number is made a power of two. */
static bool get_cells(struct cells *cells, u64 count)
{
	u64 rounded = roundup_pow_of_two(count);

	*cells = (struct cells){ malloc(rounded * sizeof(u64)), rounded - 1, 0, 0 };
	return cells->cells;
}

static bool is_read(const struct buddy_journal *journal)
{
	return !journal->start.cells && !journal->lost && journal->ring.begin == journal->ring.end;
}

static enum buddy_status start(struct buddy_allocator *allocator, void *arguments)
{
	const struct starting *starting = arguments;
	struct buddy_journal *journal = allocator->journal;
	u64 bytes = min(max(starting->capacity, BUDDY_LEAST_JOURNAL), BUDDY_MOST_JOURNAL);

	if (journal && (!journal->is_stopped || (starting->holder && !is_read(journal))))
		return BUDDY_JOURNAL_RUNS;
	buddy_drop_journal(allocator);
	journal = calloc(1, sizeof(*journal));
	if (!journal)
		return BUDDY_NO_MEMORY;
	allocator->journal = journal;
	if (!get_cells(&journal->ring, bytes / sizeof(u64)) ||
	    !get_cells(&journal->start, cells_of_start(allocator))) {
		buddy_drop_journal(allocator);
		return BUDDY_NO_MEMORY;
	}
	journal->holder = starting->holder;
	journal->first = journal->next = 1;
	journal->started = system_now();
	put_start(allocator, &journal->start, starting->now);
	journal->ring.begin = journal->ring.end = journal->start.end;
	allocator->extras |= BUDDY_IS_JOURNALED;
	return BUDDY_OK;
}

enum buddy_status buddy_start_journal(struct buddy_allocator *allocator, uint64_t capacity,
				      uint64_t now, const void *holder)
{
	return buddy_call(allocator, start, &(struct starting){ capacity, now, holder });
}

enum buddy_status buddy_stop_journal(struct buddy_allocator *allocator)
{
	enum buddy_status status = BUDDY_NO_JOURNAL;

	buddy_lock(allocator);
	if (allocator->extras & BUDDY_IS_JOURNALED) {
		stop(allocator);
		status = BUDDY_OK;
	}
	buddy_unlock(allocator);
	return status;
}

void buddy_end_journal(struct buddy_allocator *allocator, const void *holder)
{
	buddy_lock(allocator);
	if (allocator->journal && allocator->journal->holder == holder) {
		stop(allocator);
		buddy_drop_journal(allocator);
	}
	buddy_unlock(allocator);
}

static u64 cell_at(const struct cells *cells, u64 place)
{
	return cells->cells[place & cells->mask];
}

/* The number of cells of the entry that begins at a place. */
static u64 length_at(const struct cells *cells, u64 place)
{
	return (u32)cell_at(cells, place + BUDDY_ENTRY_LENGTHS);
}

/* How many entries it stands for. */
static u64 entries_at(const struct cells *cells, u64 place)
{
	return (u8)cell_at(cells, place) == BUDDY_ENTRY_GAP ?
		       cell_at(cells, place + BUDDY_ENTRY_ARGUMENTS) :
		       1;
}

/* Drops what a reader has seen. */
static void drop_seen(struct buddy_journal *journal, u64 seen)
{
	struct cells *ring = &journal->ring;
	u64 end = min(seen, ring->end);

	if (journal->start.cells && seen >= journal->start.end) {
		free(journal->start.cells);
		journal->start.cells = NULL;
	}
	while (ring->begin < end) {
		journal->first += entries_at(ring, ring->begin);
		ring->begin += length_at(ring, ring->begin);
	}
}

static void copy_cells(const struct cells *cells, u64 place, u64 count,
		       struct buddy_entries *entries)
{
	u64 at = place & cells->mask, first = min(count, cells->mask + 1 - at);

	memcpy(entries->cells + entries->count, cells->cells + at, first * sizeof(u64));
	memcpy(entries->cells + entries->count + first, cells->cells,
	       (count - first) * sizeof(u64));
	entries->count += count;
}

static void copy_start(const struct buddy_journal *journal, struct buddy_entries *entries)
{
	u64 count = journal->start.end;

	entries->place = 0;
	entries->needed = count;
	if (count <= entries->capacity)
		copy_cells(&journal->start, 0, count, entries);
}

static void copy_entries(const struct buddy_journal *journal, struct buddy_entries *entries)
{
	const struct cells *ring = &journal->ring;
	u64 place = ring->begin;

	entries->place = place;
	entries->sequence = journal->first;
	while (place != ring->end) {
		u64 length = length_at(ring, place);

		entries->needed = length;
		if (length > entries->capacity - entries->count)
			return;
		copy_cells(ring, place, length, entries);
		place += length;
	}
}

enum buddy_status buddy_read_journal(struct buddy_allocator *allocator,
				     struct buddy_entries *entries)
{
	enum buddy_status status = BUDDY_NO_JOURNAL;
	struct buddy_journal *journal;

	entries->count = entries->place = entries->sequence = entries->needed = 0;
	entries->is_ended = false;
	buddy_lock(allocator);
	journal = allocator->journal;
	if (journal) {
		status = BUDDY_OK;
		drop_seen(journal, entries->seen);
		put_gap(allocator);
		if (journal->start.cells)
			copy_start(journal, entries);
		else
			copy_entries(journal, entries);
		entries->is_ended = journal->is_stopped && !entries->needed;
	}
	buddy_unlock(allocator);
	return status;
}

bool buddy_wait_for_entries(struct buddy_allocator *allocator, struct buddy_waiter *waiter)
{
	const struct buddy_journal *journal;
	bool waits;

	buddy_lock(allocator);
	journal = allocator->journal;
	waits = journal && !journal->is_stopped && is_read(journal);
	if (waits && !waiter->link)
		buddy_link_waiter(&allocator->journal->readers, waiter);
	buddy_unlock(allocator);
	return waits;
}

void buddy_end_wait_for_entries(struct buddy_allocator *allocator, struct buddy_waiter *waiter)
{
	buddy_lock(allocator);
	if (waiter->link)
		buddy_unlink_waiter(waiter);
	buddy_unlock(allocator);
}
