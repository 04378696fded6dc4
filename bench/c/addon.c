/*
 * Lets bench/ways/c.mjs call space.h, so that C runs in the same process as what it is compared with. A call does many
 * thousand operations: what it costs itself is not seen.
 */
#include "space.h"

#include <node_api.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define MOST_ARGUMENTS 6

struct arguments {
	napi_value values[MOST_ARGUMENTS];
	/* The job to run. */
	void *body;
};

static struct arguments arguments_of(napi_env env, napi_callback_info info)
{
	struct arguments given;
	size_t count = MOST_ARGUMENTS;

	napi_get_cb_info(env, info, &count, given.values, NULL, &given.body);
	return given;
}

static double number(napi_env env, napi_value value)
{
	double result = 0;

	napi_get_value_double(env, value, &result);
	return result;
}

static napi_value to_number(napi_env env, double value)
{
	napi_value result;

	napi_create_double(env, value, &result);
	return result;
}

static void *memory(napi_env env, napi_value array)
{
	void *data = NULL;

	napi_get_typedarray_info(env, array, NULL, NULL, &data, NULL, NULL);
	return data;
}

static struct space *space_of(napi_env env, napi_value value)
{
	void *space = NULL;

	napi_get_value_external(env, value, &space);
	return space;
}

/* Six numbers, in the order of struct space_request. */
static struct space_request request_of(napi_env env, napi_value array)
{
	const double *numbers = memory(env, array);

	return (struct space_request){
		.size = (u64)numbers[0],
		.min_block_size = (u64)numbers[1],
		.start = (u64)numbers[2],
		.end = (u64)numbers[3],
		.flags = (unsigned long)numbers[4],
		.free_flags = (unsigned int)numbers[5],
	};
}

static void check(napi_env env, int error)
{
	char text[64];

	if (!error)
		return;
	snprintf(text, sizeof(text), "the C side of the benchmark failed with %d", error);
	napi_throw_error(env, NULL, text);
}

/* (request, seed) -> space */
static napi_value create(napi_env env, napi_callback_info info)
{
	struct arguments given = arguments_of(env, info);
	struct space_request request = request_of(env, given.values[0]);
	struct space *space = NULL;
	napi_value result = NULL;

	check(env, space_create(&request, (u32)number(env, given.values[1]), &space));
	if (space)
		napi_create_external(env, space, NULL, NULL, &result);
	return result;
}

/* (space) */
static napi_value destroy(napi_env env, napi_callback_info info)
{
	struct arguments given = arguments_of(env, info);

	space_destroy(space_of(env, given.values[0]));
	return NULL;
}

/* (space, request, count), with what is to be run as the function's data */
static napi_value run(napi_env env, napi_callback_info info)
{
	struct arguments given = arguments_of(env, info);
	struct space_request request = request_of(env, given.values[1]);

	check(env, space_run(space_of(env, given.values[0]), (space_body *)given.body, &request,
			     (size_t)number(env, given.values[2])));
	return NULL;
}

/* (space) -> number */
static napi_value count_blocks(napi_env env, napi_callback_info info)
{
	struct arguments given = arguments_of(env, info);

	return to_number(env, (double)space_count_blocks(space_of(env, given.values[0])));
}

/* (space, offsets, orders, states, tags), with room for all blocks */
static napi_value walk(napi_env env, napi_callback_info info)
{
	struct arguments given = arguments_of(env, info);
	struct space_columns columns = {
		.offsets = memory(env, given.values[1]),
		.orders = memory(env, given.values[2]),
		.states = memory(env, given.values[3]),
		.tags = memory(env, given.values[4]),
	};

	space_walk(space_of(env, given.values[0]), &columns);
	return NULL;
}

/* -> nanoseconds that this thread has had of a processor */
static napi_value thread_time(napi_env env, napi_callback_info info)
{
	struct timespec time;

	(void)info;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return to_number(env, (double)time.tv_sec * 1e9 + (double)time.tv_nsec);
}

/* Gives what malloc keeps of freed memory back to the system, where malloc can. */
static napi_value trim_memory(napi_env env, napi_callback_info info)
{
	(void)env;
	(void)info;
#ifdef __GLIBC__
	malloc_trim(0);
#endif
	return NULL;
}

NAPI_MODULE_INIT()
{
	static const struct {
		const char *name;
		napi_callback function;
		space_body *body;
	} functions[] = {
		{ "create", create, NULL },
		{ "destroy", destroy, NULL },
		{ "fill", run, space_fill },
		{ "keepEverySecond", run, space_keep_every_second },
		{ "keepRandomHalf", run, space_keep_random_half },
		{ "pairs", run, space_pairs },
		{ "churn", run, space_churn },
		{ "failures", run, space_failures },
		{ "job", run, space_job },
		{ "countBlocks", count_blocks, NULL },
		{ "walk", walk, NULL },
		{ "copyBlocks", run, space_copy },
		{ "threadTime", thread_time, NULL },
		{ "trimMemory", trim_memory, NULL },
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		napi_value function;

		napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH,
				     functions[i].function, (void *)functions[i].body, &function);
		napi_set_named_property(env, exports, functions[i].name, function);
	}
	return exports;
}
