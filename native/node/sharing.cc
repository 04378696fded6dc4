/* The calls of environment.h between threads: see buddy/sharing.h and buddy/parking.h. */
#include "environment.h"
#include "columns.h"

void Environment::PutToken(unsigned int index, struct buddy_token token)
{
	mailbox_.word(index, token.words[0]);
	mailbox_.word(index + 1, token.words[1]);
}

struct buddy_token Environment::TokenArgument(unsigned int index) const
{
	return { { mailbox_.number(index), mailbox_.number(index + 1) } };
}

/* allocator slot, generation -> token of the allocator: two words */
void Environment::Share()
{
	struct buddy_allocator *allocator = AllocatorArgument();
	struct buddy_token token = {};

	if (!allocator)
		return;
	mailbox_.status(buddy_share(allocator, &token));
	PutToken(0, token);
}

/* (register, registry, object) token: two words -> slot, generation, base offset: a word */
napi_value Environment::Open(const Napi::CallbackInfo &info)
{
	struct buddy_allocator *allocator = buddy_find(TokenArgument(0));

	if (allocator)
		Take(info, allocator, false);
	else
		mailbox_.status(BUDDY_TOKEN_UNKNOWN);
	return nullptr;
}

/* guard, generation -> token of the allocator, ticket: two words each */
void Environment::PrepareParking()
{
	struct buddy_token allocator = {}, ticket = {};

	mailbox_.status(buddy_owner_prepare_parking(&owner_, mailbox_.index(0), mailbox_.index(1),
						    &allocator, &ticket));
	PutToken(0, allocator);
	PutToken(2, ticket);
}

/* guard, generation, without a giver? -> */
void Environment::Park()
{
	mailbox_.status(
		buddy_owner_park(&owner_, mailbox_.index(0), mailbox_.index(1), mailbox_.flag(2)));
}

/* allocator slot, generation, guard, ticket: two words -> the list, its tag */
void Environment::Adopt()
{
	uint32_t guard = mailbox_.index(2);
	struct buddy_list list = {};
	struct buddy_handle *handle = HandleArgument();
	enum buddy_status status;

	if (!handle)
		return;
	status = buddy_owner_adopt(&owner_, handle, TokenArgument(3), guard);
	mailbox_.status(status);
	if (status == BUDDY_OK && !buddy_owner_find(&owner_, guard, BUDDY_ANY_GENERATION, &list))
		ReportGuard(guard, &list);
}

/* token of the allocator, ticket: two words each -> bytes that were freed */
void Environment::Revoke()
{
	struct buddy_token ticket = TokenArgument(2);
	struct buddy_allocator *allocator = buddy_find(TokenArgument(0));
	uint64_t bytes;

	mailbox_.status(BUDDY_TOKEN_UNKNOWN);
	if (!allocator)
		return;
	mailbox_.status(buddy_revoke(allocator, ticket, &bytes));
	mailbox_.result(0, bytes);
	buddy_put(allocator);
}

/* allocator slot, generation; rows: BigUint64Array, for a struct buddy_parked_row each -> how many lists there are */
napi_value Environment::Parked(const Napi::CallbackInfo &info)
{
	auto cells = Column<Napi::BigUint64Array>(info[0], napi_biguint64_array);
	struct buddy_allocator *allocator = AllocatorArgument();
	uint64_t count = 0;

	if (!allocator || cells.IsEmpty())
		return nullptr;
	mailbox_.status(buddy_describe_parked(
		allocator, reinterpret_cast<struct buddy_parked_row *>(cells.Data()),
		cells.ByteLength() / sizeof(struct buddy_parked_row), &count));
	mailbox_.result(0, count);
	return nullptr;
}
