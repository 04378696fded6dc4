/* Parked lists: see parking.h. */
#include <buddy/lists.h>
#include <buddy/parking.h>
#include <stdlib.h>

#define FEWEST_CHAINS 16

struct buddy_parked {
	struct buddy_parked *next;
	struct buddy_list list;
	struct buddy_token ticket;
	const void *giver;
};

struct parking {
	struct buddy_list *list;
	struct buddy_parked *parked;
};

struct adoption {
	struct buddy_list *list;
	struct buddy_token ticket;
	/* Unlinked entries, to be freed. */
	struct buddy_parked *parked;
};

/* Frees what has this giver, from one chain on. */
struct freeing {
	const void *giver;
	size_t chain;
	bool is_done;
};

struct description {
	struct buddy_parked_row *rows;
	u64 capacity;
	u64 count;
};

static struct buddy_parked **chain_of(const struct buddy_parking *parking,
				      struct buddy_token ticket)
{
	return &parking->chains[ticket.words[0] & (parking->chain_count - 1)];
}

static void add(const struct buddy_parking *parking, struct buddy_parked *parked)
{
	struct buddy_parked **chain = chain_of(parking, parked->ticket);

	parked->next = *chain;
	*chain = parked;
}

/* Doubles the chains. Without memory the old ones, if any, get longer. An entry moves into no chain before its own. */
static void grow(struct buddy_parking *parking)
{
	struct buddy_parking old = *parking;
	size_t count = old.chain_count ? 2 * old.chain_count : FEWEST_CHAINS;
	struct buddy_parked **chains = calloc(count, sizeof(*chains)), *parked;

	if (!chains)
		return;
	parking->chains = chains;
	parking->chain_count = count;
	for (size_t i = 0; i < old.chain_count; i++)
		while ((parked = old.chains[i])) {
			old.chains[i] = parked->next;
			add(parking, parked);
		}
	free(old.chains);
}

static struct buddy_parked *take_parked(struct buddy_allocator *allocator,
					struct buddy_parked **link)
{
	struct buddy_parked *parked = *link;

	*link = parked->next;
	allocator->parking.count--;
	/* It is not the last one: who unlinks has another, or ends the allocator, in which all are of givers then. */
	if (!parked->giver)
		allocator->references--;
	return parked;
}

/* Takes out the list of a ticket; NULL if there is none. */
static struct buddy_parked *take(struct buddy_allocator *allocator, struct buddy_token ticket)
{
	struct buddy_parked **link;

	if (!allocator->parking.count)
		return NULL;
	for (link = chain_of(&allocator->parking, ticket); *link; link = &(*link)->next)
		if (buddy_is_same((*link)->ticket, ticket))
			return take_parked(allocator, link);
	return NULL;
}

static enum buddy_status park(struct buddy_allocator *allocator, void *arguments)
{
	struct buddy_parking *lot = &allocator->parking;
	const struct parking *parking = arguments;
	struct buddy_parked *parked = parking->parked;

	if (lot->count >= lot->chain_count)
		grow(lot);
	if (!lot->chain_count)
		return BUDDY_NO_MEMORY;
	buddy_list_init(&parked->list, BUDDY_PARKED);
	buddy_move_list(parking->list, &parked->list);
	add(lot, parked);
	lot->count++;
	if (!parked->giver)
		allocator->references++;
	return BUDDY_OK;
}

enum buddy_status buddy_park(struct buddy_list *list, const void *giver, struct buddy_token ticket)
{
	struct buddy_token token;
	struct buddy_parked *parked;
	enum buddy_status status;

	if (!list->allocator)
		return BUDDY_FREED;

	/* Parked lists are found through the directory. */
	status = buddy_share(list->allocator, &token);
	if (status)
		return status;

	parked = malloc(sizeof(*parked));
	if (!parked)
		return BUDDY_NO_MEMORY;

	parked->giver = giver;
	parked->ticket = ticket;
	status = buddy_call(list->allocator, park, &(struct parking){ list, parked });
	if (status)
		free(parked);
	return status;
}

static enum buddy_status adopt(struct buddy_allocator *allocator, void *arguments)
{
	struct adoption *adoption = arguments;

	adoption->parked = take(allocator, adoption->ticket);
	if (!adoption->parked)
		return BUDDY_TOKEN_UNKNOWN;
	buddy_move_list(&adoption->parked->list, adoption->list);
	return BUDDY_OK;
}

enum buddy_status buddy_adopt(struct buddy_allocator *allocator, struct buddy_token ticket,
			      struct buddy_list *list)
{
	struct adoption adoption = { list, ticket, NULL };
	enum buddy_status status;

	if (list->allocator)
		return BUDDY_LIST_IN_USE;
	status = buddy_call(allocator, adopt, &adoption);
	free(adoption.parked);
	return status;
}

enum buddy_status buddy_revoke(struct buddy_allocator *allocator, struct buddy_token ticket,
			       uint64_t *bytes)
{
	struct buddy_parked *parked;
	struct buddy_list list;

	*bytes = 0;
	buddy_lock(allocator);
	parked = take(allocator, ticket);
	buddy_unlock(allocator);
	if (!parked)
		return BUDDY_TOKEN_UNKNOWN;
	list = parked->list;
	free(parked);
	*bytes = buddy_bytes(&list);
	return buddy_free(&list, false);
}

/* Frees a parked list, in a run. A poisoned allocator keeps the blocks. */
static void free_list(struct buddy_allocator *allocator, struct buddy_parked **link)
{
	struct buddy_parked *parked = take_parked(allocator, link);
	struct buddy_list list = parked->list;

	/* Done before the kernel's code, which does not come back from a BUG. */
	free(parked);
	if (!allocator->poisoned)
		buddy_run_free(allocator, &list, false);
}

void buddy_run_free_all_parked(struct buddy_allocator *allocator)
{
	struct buddy_parking *parking = &allocator->parking;

	for (size_t i = 0; i < parking->chain_count; i++)
		while (parking->chains[i])
			free_list(allocator, &parking->chains[i]);
}

void buddy_parking_destroy(struct buddy_parking *parking)
{
	free(parking->chains);
}

static enum buddy_status free_some(struct buddy_allocator *allocator, void *arguments)
{
	const struct buddy_parking *parking = &allocator->parking;
	struct freeing *freeing = arguments;
	unsigned int freed = 0;

	for (; freeing->chain < parking->chain_count; freeing->chain++) {
		struct buddy_parked **link = &parking->chains[freeing->chain];

		while (*link) {
			if ((*link)->giver != freeing->giver) {
				link = &(*link)->next;
				continue;
			}
			if (freed++ == BUDDY_LONGEST_RUN)
				return BUDDY_OK;
			free_list(allocator, link);
		}
	}
	freeing->is_done = true;
	return BUDDY_OK;
}

static enum buddy_status free_all_of(struct buddy_allocator *allocator, const void *giver)
{
	struct freeing freeing = { .giver = giver };
	enum buddy_status status = BUDDY_OK;

	while (!status && !freeing.is_done)
		status = buddy_call(allocator, free_some, &freeing);
	return status;
}

enum buddy_status buddy_free_kept(struct buddy_allocator *allocator)
{
	return free_all_of(allocator, NULL);
}

static bool has_parked_by(struct buddy_allocator *allocator, const void *giver)
{
	const struct buddy_parking *parking = &allocator->parking;
	const struct buddy_parked *parked;

	if (allocator->poisoned)
		return false;
	for (size_t i = 0; i < parking->chain_count; i++)
		for (parked = parking->chains[i]; parked; parked = parked->next)
			if (parked->giver == giver)
				return true;
	return false;
}

void buddy_free_parked(const void *giver)
{
	struct buddy_allocator *allocator;

	while ((allocator = buddy_find_where(has_parked_by, giver))) {
		free_all_of(allocator, giver);
		buddy_put(allocator);
	}
}

static void describe_parked(struct buddy_allocator *allocator, const struct buddy_parked *parked,
			    struct buddy_parked_row *row)
{
	struct gpu_buddy_block *first = parked->list.first;

	row->ticket = parked->ticket;
	row->account = buddy_run_account_token(allocator, buddy_account_of(first));
	row->tag = first ? buddy_tag_of(first) : 0;
	row->bytes = buddy_run_bytes(&parked->list);
}

static enum buddy_status describe(struct buddy_allocator *allocator, void *arguments)
{
	const struct buddy_parking *parking = &allocator->parking;
	struct description *description = arguments;
	const struct buddy_parked *parked;

	for (size_t i = 0; i < parking->chain_count; i++)
		for (parked = parking->chains[i]; parked; parked = parked->next) {
			if (parked->giver)
				continue;
			if (description->count < description->capacity)
				describe_parked(allocator, parked,
						&description->rows[description->count]);
			description->count++;
		}
	return BUDDY_OK;
}

enum buddy_status buddy_describe_parked(struct buddy_allocator *allocator,
					struct buddy_parked_row *rows, uint64_t capacity,
					uint64_t *count)
{
	struct description description = { rows, capacity, 0 };
	enum buddy_status status = buddy_call(allocator, describe, &description);

	*count = description.count;
	return status;
}
