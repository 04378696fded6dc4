/* The fuzzer's door to the interpreter of programs (test/native/program.h): any byte string is one. Checks nothing itself. */
#include <program.h>
#include <test.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* These replace the test harness's own, which would end the process without the fuzzer's noticing. */
void test_fail(struct test_place place, const char *format, ...)
{
	va_list values;

	fprintf(stderr, "%s:%d: ", place.file, place.line);
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fputc('\n', stderr);
	abort();
}

void *test_memory(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		abort();
	return memory;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct program_report report = { 0 };

	program_run(bytes, size, (struct program_failure){ 0 }, &report);
	return 0;
}
