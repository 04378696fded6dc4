/* Lets the code under test fail the test case that runs it. */
#ifndef _KUNIT_TEST_BUG_H
#define _KUNIT_TEST_BUG_H

#ifdef CONFIG_KUNIT
void kunit_fail_current_test(const char *format, ...) __attribute__((format(printf, 1, 2)));
#else
/* Kernels before 7.0 call it in every build. */
#define kunit_fail_current_test(...) ((void)0)
#endif

#endif
