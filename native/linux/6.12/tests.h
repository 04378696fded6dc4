/* Parts of this kernel's allocator that only tests look at, beyond interface.h. */
#include <interface.h>
#include "../common/split-trees.h"

/* Nodes know nothing of the blocks below them. */
static inline unsigned int linux_summary(const struct gpu_buddy_block *block, unsigned int computed)
{
	(void)block;
	return computed;
}
