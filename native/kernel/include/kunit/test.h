/*
 * A small KUnit: enough to run the kernel's own tests of buddy.c in userspace. An assertion that fails ends its test case,
 * an expectation that fails lets it go on; both say what they compared. Results are printed as KTAP (userspace/kunit.h).
 */
#ifndef _KUNIT_TEST_H
#define _KUNIT_TEST_H

#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/types.h>

struct kunit {
	const char *name;
	bool failed;
	/* Target of a failed assertion's long jump. */
	jmp_buf end;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	bool slow;
};

struct kunit_suite {
	const char name[64];
	int (*suite_init)(struct kunit_suite *suite);
	void (*suite_exit)(struct kunit_suite *suite);
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(function) { .run_case = function, .name = #function }
#define KUNIT_CASE_SLOW(function) { .run_case = function, .name = #function, .slow = true }

void kunit_register(struct kunit_suite *suite);

#define kunit_test_suite(suite)                                                                    \
	static void __attribute__((constructor)) register_##suite(void)                            \
	{                                                                                          \
		kunit_register(&suite);                                                            \
	}                                                                                          \
	_Static_assert(1, "")

void kunit_print(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define kunit_info(test_or_suite, ...) kunit_print((test_or_suite)->name, __VA_ARGS__)

/* Names the place and the text of a comparison. */
struct kunit_place {
	const char *file;
	int line;
	bool assertion;
	const char *text;
};

/* Says that it failed, with a message of the test's own (may be NULL); does not come back from an assertion. */
void kunit_fail(struct kunit *test, const struct kunit_place *place, const char *left,
		const char *right, const char *format, ...) __attribute__((format(printf, 5, 6)));

struct kunit_value {
	char text[32];
};

struct kunit_value kunit_number(long long number);
struct kunit_value kunit_pointer(const void *pointer);

/* `show` makes text of a value; `...` is a format with its values, or NULL. */
#define KUNIT_COMPARE(test, is_assertion, left, operator, right, show, ...)                        \
	do {                                                                                       \
		__typeof__(left) kunit_left = (left);                                              \
		__typeof__(right) kunit_right = (right);                                           \
		if (!(kunit_left operator kunit_right)) {                                          \
			static const struct kunit_place kunit_here = {                             \
				__FILE__, __LINE__, is_assertion, #left " " #operator" " #right    \
			};                                                                         \
			kunit_fail(test, &kunit_here, show(kunit_left).text,                       \
				   show(kunit_right).text, __VA_ARGS__);                           \
		}                                                                                  \
	} while (0)

#define KUNIT_TRUTH(test, is_assertion, condition, wanted, ...)                                    \
	do {                                                                                       \
		bool kunit_truth = !!(condition);                                                  \
		if (kunit_truth != (wanted)) {                                                     \
			static const struct kunit_place kunit_here = {                             \
				__FILE__, __LINE__, is_assertion, #condition " is " #wanted        \
			};                                                                         \
			kunit_fail(test, &kunit_here, kunit_truth ? "true" : "false", NULL,        \
				   __VA_ARGS__);                                                   \
		}                                                                                  \
	} while (0)

#define KUNIT_EXPECT_EQ(test, left, right)                                                         \
	KUNIT_COMPARE(test, false, left, ==, right, kunit_number, NULL)
#define KUNIT_EXPECT_EQ_MSG(test, left, right, ...)                                                \
	KUNIT_COMPARE(test, false, left, ==, right, kunit_number, __VA_ARGS__)
#define KUNIT_EXPECT_NE(test, left, right)                                                         \
	KUNIT_COMPARE(test, false, left, !=, right, kunit_number, NULL)
#define KUNIT_EXPECT_NE_MSG(test, left, right, ...)                                                \
	KUNIT_COMPARE(test, false, left, !=, right, kunit_number, __VA_ARGS__)
#define KUNIT_EXPECT_GE(test, left, right)                                                         \
	KUNIT_COMPARE(test, false, left, >=, right, kunit_number, NULL)
#define KUNIT_EXPECT_GT(test, left, right)                                                         \
	KUNIT_COMPARE(test, false, left, >, right, kunit_number, NULL)
#define KUNIT_EXPECT_LE(test, left, right)                                                         \
	KUNIT_COMPARE(test, false, left, <=, right, kunit_number, NULL)
#define KUNIT_EXPECT_PTR_EQ(test, left, right)                                                     \
	KUNIT_COMPARE(test, false, left, ==, right, kunit_pointer, NULL)
#define KUNIT_EXPECT_NULL(test, pointer)                                                           \
	KUNIT_COMPARE(test, false, pointer, ==, NULL, kunit_pointer, NULL)
#define KUNIT_EXPECT_TRUE(test, condition) KUNIT_TRUTH(test, false, condition, true, NULL)
#define KUNIT_EXPECT_TRUE_MSG(test, condition, ...)                                                \
	KUNIT_TRUTH(test, false, condition, true, __VA_ARGS__)
#define KUNIT_EXPECT_FALSE(test, condition) KUNIT_TRUTH(test, false, condition, false, NULL)

#define KUNIT_ASSERT_EQ(test, left, right)                                                         \
	KUNIT_COMPARE(test, true, left, ==, right, kunit_number, NULL)
#define KUNIT_ASSERT_EQ_MSG(test, left, right, ...)                                                \
	KUNIT_COMPARE(test, true, left, ==, right, kunit_number, __VA_ARGS__)
#define KUNIT_ASSERT_NOT_NULL(test, pointer)                                                       \
	KUNIT_COMPARE(test, true, pointer, !=, NULL, kunit_pointer, NULL)
#define KUNIT_ASSERT_TRUE_MSG(test, condition, ...)                                                \
	KUNIT_TRUTH(test, true, condition, true, __VA_ARGS__)
#define KUNIT_ASSERT_FALSE(test, condition) KUNIT_TRUTH(test, true, condition, false, NULL)
#define KUNIT_ASSERT_FALSE_MSG(test, condition, ...)                                               \
	KUNIT_TRUTH(test, true, condition, false, __VA_ARGS__)

#endif
