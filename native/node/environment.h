/*
 * One environment's side of the addon: the main thread has one, each worker, each vm context that loads the package.
 * It turns what is in the mailbox into calls of native/buddy, and nothing more. lib/native/ is the other side.
 */
#ifndef NODE_ENVIRONMENT_H
#define NODE_ENVIRONMENT_H

#include "mailbox.h"
#include <napi.h>
#include <vector>

extern "C" {
#include <buddy/account.h>
#include <buddy/faults.h>
#include <buddy/journal.h>
}

class Environment {
public:
	static Napi::Object Init(Napi::Env env, Napi::Object exports);

	Environment(const Environment &) = delete;
	Environment &operator=(const Environment &) = delete;
	~Environment();

private:
	explicit Environment(napi_env env);

	/* Takes the memory of the mailbox, once, and gives the calls below as the properties of one object. */
	napi_value Connect(const Napi::CallbackInfo &info);
	napi_value DefineCalls();

	/* Arguments and results in the mailbox. */
	void ForgetAllocator();
	void Describe();
	void Flush();
	void Trim();
	void TrimRaw();
	void Free();
	void FreeBlock();
	void FreeBlockRaw();
	void ResetClear();
	void ResetClearRaw();
	void Lookup();
	void Avail();
	void Room();
	void AvailIn();
	void FindFree();
	void SizeIn();
	void Lowest();
	void FreeInPool();
	void DescribeInPool();
	void LengthOfPool();
	void ClearPool();
	void FreeEverything();
	void Share();
	void PrepareParking();
	void Park();
	void Adopt();
	void Revoke();
	void EmptyGroup();
	void ForgetAccount();
	void ChangeAccount();
	void DescribeAccount();
	void ShareAccount();
	void Append();
	void Extend();

	/* Allocating and freeing calls do the waiting frees in the same run. */
	void Alloc();
	void AllocInPool();

	/* Calls that take or give JavaScript values, too. */
	napi_value Create(const Napi::CallbackInfo &info);
	napi_value Open(const Napi::CallbackInfo &info);
	napi_value Name(const Napi::CallbackInfo &info);
	napi_value Dispose(const Napi::CallbackInfo &info);
	napi_value OpenGuard(const Napi::CallbackInfo &info);
	napi_value CloseGuards(const Napi::CallbackInfo &info);
	napi_value OpenGroup(const Napi::CallbackInfo &info);
	napi_value TakeFromGroup(const Napi::CallbackInfo &info);
	napi_value CloseSomeOfGroup(const Napi::CallbackInfo &info);
	napi_value OpenPool(const Napi::CallbackInfo &info);
	napi_value MovePool(const Napi::CallbackInfo &info);
	napi_value PoolMemory(const Napi::CallbackInfo &info);
	napi_value TakeFromPool(const Napi::CallbackInfo &info);
	napi_value ClosePool(const Napi::CallbackInfo &info);
	napi_value CloseSomeOfPool(const Napi::CallbackInfo &info);
	napi_value OpenAccount(const Napi::CallbackInfo &info);
	napi_value FindAccount(const Napi::CallbackInfo &info);
	napi_value DisposeAccount(const Napi::CallbackInfo &info);
	napi_value RunBatch(const Napi::CallbackInfo &info);
	napi_value Claim(const Napi::CallbackInfo &info);
	napi_value Save(const Napi::CallbackInfo &info);
	napi_value Restore(const Napi::CallbackInfo &info);
	napi_value Observe(const Napi::CallbackInfo &info);
	void EndObservation();
	napi_value Parked(const Napi::CallbackInfo &info);
	napi_value Read(const Napi::CallbackInfo &info);
	napi_value Snapshot(const Napi::CallbackInfo &info);
	napi_value FreeRuns(const Napi::CallbackInfo &info);
	napi_value Stats(const Napi::CallbackInfo &info);
	napi_value Print(const Napi::CallbackInfo &info);
	napi_value Bug(const Napi::CallbackInfo &info);
	napi_value OnWarning(const Napi::CallbackInfo &info);
#ifdef GPU_BUDDY_FAULT_INJECTION
	void Inject();
#endif

	/* A call whose arguments and results are all in the mailbox; one that has values of its own. */
	template <void (Environment::*method)()>
	static napi_value CallAlloc(napi_env env, napi_callback_info info);
	static Environment *Of(napi_env env, napi_callback_info info);
	template <void (Environment::*method)()>
	static napi_value Call(napi_env env, napi_callback_info info);
	template <napi_value (Environment::*method)(const Napi::CallbackInfo &)>
	static napi_value CallWithValues(napi_env env, napi_callback_info info);
	void Define(napi_value calls, const char *name, napi_callback call);

	/*
	 * (register, registry, object): has the collector tell of the object's end, by this number. Whoever opens something for
	 * an object does both in one call, so that nothing can come between. False where it fails; the exception is pending.
	 */
	bool Watch(const Napi::CallbackInfo &info, uint32_t number, bool can_end);
	/* (unregister, registry, object): ends that. */
	bool Unwatch(const Napi::CallbackInfo &info);

	/* Opens a guard for the object of Watch(); SLOT_NONE if that fails. */
	uint32_t OpenGuardFor(const Napi::CallbackInfo &info);

	using TrimFunction = enum buddy_status (*)(struct buddy_list *, const uint64_t *, uint64_t);

	void TrimWith(TrimFunction trim);
	struct buddy_name ReportList(const struct buddy_list *list);
	void ReportShortage(const struct buddy_shortage &shortage);
	void ReportGuard(uint32_t slot, const struct buddy_list *list);
	/* Reports a list after a call that may have changed its blocks: success gives it another name. */
	void ReportChange(enum buddy_status status, const struct buddy_list *list);

	struct buddy_handle *ReadAlloc(const struct buddy_alloc_record &record);
	enum buddy_status AllocInto(struct buddy_list &list, struct buddy_handle &handle,
				    size_t count, struct buddy_pool *pool, uint32_t slot);
	void FlushQueue(size_t count);
	/* Frees the lists that wait in the queue. */
	void RunQueue();
	void PutToken(unsigned int index, struct buddy_token token);
	struct buddy_token TokenArgument(unsigned int index) const;

	/* Takes over an allocator for the object of Watch(); gives the reference back if that fails. */
	void Take(const Napi::CallbackInfo &info, struct buddy_allocator *allocator, bool created);
	/* Gives up the handle in the slot. */
	void Forget(uint32_t allocator_slot);

	/* Waiting for free memory, in waiting.cc. */
	void Epoch();
	napi_value Wait(const Napi::CallbackInfo &info);
	void EndWait();
	bool MakeOnFree(napi_value tell);
	void KeepAlive(bool &kept, bool keeps);
	static void Wake(void *environment, uint32_t slot);
	static void CallOnFree(napi_env env, napi_value tell, void *environment, void *slot);
	static void EndAllWaits(void *environment);

	/* The journal, in journal.cc. */
	void StartJournal();
	void StopJournal();
	void EndJournal();
	napi_value ReadJournal(const Napi::CallbackInfo &info);
	napi_value WaitForEntries(const Napi::CallbackInfo &info);
	void EndWaitForEntries();
	void SetThread();

	/* Tells V8 of native memory. */
	void Account(uint32_t allocator_slot);
	void ReportWarning()
	{
		struct buddy_fault warning;

		if (buddy_take_warning(&warning))
			TellOf(warning);
	}
	void TellOf(const struct buddy_fault &warning);
	static void CallOnWarning(napi_env env, napi_value handler, void *environment, void *data);

	/* Look up the handle in the mailbox. NULL or false, with the status set, if it is stale. */
	struct buddy_handle *HandleArgument();
	struct buddy_allocator *AllocatorArgument();
	bool ListArgument(struct buddy_list &list);
	bool PoolArgument(struct buddy_list &list);
	struct buddy_open_account *AccountArgument();

	/* Takes over an opening of an account for the object of Watch(). */
	void TakeAccount(const Napi::CallbackInfo &info, struct buddy_handle &handle,
			 uint32_t account);

	napi_env env_;
	/* Keeps the memory of a pool, by the pool's slot; another one, or none, in its place. */
	bool KeepPoolMemory(uint32_t slot, napi_value memory);

	napi_ref calls_ = nullptr;
	std::vector<napi_ref> pool_memory_;
	napi_threadsafe_function on_warning_ = nullptr;
	/* Made by the first wait. */
	napi_threadsafe_function on_free_ = nullptr;
	/* Handles that keep the event loop going until memory is free. */
	uint32_t keepers_ = 0;
	Mailbox mailbox_;
	struct buddy_owner owner_;
	/* Kept from the last allocation, until the mailbox tells of a change. */
	struct buddy_handle *alloc_handle_ = nullptr;
	struct buddy_prepared prepared_ = {};
	int32_t known_changes_ = 0;
	bool explains_ = false;
	/* Allocations since V8 was told of native memory. */
	unsigned int unaccounted_ = 0;
};

#endif
