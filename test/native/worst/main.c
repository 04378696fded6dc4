/* Measures the slowest allocations (../worst-cases.h) at the default limit of steps, and what a million blocks cost. */
#include "../alloc-list.h"
#include "../worst-cases.h"

#include <buddy/lists.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const uint64_t default_step_limit = 16000000;

/* Processor time of this thread, in milliseconds: what else the machine does is not of interest. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

static double measure(const struct worst_case *worst, uint64_t fragments, uint64_t step_limit)
{
	struct buddy_request request = worst->request(fragments);
	struct buddy_list list;
	struct stage stage;
	enum buddy_status status;
	uint64_t count;
	double start, milliseconds;

	worst->build(&stage, fragments);
	stage.allocator->step_limit = step_limit;
	buddy_list_init(&list, BUDDY_NOBODY);

	start = now();
	status = alloc_list(stage.allocator, &list, &request);
	milliseconds = now() - start;
	count = buddy_count(&list);
	printf("%-52s %10llu %9.1f ms %12llu steps %9llu blocks  %s\n", worst->name,
	       (unsigned long long)fragments, milliseconds,
	       (unsigned long long)stage.allocator->context.steps, (unsigned long long)count,
	       status ? buddy_status_texts[status].code : "OK");
	fflush(stdout);

	buddy_free(&list, false);
	stage_strike(&stage);
	return milliseconds;
}

static void report(const char *what, double start)
{
	printf("%-52s %20.1f ms\n", what, now() - start);
	fflush(stdout);
}

/* Measures other slow calls with a million blocks. They have no limit, since they can't be cut short. */
static void measure_the_rest(uint64_t fragments)
{
	const struct worst_case *exact = &worst_cases[8];
	struct buddy_request request = exact->request(fragments);
	struct buddy_list list;
	struct stage stage;
	double start;

	exact->build(&stage, fragments);
	buddy_list_init(&list, BUDDY_NOBODY);
	CHECK(alloc_list(stage.allocator, &list, &request) == BUDDY_OK);
	start = now();
	buddy_free(&list, false);
	report("free a list of as many blocks", start);

	for (int clear = 1; clear >= 0; clear--) {
		struct stage holes;

		worst_cases[clear ? 4 : 5].build(&holes, fragments);
		start = now();
		buddy_reset_clear(holes.allocator, clear);
		report(clear ? "reset_clear(true) with as many dirty holes" :
			       "reset_clear(false) with as many clear holes",
		       start);
		stage_strike(&holes);
	}

	start = now();
	stage_strike(&stage);
	report("the end of an allocator that has merged", start);

	exact->build(&stage, fragments);
	start = now();
	stage_strike(&stage);
	report("the end of an allocator of as many mixed chunks", start);
}

/* [FRAGMENTS [STEPS]] */
int main(int argc, char **argv)
{
	uint64_t fragments = argc > 1 ? strtoull(argv[1], NULL, 0) : 1 << 20;
	uint64_t steps = argc > 2 ? strtoull(argv[2], NULL, 0) : default_step_limit;
	double worst = 0;

	for (unsigned int i = 0; i < worst_case_count; i++) {
		double milliseconds = measure(&worst_cases[i], fragments, steps);

		worst = milliseconds > worst ? milliseconds : worst;
	}
	measure_the_rest(fragments);
	printf("worst: the slowest allocation took %.0f ms of processor time\n", worst);
	return 0;
}

void test_fail(struct test_place place, const char *format, ...)
{
	va_list values;

	fprintf(stderr, "%s:%d: ", place.file, place.line);
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fputc('\n', stderr);
	exit(1);
}
