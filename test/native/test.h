/*
 * The native tests' harness: cases that are sentences, and checks that say what they saw. Knows nothing of what is
 * tested. A case is `TEST("sentence")` alone on its line, for CMakeLists.txt to find, and the body below it. A check
 * that fails ends the program.
 */
#ifndef TEST_TEST_H
#define TEST_TEST_H

/* The library under test is built with it (CMakeLists.txt); the linter, which knows no such builds, learns of it here. */
#ifndef GPU_BUDDY_FAULT_INJECTION
#define GPU_BUDDY_FAULT_INJECTION 1
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test_case {
	const char *sentence;
	void (*body)(void);
	struct test_case *next;
};

void test_register(struct test_case *test);

#define TEST(sentence) TEST_IN_LINE(sentence, __LINE__)
#define TEST_IN_LINE(sentence, line) TEST_NAMED(sentence, line)
#define TEST_NAMED(sentence, line)                                                                 \
	static void test_##line(void);                                                             \
	static struct test_case case_##line = { sentence, test_##line, 0 };                        \
	__attribute__((constructor)) static void register_##line(void)                             \
	{                                                                                          \
		test_register(&case_##line);                                                       \
	}                                                                                          \
	static void test_##line(void)

/* Exit status of a case that was skipped, for CMakeLists.txt. */
#define TEST_SKIPPED 77

/* Skips the rest of a case that says nothing of a kernel without this: a constant of interface.h. */
#define TEST_NEEDS(condition)                                                                      \
	do {                                                                                       \
		if (!(condition))                                                                  \
			test_skip(#condition);                                                     \
	} while (0)

_Noreturn void test_skip(const char *need);

/* Zeroed memory; without any, the test ends. For free(). */
void *test_memory(size_t size);

/* Names the place of a check. */
struct test_place {
	const char *file;
	int line;
};

#define TEST_HERE ((struct test_place){ __FILE__, __LINE__ })

_Noreturn void test_fail(struct test_place place, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void test_check_equal(struct test_place place, const char *what, uint64_t actual,
		      const char *what_expected, uint64_t expected);
void test_check_text(struct test_place place, const char *what, const char *actual,
		     const char *expected);

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			test_fail(TEST_HERE, "%s does not hold", #condition);                      \
	} while (0)

/* Numbers of any integer type. */
#define CHECK_EQ(actual, expected)                                                                 \
	test_check_equal(TEST_HERE, #actual, (uint64_t)(actual), #expected, (uint64_t)(expected))

/* Addresses. */
#define CHECK_SAME(actual, expected) CHECK_EQ((uintptr_t)(actual), (uintptr_t)(expected))

/* Texts. */
#define CHECK_TEXT(actual, expected) test_check_text(TEST_HERE, #actual, actual, expected)

#endif
