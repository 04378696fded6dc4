/*
 * One environment's side of the addon: the main thread has one, each worker, each vm context that loads the package.
 * It turns what is in the mailbox into calls of native/buddy, and nothing more. lib/native.ts is the other side.
 */
#ifndef NODE_ENVIRONMENT_H
#define NODE_ENVIRONMENT_H

#include "mailbox.h"
#include <napi.h>

extern "C" {
#include <buddy/owner.h>
}

class Environment {
    public:
	static Napi::Object Init(Napi::Env env, Napi::Object exports);

	Environment(const Environment &) = delete;
	Environment &operator=(const Environment &) = delete;
	~Environment();

    private:
	explicit Environment(void *mailbox);

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

	/* With values of their own besides. */
	napi_value Read(const Napi::CallbackInfo &info);
	napi_value Snapshot(const Napi::CallbackInfo &info);
	napi_value Stats(const Napi::CallbackInfo &info);
	napi_value Print(const Napi::CallbackInfo &info);
	napi_value Bug(const Napi::CallbackInfo &info);

	using AllocFunction = enum buddy_status (*)(struct buddy_allocator *, struct buddy_list *,
						    const struct buddy_request *);
	using TrimFunction = enum buddy_status (*)(struct buddy_list *, const uint64_t *, uint64_t);

	void AllocWith(AllocFunction alloc);
	void TrimWith(TrimFunction trim);
	void ReportList(const struct buddy_list *list);

	/* What a handle in the mailbox stands for; NULL, with the status set, where it is stale. */
	struct buddy_allocator *AllocatorArgument();
	struct buddy_list *ListArgument();

	Mailbox mailbox_;
	struct buddy_owner owner_;
};

#endif
