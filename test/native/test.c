/* The main program of every native test: runs the one case it is asked for, or all of them, each in a process of its own. */
#include "test.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct test_case *first_test;
static struct test_case **after_last_test = &first_test;
static int number_of_tests;

void test_register(struct test_case *test)
{
	*after_last_test = test;
	after_last_test = &test->next;
	number_of_tests++;
}

void *test_memory(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		test_fail(TEST_HERE, "there is no memory for %zu bytes", size);
	return memory;
}

void test_skip(const char *need)
{
	fprintf(stderr, "skipped: the kernel inside lacks %s\n", need);
	exit(TEST_SKIPPED);
}

/* Without the checks at exit: a case that failed has more to say than what it left lying about. */
void test_fail(struct test_place place, const char *format, ...)
{
	va_list values;

	fprintf(stderr, "%s:%d: ", place.file, place.line);
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fputc('\n', stderr);
	_exit(1);
}

void test_check_equal(struct test_place place, const char *what, uint64_t actual,
		      const char *what_expected, uint64_t expected)
{
	if (actual != expected)
		test_fail(place, "%s is %lld (%#llx), not %s, which is %lld (%#llx)", what,
			  (long long)actual, (unsigned long long)actual, what_expected,
			  (long long)expected, (unsigned long long)expected);
}

void test_check_text(struct test_place place, const char *what, const char *actual,
		     const char *expected)
{
	if (!actual || strcmp(actual, expected))
		test_fail(place, "%s is\n  %s\nnot\n  %s", what, actual ? actual : "NULL",
			  expected);
}

static struct test_case *find(const char *sentence)
{
	struct test_case *test = first_test;

	while (test && strcmp(test->sentence, sentence))
		test = test->next;
	return test;
}

static bool passes_in_own_process(const struct test_case *test)
{
	int status;
	pid_t child = fork();

	if (!child) {
		test->body();
		exit(0);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == TEST_SKIPPED);
}

static int run_all(void)
{
	int failures = 0;

	for (const struct test_case *test = first_test; test; test = test->next) {
		bool passes = passes_in_own_process(test);

		printf("%s %s\n", passes ? "ok    " : "FAILED", test->sentence);
		fflush(stdout);
		failures += !passes;
	}
	return failures ? 1 : 0;
}

/* [SENTENCE [COUNT]]: which case to run, and how many the caller has found in the source. */
int main(int argc, char **argv)
{
	const struct test_case *test;

	if (argc < 2)
		return run_all();

	test = find(argv[1]);
	if (!test) {
		fprintf(stderr, "%s has no test \"%s\"\n", argv[0], argv[1]);
		return 2;
	}
	if (argc > 2 && atoi(argv[2]) != number_of_tests) {
		fprintf(stderr, "%s has %d tests, %s were found in its source\n", argv[0],
			number_of_tests, argv[2]);
		return 2;
	}

	test->body();
	return 0;
}
