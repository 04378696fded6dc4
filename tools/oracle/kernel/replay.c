// SPDX-License-Identifier: MIT
/* Reads a trace line by line, calls the allocator and writes what it answers. The format: examples/traces/README.md. */
#include "allocator.h"
#include "oracle.h"

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#define MAX_FIELDS 6
/* Written instead of an answer: a comment, so that it can stand in a trace instead of the operation. */
#define SKIPPED "# skipped: what it is about is not there\n"
#define UNSUPPORTED "# skipped: this kernel cannot do it\n"

struct operation {
	const char *name;
	unsigned int fields; /* after the name */
	/* Begins the answer; gives an error, instead of one, for what cannot be part of a trace. */
	int (*carry_out)(const u64 *fields, struct list_head *list);
	bool takes_list; /* that is there, and whose ID is the first field */
};

static struct gpu_buddy mm;
static bool is_live;
static DEFINE_XARRAY(lists); /* ID to struct list_head */
static bool start_is_null; /* a trim's start is "-" in the trace */
static int warnings;

static void write_block(struct gpu_buddy_block *block)
{
	oracle_printf(" 0x%llx:%u:%u", gpu_buddy_block_offset(block), gpu_buddy_block_order(block),
		      gpu_buddy_block_is_clear(block));
}

static void write_blocks(struct list_head *list)
{
	struct gpu_buddy_block *block;

	list_for_each_entry(block, list, link)
		write_block(block);
}

/* Every operation ends by calling this, before it writes what else it found. */
static int begin_result(int error)
{
	int count = oracle_log_read(NULL);

	if (count < 0)
		return count;
	warnings += count;
	oracle_printf("%d", error);
	return 0;
}

static int begin_result_with_blocks(int error, struct list_head *list)
{
	error = begin_result(error);
	write_blocks(list);
	return error;
}

static void end_result(void)
{
	oracle_printf(" avail=0x%llx clear_avail=0x%llx", is_live ? mm.avail : 0,
		      is_live ? allocator_clear_avail(&mm) : 0);
	if (warnings > 0)
		oracle_printf(" warn=%d", warnings);
	oracle_write("\n", 1);
	warnings = 0;
}

static int do_init(const u64 *fields, struct list_head *list)
{
	int error;

	if (is_live)
		return -EBUSY;
	memset(&mm, 0, sizeof(mm));
	error = gpu_buddy_init(&mm, fields[0], fields[1]);
	is_live = !error;
	return begin_result(error);
}

static int do_alloc(const u64 *fields, struct list_head *list)
{
	int error;

	if (xa_load(&lists, fields[0]))
		return -EEXIST;
	list = kmalloc(sizeof(*list), GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	INIT_LIST_HEAD(list);
	error = xa_err(xa_store(&lists, fields[0], list, GFP_KERNEL));
	if (error) {
		kfree(list);
		return error;
	}
	error = gpu_buddy_alloc_blocks(&mm, fields[1], fields[2], fields[3], fields[4], list,
				       fields[5]);
	return begin_result_with_blocks(error, list);
}

static int do_free(const u64 *fields, struct list_head *list)
{
	xa_erase(&lists, fields[0]);
	gpu_buddy_free_list(&mm, list, fields[1]);
	kfree(list);
	return begin_result(0);
}

static int do_trim(const u64 *fields, struct list_head *list)
{
	u64 start = fields[1];
	int error = gpu_buddy_block_trim(&mm, start_is_null ? NULL : &start, fields[2], list);

	return begin_result_with_blocks(error, list);
}

static int do_free_block(const u64 *fields, struct list_head *list)
{
	struct gpu_buddy_block *block;
	u64 index = fields[1];

	list_for_each_entry(block, list, link)
		if (index-- == 0)
			break;
	if (list_entry_is_head(block, list, link))
		return -ENOENT;
	list_del(&block->link);
	gpu_buddy_free_block(&mm, block);
	return begin_result_with_blocks(0, list);
}

static int do_reset_clear(const u64 *fields, struct list_head *list)
{
	gpu_buddy_reset_clear(&mm, fields[0]);
	return begin_result(0);
}

static int do_lookup(const u64 *fields, struct list_head *list)
{
	struct gpu_buddy_block *block;
	int error = allocator_lookup(&mm, fields[0], &block);

	if (error)
		return error;
	error = begin_result(PTR_ERR_OR_ZERO(block));
	if (!block)
		oracle_printf(" null");
	else if (!IS_ERR(block))
		write_block(block);
	return error;
}

static const char *separator;

static void write_printed(const char *text, size_t length)
{
	oracle_printf("%s", separator);
	oracle_write(text, length);
	separator = "|";
}

static int do_print(const u64 *fields, struct list_head *list)
{
	int count = begin_result(0);

	if (count < 0)
		return count;
	gpu_buddy_print(&mm);
	separator = " [";
	count = oracle_log_read(write_printed);
	if (count < 0)
		return count;
	warnings += count;
	oracle_printf("]");
	return 0;
}

static int do_fini(const u64 *fields, struct list_head *list)
{
	unsigned long id;

	xa_for_each(&lists, id, list) if (!list_empty(list)) return -EBUSY;
	xa_for_each(&lists, id, list)
	{
		xa_erase(&lists, id);
		kfree(list);
	}
	gpu_buddy_fini(&mm);
	is_live = false;
	return begin_result(0);
}

static const struct operation operations[] = {
	{ "alloc", 6, do_alloc },
	{ "free", 2, do_free, .takes_list = true },
	{ "trim", 3, do_trim, .takes_list = true },
	{ "lookup", 1, do_lookup },
	{ "free_block", 2, do_free_block, .takes_list = true },
	{ "reset_clear", 1, do_reset_clear },
	{ "print", 0, do_print },
	{ "init", 2, do_init },
	{ "fini", 0, do_fini },
};

/* NULL where there is none of that name. */
static const struct operation *find_operation(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	return NULL;
}

static int parse_fields(char *rest, const struct operation *operation, u64 *fields)
{
	start_is_null = false;
	for (unsigned int i = 0; i < operation->fields; i++) {
		char *field = strsep(&rest, " ");

		if (!field)
			return -EINVAL;
		if (operation->carry_out == do_trim && i == 1 && !strcmp(field, "-"))
			start_is_null = true;
		else if (kstrtou64(field, 0, &fields[i]))
			return -EINVAL;
	}
	return rest ? -EINVAL : 0;
}

static int replay_line(char *line)
{
	const struct operation *operation;
	struct list_head *list = NULL;
	u64 fields[MAX_FIELDS] = {};
	int error;

	if (line[0] == '#') {
		oracle_write(line, strlen(line));
		oracle_write("\n", 1);
		return 0;
	}
	operation = find_operation(strsep(&line, " "));
	if (!operation || parse_fields(line, operation, fields))
		return -EINVAL;
	if (!is_live && operation->carry_out != do_init)
		return -ENODEV;
	if (operation->takes_list) {
		list = xa_load(&lists, fields[0]);
		if (!list)
			return -ENOENT;
	}
	error = operation->carry_out(fields, list);
	if (!error)
		end_result();
	return error;
}

int oracle_replay(unsigned long *lines)
{
	char *line;

	while ((line = oracle_read_line())) {
		int error = replay_line(line);

		++*lines;
		if (error == -ENOENT)
			oracle_printf(SKIPPED);
		else if (error == -EOPNOTSUPP)
			oracle_printf(UNSUPPORTED);
		else if (error)
			return error;
		cond_resched();
	}
	return 0;
}
