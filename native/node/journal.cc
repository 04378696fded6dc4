/* The calls of environment.h on journals: see buddy/journal.h. */
#include "environment.h"
#include "columns.h"

/* allocator slot, generation, bytes of the ring, milliseconds since 1970, goes with this handle? -> */
void Environment::StartJournal()
{
	struct buddy_handle *handle = HandleArgument();

	if (handle)
		mailbox_.status(buddy_start_journal(handle->allocator, mailbox_.number(2),
						    mailbox_.number(3),
						    mailbox_.flag(4) ? handle : nullptr));
}

/* allocator slot, generation -> */
void Environment::StopJournal()
{
	struct buddy_allocator *allocator = AllocatorArgument();

	if (allocator)
		mailbox_.status(buddy_stop_journal(allocator));
}

/* allocator slot, generation: ends the journal that goes with this handle -> */
void Environment::EndJournal()
{
	struct buddy_handle *handle = HandleArgument();

	if (!handle)
		return;
	buddy_end_journal(handle->allocator, handle);
	mailbox_.status(BUDDY_OK);
}

/*
 * (cells: BigUint64Array) allocator slot, generation, place up to which all has been seen
 * -> number of cells, place of the first, number of the first entry, cells that the next one needs, whether the journal has ended
 */
napi_value Environment::ReadJournal(const Napi::CallbackInfo &info)
{
	auto cells = Column<Napi::BigUint64Array>(info[0], napi_biguint64_array);
	struct buddy_allocator *allocator = AllocatorArgument();
	struct buddy_entries entries = {};

	if (!allocator || cells.IsEmpty())
		return nullptr;
	entries.cells = cells.Data();
	entries.capacity = cells.ElementLength();
	entries.seen = mailbox_.number(2);
	mailbox_.status(buddy_read_journal(allocator, &entries));
	mailbox_.result(0, entries.count);
	mailbox_.result(1, entries.place);
	mailbox_.result(2, entries.sequence);
	mailbox_.result(3, entries.needed);
	mailbox_.result(4, entries.is_ended);
	return nullptr;
}

/*
 * (function (number)) allocator slot, generation, keeps the event loop going? -> whether it waits. With the next entry the event loop
 * calls the function that was first given to this or to Wait(), with BUDDY_MOST_HANDLES and the slot of the handle.
 */
napi_value Environment::WaitForEntries(const Napi::CallbackInfo &info)
{
	struct buddy_handle *handle = HandleArgument();

	if (!handle)
		return nullptr;
	mailbox_.status(BUDDY_NO_MEMORY);
	if (!MakeOnFree(info[0]))
		return nullptr;

	struct buddy_waiter *reader = &handle->reader;
	reader->wake = Wake;
	reader->context = this;
	reader->number = BUDDY_MOST_HANDLES | handle->slot;
	bool waits = buddy_wait_for_entries(handle->allocator, reader);
	KeepAlive(handle->reader_keeps_alive, waits && mailbox_.flag(2));
	mailbox_.status(BUDDY_OK);
	mailbox_.result(0, waits);
	return nullptr;
}

/* allocator slot, generation -> */
void Environment::EndWaitForEntries()
{
	struct buddy_handle *handle = HandleArgument();

	if (!handle)
		return;
	buddy_end_wait_for_entries(handle->allocator, &handle->reader);
	KeepAlive(handle->reader_keeps_alive, false);
	mailbox_.status(BUDDY_OK);
}

/* number of this thread -> */
void Environment::SetThread()
{
	buddy_set_thread(mailbox_.index(0));
	mailbox_.status(BUDDY_OK);
}
