/*
 * The addon in a Windows process. A Windows program imports functions from a library by that library's name, and Node-API is in
 * the program itself, which need not be called node.exe. So the imports are filled in here, from the program or, where Node is a
 * library, from libnode.dll. A function that is used and not listed is an error of the linker.
 */
#undef long
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <stdbool.h>

#define FUNCTIONS(F)                                                                               \
	F(napi_add_env_cleanup_hook)                                                               \
	F(napi_adjust_external_memory)                                                             \
	F(napi_call_function)                                                                      \
	F(napi_call_threadsafe_function)                                                           \
	F(napi_close_handle_scope)                                                                 \
	F(napi_create_array_with_length)                                                           \
	F(napi_create_error)                                                                       \
	F(napi_create_function)                                                                    \
	F(napi_create_int32)                                                                       \
	F(napi_create_object)                                                                      \
	F(napi_create_reference)                                                                   \
	F(napi_create_string_utf8)                                                                 \
	F(napi_create_threadsafe_function)                                                         \
	F(napi_create_type_error)                                                                  \
	F(napi_create_uint32)                                                                      \
	F(napi_define_properties)                                                                  \
	F(napi_delete_reference)                                                                   \
	F(napi_fatal_error)                                                                        \
	F(napi_get_and_clear_last_exception)                                                       \
	F(napi_get_cb_info)                                                                        \
	F(napi_get_last_error_info)                                                                \
	F(napi_get_property)                                                                       \
	F(napi_get_reference_value)                                                                \
	F(napi_get_typedarray_info)                                                                \
	F(napi_get_undefined)                                                                      \
	F(napi_get_value_string_utf8)                                                              \
	F(napi_has_property)                                                                       \
	F(napi_is_arraybuffer)                                                                     \
	F(napi_is_exception_pending)                                                               \
	F(napi_is_typedarray)                                                                      \
	F(napi_open_handle_scope)                                                                  \
	F(napi_ref_threadsafe_function)                                                            \
	F(napi_release_threadsafe_function)                                                        \
	F(napi_set_element)                                                                        \
	F(napi_set_instance_data)                                                                  \
	F(napi_set_named_property)                                                                 \
	F(napi_throw)                                                                              \
	F(napi_throw_error)                                                                        \
	F(napi_throw_type_error)                                                                   \
	F(napi_typeof)                                                                             \
	F(napi_unref_threadsafe_function)

/* Declares the pointer in which the compiler looks for the address of an imported function. */
#define DECLARE(name) void *__imp_##name;
FUNCTIONS(DECLARE)

static const struct {
	const char *name;
	void **address;
} imports[] = {
#define ROW(name) { #name, &__imp_##name },
	FUNCTIONS(ROW)
};

static void *find(const char *name)
{
	void *address = (void *)GetProcAddress(GetModuleHandleW(NULL), name);
	HMODULE library = address ? NULL : GetModuleHandleW(L"libnode.dll");

	return library ? (void *)GetProcAddress(library, name) : address;
}

static bool find_all(void)
{
	for (size_t i = 0; i < sizeof(imports) / sizeof(*imports); i++) {
		*imports[i].address = find(imports[i].name);
		if (!*imports[i].address)
			return false;
	}
	return true;
}

/* Keeps the addon loaded as long as the process, as -z nodelete does elsewhere: workers come and go. */
static bool stay(void)
{
	HMODULE self;

	return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
					  GET_MODULE_HANDLE_EX_FLAG_PIN,
				  (LPCWSTR)(void *)imports, &self);
}

/* False refuses to be loaded, which Node reports as an error. */
BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved)
{
	(void)self;
	(void)reserved;
	return reason != DLL_PROCESS_ATTACH || (find_all() && stay());
}
