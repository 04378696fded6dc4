/* The directory of allocators, and the blocks that wait in one for a new owner: see sharing.h. */
#include <buddy/lists.h>
#include <stdint.h>
#include <stdlib.h>
#include <userspace/system.h>

/* Blocks on their way from one owner to another. */
struct parked {
	struct list_head link;
	struct buddy_list list;
	struct buddy_token ticket;
	const void *giver;
};

struct parking {
	struct buddy_list *list;
	struct parked *parked;
};

struct adoption {
	struct buddy_list *list;
	struct buddy_token ticket;
	/* Out: what is no longer needed. */
	struct parked *parked;
};

#define BUCKETS 256

/* Taken before the lock of an allocator, never while one is held. */
static struct system_lock directory_lock = SYSTEM_LOCK_INIT;
static struct list_head directory[BUCKETS];

static struct list_head *bucket_of(struct buddy_token token)
{
	struct list_head *bucket = &directory[token.words[0] % BUCKETS];

	if (!bucket->next)
		INIT_LIST_HEAD(bucket);
	return bucket;
}

static bool draw(struct buddy_token *token)
{
	return system_random(token, sizeof(*token));
}

void buddy_directory_init(struct buddy_directory_entry *entry)
{
	entry->listed = false;
	INIT_LIST_HEAD(&entry->parked);
}

void buddy_directory_remove(struct buddy_directory_entry *entry)
{
	system_lock_take(&directory_lock);
	if (entry->listed)
		list_del(&entry->link);
	entry->listed = false;
	system_lock_release(&directory_lock);
}

enum buddy_status buddy_share(struct buddy_allocator *allocator, struct buddy_token *token)
{
	struct buddy_directory_entry *entry = &allocator->directory;
	enum buddy_status status = BUDDY_OK;

	system_lock_take(&directory_lock);
	if (!entry->listed && !draw(&entry->token)) {
		status = BUDDY_NO_MEMORY;
	} else if (!entry->listed) {
		list_add(&entry->link, bucket_of(entry->token));
		entry->listed = true;
	}
	*token = entry->token;
	system_lock_release(&directory_lock);
	return status;
}

/* A reference to a listed allocator, unless it is on its way out. Called with the lock of the directory. */
static bool try_get(struct buddy_allocator *allocator)
{
	bool alive;

	mutex_lock(&allocator->lock);
	alive = allocator->references != 0;
	if (alive)
		allocator->references++;
	mutex_unlock(&allocator->lock);
	return alive;
}

struct buddy_allocator *buddy_find(struct buddy_token token)
{
	struct buddy_allocator *allocator, *found = NULL;

	system_lock_take(&directory_lock);
	list_for_each_entry(allocator, bucket_of(token), directory.link) {
		if (buddy_is_same(allocator->directory.token, token) && try_get(allocator))
			found = allocator;
		if (found)
			break;
	}
	system_lock_release(&directory_lock);
	return found;
}

static enum buddy_status park(struct buddy_allocator *allocator, void *arguments)
{
	const struct parking *parking = arguments;
	struct parked *parked = parking->parked;

	buddy_list_init(&parked->list, BUDDY_PARKED);
	buddy_move_list(parking->list, &parked->list);
	list_add_tail(&parked->link, &allocator->directory.parked);
	return BUDDY_OK;
}

enum buddy_status buddy_draw_ticket(struct buddy_token *ticket)
{
	return draw(ticket) ? BUDDY_OK : BUDDY_NO_MEMORY;
}

enum buddy_status buddy_park(struct buddy_list *list, const void *giver, struct buddy_token ticket)
{
	struct buddy_token token;
	struct parked *parked;
	enum buddy_status status;

	if (!list->allocator)
		return BUDDY_FREED;

	/* buddy_free_parked() looks through the allocators in the directory. */
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
	struct parked *parked;

	list_for_each_entry(parked, &allocator->directory.parked, link) {
		if (!buddy_is_same(parked->ticket, adoption->ticket))
			continue;
		list_del(&parked->link);
		buddy_move_list(&parked->list, adoption->list);
		adoption->parked = parked;
		return BUDDY_OK;
	}
	return BUDDY_TOKEN_UNKNOWN;
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

/* All that `giver` has parked here, or, where that is NULL, all that anybody has. A poisoned allocator keeps the blocks. */
static void free_parked(struct buddy_allocator *allocator, const void *giver)
{
	struct parked *parked, *following;
	struct buddy_list list;

	list_for_each_entry_safe(parked, following, &allocator->directory.parked, link) {
		if (giver && parked->giver != giver)
			continue;
		list = parked->list;
		list_del(&parked->link);
		/* Before the kernel code, which does not come back from a BUG. */
		free(parked);
		if (!allocator->poisoned)
			buddy_run_free(allocator, &list, false);
	}
}

void buddy_free_all_parked(struct buddy_allocator *allocator)
{
	free_parked(allocator, NULL);
}

static enum buddy_status free_parked_by(struct buddy_allocator *allocator, void *giver)
{
	free_parked(allocator, giver);
	return BUDDY_OK;
}

static bool has_parked_by(struct buddy_allocator *allocator, const void *giver)
{
	struct parked *parked;
	bool found = false;

	mutex_lock(&allocator->lock);
	list_for_each_entry(parked, &allocator->directory.parked, link)
		found |= parked->giver == giver && !allocator->poisoned;
	mutex_unlock(&allocator->lock);
	return found;
}

/* A reference to an allocator in which this giver has something parked, or NULL. */
static struct buddy_allocator *find_parked_by(const void *giver)
{
	struct buddy_allocator *allocator, *found = NULL;

	system_lock_take(&directory_lock);
	for (unsigned int i = 0; i < BUCKETS && !found; i++) {
		if (!directory[i].next)
			continue;
		list_for_each_entry(allocator, &directory[i], directory.link) {
			if (has_parked_by(allocator, giver) && try_get(allocator))
				found = allocator;
			if (found)
				break;
		}
	}
	system_lock_release(&directory_lock);
	return found;
}

void buddy_free_parked(const void *giver)
{
	struct buddy_allocator *allocator;

	while ((allocator = find_parked_by(giver))) {
		buddy_call(allocator, free_parked_by, (void *)(uintptr_t)giver);
		buddy_put(allocator);
	}
}
