/* Accounts, see account.h. Quotas and charges are in the caller's unit. */
#include <buddy/account.h>
#include <buddy/note.h>
#include <buddy/parking.h>

static struct buddy_account *account_at(const struct buddy_allocator *allocator, u32 number)
{
	return slots_at(&allocator->accounts, number - 1);
}

/* Bytes that are reserved, and not in use. */
static u64 promised_by(const struct buddy_quota *quota, u64 used)
{
	return quota->reserved > used ? quota->reserved - used : 0;
}

static u64 promised_to(const struct buddy_account *account)
{
	return promised_by(&account->quota, account->used);
}

void buddy_accounts_init(struct buddy_allocator *allocator)
{
	slots_init(&allocator->accounts, sizeof(struct buddy_account));
}

/* Ends an account that nobody has open, and that holds nothing. */
static void end_if_unused(struct buddy_allocator *allocator, u32 number)
{
	const struct buddy_account *account = account_at(allocator, number);

	if (account->openings || account->used)
		return;
	slots_close(&allocator->accounts, number - 1);
	if (!--allocator->account_count)
		allocator->extras &= ~BUDDY_HAS_ACCOUNTS;
}

static bool is_above_limit(const struct buddy_account *account, u64 bytes)
{
	u64 limit = account->quota.limit;

	return limit != BUDDY_NO_LIMIT && (bytes > limit || account->used > limit - bytes);
}

enum buddy_status buddy_run_admit(const struct buddy_allocator *allocator, u32 number, u64 avail,
				  u64 taken)
{
	const struct buddy_account *account = account_at(allocator, number);
	u64 bytes = buddy_from_kernel(allocator, taken), promised = allocator->promised;

	if (account) {
		if (is_above_limit(account, bytes))
			return BUDDY_ABOVE_LIMIT;
		promised -= promised_to(account);
	}
	if (taken > avail)
		return BUDDY_NO_SPACE;
	return promised > buddy_from_kernel(allocator, avail - taken) ? BUDDY_ALL_RESERVED :
									BUDDY_OK;
}

void buddy_run_settle(struct buddy_allocator *allocator, u32 number, u64 avail)
{
	struct buddy_account *account = account_at(allocator, number);
	u64 promised;

	if (!account)
		return;
	promised = promised_to(account);
	/* Freed bytes are a difference below 0. */
	account->used += buddy_from_kernel(allocator, avail) -
			 buddy_from_kernel(allocator, allocator->mm.avail);
	allocator->promised += promised_to(account) - promised;
	end_if_unused(allocator, number);
}

enum buddy_status buddy_run_charge(struct buddy_allocator *allocator, u32 number, u64 avail)
{
	u64 taken = avail - allocator->mm.avail;
	enum buddy_status status =
		taken ? buddy_run_admit(allocator, number, avail, taken) : BUDDY_OK;

	if (!status)
		buddy_run_settle(allocator, number, avail);
	return status;
}

/* Bytes that all accounts reserve, but for one. */
static u64 reserved_beside(const struct buddy_allocator *allocator, const struct buddy_account *one)
{
	u64 sum = 0;

	for (u32 slot = 0; slot < allocator->accounts.count; slot++) {
		const struct buddy_account *account = slots_at(&allocator->accounts, slot);

		if (account && account != one)
			sum += account->quota.reserved;
	}
	return sum;
}

/* Gives a quota to an account, or refuses it. */
static enum buddy_status set_quota(struct buddy_allocator *allocator, struct buddy_account *account,
				   const struct buddy_quota *quota)
{
	u64 promised = allocator->promised - promised_to(account);
	u64 added = promised_by(quota, account->used);
	bool is_eased =
		quota->limit > account->quota.limit || promised + added < allocator->promised;

	if (allocator->poisoned)
		return BUDDY_POISONED;
	if (quota->reserved > quota->limit)
		return BUDDY_RESERVED_ABOVE_LIMIT;
	/* The others' sum is not above the space, so this doesn't overflow. */
	if (quota->reserved > buddy_size(allocator) - reserved_beside(allocator, account))
		return BUDDY_RESERVED_ABOVE_SPACE;
	if (added > buddy_from_kernel(allocator, allocator->mm.avail) - promised)
		return buddy_run_note_shortage(allocator, BUDDY_RESERVED_NOT_FREE);
	account->quota = *quota;
	allocator->promised = promised + added;
	/* Wakes those who wait: they may get memory now. */
	if (is_eased)
		buddy_run_note_free(allocator);
	return BUDDY_OK;
}

/* Makes an account with one opening. SLOT_NONE: there are too many, or there is no memory. */
static u32 make_account(struct buddy_allocator *allocator)
{
	u32 slot = slots_open(&allocator->accounts);

	if (slot == SLOT_NONE)
		return slot;
	if (slot >= BUDDY_MOST_ACCOUNTS) {
		slots_close(&allocator->accounts, slot);
		return SLOT_NONE;
	}
	/* Begins without a limit, so that giving it one wakes nobody. */
	*account_at(allocator, slot + 1) =
		(struct buddy_account){ .quota.limit = BUDDY_NO_LIMIT, .openings = 1 };
	allocator->account_count++;
	allocator->extras |= BUDDY_HAS_ACCOUNTS;
	return slot;
}

static void close_account(struct buddy_allocator *allocator, u32 number)
{
	struct buddy_account *account = account_at(allocator, number);

	if (!--account->openings) {
		if (promised_to(account))
			buddy_run_note_free(allocator);
		allocator->promised -= promised_to(account);
		account->quota.reserved = 0;
	}
	end_if_unused(allocator, number);
}

/* Notes a quota that was asked for. */
static void note_quota(struct buddy_allocator *allocator, enum buddy_entry_kind kind, u32 number,
		       const struct buddy_quota *quota, enum buddy_status status)
{
	if (buddy_is_journaled(allocator))
		buddy_note(allocator,
			   &(struct buddy_note){
				   .kind = kind,
				   .status = status,
				   .count = 3,
				   .arguments = { number, quota->limit, quota->reserved },
			   });
}

enum buddy_status buddy_open_account(struct buddy_allocator *allocator,
				     const struct buddy_quota *quota, uint32_t *number)
{
	enum buddy_status status;
	struct buddy_token token;
	u32 slot;

	if (buddy_draw_token(&token))
		return BUDDY_NO_MEMORY;
	buddy_lock(allocator);
	slot = make_account(allocator);
	status = slot == SLOT_NONE ? BUDDY_TOO_MANY_ACCOUNTS : BUDDY_OK;
	if (!status) {
		*number = slot + 1;
		account_at(allocator, *number)->token = token;
		status = set_quota(allocator, account_at(allocator, *number), quota);
		if (status)
			close_account(allocator, *number);
		note_quota(allocator, BUDDY_ENTRY_OPEN_ACCOUNT, *number, quota, status);
	}
	buddy_unlock(allocator);
	return status;
}

enum buddy_status buddy_find_account(struct buddy_allocator *allocator, struct buddy_token token,
				     uint32_t *number)
{
	enum buddy_status status = BUDDY_TOKEN_UNKNOWN;

	buddy_lock(allocator);
	for (u32 slot = 0; slot < allocator->accounts.count; slot++) {
		struct buddy_account *account = slots_at(&allocator->accounts, slot);

		if (!account || !buddy_is_same(account->token, token))
			continue;
		account->openings++;
		*number = slot + 1;
		status = BUDDY_OK;
		break;
	}
	buddy_unlock(allocator);
	return status;
}

void buddy_close_account(struct buddy_allocator *allocator, uint32_t number)
{
	bool is_last;

	buddy_lock(allocator);
	is_last = account_at(allocator, number)->openings == 1;
	close_account(allocator, number);
	if (is_last && buddy_is_journaled(allocator))
		buddy_note(allocator, &(struct buddy_note){ .kind = BUDDY_ENTRY_CLOSE_ACCOUNT,
							    .count = 1,
							    .arguments = { number } });
	buddy_unlock(allocator);
}

enum buddy_status buddy_change_account(struct buddy_allocator *allocator, uint32_t number,
				       const uint64_t *limit, const uint64_t *reserved)
{
	struct buddy_account *account;
	struct buddy_quota quota;
	enum buddy_status status;

	buddy_lock(allocator);
	account = account_at(allocator, number);
	quota = account->quota;
	if (limit)
		quota.limit = *limit;
	if (reserved)
		quota.reserved = *reserved;
	status = set_quota(allocator, account, &quota);
	note_quota(allocator, BUDDY_ENTRY_CHANGE_ACCOUNT, number, &quota, status);
	buddy_unlock(allocator);
	return status;
}

struct buddy_account_info buddy_describe_account(struct buddy_allocator *allocator, uint32_t number)
{
	const struct buddy_account *account;
	struct buddy_account_info info;

	buddy_lock(allocator);
	account = account_at(allocator, number);
	info = (struct buddy_account_info){ account->quota, account->used };
	buddy_unlock(allocator);
	return info;
}

struct buddy_token buddy_run_account_token(const struct buddy_allocator *allocator, u32 number)
{
	const struct buddy_account *account = account_at(allocator, number);

	return account ? account->token : (struct buddy_token){ { 0, 0 } };
}

struct buddy_token buddy_account_token(struct buddy_allocator *allocator, uint32_t number)
{
	struct buddy_token token;

	buddy_lock(allocator);
	token = buddy_run_account_token(allocator, number);
	buddy_unlock(allocator);
	return token;
}

uint32_t buddy_owner_take_account(struct buddy_owner *owner, struct buddy_handle *handle,
				  uint32_t account)
{
	u32 slot = slots_open(&owner->accounts);

	if (slot == SLOT_NONE) {
		buddy_close_account(handle->allocator, account);
		return slot;
	}
	*(struct buddy_open_account *)slots_at(&owner->accounts, slot) =
		(struct buddy_open_account){ handle, account };
	handle->users++;
	return slot;
}

void buddy_owner_close_account(struct buddy_owner *owner, uint32_t slot)
{
	const struct buddy_open_account *account = slots_at(&owner->accounts, slot);
	struct buddy_handle *handle;

	if (!account)
		return;
	handle = account->handle;
	buddy_close_account(handle->allocator, account->number);
	slots_close(&owner->accounts, slot);
	buddy_owner_release(owner, handle, 1);
}

enum buddy_status buddy_owner_find_account(const struct buddy_owner *owner,
					   const struct buddy_allocator *allocator,
					   const struct buddy_account_record *record,
					   uint32_t *number)
{
	const struct buddy_open_account *account;

	*number = BUDDY_NO_ACCOUNT;
	if (!record->place)
		return BUDDY_OK;
	account = buddy_owner_account(owner, record->place - 1, record->generation);
	if (!account)
		return BUDDY_ACCOUNT_DISPOSED;
	if (account->handle->allocator != allocator)
		return BUDDY_ACCOUNT_FOREIGN;
	*number = account->number;
	return BUDDY_OK;
}
