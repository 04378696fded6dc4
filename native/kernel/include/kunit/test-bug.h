/* Lets the code under test fail the test case that runs it. */
#ifndef _KUNIT_TEST_BUG_H
#define _KUNIT_TEST_BUG_H

void kunit_fail_current_test(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
