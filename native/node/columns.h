/* Reads typed arrays that JavaScript has made, to be filled in. */
#ifndef NODE_COLUMNS_H
#define NODE_COLUMNS_H

#include <napi.h>

extern "C" {
#include <buddy/buddy.h>
}

/* A column that the caller has made; empty if it is no such typed array. */
template <typename Array> inline Array Column(const Napi::Value &value, napi_typedarray_type type)
{
	if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type)
		return Array();
	return value.As<Array>();
}

/* A column of byte counts or addresses, as BigUint64Array or as Float64Array; `rows` is nullptr if it is neither. */
struct NumberColumn {
	uint64_t *rows;
	size_t length;
	bool as_doubles;
};

inline NumberColumn Numbers(const Napi::Value &value)
{
	auto words = Column<Napi::BigUint64Array>(value, napi_biguint64_array);
	auto doubles = Column<Napi::Float64Array>(value, napi_float64_array);

	if (!words.IsEmpty())
		return { words.Data(), words.ElementLength(), false };
	if (!doubles.IsEmpty())
		return { reinterpret_cast<uint64_t *>(doubles.Data()), doubles.ElementLength(),
			 true };
	return {};
}

/* (offsets: BigUint64Array or Float64Array, orders: Uint8Array, states: Uint8Array, tags: Float64Array), all of one length. */
inline struct buddy_columns Columns(const Napi::CallbackInfo &info, size_t first,
				    uint64_t base_offset)
{
	NumberColumn offsets = Numbers(info[first]);
	auto orders = Column<Napi::Uint8Array>(info[first + 1], napi_uint8_array);
	auto states = Column<Napi::Uint8Array>(info[first + 2], napi_uint8_array);
	auto tags = Column<Napi::Float64Array>(info[first + 3], napi_float64_array);

	if (!offsets.rows || orders.IsEmpty() || states.IsEmpty() || tags.IsEmpty())
		return {};

	size_t capacity = offsets.length;
	if (orders.ElementLength() < capacity || states.ElementLength() < capacity ||
	    tags.ElementLength() < capacity)
		return {};
	return { capacity,    offsets.rows, orders.Data(),     states.Data(),
		 tags.Data(), base_offset,  offsets.as_doubles };
}

#endif
