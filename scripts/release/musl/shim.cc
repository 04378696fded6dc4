/*
 * What Debian's libstdc++ and libgcc expect of glibc and musl does not have, or what a newer libstdc++ has: enough to run a Node that
 * was built for musl on a machine without a libstdc++ for musl. For proofs only; no addon is linked with it.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern "C" {

char __libc_single_threaded;
unsigned __cpu_model[4];

int __cpu_indicator_init(void)
{
	return 0;
}

unsigned arc4random(void)
{
	unsigned value = 0;

	return getentropy(&value, sizeof(value)) ? 0 : value;
}

size_t __strftime_l(char *text, size_t size, const char *format, const struct tm *time,
		    locale_t locale)
{
	return strftime_l(text, size, format, time, locale);
}

/* What threads leave behind is lost: a proof is short. */
int __cxa_thread_atexit_impl(void (*)(void *), void *, void *)
{
	return 0;
}

/* Not found: the unwinder then asks dl_iterate_phdr(). */
int _dl_find_object(void *, void *)
{
	return -1;
}

/* std::string::_M_replace_cold(): puts `size` characters, perhaps the string's own, in place of `old`, before `rest` others. */
void
replace_cold(void *, char *place, size_t old, const char *text, size_t size, size_t rest) __asm__(
	"_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE15_M_replace_coldEPcmPKcmm");

void replace_cold(void *, char *place, size_t old, const char *text, size_t size, size_t rest)
{
	char *copy = static_cast<char *>(malloc(size + 1));

	memcpy(copy, text, size);
	memmove(place + size, place + old, rest);
	memcpy(place, copy, size);
	free(copy);
}

} /* extern "C" */
