/* The directory of allocators: see sharing.h. */
#include <buddy/allocator.h>
#include <userspace/system.h>

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

enum buddy_status buddy_draw_token(struct buddy_token *token)
{
	return system_random(token, sizeof(*token)) ? BUDDY_OK : BUDDY_NO_MEMORY;
}

void buddy_directory_init(struct buddy_directory_entry *entry)
{
	entry->listed = false;
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
	if (!entry->listed)
		status = buddy_draw_token(&entry->token);
	if (!status && !entry->listed) {
		list_add(&entry->link, bucket_of(entry->token));
		entry->listed = true;
	}
	*token = entry->token;
	system_lock_release(&directory_lock);
	return status;
}

/* Takes a reference to a listed allocator, unless it is ending. Called with the lock of the directory. */
static bool try_get(struct buddy_allocator *allocator, buddy_wanted is_wanted, const void *argument)
{
	bool is_found;

	mutex_lock(&allocator->lock);
	is_found = allocator->references != 0 && is_wanted(allocator, argument);
	if (is_found)
		allocator->references++;
	mutex_unlock(&allocator->lock);
	return is_found;
}

static struct buddy_allocator *find_in(struct list_head *bucket, buddy_wanted is_wanted,
				       const void *argument)
{
	struct buddy_allocator *allocator;

	list_for_each_entry(allocator, bucket, directory.link) {
		if (try_get(allocator, is_wanted, argument))
			return allocator;
	}
	return NULL;
}

static bool has_token(struct buddy_allocator *allocator, const void *argument)
{
	const struct buddy_token *token = argument;

	return buddy_is_same(allocator->directory.token, *token);
}

struct buddy_allocator *buddy_find(struct buddy_token token)
{
	struct buddy_allocator *found;

	system_lock_take(&directory_lock);
	found = find_in(bucket_of(token), has_token, &token);
	system_lock_release(&directory_lock);
	return found;
}

struct buddy_allocator *buddy_find_where(buddy_wanted is_wanted, const void *argument)
{
	struct buddy_allocator *found = NULL;

	system_lock_take(&directory_lock);
	for (unsigned int i = 0; i < BUCKETS && !found; i++)
		if (directory[i].next)
			found = find_in(&directory[i], is_wanted, argument);
	system_lock_release(&directory_lock);
	return found;
}
