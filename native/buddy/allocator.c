/* Makes and ends allocators, and guards every call of kernel code. */
#include <buddy/note.h>
#include <linux/sizes.h>
#include <stdint.h>
#include <stdlib.h>
#include <userspace/system.h>

struct call {
	buddy_body body;
	void *arguments;
};

/*
 * Comes back from `body` either way. setjmp() stays: without any guard a run takes 1 ns less, under 1 % of what a program pays
 * for it. Unwinding by tables would save no more, and needs them in every frame between here and the BUG, kernel code and C++ alike;
 * with gcc's link-time optimisation one frame without them aborted the process.
 */
static enum buddy_status run(struct buddy_allocator *allocator, buddy_body body, void *arguments)
{
	jmp_buf escape;

	if (system_setjmp(escape)) {
		allocator->poisoned = true;
		/* Wakes all waiters, who would wait for ever. */
		buddy_run_wake(allocator);
		if (buddy_is_journaled(allocator))
			buddy_note_poisoned(allocator);
		return BUDDY_POISONED;
	}

	kernel_attach(&allocator->context, &escape);
	return body(allocator, arguments);
}

static enum buddy_status fini(struct buddy_allocator *allocator, void *arguments)
{
	(void)arguments;
	kernel_begin(&allocator->context, 0);
	buddy_run_free_all_parked(allocator);
	arena_keep_none(&allocator->arena);
	gpu_buddy_fini(&allocator->mm);
	return BUDDY_OK;
}

static void destroy(struct buddy_allocator *allocator)
{
	buddy_directory_remove(&allocator->directory);

	/* Takes the lock, though nobody else can want it: the kernel's code checks that it is held. */
	mutex_lock(&allocator->lock);
	if (!allocator->poisoned) {
		run(allocator, fini, NULL);
		kernel_leave();
	}
	if (allocator->poisoned)
		buddy_run_free_all_parked(allocator);
	mutex_unlock(&allocator->lock);

	mutex_destroy(&allocator->lock);
	buddy_drop_journal(allocator);
	slots_destroy(&allocator->owners);
	slots_destroy(&allocator->accounts);
	buddy_parking_destroy(&allocator->parking);
	arena_destroy(&allocator->arena);
	free(allocator);
}

enum buddy_status buddy_run(struct buddy_allocator *allocator, buddy_body body, void *arguments)
{
	enum buddy_status status = BUDDY_POISONED;

	buddy_lock(allocator);
	if (!allocator->poisoned) {
		status = run(allocator, body, arguments);
		kernel_leave();
	}
	buddy_unlock(allocator);
	return status;
}

static enum buddy_status begin(struct buddy_allocator *allocator, void *arguments)
{
	const struct call *call = arguments;

	kernel_begin(&allocator->context, 0);
	return call->body(allocator, call->arguments);
}

enum buddy_status buddy_call(struct buddy_allocator *allocator, buddy_body body, void *arguments)
{
	return buddy_run(allocator, begin, &(struct call){ body, arguments });
}

/* Converts from the caller's unit to the kernel's. */
static unsigned int scale_of(const struct buddy_config *config)
{
	return config->chunk_size < SZ_4K ? ilog2(SZ_4K / config->chunk_size) : 0;
}

static enum buddy_status check_config(const struct buddy_config *config)
{
	if (config->chunk_size < SZ_4K && !config->any_unit)
		return BUDDY_CHUNK_SIZE_TOO_SMALL;
	if (!is_power_of_2(config->chunk_size))
		return BUDDY_CHUNK_SIZE_NO_POWER_OF_2;
	if (config->size < config->chunk_size)
		return BUDDY_SIZE_BELOW_CHUNK;
	if (config->size > U64_MAX >> scale_of(config))
		return BUDDY_SIZE_TOO_LARGE_SCALED;
	if (config->base_offset + config->size < config->size)
		return BUDDY_BASE_OFFSET_TOO_LARGE;
	return BUDDY_OK;
}

static enum buddy_status init(struct buddy_allocator *allocator, void *arguments)
{
	const struct buddy_config *config = arguments;
	int error;

	kernel_begin(&allocator->context, 0);
	error = gpu_buddy_init(&allocator->mm, buddy_to_kernel(allocator, config->size),
			       buddy_to_kernel(allocator, config->chunk_size));
	if (error)
		return buddy_status_of(allocator, error);
	/* The roots. */
	arena_keep(&allocator->arena);
	gpu_buddy_driver_set_lock(&allocator->mm, &allocator->lock);
	allocator->context.needs_memory = !LINUX_SURVIVES_FAILED_SPLITS;
	return BUDDY_OK;
}

enum buddy_status buddy_create(const struct buddy_config *config, struct buddy_allocator **created)
{
	struct buddy_config wanted = *config;
	enum buddy_status status = check_config(config);
	struct buddy_allocator *allocator;

	if (status)
		return status;

	allocator = calloc(1, sizeof(*allocator));
	if (!allocator)
		return BUDDY_NO_MEMORY;
	if (mutex_init(&allocator->lock)) {
		free(allocator);
		return BUDDY_NO_MEMORY;
	}

	allocator->references = 1;
	allocator->step_limit = config->step_limit;
	allocator->base_offset = config->base_offset;
	if (config->name)
		strncpy(allocator->name, config->name, BUDDY_NAME_BYTES);
	allocator->scale = scale_of(config);
	allocator->chunk_shift = ilog2(config->chunk_size) + allocator->scale;
	allocator->context.arena = &allocator->arena;
	buddy_directory_init(&allocator->directory);
	slots_init(&allocator->owners, 0);
	buddy_accounts_init(allocator);
	arena_init(&allocator->arena,
		   config->memory_limit ? config->memory_limit : system_memory() / 4);

	/* Needs no lock: nobody else knows of the allocator yet. */
	status = run(allocator, init, &wanted);
	kernel_leave();
	if (status) {
		/* A failed gpu_buddy_init() leaves only memory: gpu_buddy_fini() must not be called (H16). */
		allocator->poisoned = true;
		destroy(allocator);
		return status;
	}

	*created = allocator;
	return BUDDY_OK;
}

void buddy_get(struct buddy_allocator *allocator)
{
	buddy_lock(allocator);
	allocator->references++;
	buddy_unlock(allocator);
}

void buddy_put(struct buddy_allocator *allocator)
{
	bool is_last;

	buddy_lock(allocator);
	is_last = --allocator->references == 0;
	buddy_unlock(allocator);
	/* Callers hold a reference, so nobody comes here after the last one. */
	if (is_last)
		destroy(allocator);
}

enum buddy_status buddy_status_of(const struct buddy_allocator *allocator, int error)
{
	const struct kernel_context *context = &allocator->context;

	if (!error)
		return BUDDY_OK;
	if (error == -EINVAL)
		return BUDDY_KERNEL_EINVAL;
	if (error == -ENXIO)
		return BUDDY_ADDRESS_BEYOND_SPACE;
	if (error == -ENOMEM || context->out_of_memory)
		return BUDDY_NO_MEMORY;
	return context->work_spent ? BUDDY_WORK_LIMIT : BUDDY_NO_SPACE;
}

uint64_t buddy_base_offset(const struct buddy_allocator *allocator)
{
	return allocator->base_offset;
}

const char *buddy_allocator_name(const struct buddy_allocator *allocator)
{
	return allocator->name;
}

uint64_t buddy_native_bytes(const struct buddy_allocator *allocator)
{
	return sizeof(*allocator) +
	       atomic_load_explicit(&allocator->arena.bytes, memory_order_relaxed);
}

bool buddy_is_poisoned(struct buddy_allocator *allocator)
{
	bool poisoned;

	buddy_lock(allocator);
	poisoned = allocator->poisoned;
	buddy_unlock(allocator);
	return poisoned;
}

struct buddy_fault buddy_bug(struct buddy_allocator *allocator)
{
	const struct kernel_fault *bug = &allocator->context.bug;
	struct buddy_fault fault;

	buddy_lock(allocator);
	fault = (struct buddy_fault){ bug->file, bug->condition, bug->line };
	buddy_unlock(allocator);
	return fault;
}
