/* Implements the calls of environment.h on accounts: see buddy/account.h. */
#include "environment.h"

/* Finds the account of slot and generation in the mailbox; nullptr, with the status set, if there is none. */
struct buddy_open_account *Environment::AccountArgument()
{
	struct buddy_open_account *account =
		buddy_owner_account(&owner_, mailbox_.index(0), mailbox_.index(1));

	mailbox_.status(account ? BUDDY_OK : BUDDY_ACCOUNT_DISPOSED);
	return account;
}

/* -> slot, generation */
void Environment::TakeAccount(const Napi::CallbackInfo &info, struct buddy_handle &handle,
			      uint32_t account)
{
	uint32_t slot = buddy_owner_take_account(&owner_, &handle, account);

	mailbox_.status(BUDDY_NO_MEMORY);
	if (slot == SLOT_NONE)
		return;
	if (!Watch(info, slot, true)) {
		buddy_owner_close_account(&owner_, slot);
		return;
	}
	mailbox_.status(BUDDY_OK);
	mailbox_.result(0, slot);
	mailbox_.result(1, slots_generation(&owner_.accounts, slot));
}

/* (register, registry, object) allocator slot, generation, limit, reserved -> slot, generation */
napi_value Environment::OpenAccount(const Napi::CallbackInfo &info)
{
	struct buddy_quota quota = { mailbox_.number(2), mailbox_.number(3) };
	struct buddy_handle *handle = HandleArgument();
	uint32_t account;

	if (!handle)
		return nullptr;

	enum buddy_status status = buddy_open_account(handle->allocator, &quota, &account);
	mailbox_.status(status);
	if (status == BUDDY_OK)
		TakeAccount(info, *handle, account);
	return nullptr;
}

/* (register, registry, object) allocator slot, generation, token in two numbers -> slot, generation */
napi_value Environment::FindAccount(const Napi::CallbackInfo &info)
{
	struct buddy_token token = TokenArgument(2);
	struct buddy_handle *handle = HandleArgument();
	uint32_t account;

	if (!handle)
		return nullptr;

	enum buddy_status status = buddy_find_account(handle->allocator, token, &account);
	mailbox_.status(status);
	if (status == BUDDY_OK)
		TakeAccount(info, *handle, account);
	return nullptr;
}

/* (unregister, registry, object) slot, generation -> */
napi_value Environment::DisposeAccount(const Napi::CallbackInfo &info)
{
	uint32_t slot = mailbox_.index(0);

	if (AccountArgument() && Unwatch(info)) {
		buddy_owner_close_account(&owner_, slot);
		mailbox_.status(BUDDY_OK);
	}
	return nullptr;
}

/* slot, whose object was collected -> */
void Environment::ForgetAccount()
{
	buddy_owner_close_account(&owner_, mailbox_.index(0));
	mailbox_.status(BUDDY_OK);
}

/* slot, generation, limit given?, limit, reservation given?, reservation -> */
void Environment::ChangeAccount()
{
	const struct buddy_open_account *account = AccountArgument();
	uint64_t limit = mailbox_.number(3), reserved = mailbox_.number(5);

	if (account)
		mailbox_.status(buddy_change_account(account->handle->allocator, account->number,
						     mailbox_.flag(2) ? &limit : nullptr,
						     mailbox_.flag(4) ? &reserved : nullptr));
}

/* slot, generation -> limit, reserved: words; used */
void Environment::DescribeAccount()
{
	const struct buddy_open_account *account = AccountArgument();

	if (!account)
		return;

	struct buddy_account_info info =
		buddy_describe_account(account->handle->allocator, account->number);
	mailbox_.word(0, info.quota.limit);
	mailbox_.word(1, info.quota.reserved);
	mailbox_.result(2, info.used);
}

/* slot, generation -> token in two words */
void Environment::ShareAccount()
{
	if (const struct buddy_open_account *account = AccountArgument())
		PutToken(0, buddy_account_token(account->handle->allocator, account->number));
}
