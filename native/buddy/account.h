/*
 * Accounts: count the bytes that one user of an allocator holds, limit them, and reserve bytes for that user.
 *
 * Every block carries the number of its account (see buddy_label()), so bytes stay charged wherever their list goes. An account is
 * charged in the run that takes or frees bytes, by the difference that the run makes to the free bytes. It lives while it is
 * open somewhere, or holds bytes.
 *
 * A reservation is a promise of bytes, not of blocks: what is free may lie in pieces that do not fit. Together, the reserved bytes
 * that are not in use are never more than what is free.
 */
#ifndef BUDDY_ACCOUNT_H
#define BUDDY_ACCOUNT_H

#include <buddy/owner.h>
#include <buddy/record.h>

/* Accounts have numbers from 1 to this. */
#define BUDDY_MOST_ACCOUNTS 2047U
/* The number of no account. */
#define BUDDY_NO_ACCOUNT 0U
#define BUDDY_NO_LIMIT UINT64_MAX

struct buddy_quota {
	/* The most bytes that the account may hold. What it holds already when this is lowered, it keeps. */
	uint64_t limit;
	/* Bytes that others cannot take, those in use among them; not above the limit. */
	uint64_t reserved;
};

struct buddy_account_info {
	struct buddy_quota quota;
	uint64_t used;
};

/* An account, as the allocator keeps it. */
struct buddy_account {
	struct buddy_quota quota;
	uint64_t used;
	/* Number of openings. */
	uint64_t openings;
	struct buddy_token token;
};

/* Opens a new account, or the one of a token. Each opening must be closed. */
enum buddy_status buddy_open_account(struct buddy_allocator *allocator,
				     const struct buddy_quota *quota, uint32_t *account);
enum buddy_status buddy_find_account(struct buddy_allocator *allocator, struct buddy_token token,
				     uint32_t *account);

/* Gives up an opening. The reservation ends with the last one. */
void buddy_close_account(struct buddy_allocator *allocator, uint32_t account);

/* Changes limit and reservation of an open account; NULL leaves one as it is. Refuses a promise that cannot be kept. */
enum buddy_status buddy_change_account(struct buddy_allocator *allocator, uint32_t account,
				       const uint64_t *limit, const uint64_t *reserved);

/* Describes an open account. Works on a poisoned allocator. */
struct buddy_account_info buddy_describe_account(struct buddy_allocator *allocator,
						 uint32_t account);

/* The number by which other threads find an open account. */
struct buddy_token buddy_account_token(struct buddy_allocator *allocator, uint32_t account);

/* An environment's opening of an account. It keeps the allocator alive. */
struct buddy_open_account {
	struct buddy_handle *handle;
	uint32_t number;
};

/* Takes over the caller's opening; SLOT_NONE without memory: the opening is closed. */
uint32_t buddy_owner_take_account(struct buddy_owner *owner, struct buddy_handle *handle,
				  uint32_t account);

/* The open account in a slot; NULL where the handle is stale, or made up. */
static inline struct buddy_open_account *buddy_owner_account(const struct buddy_owner *owner,
							     uint32_t slot, uint32_t generation)
{
	return (struct buddy_open_account *)slots_find(&owner->accounts, slot, generation);
}

/* Gives up the opening in a slot, if there is one. */
void buddy_owner_close_account(struct buddy_owner *owner, uint32_t slot);

/* The number of the account that an allocation names; where it names none, BUDDY_NO_ACCOUNT. */
enum buddy_status buddy_owner_find_account(const struct buddy_owner *owner,
					   const struct buddy_allocator *allocator,
					   const struct buddy_account_record *record,
					   uint32_t *account);

#endif
