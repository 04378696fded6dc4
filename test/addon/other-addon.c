/*
 * An addon that is not the one that the package expects. PROTOCOL and KERNEL_VERSION, where they are defined, are what it says of
 * itself; with BARE it exports a number. LAYOUT is
 * the one number of its layout that it has.
 */
#include <node_api.h>

static void set_text(napi_env env, napi_value exports, const char *name, const char *text)
{
	napi_value value;

	if (text && napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok)
		napi_set_named_property(env, exports, name, value);
}

static void set_layout(napi_env env, napi_value exports, const char *name)
{
	napi_value layout, number;

	if (!name || napi_create_object(env, &layout) != napi_ok ||
	    napi_create_int32(env, 1, &number) != napi_ok)
		return;
	napi_set_named_property(env, layout, name, number);
	napi_set_named_property(env, exports, "layout", layout);
}

#ifndef PROTOCOL
#define PROTOCOL NULL
#endif
#ifndef KERNEL_VERSION
#define KERNEL_VERSION NULL
#endif
#ifndef LAYOUT
#define LAYOUT NULL
#endif

NAPI_MODULE_INIT()
{
#ifdef BARE
	napi_create_int32(env, 1, &exports);
#endif
	set_text(env, exports, "protocol", PROTOCOL);
	set_text(env, exports, "kernelVersion", KERNEL_VERSION);
	set_layout(env, exports, LAYOUT);
	return exports;
}
