/* The words for every status, in the order of the enumeration. */
#include <buddy/status.h>

const struct buddy_status_text buddy_status_texts[BUDDY_STATUS_COUNT] = {
#define BUDDY_STATUS_TEXT(name, number, code, argument, why) { -(number), code, argument, why },
	BUDDY_STATUSES(BUDDY_STATUS_TEXT)
#undef BUDDY_STATUS_TEXT
};
