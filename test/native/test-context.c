/* Tests BUG, WARN and the log: bug.c, printk.c and userspace/context.h of native/kernel. */
#include "capture.h"
#include "test.h"

#include <linux/bug.h>
#include <linux/printk.h>
#include <stdio.h>
#include <string.h>

static struct kernel_context context;

static struct kernel_context *enter(void)
{
	context = (struct kernel_context){ 0 };
	kernel_enter(&context, NULL, 0);
	return &context;
}

TEST("a BUG jumps to the guard and leaves file, line and condition")
{
	volatile int answer = 42, line = 0;
	jmp_buf escape;

	enter();
	context.escape = &escape;
	if (!_setjmp(escape)) {
		BUG_ON(answer == 41);
		line = __LINE__ + 1;
		BUG_ON(answer == 42);
		CHECK(false);
	}
	CHECK(strstr(context.bug.file, "test-context.c") != NULL);
	CHECK_TEXT(context.bug.condition, "answer == 42");
	CHECK_EQ(context.bug.line, line);
	kernel_leave();
}

/* This file's name in a BUG. */
static const char *name_in_tree(const char *file)
{
	jmp_buf escape;

	enter();
	context.escape = &escape;
	if (!_setjmp(escape))
		kernel_bug(file, 7, "condition");
	kernel_leave();
	CHECK_EQ(context.bug.line, 7);
	CHECK_TEXT(context.bug.condition, "condition");
	return context.bug.file;
}

TEST("a file is named by its path in the kernel tree")
{
	CHECK_TEXT(name_in_tree("../vendor/linux/7.3/drivers/gpu/buddy.c"), "drivers/gpu/buddy.c");
	CHECK_TEXT(name_in_tree("drivers/gpu/buddy.c"), "drivers/gpu/buddy.c");
	CHECK_TEXT(name_in_tree("somewhere.c"), "somewhere.c");
}

TEST("a checkout below a folder that is called drivers does not show in a file's name")
{
	CHECK_TEXT(name_in_tree("/home/me/drivers/gpu-buddy/vendor/linux/7.3/drivers/gpu/buddy.c"),
		   "drivers/gpu/buddy.c");
}

static void bug_without_context(void)
{
	BUG_ON(true);
}

static void bug_without_escape(void)
{
	enter();
	BUG_ON(true);
}

TEST("a BUG that nobody guards against aborts")
{
	CHECK(aborts(bug_without_context));
	CHECK(aborts(bug_without_escape));
}

TEST("a WARN is an expression and evaluates its condition once")
{
	int evaluated = 0;

	enter();
	CHECK(!WARN_ON(evaluated++ == 5));
	CHECK_EQ(evaluated, 1);
	CHECK_EQ(context.warnings, 0);
	CHECK(WARN_ON(evaluated++ == 1));
	CHECK_EQ(evaluated, 2);
	CHECK_EQ(context.warnings, 1);
	CHECK(WARN(evaluated, "three words here"));
	CHECK(!WARN(!evaluated, "three words here"));
	CHECK_EQ(context.warnings, 2);
	kernel_leave();
}

TEST("any value but 0 is reason for a WARN")
{
	const struct kernel_context *pointer = enter();

	CHECK(WARN_ON(0x100000000ULL));
	CHECK(WARN_ON(pointer));
	CHECK_EQ(context.warnings, 2);
	kernel_leave();
}

TEST("the first of many WARNs is kept")
{
	int number = 1, line = __LINE__;

	enter();
	WARN_ON(number == 1);
	WARN_ON(number != 2);
	WARN(number, "third");
	CHECK_EQ(context.warnings, 3);
	CHECK_TEXT(context.warning.condition, "number == 1");
	CHECK_EQ(context.warning.line, line + 3);
	CHECK(strstr(context.warning.file, "test-context.c") != NULL);
	kernel_leave();
}

TEST("a WARN that is told a text keeps the text")
{
	enter();
	WARN(true, "what is wrong");
	CHECK_TEXT(context.warning.condition, "what is wrong");
	kernel_leave();
}

TEST("a call begins without steps and faults of the last one, but WARNs are kept")
{
	enter();
	context.steps = 5;
	context.step_of_allocation = 4;
	context.work_spent = true;
	context.out_of_memory = true;
	WARN_ON(true);
	kernel_leave();

	kernel_enter(&context, NULL, 9);
	CHECK_EQ(context.steps, 0);
	CHECK_EQ(context.step_limit, 9);
	CHECK_EQ(context.step_of_allocation, 0);
	CHECK(!context.work_spent);
	CHECK(!context.out_of_memory);
	CHECK_EQ(context.warnings, 1);
	kernel_leave();
	CHECK_SAME(kernel_current, NULL);
}

static char log_text[1024];
static int log_lines;

static void append_to_log(void *reader, const char *line)
{
	CHECK_SAME(reader, &log_lines);
	strcat(log_text, line);
	log_lines++;
}

TEST("the log goes line by line to the reader")
{
	enter();
	context.print = append_to_log;
	context.print_reader = &log_lines;
	pr_info("chunk %d of %llu\n", 3, 1ULL << 40);
	pr_info("done\n");
	CHECK_TEXT(log_text, "chunk 3 of 1099511627776\ndone\n");
	CHECK_EQ(log_lines, 2);
	kernel_leave();
}

TEST("a file that defines pr_fmt puts the module's name before its lines")
{
#undef pr_fmt
#define pr_fmt(format) KBUILD_MODNAME ": " format
	log_text[0] = '\0';
	enter();
	context.print = append_to_log;
	context.print_reader = &log_lines;
	pr_info("%d\n", 1);
	pr_info("done\n");
	CHECK_TEXT(log_text, "buddy: 1\nbuddy: done\n");
	kernel_leave();
#undef pr_fmt
#define pr_fmt(format) format
}

TEST("pr_warn_once prints once from each place")
{
	log_text[0] = '\0';
	enter();
	context.print = append_to_log;
	context.print_reader = &log_lines;
	for (int i = 0; i < 3; i++) {
		pr_warn_once("here, %d\n", i);
		pr_warn_once("there\n");
	}
	CHECK_TEXT(log_text, "here, 0\nthere\n");
	kernel_leave();
}

TEST("a line that is too long is cut, not written past its end")
{
	enter();
	context.print = append_to_log;
	context.print_reader = &log_lines;
	pr_info("%0600d", 1);
	CHECK_EQ(strlen(log_text), 255);
	kernel_leave();
}

static void log_to_nobody_and_warn(void)
{
	enter();
	pr_info("%s\n", "nobody reads this");
	WARN_ON(true);
	kernel_leave();
}

static void write_ten_bytes(void)
{
	fputs("ten bytes\n", stdout);
}

TEST("nothing goes to stdout")
{
	CHECK_EQ(bytes_written_to_stdout(log_to_nobody_and_warn), 0);
	CHECK_EQ(bytes_written_to_stdout(write_ten_bytes), 10);
}
