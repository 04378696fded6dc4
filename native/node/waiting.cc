/* The calls of environment.h that wait for free memory: see buddy/wait.h. */
#include "environment.h"

/* Called by whatever thread frees. Node-API calls the event loop once for many of these. */
void Environment::Wake(void *environment, uint32_t slot)
{
	napi_call_threadsafe_function(static_cast<Environment *>(environment)->on_free_,
				      reinterpret_cast<void *>(static_cast<uintptr_t>(slot)),
				      napi_tsfn_nonblocking);
}

/* Calls the function of Wait() with the slot of the handle. There is no environment any more where it ends before that. */
void Environment::CallOnFree(napi_env env, napi_value tell, void *, void *slot)
{
	napi_value nobody, number;

	if (env && tell && napi_get_undefined(env, &nobody) == napi_ok &&
	    napi_create_uint32(env, static_cast<uint32_t>(reinterpret_cast<uintptr_t>(slot)),
			       &number) == napi_ok)
		napi_call_function(env, nobody, tell, 1, &number, nullptr);
}

/* Before the environment ends: no thread may call its function afterwards. */
void Environment::EndAllWaits(void *environment)
{
	auto *self = static_cast<Environment *>(environment);

	buddy_owner_end_waits(&self->owner_);
	napi_release_threadsafe_function(self->on_free_, napi_tsfn_release);
	self->on_free_ = nullptr;
}

bool Environment::MakeOnFree(napi_value tell)
{
	napi_value name;

	if (on_free_)
		return true;
	if (napi_create_string_utf8(env_, "gpu-buddy", NAPI_AUTO_LENGTH, &name) != napi_ok ||
	    napi_create_threadsafe_function(env_, tell, nullptr, name, 0, 1, nullptr, nullptr,
					    nullptr, CallOnFree, &on_free_) != napi_ok)
		return false;
	napi_unref_threadsafe_function(env_, on_free_);
	/* The last hook is called first: before Node-API's own, which destroys the function. */
	napi_add_env_cleanup_hook(env_, EndAllWaits, this);
	return true;
}

void Environment::KeepAlive(bool &kept, bool keeps)
{
	if (kept == keeps)
		return;
	kept = keeps;
	if (keeps && !keepers_++)
		napi_ref_threadsafe_function(env_, on_free_);
	else if (!keeps && !--keepers_)
		napi_unref_threadsafe_function(env_, on_free_);
}

/* allocator slot, generation -> epoch */
void Environment::Epoch()
{
	struct buddy_allocator *allocator = AllocatorArgument();

	if (!allocator)
		return;
	mailbox_.status(BUDDY_OK);
	mailbox_.result(0, buddy_epoch(allocator));
}

/*
 * (function (slot)) allocator slot, generation, keeps the event loop going? -> epoch. After the next free the event loop calls
 * the first of these functions.
 */
napi_value Environment::Wait(const Napi::CallbackInfo &info)
{
	struct buddy_handle *handle = HandleArgument();
	uint64_t epoch;

	if (!handle)
		return nullptr;
	mailbox_.status(BUDDY_NO_MEMORY);
	if (!MakeOnFree(info[0]))
		return nullptr;

	struct buddy_waiter *waiter = &handle->waiter;
	waiter->wake = Wake;
	waiter->context = this;
	waiter->number = handle->slot;
	enum buddy_status status = buddy_wait(handle->allocator, waiter, &epoch);
	if (status == BUDDY_OK)
		KeepAlive(handle->keeps_alive, mailbox_.flag(2));
	mailbox_.status(status);
	mailbox_.result(0, epoch);
	return nullptr;
}

/* allocator slot, generation -> */
void Environment::EndWait()
{
	struct buddy_handle *handle = HandleArgument();

	if (!handle)
		return;
	buddy_end_wait(handle->allocator, &handle->waiter);
	KeepAlive(handle->keeps_alive, false);
	mailbox_.status(BUDDY_OK);
}
