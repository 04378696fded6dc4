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
#include <buddy/owner.h>
}

class Environment {
public:
	static Napi::Object Init(Napi::Env env, Napi::Object exports);

	Environment(const Environment &) = delete;
	Environment &operator=(const Environment &) = delete;
	~Environment();

private:
	Environment(napi_env env, void *mailbox);

	/* Arguments and results in the mailbox. */
	void Create();
	void Dispose();
	void OpenList();
	void CloseList();
	void Alloc();
	void AllocRaw();
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
	void Open();
	void Park();
	void Adopt();

	/* With values of their own besides. */
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
	template <void (Environment::*method)()>
	static napi_value Call(napi_env env, napi_callback_info info);
	template <napi_value (Environment::*method)(const Napi::CallbackInfo &)>
	static napi_value CallWithValues(napi_env env, napi_callback_info info);
	void Define(napi_value exports, const char *name, napi_callback call);

	using AllocFunction = enum buddy_status (*)(struct buddy_allocator *, struct buddy_list *,
						    const struct buddy_request *);
	using TrimFunction = enum buddy_status (*)(struct buddy_list *, const uint64_t *, uint64_t);

	void AllocWith(AllocFunction alloc);
	void TrimWith(TrimFunction trim);
	void ReportList(const struct buddy_list *list);
	void PutToken(unsigned int index, struct buddy_token token);
	struct buddy_token TokenArgument(unsigned int index) const;

	/* Takes an allocator in; the reference is given back where that fails. */
	void Take(struct buddy_allocator *allocator, bool created);

	/* Tells V8 of native memory. */
	void Account(uint32_t allocator_slot);
	void ReportWarning();

	/* What a handle in the mailbox stands for; NULL, with the status set, where it is stale. */
	struct buddy_allocator *AllocatorArgument();
	struct buddy_list *ListArgument();

	napi_env env_;
	napi_ref on_warning_ = nullptr;
	Mailbox mailbox_;
	struct buddy_owner owner_;
};

#endif
