/*
 * Checks while it is compiled that all numbers which buddy.c sees have the bits that they have in the kernel, on systems too whose
 * own long has 32.
 */
#include <interface.h>
#include <linux/err.h>
#include <linux/sizes.h>

#define HAS_64_BITS(thing) _Static_assert(sizeof(thing) == 8, #thing " must have 64 bits")
#define IS(constant, value)                                                                        \
	HAS_64_BITS(constant);                                                                     \
	_Static_assert((constant) == (value), #constant " must be " #value)
#define MEMBER(type, member) (((struct type *)0)->member)

HAS_64_BITS(long);
HAS_64_BITS(unsigned long);
HAS_64_BITS(u64);
HAS_64_BITS(size_t);
HAS_64_BITS(void *);
_Static_assert(sizeof(u32) == 4 && sizeof(gfp_t) == 4, "as in the kernel");

/* ---- constants */

IS(BIT(0), 1);
IS(BIT(63), 0x8000000000000000);
IS(~BIT(0), 0xfffffffffffffffe);
IS(BIT_ULL(63), 0x8000000000000000);
IS(GENMASK_ULL(63, 12), 0xfffffffffffff000);
IS(U64_MAX, 0xffffffffffffffff);
IS((unsigned long)-MAX_ERRNO, 0xfffffffffffff001);
IS(SZ_2G, 0x80000000);
IS(SZ_4G, 0x100000000);
IS(SZ_8G, 0x200000000);
IS(~(SZ_2G - 1), 0xffffffff80000000);
IS(GPU_BUDDY_HEADER_OFFSET, 0xfffffffffffff000);
IS(GPU_BUDDY_HEADER_STATE, 0xc00);
IS(GPU_BUDDY_HEADER_CLEAR, 0x200);
IS(GPU_BUDDY_HEADER_ORDER, 0x3f);
IS(GPU_BUDDY_RANGE_ALLOCATION, 1 << 0);
IS(GPU_BUDDY_TOPDOWN_ALLOCATION, 1 << 1);
IS(GPU_BUDDY_CONTIGUOUS_ALLOCATION, 1 << 2);
IS(GPU_BUDDY_CLEAR_ALLOCATION, 1 << 3);
IS(GPU_BUDDY_CLEARED, 1 << 4);
IS(GPU_BUDDY_TRIM_DISABLE, 1 << 5);

/* ---- functions and macros: sizeof asks for the type of the result only */

HAS_64_BITS(PTR_ERR(NULL));
HAS_64_BITS(__ffs64(1));
HAS_64_BITS(roundup_pow_of_two(1));
HAS_64_BITS(rounddown_pow_of_two(1));
HAS_64_BITS(gpu_buddy_block_offset(NULL));
HAS_64_BITS(gpu_buddy_block_size(NULL, NULL));
_Static_assert(__builtin_types_compatible_p(__typeof__(gpu_buddy_alloc_blocks),
					    int(struct gpu_buddy *, u64, u64, u64, u64,
						struct list_head *, unsigned long)),
	       "gpu_buddy_alloc_blocks takes its flags as an unsigned long");

/* ---- structures */

_Static_assert(sizeof(struct list_head) == 2 * 8, "two pointers");
_Static_assert(sizeof(struct rb_root) == 8, "a pointer");
_Static_assert(sizeof(struct rb_node) == 3 * 8, "two pointers, and a third with the colour in it");
HAS_64_BITS(MEMBER(rb_node, parent_and_color));
HAS_64_BITS(MEMBER(kmem_cache, object_size));
HAS_64_BITS(MEMBER(gpu_buddy_block, header));
HAS_64_BITS(MEMBER(gpu_buddy_block, private));
HAS_64_BITS(MEMBER(gpu_buddy, chunk_size));
HAS_64_BITS(MEMBER(gpu_buddy, size));
HAS_64_BITS(MEMBER(gpu_buddy, avail));
