/* Parts of this kernel's allocator that only tests look at, beyond interface.h. */
#include <interface.h>
#include "../common/split-trees.h"
#include "../common/summaries.h"
