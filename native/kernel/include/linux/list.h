/* Circular doubly linked lists whose links live in the elements, with a head that is an element of no kind. */
#ifndef _LINUX_LIST_H
#define _LINUX_LIST_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <userspace/context.h>

#define LIST_HEAD(name) struct list_head name = { &(name), &(name) }

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_join(struct list_head *before, struct list_head *after)
{
	before->next = after;
	after->prev = before;
}

static inline void list_insert(struct list_head *link, struct list_head *before,
			       struct list_head *after)
{
	list_join(before, link);
	list_join(link, after);
}

static inline void list_add(struct list_head *link, struct list_head *head)
{
	list_insert(link, head, head->next);
}

static inline void list_add_tail(struct list_head *link, struct list_head *head)
{
	list_insert(link, head->prev, head);
}

static inline void list_del(struct list_head *link)
{
	list_join(link->prev, link->next);
	link->next = NULL;
	link->prev = NULL;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

static inline bool list_is_singular(const struct list_head *head)
{
	return !list_empty(head) && head->next == head->prev;
}

static inline void list_move(struct list_head *link, struct list_head *head)
{
	list_del(link);
	list_add(link, head);
}

static inline void list_move_tail(struct list_head *link, struct list_head *head)
{
	list_del(link);
	list_add_tail(link, head);
}

/* Puts the elements of `list` before `head`; `list` itself is left as it was and must be initialised before reuse. */
static inline void list_splice_tail(struct list_head *list, struct list_head *head)
{
	if (list_empty(list))
		return;

	list_join(head->prev, list->next);
	list_join(list->prev, head);
}

/* The first link, or NULL; NULL too once the call has done all the work that it may (kernel_work_is_spent()). */
static inline struct list_head *list_first_or_null(struct list_head *head)
{
	return list_empty(head) || kernel_work_is_spent() ? NULL : head->next;
}

#define list_entry(link, type, member) container_of(link, type, member)
#define list_first_entry(head, type, member) list_entry((head)->next, type, member)
#define list_last_entry(head, type, member) list_entry((head)->prev, type, member)
#define list_next_entry(entry, member)                                                             \
	list_entry((entry)->member.next, __typeof__(*(entry)), member)
#define list_prev_entry(entry, member)                                                             \
	list_entry((entry)->member.prev, __typeof__(*(entry)), member)

#define list_first_entry_or_null(head, type, member)                                               \
	({                                                                                         \
		struct list_head *first_link = list_first_or_null(head);                           \
		first_link ? list_entry(first_link, type, member) : NULL;                          \
	})

#define list_for_each_entry(entry, head, member)                                                   \
	for (entry = list_first_entry(head, __typeof__(*entry), member); &entry->member != (head); \
	     entry = list_next_entry(entry, member))

/* The entry may be taken off the list, or freed, in the body. */
#define list_for_each_entry_safe(entry, following, head, member)                                   \
	for (entry = list_first_entry(head, __typeof__(*entry), member),                           \
	    following = list_next_entry(entry, member);                                            \
	     &entry->member != (head);                                                             \
	     entry = following, following = list_next_entry(following, member))

#define list_for_each_entry_safe_reverse(entry, preceding, head, member)                           \
	for (entry = list_last_entry(head, __typeof__(*entry), member),                            \
	    preceding = list_prev_entry(entry, member);                                            \
	     &entry->member != (head);                                                             \
	     entry = preceding, preceding = list_prev_entry(preceding, member))

#endif
