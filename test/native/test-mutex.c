/* The kernel's mutex: native/kernel/mutex.c. */
#include "test.h"

#include <linux/mutex.h>

enum { THREADS = 4, ROUNDS = 20000 };

static struct mutex lock;
static int counter;

static void *count_up(void *unused)
{
	for (int round = 0; round < ROUNDS; round++) {
		mutex_lock(&lock);
		counter++;
		mutex_unlock(&lock);
	}
	return unused;
}

TEST("a mutex lets one thread in at a time")
{
	pthread_t threads[THREADS];

	CHECK_EQ(mutex_init(&lock), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, count_up, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
	CHECK_EQ(counter, THREADS * ROUNDS);
	mutex_destroy(&lock);
}

TEST("a mutex can be taken again after it was given up")
{
	CHECK_EQ(mutex_init(&lock), 0);
	for (int i = 0; i < 3; i++) {
		mutex_lock(&lock);
		mutex_unlock(&lock);
	}
	mutex_destroy(&lock);
}
