/* Bits, arithmetic, sizes and error pointers: bitops.h, math.h, sizes.h, err.h, compiler.h of native/kernel. */
#include "test.h"

#include <linux/bitops.h>
#include <linux/sizes.h>

#define TOP (1ULL << 63)
#define ALL (~0ULL)

TEST("fls finds the highest bit of all 64")
{
	CHECK_EQ(fls(0), 0);
	CHECK_EQ(fls(1), 1);
	CHECK_EQ(fls(2), 2);
	CHECK_EQ(fls(3), 2);
	CHECK_EQ(fls(1ULL << 31), 32);
	CHECK_EQ(fls((1ULL << 32) - 1), 32);
	CHECK_EQ(fls(1ULL << 32), 33);
	CHECK_EQ(fls((1ULL << 32) + 1), 33);
	CHECK_EQ(fls(TOP), 64);
	CHECK_EQ(fls(ALL), 64);
}

TEST("__ffs64 finds the lowest bit of all 64")
{
	CHECK_EQ(__ffs64(1), 0);
	CHECK_EQ(__ffs64(ALL), 0);
	CHECK_EQ(__ffs64(6), 1);
	CHECK_EQ(__ffs64(1ULL << 32), 32);
	CHECK_EQ(__ffs64(TOP), 63);
}

TEST("hweight64 counts the bits of all 64")
{
	CHECK_EQ(hweight64(0), 0);
	CHECK_EQ(hweight64(1), 1);
	CHECK_EQ(hweight64(1ULL << 32 | 5), 3);
	CHECK_EQ(hweight64(TOP), 1);
	CHECK_EQ(hweight64(ALL), 64);
}

TEST("ilog2 rounds down and is -1 for 0")
{
	CHECK_EQ(ilog2(0), -1);
	CHECK_EQ(ilog2(1), 0);
	CHECK_EQ(ilog2(4095), 11);
	CHECK_EQ(ilog2(4096), 12);
	CHECK_EQ(ilog2(4097), 12);
	CHECK_EQ(ilog2(1ULL << 32), 32);
	CHECK_EQ(ilog2(ALL), 63);
}

TEST("powers of two are recognised")
{
	CHECK(!is_power_of_2(0));
	CHECK(is_power_of_2(1));
	CHECK(is_power_of_2(2));
	CHECK(!is_power_of_2(3));
	CHECK(is_power_of_2(1ULL << 32));
	CHECK(!is_power_of_2((1ULL << 32) + 1));
	CHECK(is_power_of_2(TOP));
	CHECK(!is_power_of_2(ALL));
}

TEST("every power of two, and its neighbours, round to powers of two")
{
	for (int bit = 2; bit < 64; bit++) {
		u64 power = 1ULL << bit;

		CHECK_EQ(roundup_pow_of_two(power), power);
		CHECK_EQ(roundup_pow_of_two(power - 1), power);
		CHECK_EQ(roundup_pow_of_two(power + 1), bit < 63 ? 2 * power : 0);
		CHECK_EQ(rounddown_pow_of_two(power), power);
		CHECK_EQ(rounddown_pow_of_two(power - 1), power / 2);
		CHECK_EQ(rounddown_pow_of_two(power + 1), power);
	}
}

TEST("the smallest and the largest numbers round to powers of two")
{
	CHECK_EQ(roundup_pow_of_two(0), 1);
	CHECK_EQ(roundup_pow_of_two(1), 1);
	CHECK_EQ(roundup_pow_of_two(2), 2);
	CHECK_EQ(roundup_pow_of_two(ALL), 0);
	CHECK_EQ(rounddown_pow_of_two(0), 0);
	CHECK_EQ(rounddown_pow_of_two(1), 1);
	CHECK_EQ(rounddown_pow_of_two(ALL), TOP);
}

TEST("masks and bits have the width they say")
{
	CHECK_EQ(BIT(0), 1);
	CHECK_EQ(BIT(63), TOP);
	CHECK_EQ(GENMASK_ULL(63, 0), ALL);
	CHECK_EQ(GENMASK_ULL(63, 12), ~4095ULL);
	CHECK_EQ(GENMASK_ULL(11, 10), 0xc00);
	CHECK_EQ(GENMASK_ULL(9, 9), 0x200);
	CHECK_EQ(GENMASK_ULL(5, 0), 0x3f);
	CHECK_EQ(GENMASK_ULL(63, 63), TOP);
}

TEST("round_down, round_up and ALIGN go to multiples of the unit")
{
	CHECK_EQ(round_down(0ULL, 4096), 0);
	CHECK_EQ(round_down(4095ULL, 4096), 0);
	CHECK_EQ(round_down(4096ULL, 4096), 4096);
	CHECK_EQ(round_down(8191ULL, 4096), 4096);
	CHECK_EQ(round_down(ALL, TOP), TOP);
	CHECK_EQ(round_up(0ULL, 4096), 0);
	CHECK_EQ(round_up(1ULL, 4096), 4096);
	CHECK_EQ(round_up(4096ULL, 4096), 4096);
	CHECK_EQ(round_up(4097ULL, 4096), 8192);
	CHECK_EQ(round_up(1ULL, TOP), TOP);
	CHECK_EQ(ALIGN(4096ULL, 4096), 4096);
	CHECK_EQ(ALIGN(4097ULL, 4096), 8192);
}

TEST("a narrow unit does not cut a wide number")
{
	CHECK_EQ(round_down((1ULL << 40) + 5, SZ_4K), 1ULL << 40);
	CHECK_EQ(round_up((1ULL << 40) + 5, SZ_4K), (1ULL << 40) + 4096);
	CHECK(IS_ALIGNED(1ULL << 40, SZ_4K));
}

TEST("round_up wraps to 0 where the multiple does not fit")
{
	CHECK_EQ(round_up(ALL, 4096), 0);
	CHECK_EQ(round_up(TOP + 1, TOP), 0);
}

TEST("IS_ALIGNED tells multiples of the unit")
{
	CHECK(IS_ALIGNED(0ULL, 4096));
	CHECK(IS_ALIGNED(8192ULL, 4096));
	CHECK(!IS_ALIGNED(4095ULL, 4096));
	CHECK(!IS_ALIGNED(4097ULL, 4096));
	CHECK(IS_ALIGNED(TOP, TOP));
	CHECK(!IS_ALIGNED(TOP / 2, TOP));
	CHECK(IS_ALIGNED(ALL, 1));
}

struct range {
	u64 start, size, limit;
	bool overflows;
};

static void check_ranges(const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct range *range = &ranges[i];

		if (range_overflows(range->start, range->size, range->limit) != range->overflows)
			test_fail(TEST_HERE, "range %zu is wrong", i);
	}
}

TEST("range_overflows tells ranges that reach beyond the limit")
{
	static const struct range ranges[] = {
		{ 0, 0, 0, false },  { 0, 1, 0, true },    { 4, 6, 10, false },
		{ 4, 7, 10, true },  { 10, 0, 10, false }, { 10, 1, 10, true },
		{ 11, 0, 10, true }, { 0, 10, 10, false }, { 0, 11, 10, true },
	};

	check_ranges(ranges, sizeof(ranges) / sizeof(*ranges));
}

TEST("range_overflows sees ranges that wrap around 64 bits")
{
	static const struct range ranges[] = {
		{ ALL, ALL, ALL - 1, true }, { 1, ALL, ALL, true },        { TOP, TOP, ALL, true },
		{ 0, ALL, ALL, false },      { TOP, TOP - 1, ALL, false }, { ALL, 1, ALL, true },
	};

	check_ranges(ranges, sizeof(ranges) / sizeof(*ranges));
}

TEST("min and max compare in the operands' type")
{
	CHECK_EQ(min(1, 2), 1);
	CHECK_EQ(min(-1, 1), -1);
	CHECK_EQ(max(1, 2), 2);
	CHECK_EQ(max(-1, 1), 1);
	CHECK_EQ(min(ALL, TOP), TOP);
	CHECK_EQ(max(ALL, TOP), ALL);
}

TEST("arithmetic macros evaluate their operands once")
{
	u64 a = 10, b = 20;

	CHECK_EQ(min(a++, b++), 10);
	CHECK_EQ(max(a++, b++), 21);
	CHECK_EQ(a, 12);
	CHECK_EQ(b, 22);
	CHECK_EQ(round_up(a++, b++ + 10), 32);
	CHECK_EQ(round_down(a++, b++ - 7), 0);
	CHECK_EQ(a, 14);
	CHECK_EQ(b, 24);
	CHECK(!range_overflows(a++, b++, 38ULL));
	CHECK(IS_ALIGNED(a++, 1));
	CHECK_EQ(a, 16);
	CHECK_EQ(b, 25);
}

TEST("sizes are what their names say")
{
	static const struct {
		u64 size, expected;
	} sizes[] = {
		{ SZ_4K, 4ULL << 10 },     { SZ_8K, 8ULL << 10 },     { SZ_16K, 16ULL << 10 },
		{ SZ_32K, 32ULL << 10 },   { SZ_64K, 64ULL << 10 },   { SZ_128K, 128ULL << 10 },
		{ SZ_256K, 256ULL << 10 }, { SZ_512K, 512ULL << 10 }, { SZ_1M, 1ULL << 20 },
		{ SZ_2M, 2ULL << 20 },     { SZ_4M, 4ULL << 20 },     { SZ_8M, 8ULL << 20 },
		{ SZ_16M, 16ULL << 20 },   { SZ_32M, 32ULL << 20 },   { SZ_64M, 64ULL << 20 },
		{ SZ_128M, 128ULL << 20 }, { SZ_256M, 256ULL << 20 }, { SZ_512M, 512ULL << 20 },
		{ SZ_1G, 1ULL << 30 },     { SZ_2G, 2ULL << 30 },     { SZ_4G, 4ULL << 30 },
		{ SZ_8G, 8ULL << 30 },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		CHECK_EQ(sizes[i].size, sizes[i].expected);
}

TEST("an error travels as a pointer that no object has")
{
	int object;

	CHECK_EQ(PTR_ERR(ERR_PTR(-ENOSPC)), -ENOSPC);
	CHECK(IS_ERR(ERR_PTR(-1)));
	CHECK(IS_ERR(ERR_PTR(-MAX_ERRNO)));
	CHECK(!IS_ERR(ERR_PTR(-MAX_ERRNO - 1)));
	CHECK(!IS_ERR(&object));
	CHECK(!IS_ERR(NULL));
}

TEST("a structure is found from its member")
{
	struct {
		int first, second;
	} pair;

	CHECK_SAME(container_of(&pair.second, __typeof__(pair), second), &pair);
}
