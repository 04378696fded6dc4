// SPDX-License-Identifier: MIT
/* The operations of a trace: calls the allocator and writes what it answers. The format: examples/traces/README.md. */
#include "operations.h"
#include "oracle.h"

#include <linux/err.h>
#include <linux/gpu_buddy.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

static struct gpu_buddy mm;
static bool is_live;
static DEFINE_XARRAY(lists); /* ID to struct list_head */
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

static void end_result(void)
{
	oracle_printf(" avail=0x%llx clear_avail=0x%llx", is_live ? mm.avail : 0,
		      is_live ? mm.clear_avail : 0);
	if (warnings > 0)
		oracle_printf(" warn=%d", warnings);
	oracle_write("\n", 1);
	warnings = 0;
}

static int do_init(const struct operation_fields *fields)
{
	int error;

	if (is_live)
		return -EBUSY;
	memset(&mm, 0, sizeof(mm));
	error = gpu_buddy_init(&mm, fields->numbers[0], fields->numbers[1]);
	is_live = !error;
	return begin_result(error);
}

static int do_alloc(const struct operation_fields *fields)
{
	struct list_head *list;
	int error;

	if (xa_load(&lists, fields->numbers[0]))
		return -EEXIST;
	list = kmalloc(sizeof(*list), GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	INIT_LIST_HEAD(list);
	error = xa_err(xa_store(&lists, fields->numbers[0], list, GFP_KERNEL));
	if (error) {
		kfree(list);
		return error;
	}
	error = gpu_buddy_alloc_blocks(&mm, fields->numbers[1], fields->numbers[2],
				       fields->numbers[3], fields->numbers[4], list,
				       fields->numbers[5]);
	error = begin_result(error);
	write_blocks(list);
	return error;
}

static int do_free(const struct operation_fields *fields)
{
	struct list_head *list = xa_erase(&lists, fields->numbers[0]);

	if (!list)
		return -ENOENT;
	gpu_buddy_free_list(&mm, list, fields->numbers[1]);
	kfree(list);
	return begin_result(0);
}

static int do_trim(const struct operation_fields *fields)
{
	struct list_head *list = xa_load(&lists, fields->numbers[0]);
	u64 start = fields->numbers[1];
	int error;

	if (!list)
		return -ENOENT;
	error = gpu_buddy_block_trim(&mm, fields->start_is_null ? NULL : &start, fields->numbers[2],
				     list);
	error = begin_result(error);
	write_blocks(list);
	return error;
}

static int do_free_block(const struct operation_fields *fields)
{
	struct list_head *list = xa_load(&lists, fields->numbers[0]);
	struct gpu_buddy_block *block;
	u64 index = fields->numbers[1];
	int error;

	if (!list)
		return -ENOENT;
	list_for_each_entry(block, list, link)
		if (index-- == 0)
			break;
	if (list_entry_is_head(block, list, link))
		return -ENOENT;
	list_del(&block->link);
	gpu_buddy_free_block(&mm, block);
	error = begin_result(0);
	write_blocks(list);
	return error;
}

static int do_reset_clear(const struct operation_fields *fields)
{
	gpu_buddy_reset_clear(&mm, fields->numbers[0]);
	return begin_result(0);
}

static int do_lookup(const struct operation_fields *fields)
{
	struct gpu_buddy_block *block = gpu_buddy_allocated_addr_to_block(&mm, fields->numbers[0]);
	int error = begin_result(PTR_ERR_OR_ZERO(block));

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

static int do_print(const struct operation_fields *fields)
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

static int do_fini(const struct operation_fields *fields)
{
	struct list_head *list;
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
	{ "alloc", 6, do_alloc, .needs_mm = true },
	{ "free", 2, do_free, .needs_mm = true },
	{ "trim", 3, do_trim, .needs_mm = true, .takes_null_start = true },
	{ "lookup", 1, do_lookup, .needs_mm = true },
	{ "free_block", 2, do_free_block, .needs_mm = true },
	{ "reset_clear", 1, do_reset_clear, .needs_mm = true },
	{ "print", 0, do_print, .needs_mm = true },
	{ "init", 2, do_init },
	{ "fini", 0, do_fini, .needs_mm = true },
};

const struct operation *oracle_find_operation(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	return NULL;
}

int oracle_carry_out(const struct operation *operation, const struct operation_fields *fields)
{
	int error;

	if (operation->needs_mm && !is_live)
		return -ENODEV;
	error = operation->carry_out(fields);
	if (!error)
		end_result();
	return error;
}
