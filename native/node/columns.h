/* Typed arrays that JavaScript has made, to be filled in. */
#ifndef NODE_COLUMNS_H
#define NODE_COLUMNS_H

#include <napi.h>

extern "C" {
#include <buddy/buddy.h>
}

/* A column that the caller has made; empty where it is no such typed array. */
template <typename Array> inline Array Column(const Napi::Value &value, napi_typedarray_type type)
{
	if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type)
		return Array();
	return value.As<Array>();
}

/* (offsets: BigUint64Array, orders: Uint8Array, states: Uint8Array, tags: Float64Array), all of one length. */
inline struct buddy_columns Columns(const Napi::CallbackInfo &info, size_t first,
				    uint64_t base_offset)
{
	auto offsets = Column<Napi::BigUint64Array>(info[first], napi_biguint64_array);
	auto orders = Column<Napi::Uint8Array>(info[first + 1], napi_uint8_array);
	auto states = Column<Napi::Uint8Array>(info[first + 2], napi_uint8_array);
	auto tags = Column<Napi::Float64Array>(info[first + 3], napi_float64_array);

	if (offsets.IsEmpty() || orders.IsEmpty() || states.IsEmpty() || tags.IsEmpty())
		return {};

	size_t capacity = offsets.ElementLength();
	if (orders.ElementLength() < capacity || states.ElementLength() < capacity ||
	    tags.ElementLength() < capacity)
		return {};
	return { capacity, offsets.Data(), orders.Data(), states.Data(), tags.Data(), base_offset };
}

#endif
