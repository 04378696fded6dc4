/*
 * Stands in for the demangler of the C++ library, which would take a third of the prebuilt addon: the library links it to name the type of
 * an exception that nobody catches, and nothing here throws.
 */
#include <cstddef>

extern "C" char *__cxa_demangle(const char *, char *, std::size_t *, int *status)
{
	if (status)
		*status = -1;
	return nullptr;
}
