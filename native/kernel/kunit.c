/* Runs suites of test cases, each case in a context of its own, and prints what became of them as KTAP. */

/* The builds that have it are built with it; the linter, which knows no builds, learns of it here. */
#ifndef CONFIG_KUNIT
#define CONFIG_KUNIT 1
#endif

#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <stdarg.h>
#include <stdio.h>
#include <userspace/arena.h>
#include <userspace/kunit.h>

#define MOST_SUITES 16

struct totals {
	unsigned int passed, failed;
};

static struct kunit_suite *suites[MOST_SUITES];
static unsigned int suite_count;
static struct kunit *current_test;

void kunit_register(struct kunit_suite *suite)
{
	if (suite_count < MOST_SUITES)
		suites[suite_count++] = suite;
}

/* A line of text that is no result: KTAP marks it. */
static void vnote(const char *format, va_list values)
{
	printf("    # ");
	vprintf(format, values);
	if (!format[0] || format[__builtin_strlen(format) - 1] != '\n')
		putchar('\n');
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vnote(format, values);
	va_end(values);
}

void kunit_print(const char *name, const char *format, ...)
{
	va_list values;

	printf("    # %s: ", name);
	va_start(values, format);
	vprintf(format, values);
	va_end(values);
}

struct kunit_value kunit_number(long long number)
{
	struct kunit_value value;

	snprintf(value.text, sizeof(value.text), "%lld (0x%llx)", number,
		 (unsigned long long)number);
	return value;
}

struct kunit_value kunit_pointer(const void *pointer)
{
	struct kunit_value value;

	snprintf(value.text, sizeof(value.text), "%p", pointer);
	return value;
}

void kunit_fail(struct kunit *test, const struct kunit_place *place, const char *left,
		const char *right, const char *format, ...)
{
	test->failed = true;
	note("%s FAILED at %s:%d", place->assertion ? "ASSERTION" : "EXPECTATION", place->file,
	     place->line);
	note("    Expected %s, but", place->text);
	note("    left is %s", left);
	if (right)
		note("    right is %s", right);
	if (format) {
		va_list values;

		va_start(values, format);
		vnote(format, values);
		va_end(values);
	}
	if (place->assertion)
		_longjmp(test->end, 1);
}

void kunit_fail_current_test(const char *format, ...)
{
	va_list values;

	current_test->failed = true;
	va_start(values, format);
	vnote(format, values);
	va_end(values);
}

/* Until the case ends, or one of its assertions does. */
static void run_body(struct kunit_suite *suite, struct kunit_case *test_case, struct kunit *test)
{
	if (_setjmp(test->end))
		return;
	if (suite->init && suite->init(test)) {
		test->failed = true;
		return;
	}
	test_case->run_case(test);
	if (suite->exit)
		suite->exit(test);
}

/* A BUG in the code under test comes back here. */
static void run_case(struct kunit_suite *suite, struct kunit_case *test_case, struct kunit *test)
{
	struct arena arena;
	struct kernel_context context = { .arena = &arena };
	jmp_buf escape;

	arena_init(&arena, ~(size_t)0);
	if (_setjmp(escape)) {
		test->failed = true;
		note("BUG at %s:%d: %s", context.bug.file, context.bug.line, context.bug.condition);
	} else {
		kernel_enter(&context, &escape, 0);
		run_body(suite, test_case, test);
	}
	kernel_leave();
	arena_destroy(&arena);
}

static struct totals run_suite(struct kunit_suite *suite, unsigned int number)
{
	struct totals totals = { 0, 0 };
	unsigned int count = 0;

	while (suite->test_cases[count].run_case)
		count++;

	printf("    KTAP version 1\n    # Subtest: %s\n    1..%u\n", suite->name, count);
	if (suite->suite_init && suite->suite_init(suite)) {
		note("the suite's own preparation failed");
		totals.failed = count;
		count = 0;
	}
	for (unsigned int i = 0; i < count; i++) {
		struct kunit_case *test_case = &suite->test_cases[i];
		struct kunit test = { .name = test_case->name };

		current_test = &test;
		run_case(suite, test_case, &test);
		if (test_case->slow)
			note("%s.speed: slow", test_case->name);
		printf("    %sok %u %s\n", test.failed ? "not " : "", i + 1, test_case->name);
		fflush(stdout);
		if (test.failed)
			totals.failed++;
		else
			totals.passed++;
	}
	if (suite->suite_exit)
		suite->suite_exit(suite);

	printf("# %s: pass:%u fail:%u skip:0 total:%u\n", suite->name, totals.passed, totals.failed,
	       totals.passed + totals.failed);
	printf("%sok %u %s\n", totals.failed ? "not " : "", number, suite->name);
	return totals;
}

unsigned int kunit_run(u32 seed)
{
	unsigned int failed = 0;

	random_seed_all(seed);
	printf("KTAP version 1\n1..%u\n", suite_count);
	for (unsigned int i = 0; i < suite_count; i++)
		failed += run_suite(suites[i], i + 1).failed;
	return failed;
}
