/* The mailbox of an environment, see buddy/mailbox.h. */
#ifndef NODE_MAILBOX_H
#define NODE_MAILBOX_H

extern "C" {
#include <buddy/mailbox.h>
}

class Mailbox {
public:
	/* Before this nothing else may be called. */
	void connect(void *memory) { memory_ = static_cast<struct buddy_mailbox *>(memory); }

	uint64_t number(unsigned int index) const
	{
		return buddy_number_in(&memory_->arguments[index], memory_->wide >> index & 1);
	}

	uint32_t index(unsigned int index) const { return static_cast<uint32_t>(number(index)); }
	bool flag(unsigned int index) const { return number(index) != 0; }

	void result(unsigned int index, uint64_t value)
	{
		memory_->results[index] = static_cast<double>(value);
	}

	/* A result that is all 64 bits: for these the other side reads a bigint. */
	void word(unsigned int index, uint64_t value)
	{
		memcpy(&memory_->results[index], &value, sizeof(value));
	}

	void status(int value)
	{
		memory_->status = value;
		if (value == BUDDY_POISONED)
			note_poisoning();
	}

	void note_poisoning() { memory_->poisonings++; }

	void note_free_all() { memory_->free_alls++; }

	struct buddy_report &report() { return memory_->list; }

	const struct buddy_alloc_record &alloc() const { return memory_->alloc; }

	int32_t changes() const { return memory_->changes; }

	const struct buddy_queued *queue() const { return memory_->queue; }

	/* How many lists are in the queue, which is empty afterwards. */
	unsigned int take_queued()
	{
		unsigned int queued = memory_->queued;

		memory_->queued = 0;
		return queued < BUDDY_QUEUE_LENGTH ? queued : BUDDY_QUEUE_LENGTH;
	}

private:
	struct buddy_mailbox *memory_ = nullptr;
};

#endif
