/*
 * Stands in for glibc's loader where Debian's libstdc++ and libgcc, made for glibc, run on musl: has what they ask for and musl lacks.
 * For proofs only; no addon is linked with it.
 */
char __libc_single_threaded;
unsigned int __cpu_model[4];

int __cpu_indicator_init(void)
{
	return 0;
}

/* Keeps what threads leave behind: a proof is short. */
int __cxa_thread_atexit_impl(void (*destroy)(void *), void *object, void *library)
{
	return 0;
}

/* Finds nothing: the unwinder then asks dl_iterate_phdr(). */
int _dl_find_object(void *address, void *result)
{
	return -1;
}

/* Never called here. */
void arc4random(void)
{
	__builtin_trap();
}

void __strftime_l(void)
{
	__builtin_trap();
}
