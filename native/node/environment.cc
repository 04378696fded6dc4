/* Implements the calls of one environment, see environment.h. Comments list the cells of the mailbox: arguments -> results. */
#include "environment.h"
#include "columns.h"

extern "C" {
#include <buddy/counters.h>
#include <buddy/layout.h>
}

#include <algorithm>
#include <string>

namespace {

constexpr const char *status_names[] = {
#define STATUS_NAME(name, number, code, argument, why) #name,
	BUDDY_STATUSES(STATUS_NAME)
#undef STATUS_NAME
};

/*
 * Sets a property without node-addon-api, which would end the process if the call fails. It does fail where a worker is
 * terminated while it loads the addon; nobody sees the missing property then.
 */
void Set(napi_env env, napi_value object, const char *name, napi_value value)
{
	napi_set_named_property(env, object, name, value);
}

void SetText(napi_env env, napi_value object, const char *name, const char *text)
{
	napi_value value;

	if (napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok)
		Set(env, object, name, value);
}

void SetNumber(napi_env env, napi_value object, const char *name, int number)
{
	napi_value value;

	if (napi_create_int32(env, number, &value) == napi_ok)
		Set(env, object, name, value);
}

void SetStatuses(napi_env env, napi_value object, const char *name)
{
	napi_value texts, row;

	if (napi_create_array_with_length(env, BUDDY_STATUS_COUNT, &texts) != napi_ok)
		return;
	for (uint32_t status = 0; status < BUDDY_STATUS_COUNT; status++) {
		const struct buddy_status_text &text = buddy_status_texts[status];

		if (napi_create_object(env, &row) != napi_ok)
			return;
		SetText(env, row, "name", status_names[status]);
		SetNumber(env, row, "errno", text.error);
		SetText(env, row, "code", text.code);
		SetText(env, row, "argument", text.argument);
		SetText(env, row, "why", text.why);
		napi_set_element(env, texts, status, row);
	}
	Set(env, object, name, texts);
}

void SetLayout(napi_env env, napi_value object, const char *name)
{
	napi_value layout;

	if (napi_create_object(env, &layout) != napi_ok)
		return;
	for (size_t i = 0; i < buddy_layout_length; i++)
		SetNumber(env, layout, buddy_layout[i].name, buddy_layout[i].number);
	Set(env, object, name, layout);
}

/* "file:line: condition" */
std::string Place(const struct buddy_fault &fault)
{
	return std::string(fault.file) + ":" + std::to_string(fault.line) + ": " + fault.condition;
}

} // namespace

/* glibc reaches these without a call, see kernel_current. */
#ifdef __GLIBC__
#define THREAD_LOCAL thread_local __attribute__((tls_model("initial-exec")))
#else
#define THREAD_LOCAL thread_local
#endif

/* The environment of this thread's last call: nearly always that of the next one too. */
static THREAD_LOCAL struct {
	napi_env env;
	void *environment;
} last_call;

Environment::Environment(napi_env env) : env_(env)
{
	buddy_owner_init(&owner_);
}

Environment::~Environment()
{
	if (last_call.environment == this)
		last_call = {};
	buddy_owner_destroy(&owner_);
}

struct buddy_handle *Environment::HandleArgument()
{
	struct buddy_handle *handle =
		buddy_owner_open_handle(&owner_, mailbox_.index(0), mailbox_.index(1));

	if (!handle)
		mailbox_.status(BUDDY_DISPOSED);
	return handle;
}

struct buddy_allocator *Environment::AllocatorArgument()
{
	struct buddy_handle *handle = HandleArgument();

	return handle ? handle->allocator : nullptr;
}

bool Environment::ListArgument(struct buddy_list &list)
{
	enum buddy_status status =
		buddy_owner_find(&owner_, mailbox_.index(0), mailbox_.index(1), &list);

	mailbox_.status(status);
	return status == BUDDY_OK;
}

bool Environment::Watch(const Napi::CallbackInfo &info, uint32_t number, bool can_end)
{
	napi_value arguments[] = { info[2], nullptr, info[2] }, result;

	return napi_create_uint32(env_, number, &arguments[1]) == napi_ok &&
	       napi_call_function(env_, info[1], info[0], can_end ? 3 : 2, arguments, &result) ==
		       napi_ok;
}

bool Environment::Unwatch(const Napi::CallbackInfo &info)
{
	napi_value object = info[2], result;

	return napi_call_function(env_, info[1], info[0], 1, &object, &result) == napi_ok;
}

/* (register, registry, object, name) size, chunk size, memory limit, step limit, base offset, any unit? -> slot, generation */
napi_value Environment::Create(const Napi::CallbackInfo &info)
{
	char name[BUDDY_NAME_BYTES + 1] = "";
	struct buddy_config config = { mailbox_.number(0),
				       mailbox_.number(1),
				       mailbox_.number(2),
				       mailbox_.number(3),
				       mailbox_.number(4),
				       mailbox_.flag(5),
				       name };
	struct buddy_allocator *allocator;

	napi_get_value_string_utf8(env_, info[3], name, sizeof(name), nullptr);

	enum buddy_status status = buddy_create(&config, &allocator);

	mailbox_.status(status);
	if (status == BUDDY_OK)
		Take(info, allocator, true);
	return nullptr;
}

/* -> slot, generation, base offset: a word */
void Environment::Take(const Napi::CallbackInfo &info, struct buddy_allocator *allocator,
		       bool created)
{
	uint64_t base_offset = buddy_base_offset(allocator);
	uint32_t slot = buddy_owner_take(&owner_, allocator, created);

	mailbox_.status(BUDDY_NO_MEMORY);
	if (slot == SLOT_NONE) {
		buddy_put(allocator);
		return;
	}
	Account(slot);
	if (!Watch(info, slot, true)) {
		Forget(slot);
		return;
	}
	mailbox_.status(BUDDY_OK);
	mailbox_.result(0, slot);
	mailbox_.result(1, slots_generation(&owner_.handles, slot));
	mailbox_.word(2, base_offset);
}

/* allocator slot, generation; -> the name, empty where there is none */
napi_value Environment::Name(const Napi::CallbackInfo &info)
{
	struct buddy_allocator *allocator = AllocatorArgument();

	if (!allocator)
		return nullptr;
	mailbox_.status(BUDDY_OK);
	return Napi::String::New(info.Env(), buddy_allocator_name(allocator));
}

void Environment::Account(uint32_t allocator_slot)
{
	int64_t growth = buddy_owner_growth(&owner_, allocator_slot);
	int64_t total;

	if (growth)
		napi_adjust_external_memory(env_, growth, &total);
}

void Environment::Forget(uint32_t allocator_slot)
{
	uint64_t bytes = 0;
	int64_t total;

	if (struct buddy_handle *handle = buddy_owner_handle(&owner_, allocator_slot)) {
		KeepAlive(handle->keeps_alive, false);
		KeepAlive(handle->reader_keeps_alive, false);
	}
	if (allocator_slot < owner_.handles.count)
		bytes = buddy_owner_dispose(&owner_, allocator_slot,
					    slots_generation(&owner_.handles, allocator_slot));
	if (bytes)
		napi_adjust_external_memory(env_, -static_cast<int64_t>(bytes), &total);
}

/* allocator slot, whose object was collected -> */
void Environment::ForgetAllocator()
{
	Forget(mailbox_.index(0));
	mailbox_.status(BUDDY_OK);
}

/* (unregister, registry, object) allocator slot, generation -> */
napi_value Environment::Dispose(const Napi::CallbackInfo &info)
{
	if (AllocatorArgument() && Unwatch(info)) {
		Forget(mailbox_.index(0));
		mailbox_.status(BUDDY_OK);
	}
	return nullptr;
}

uint32_t Environment::OpenGuardFor(const Napi::CallbackInfo &info)
{
	uint32_t slot = buddy_owner_open_guard(&owner_);

	if (slot != SLOT_NONE && !Watch(info, slot, false)) {
		buddy_owner_close_guard(&owner_, slot);
		slot = SLOT_NONE;
	}
	return slot;
}

/* (register, registry, object) -> slot */
napi_value Environment::OpenGuard(const Napi::CallbackInfo &info)
{
	uint32_t slot = OpenGuardFor(info);

	mailbox_.status(slot == SLOT_NONE ? BUDDY_NO_MEMORY : BUDDY_OK);
	mailbox_.result(0, slot);
	return nullptr;
}

/* See struct buddy_mailbox. */
struct buddy_name Environment::ReportList(const struct buddy_list *list)
{
	struct buddy_report &report = mailbox_.report();
	struct buddy_name name = buddy_report(list, &report);

	if (report.count < 0)
		mailbox_.result(0, buddy_count(list));
	if (report.chunk < 0)
		mailbox_.result(1, buddy_first_chunk(list));
	return name;
}

/* Tells the same of the list in a guard, which knows the generation of an empty one. */
void Environment::ReportGuard(uint32_t slot, const struct buddy_list *list)
{
	ReportList(list);
	mailbox_.report().generation =
		static_cast<int32_t>(BUDDY_LOW_GENERATION(slots_generation(&owner_.guards, slot)));
	mailbox_.result(2, list->first ? buddy_first(list).tag : 0);
}

void Environment::ReportChange(enum buddy_status status, const struct buddy_list *list)
{
	uint32_t slot = mailbox_.index(0);

	if (status == BUDDY_OK || status == BUDDY_POISONED)
		buddy_owner_renew(&owner_, slot, list);
	mailbox_.status(status);
	if (status != BUDDY_POISONED)
		ReportGuard(slot, list);
}

/* guard, generation, new size, start given?, start -> the list */
void Environment::TrimWith(TrimFunction trim)
{
	struct buddy_list list;

	if (!ListArgument(list))
		return;

	uint64_t start = mailbox_.number(4);
	ReportChange(trim(&list, mailbox_.flag(3) ? &start : nullptr, mailbox_.number(2)), &list);
}

void Environment::Trim()
{
	TrimWith(buddy_trim);
}

void Environment::TrimRaw()
{
	TrimWith(buddy_trim_raw);
}

/* guard, generation, cleared -> */
void Environment::Free()
{
	struct buddy_meant meant;

	mailbox_.status(buddy_owner_meant(&owner_, mailbox_.index(0), mailbox_.index(1), &meant) ?
				buddy_owner_free(&owner_, &meant, mailbox_.flag(2)) :
				BUDDY_FREED);
}

/* guard, generation, index, cleared -> the list */
void Environment::FreeBlock()
{
	struct buddy_list list;

	if (ListArgument(list))
		ReportChange(buddy_free_block(&list, mailbox_.number(2), mailbox_.flag(3)), &list);
}

/* guard, generation, index -> the list */
void Environment::FreeBlockRaw()
{
	struct buddy_list list;

	if (ListArgument(list))
		ReportChange(buddy_free_block_raw(&list, mailbox_.number(2)), &list);
}

/* allocator slot, generation -> */
void Environment::FreeEverything()
{
	struct buddy_allocator *allocator = AllocatorArgument();

	if (!allocator)
		return;
	mailbox_.note_free_all();
	mailbox_.status(buddy_owner_free_all(&owner_, allocator));
}

/* allocator slot, generation, clear -> */
void Environment::ResetClear()
{
	if (struct buddy_allocator *allocator = AllocatorArgument())
		mailbox_.status(buddy_reset_clear(allocator, mailbox_.flag(2)));
}

/* allocator slot, generation, clear -> */
void Environment::ResetClearRaw()
{
	if (struct buddy_allocator *allocator = AllocatorArgument())
		mailbox_.status(buddy_reset_clear_raw(allocator, mailbox_.flag(2)));
}

/* allocator slot, generation, address -> found, offset, order, clear, tag */
void Environment::Lookup()
{
	struct buddy_allocator *allocator = AllocatorArgument();
	struct buddy_block_info block = {};
	bool found = false;

	if (!allocator)
		return;
	mailbox_.status(buddy_lookup(allocator, mailbox_.number(2), &block, &found));
	mailbox_.result(0, found);
	mailbox_.result(1, block.offset);
	mailbox_.result(2, block.order);
	mailbox_.result(3, block.clear);
	mailbox_.result(4, block.tag);
}

/* allocator slot, generation -> avail, clear avail, kernel warnings */
void Environment::Avail()
{
	struct buddy_allocator *allocator = AllocatorArgument();
	struct buddy_avail avail;

	if (!allocator)
		return;
	buddy_avail(allocator, &avail);
	mailbox_.status(BUDDY_OK);
	mailbox_.result(0, avail.avail);
	mailbox_.result(1, avail.clear_avail);
	mailbox_.result(2, avail.kernel_warnings);
	Account(mailbox_.index(0));
}

/* allocator slot, generation -> avail, largest free block, largest possible one */
void Environment::Room()
{
	struct buddy_allocator *allocator = AllocatorArgument();
	struct buddy_room room;

	if (!allocator)
		return;
	buddy_room(allocator, &room);
	mailbox_.status(BUDDY_OK);
	mailbox_.result(0, room.avail);
	mailbox_.result(1, room.largest_free);
	mailbox_.result(2, room.largest_possible);
}

/* allocator slot, generation, start, end -> free bytes: a word */
void Environment::AvailIn()
{
	struct buddy_allocator *allocator = AllocatorArgument();
	uint64_t bytes = 0;

	if (!allocator)
		return;
	mailbox_.status(buddy_avail_in(allocator, mailbox_.number(2), mailbox_.number(3), &bytes));
	mailbox_.word(0, bytes);
}

/* allocator slot, generation, start, end, size, alignment -> found, address */
void Environment::FindFree()
{
	struct buddy_search search = { mailbox_.number(2), mailbox_.number(3), mailbox_.number(4),
				       mailbox_.number(5) };
	struct buddy_allocator *allocator = AllocatorArgument();
	uint64_t address = 0;
	bool found;

	if (!allocator)
		return;
	mailbox_.status(buddy_find_free(allocator, &search, &address, &found));
	mailbox_.result(0, found);
	mailbox_.result(1, address);
}

/* guard, generation, start, end -> bytes of the list: a word */
void Environment::SizeIn()
{
	struct buddy_list list;
	uint64_t bytes = 0;

	if (!ListArgument(list))
		return;
	mailbox_.status(buddy_size_in(&list, mailbox_.number(2), mailbox_.number(3), &bytes));
	mailbox_.word(0, bytes);
}

/* guard, generation -> whether it is in one piece, address of the lowest block */
void Environment::Lowest()
{
	struct buddy_list list;
	uint64_t address = 0;
	bool whole = false;

	if (!ListArgument(list))
		return;
	mailbox_.status(buddy_lowest(&list, &address, &whole));
	mailbox_.result(0, whole);
	mailbox_.result(1, address);
}

/* guard, generation, base offset; columns -> number of blocks */
napi_value Environment::Read(const Napi::CallbackInfo &info)
{
	struct buddy_columns columns = Columns(info, 0, mailbox_.number(2));
	struct buddy_list list;
	uint64_t count;

	if (ListArgument(list)) {
		mailbox_.status(buddy_read(&list, &columns, &count));
		mailbox_.result(0, count);
	}
	return nullptr;
}

/* allocator slot, generation, base offset; columns -> number of blocks */
napi_value Environment::Snapshot(const Napi::CallbackInfo &info)
{
	struct buddy_columns columns = Columns(info, 0, mailbox_.number(2));
	struct buddy_allocator *allocator = AllocatorArgument();
	uint64_t count;

	if (allocator) {
		mailbox_.status(buddy_snapshot(allocator, &columns, &count));
		mailbox_.result(0, count);
	}
	return nullptr;
}

/*
 * allocator slot, generation, base offset; offsets, sizes: both of them BigUint64Array, or Float64Array
 * -> number of runs, or, where the columns are too short, how long they must be
 */
napi_value Environment::FreeRuns(const Napi::CallbackInfo &info)
{
	NumberColumn offsets = Numbers(info[0]), sizes = Numbers(info[1]);
	struct buddy_allocator *allocator = AllocatorArgument();
	struct buddy_runs runs = {};
	uint64_t count;

	if (!allocator)
		return nullptr;
	if (offsets.rows && sizes.rows && offsets.as_doubles == sizes.as_doubles)
		runs = { std::min(offsets.length, sizes.length), offsets.rows, sizes.rows,
			 mailbox_.number(2), offsets.as_doubles };
	mailbox_.status(buddy_free_runs(allocator, &runs, &count));
	mailbox_.result(0, count);
	return nullptr;
}

/*
 * allocator slot, generation; free blocks by order: Float64Array, used blocks: Float64Array
 * -> size, chunk size, avail, clear avail, reserved: a word; native bytes, kernel warnings, max order
 */
napi_value Environment::Stats(const Napi::CallbackInfo &info)
{
	auto free_blocks = Column<Napi::Float64Array>(info[0], napi_float64_array);
	auto used_blocks = Column<Napi::Float64Array>(info[1], napi_float64_array);
	struct buddy_allocator *allocator = AllocatorArgument();
	struct buddy_stats stats;

	if (!allocator)
		return nullptr;
	buddy_stats(allocator, &stats);
	for (unsigned int order = 0; order <= stats.max_order; order++) {
		if (!free_blocks.IsEmpty() && order < free_blocks.ElementLength())
			free_blocks[order] = static_cast<double>(stats.free_blocks[order]);
		if (!used_blocks.IsEmpty() && order < used_blocks.ElementLength())
			used_blocks[order] = static_cast<double>(stats.used_blocks[order]);
	}
	mailbox_.status(BUDDY_OK);
	mailbox_.result(0, stats.size);
	mailbox_.result(1, stats.chunk_size);
	mailbox_.result(2, stats.avail);
	mailbox_.result(3, stats.clear_avail);
	mailbox_.word(4, stats.reserved);
	mailbox_.result(5, stats.native_bytes);
	mailbox_.result(6, stats.kernel_warnings);
	mailbox_.result(7, stats.max_order);
	return nullptr;
}

/* allocator slot, generation; cells: BigUint64Array, for a struct buddy_observation -> whether this handle is the observer */
napi_value Environment::Observe(const Napi::CallbackInfo &info)
{
	auto cells = Column<Napi::BigUint64Array>(info[0], napi_biguint64_array);
	struct buddy_handle *handle = HandleArgument();
	struct buddy_observation observation = {};

	if (!handle || cells.IsEmpty() || cells.ByteLength() < sizeof(observation))
		return nullptr;
	mailbox_.status(BUDDY_OK);
	mailbox_.result(0, buddy_observe(handle->allocator, handle, &observation));
	memcpy(cells.Data(), &observation, sizeof(observation));
	return nullptr;
}

/* allocator slot, generation -> */
void Environment::EndObservation()
{
	struct buddy_handle *handle = HandleArgument();

	if (!handle)
		return;
	buddy_end_observation(handle->allocator, handle);
	mailbox_.status(BUDDY_OK);
}

/* allocator slot, generation; -> the text, each line ending in a newline */
napi_value Environment::Print(const Napi::CallbackInfo &info)
{
	struct buddy_allocator *allocator = AllocatorArgument();
	std::string text;

	if (!allocator)
		return nullptr;
	mailbox_.status(buddy_print(
		allocator,
		[](void *reader, const char *line) {
			static_cast<std::string *>(reader)->append(line);
		},
		&text));
	return Napi::String::New(info.Env(), text);
}

/* allocator slot, generation; -> where the kernel code met a BUG, as "file:line: condition" */
napi_value Environment::Bug(const Napi::CallbackInfo &info)
{
	struct buddy_allocator *allocator = AllocatorArgument();

	if (!allocator)
		return nullptr;

	struct buddy_fault bug = buddy_bug(allocator);
	mailbox_.status(BUDDY_OK);
	return Napi::String::New(info.Env(), bug.file ? Place(bug) : "");
}

/* Calls the function of OnWarning() with the text. There is no environment any more where it ends before that. */
void Environment::CallOnWarning(napi_env env, napi_value handler, void *environment, void *data)
{
	auto *place = static_cast<std::string *>(data);
	napi_value text, nobody;

	if (env)
		napi_unref_threadsafe_function(
			env, static_cast<Environment *>(environment)->on_warning_);
	if (env && handler && napi_get_undefined(env, &nobody) == napi_ok &&
	    napi_create_string_utf8(env, place->data(), place->size(), &text) == napi_ok)
		napi_call_function(env, nobody, handler, 1, &text, nullptr);
	delete place;
}

/*
 * (function (text)): is told of the first WARN of the process, should this environment meet it, and by the event loop: in the
 * middle of a call nobody may write into the mailbox.
 */
napi_value Environment::OnWarning(const Napi::CallbackInfo &info)
{
	napi_value name;

	if (!info[0].IsFunction() || on_warning_)
		return nullptr;
	if (napi_create_string_utf8(env_, "gpu-buddy", NAPI_AUTO_LENGTH, &name) == napi_ok &&
	    napi_create_threadsafe_function(env_, info[0], nullptr, name, 0, 1, nullptr, nullptr,
					    this, CallOnWarning, &on_warning_) == napi_ok)
		napi_unref_threadsafe_function(env_, on_warning_);
	return nullptr;
}

void Environment::TellOf(const struct buddy_fault &warning)
{
	auto *place = new std::string(Place(warning));

	/* The event loop goes on until it has been told. */
	if (on_warning_ &&
	    napi_call_threadsafe_function(on_warning_, place, napi_tsfn_nonblocking) == napi_ok)
		napi_ref_threadsafe_function(env_, on_warning_);
	else
		delete place;
}

#ifdef GPU_BUDDY_FAULT_INJECTION

/* allocator slot, generation, an enum buddy_injection; of failures: nth, from then on -> */
void Environment::Inject()
{
	struct buddy_allocator *allocator = AllocatorArgument();

	if (!allocator)
		return;
	mailbox_.status(BUDDY_OK);
	switch (mailbox_.index(2)) {
	case BUDDY_INJECT_BUG:
		mailbox_.status(buddy_inject_bug(allocator));
		break;
	case BUDDY_INJECT_WARNING:
		mailbox_.status(buddy_inject_warning(allocator));
		break;
	default:
		buddy_inject_failure(allocator, mailbox_.number(3), mailbox_.flag(4));
	}
}

#endif

Environment *Environment::Of(napi_env env, napi_callback_info info)
{
	void *data = nullptr;

	if (last_call.env == env)
		return static_cast<Environment *>(last_call.environment);
	if (napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data) == napi_ok)
		last_call = { env, data };
	return static_cast<Environment *>(data);
}

template <void (Environment::*method)()>
napi_value Environment::Call(napi_env env, napi_callback_info info)
{
	if (Environment *environment = Of(env, info)) {
		environment->RunQueue();
		(environment->*method)();
		environment->ReportWarning();
	}
	return nullptr;
}

template <napi_value (Environment::*method)(const Napi::CallbackInfo &)>
napi_value Environment::CallWithValues(napi_env env, napi_callback_info callback_info)
{
	Napi::CallbackInfo info(env, callback_info);
	auto *environment = static_cast<Environment *>(info.Data());

	environment->RunQueue();
	return (environment->*method)(info);
}

template <void (Environment::*method)()>
napi_value Environment::CallAlloc(napi_env env, napi_callback_info info)
{
	if (Environment *environment = Of(env, info))
		(environment->*method)();
	else
		napi_throw_error(env, nullptr, "The addon has lost its environment.");
	return nullptr;
}

void Environment::Define(napi_value calls, const char *name, napi_callback call)
{
	napi_value function;

	if (napi_create_function(env_, name, NAPI_AUTO_LENGTH, call, this, &function) == napi_ok)
		Set(env_, calls, name, function);
}

/*
 * (cells: Float64Array over a SharedArrayBuffer) -> the calls, and the cells of the mailbox. Every copy of lib/ in this
 * environment gets the same ones, over the memory that the first one has brought.
 */
napi_value Environment::Connect(const Napi::CallbackInfo &info)
{
	napi_value calls, buffer;
	napi_typedarray_type type;
	size_t length;
	bool can_be_detached = true;
	void *memory;

	if (calls_)
		return napi_get_reference_value(env_, calls_, &calls) == napi_ok ? calls : nullptr;
	if (!info[0].IsTypedArray() ||
	    napi_get_typedarray_info(env_, info[0], &type, &length, &memory, &buffer, nullptr) !=
		    napi_ok ||
	    napi_is_arraybuffer(env_, buffer, &can_be_detached) != napi_ok || can_be_detached ||
	    type != napi_float64_array || length * sizeof(double) < sizeof(struct buddy_mailbox)) {
		napi_throw_type_error(env_, nullptr, "The mailbox must be shared memory.");
		return nullptr;
	}
	mailbox_.connect(memory);
	calls = DefineCalls();
	if (!calls)
		return nullptr;
	/* The cells live as long as the functions that reach for them. */
	Set(env_, calls, "cells", info[0]);
	return napi_create_reference(env_, calls, 1, &calls_) == napi_ok ? calls : nullptr;
}

napi_value Environment::DefineCalls()
{
	napi_value calls;

	if (napi_create_object(env_, &calls) != napi_ok)
		return nullptr;
	Define(calls, "create", CallWithValues<&Environment::Create>);
	Define(calls, "open", CallWithValues<&Environment::Open>);
	Define(calls, "name", CallWithValues<&Environment::Name>);
	Define(calls, "dispose", CallWithValues<&Environment::Dispose>);
	Define(calls, "forgetAllocator", Call<&Environment::ForgetAllocator>);
	Define(calls, "openGuard", CallWithValues<&Environment::OpenGuard>);
	Define(calls, "closeGuards", CallWithValues<&Environment::CloseGuards>);
	Define(calls, "describe", Call<&Environment::Describe>);
	Define(calls, "openGroup", CallWithValues<&Environment::OpenGroup>);
	Define(calls, "takeFromGroup", CallWithValues<&Environment::TakeFromGroup>);
	Define(calls, "emptyGroup", Call<&Environment::EmptyGroup>);
	Define(calls, "closeSomeOfGroup", CallWithValues<&Environment::CloseSomeOfGroup>);
	Define(calls, "alloc", CallAlloc<&Environment::Alloc>);
	Define(calls, "allocInPool", CallAlloc<&Environment::AllocInPool>);
	Define(calls, "openPool", CallWithValues<&Environment::OpenPool>);
	Define(calls, "movePool", CallWithValues<&Environment::MovePool>);
	Define(calls, "poolMemory", CallWithValues<&Environment::PoolMemory>);
	Define(calls, "freeInPool", Call<&Environment::FreeInPool>);
	Define(calls, "describeInPool", Call<&Environment::DescribeInPool>);
	Define(calls, "takeFromPool", CallWithValues<&Environment::TakeFromPool>);
	Define(calls, "lengthOfPool", Call<&Environment::LengthOfPool>);
	Define(calls, "clearPool", Call<&Environment::ClearPool>);
	Define(calls, "closePool", CallWithValues<&Environment::ClosePool>);
	Define(calls, "closeSomeOfPool", CallWithValues<&Environment::CloseSomeOfPool>);
	Define(calls, "free", Call<&Environment::Free>);
	Define(calls, "freeEverything", Call<&Environment::FreeEverything>);
	Define(calls, "flush", Call<&Environment::Flush>);
	Define(calls, "openAccount", CallWithValues<&Environment::OpenAccount>);
	Define(calls, "findAccount", CallWithValues<&Environment::FindAccount>);
	Define(calls, "disposeAccount", CallWithValues<&Environment::DisposeAccount>);
	Define(calls, "forgetAccount", Call<&Environment::ForgetAccount>);
	Define(calls, "changeAccount", Call<&Environment::ChangeAccount>);
	Define(calls, "describeAccount", Call<&Environment::DescribeAccount>);
	Define(calls, "shareAccount", Call<&Environment::ShareAccount>);
	Define(calls, "runBatch", CallWithValues<&Environment::RunBatch>);
	Define(calls, "append", Call<&Environment::Append>);
	Define(calls, "extend", Call<&Environment::Extend>);
	Define(calls, "claim", CallWithValues<&Environment::Claim>);
	Define(calls, "save", CallWithValues<&Environment::Save>);
	Define(calls, "restore", CallWithValues<&Environment::Restore>);
	Define(calls, "trim", Call<&Environment::Trim>);
	Define(calls, "trimRaw", Call<&Environment::TrimRaw>);
	Define(calls, "freeBlock", Call<&Environment::FreeBlock>);
	Define(calls, "freeBlockRaw", Call<&Environment::FreeBlockRaw>);
	Define(calls, "resetClear", Call<&Environment::ResetClear>);
	Define(calls, "resetClearRaw", Call<&Environment::ResetClearRaw>);
	Define(calls, "lookup", Call<&Environment::Lookup>);
	Define(calls, "avail", Call<&Environment::Avail>);
	Define(calls, "room", Call<&Environment::Room>);
	Define(calls, "availIn", Call<&Environment::AvailIn>);
	Define(calls, "findFree", Call<&Environment::FindFree>);
	Define(calls, "sizeIn", Call<&Environment::SizeIn>);
	Define(calls, "lowest", Call<&Environment::Lowest>);
	Define(calls, "share", Call<&Environment::Share>);
	Define(calls, "prepareParking", Call<&Environment::PrepareParking>);
	Define(calls, "park", Call<&Environment::Park>);
	Define(calls, "adopt", Call<&Environment::Adopt>);
	Define(calls, "revoke", Call<&Environment::Revoke>);
	Define(calls, "parked", CallWithValues<&Environment::Parked>);
	Define(calls, "observe", CallWithValues<&Environment::Observe>);
	Define(calls, "endObservation", Call<&Environment::EndObservation>);
	Define(calls, "epoch", Call<&Environment::Epoch>);
	Define(calls, "wait", CallWithValues<&Environment::Wait>);
	Define(calls, "endWait", Call<&Environment::EndWait>);
	Define(calls, "startJournal", Call<&Environment::StartJournal>);
	Define(calls, "stopJournal", Call<&Environment::StopJournal>);
	Define(calls, "endJournal", Call<&Environment::EndJournal>);
	Define(calls, "readJournal", CallWithValues<&Environment::ReadJournal>);
	Define(calls, "waitForEntries", CallWithValues<&Environment::WaitForEntries>);
	Define(calls, "endWaitForEntries", Call<&Environment::EndWaitForEntries>);
	Define(calls, "setThread", Call<&Environment::SetThread>);
	Define(calls, "read", CallWithValues<&Environment::Read>);
	Define(calls, "snapshot", CallWithValues<&Environment::Snapshot>);
	Define(calls, "freeRuns", CallWithValues<&Environment::FreeRuns>);
	Define(calls, "stats", CallWithValues<&Environment::Stats>);
	Define(calls, "print", CallWithValues<&Environment::Print>);
	Define(calls, "bug", CallWithValues<&Environment::Bug>);
	Define(calls, "onWarning", CallWithValues<&Environment::OnWarning>);
#ifdef GPU_BUDDY_FAULT_INJECTION
	Define(calls, "inject", Call<&Environment::Inject>);
#endif
	return calls;
}

Napi::Object Environment::Init(Napi::Env env, Napi::Object exports)
{
	auto *environment = new Environment(env);
	napi_value connect;

	/* Deleted, with everything that it owns, when the environment ends. */
	env.SetInstanceData(environment);

	SetLayout(env, exports, "layout");
	SetStatuses(env, exports, "statuses");
	SetText(env, exports, "kernelVersion", GPU_BUDDY_KERNEL_VERSION);
	SetText(env, exports, "kernelSha256", GPU_BUDDY_KERNEL_SHA256);
	SetText(env, exports, "protocol", GPU_BUDDY_PROTOCOL);
	SetText(env, exports, "builtWith", GPU_BUDDY_BUILT_WITH);
	if (napi_create_function(
		    env, "connect", NAPI_AUTO_LENGTH,
		    [](napi_env env, napi_callback_info callback_info) {
			    Napi::CallbackInfo info(env, callback_info);
			    return static_cast<Environment *>(info.Data())->Connect(info);
		    },
		    environment, &connect) == napi_ok)
		Set(env, exports, "connect", connect);
	return exports;
}
