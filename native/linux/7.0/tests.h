/* What the tests look at inside the allocator of this kernel, beyond interface.h. */
#include <interface.h>
#include "../common/split-trees.h"
#include "../common/summaries.h"
