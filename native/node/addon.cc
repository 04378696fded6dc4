/* Entry point: Node calls it once in every environment that loads the addon. */
#include "environment.h"

/* The macro wants a plain name. */
static Napi::Object Init(Napi::Env env, Napi::Object exports)
{
	return Environment::Init(env, exports);
}

NODE_API_MODULE(gpu_buddy, Init)
