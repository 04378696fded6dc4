/*
 * One environment's side of the addon: the main thread has one, each worker, each vm context that loads the package.
 * It turns what is in the mailbox into calls of native/buddy, and nothing more. lib/native.ts is the other side.
 */
#ifndef NODE_ENVIRONMENT_H
#define NODE_ENVIRONMENT_H

#include "mailbox.h"
#include <napi.h>

extern "C" {
#include <buddy/faults.h>
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
	void Share();
	void PrepareParking();
	void Park();
	void Adopt();
	void EmptyGroup();

	/* Does what waits in the queue too, and all in one go. */
	void Alloc();

	/* With values of their own besides. */
	napi_value Create(const Napi::CallbackInfo &info);
	napi_value Open(const Napi::CallbackInfo &info);
	napi_value Dispose(const Napi::CallbackInfo &info);
	napi_value OpenList(const Napi::CallbackInfo &info);
	napi_value CloseLists(const Napi::CallbackInfo &info);
	napi_value OpenGroup(const Napi::CallbackInfo &info);
	napi_value TakeFromGroup(const Napi::CallbackInfo &info);
	napi_value CloseSomeOfGroup(const Napi::CallbackInfo &info);
	napi_value RunBatch(const Napi::CallbackInfo &info);
	napi_value Read(const Napi::CallbackInfo &info);
	napi_value Snapshot(const Napi::CallbackInfo &info);
	napi_value Stats(const Napi::CallbackInfo &info);
	napi_value Print(const Napi::CallbackInfo &info);
	napi_value Bug(const Napi::CallbackInfo &info);
	napi_value OnWarning(const Napi::CallbackInfo &info);
#ifdef GPU_BUDDY_FAULT_INJECTION
	void Inject();
#endif

	/* A call whose arguments and results are all in the mailbox; one that has values of its own. */
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

	using TrimFunction = enum buddy_status (*)(struct buddy_list *, const uint64_t *, uint64_t);

	void TrimWith(TrimFunction trim);
	void ReportList(uint32_t slot, const struct buddy_list *list);
	void ReportListAndTag(uint32_t slot, const struct buddy_list *list);
	/* After a call that may have changed the blocks of a list: success makes the generation that is in use stale. */
	void ReportChange(enum buddy_status status);

	/* A list that is given up, and as what. */
	struct Freeing {
		struct buddy_list *list;
		bool cleared;
	};

	/* What is to be freed in an allocator, and allocated after that, if anything. */
	struct Run {
		const Freeing *next, *end;
		struct buddy_list *list;
		struct buddy_prepared *prepared;
	};

	size_t ReadQueue();
	enum buddy_status Do(struct buddy_allocator *allocator, Run &run);
	void FreeAll(const Freeing *next, const Freeing *end);
	/* Does what waits in the queue. */
	void RunQueue();
	void PutToken(unsigned int index, struct buddy_token token);
	struct buddy_token TokenArgument(unsigned int index) const;

	/* Takes an allocator in for the object of Watch(); the reference is given back where that fails. */
	void Take(const Napi::CallbackInfo &info, struct buddy_allocator *allocator, bool created);
	/* Gives up the handle in the slot. */
	void Forget(uint32_t allocator_slot);

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

	/* What a handle in the mailbox stands for; NULL, with the status set, where it is stale. */
	struct buddy_allocator *AllocatorArgument();
	struct buddy_list *ListArgument();

	napi_env env_;
	napi_ref calls_ = nullptr;
	napi_threadsafe_function on_warning_ = nullptr;
	Mailbox mailbox_;
	struct buddy_owner owner_;
	/* What has waited in the queue. */
	Freeing queued_[MAILBOX_QUEUE_LENGTH];
	/* Of the allocation in the mailbox. It stays as it is until the mailbox tells of a change. */
	struct buddy_prepared prepared_ = {};
	int32_t known_changes_ = 0;
	/* Allocations since V8 was told of native memory. */
	unsigned int unaccounted_ = 0;
};

#endif
