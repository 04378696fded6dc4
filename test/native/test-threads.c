/* Many threads at once: no data race (a build with ThreadSanitizer looks), no two owners, and nothing left at the end. */
#include "crew.h"
#include "scenario.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 6000, GENERATIONS = 500 };
#else
enum { ROUNDS = 40000, GENERATIONS = 3000 };
#endif

TEST("eight threads work on two shared allocators")
{
	static struct crew crew = { .rounds = ROUNDS };

	crew_work(&crew);
	CHECK(crew.adoptions > 100);
}

TEST("eight threads work on shared allocators and on their own, and take each other's over")
{
	static struct crew crew = { .rounds = ROUNDS, .own = true };

	crew_work(&crew);
	CHECK(crew.adoptions > 100);
}

/* The number of the allocator that there is just now, and how many there have been. */
static _Atomic uint64_t current[2];
static _Atomic bool done;

/* The two halves may be of different numbers: then there is no such allocator. */
static void *find_again_and_again(void *arguments)
{
	while (!done) {
		struct buddy_token token = { { current[0], current[1] } };
		struct buddy_allocator *allocator = buddy_find(token);
		struct buddy_avail avail;

		if (!allocator)
			continue;
		buddy_avail(allocator, &avail);
		CHECK(avail.avail == 1 << 20);
		buddy_put(allocator);
	}
	return arguments;
}

TEST("an allocator is found whole or not at all while it is given up")
{
	const struct buddy_config config = { .size = 1 << 20, .chunk_size = 4096 };
	pthread_t threads[CREW];

	for (unsigned int i = 0; i < CREW; i++)
		CHECK(!pthread_create(&threads[i], NULL, find_again_and_again, NULL));
	for (unsigned int i = 0; i < GENERATIONS; i++) {
		struct buddy_allocator *allocator = NULL;
		struct buddy_token token;

		CHECK(buddy_create(&config, &allocator) == BUDDY_OK);
		CHECK(buddy_share(allocator, &token) == BUDDY_OK);
		current[0] = token.words[0];
		current[1] = token.words[1];
		buddy_put(allocator);
	}
	done = true;
	for (unsigned int i = 0; i < CREW; i++)
		pthread_join(threads[i], NULL);
	CHECK(!buddy_find((struct buddy_token){ { current[0], current[1] } }));
}

static struct buddy_allocator *growing;
static _Atomic bool has_grown;

static void *fetch_ahead_again_and_again(void *arguments)
{
	for (uint32_t node = 0; !has_grown; node++)
		buddy_fetch_ahead(growing, node);
	return arguments;
}

TEST("blocks are asked for ahead while another thread makes the allocator grow")
{
	const struct buddy_config config = { .size = 1ULL << 40, .chunk_size = 4096 };
	struct buddy_token token;
	pthread_t thread;
	EMPTY_LIST(list);

	CHECK_OK(buddy_create(&config, &growing));
	CHECK_OK(buddy_share(growing, &token));
	CHECK(!pthread_create(&thread, NULL, fetch_ahead_again_and_again, NULL));
	/* The table of pages has to grow for these, several times. */
	for (unsigned int i = 0; i < 30000; i++) {
		EMPTY_LIST(one);

		CHECK_OK(ALLOC(growing, &one, .size = 4096));
		if (i)
			CHECK_OK(buddy_append(&list, &one, 0));
		else
			list = one;
	}
	has_grown = true;
	pthread_join(thread, NULL);
	CHECK_OK(buddy_free(&list, false));
	buddy_put(growing);
}
