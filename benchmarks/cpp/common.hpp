// What both peers share: the model's records and numbers, generated from its NumPy dtypes and its constants, random words, and
// what a history is but for its firms.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <utility>

#include "layout.hpp"

// No loop that calls something runs in vector registers.
#define EQUATION [[gnu::always_inline]] inline

namespace model {

using Words = std::array<std::uint64_t, 4>;

// Philox4x64-10 (Salmon, Moraes, Dror and Shaw 2011).
EQUATION Words philox(std::uint64_t k0, std::uint64_t k1, std::uint64_t w0, std::uint64_t w1, std::uint64_t w2,
                      std::uint64_t w3) {
    for (std::int64_t round = 0; round < ROUNDS; ++round) {
        const auto one = static_cast<unsigned __int128>(MULTIPLIER_0) * w0;
        const auto other = static_cast<unsigned __int128>(MULTIPLIER_1) * w2;
        const auto high0 = static_cast<std::uint64_t>(one >> 64), high1 = static_cast<std::uint64_t>(other >> 64);
        w0 = high1 ^ w1 ^ k0;
        w1 = static_cast<std::uint64_t>(other);
        w2 = high0 ^ w3 ^ k1;
        w3 = static_cast<std::uint64_t>(one);
        k0 += WEYL_0;
        k1 += WEYL_1;
    }
    return {w0, w1, w2, w3};
}

// Philox4x32-10: words of 32 bits, of whose products a vector register holds several.
EQUATION double lane_uniform(std::uint64_t seed, std::uint64_t lineage, std::int64_t mechanism, std::int64_t count) {
    auto k0 = static_cast<std::uint32_t>(seed), k1 = static_cast<std::uint32_t>(seed >> 32);
    auto w0 = static_cast<std::uint32_t>(lineage), w1 = static_cast<std::uint32_t>(lineage >> 32);
    auto w2 = static_cast<std::uint32_t>(count), w3 = static_cast<std::uint32_t>(mechanism);
    for (std::int64_t round = 0; round < ROUNDS; ++round) {
        const std::uint64_t one = std::uint64_t{NARROW_MULTIPLIER_0} * w0, other = std::uint64_t{NARROW_MULTIPLIER_1} * w2;
        w0 = static_cast<std::uint32_t>(other >> 32) ^ w1 ^ k0;
        w1 = static_cast<std::uint32_t>(other);
        w2 = static_cast<std::uint32_t>(one >> 32) ^ w3 ^ k1;
        w3 = static_cast<std::uint32_t>(one);
        k0 += static_cast<std::uint32_t>(NARROW_WEYL_0);
        k1 += static_cast<std::uint32_t>(NARROW_WEYL_1);
    }
    const std::uint64_t word = w0 | (static_cast<std::uint64_t>(w1) << 32);
    return std::bit_cast<double>((word >> 12) | std::uint64_t{ONE_BITS}) - (1.0 - 0.5 * TWO_TO_MINUS_52);
}

// 52 bits, not 53: half a step more than a 53-bit integer is no double.
EQUATION double unit(std::uint64_t word) { return (static_cast<double>(word >> 12) + 0.5) * TWO_TO_MINUS_52; }

// By the sign: a bit that is masked out becomes a boolean, of which g++ makes no vector.
EQUATION bool has(std::int64_t marks, std::int64_t mark) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(marks) << std::countl_zero(static_cast<std::uint64_t>(mark))) < 0;
}

// By value, unlike the standard library's: what has no address is kept in registers.
template <class T>
EQUATION T min(T one, T other) {
    return other < one ? other : one;
}
template <class T>
EQUATION T max(T one, T other) {
    return other > one ? other : one;
}

// As NumPy's mmap in ``model.start.reserve``: room for the largest history, of which only what is written takes memory. Blocks
// begin where a vector register's line of cache does.
template <class T>
class Room {
public:
    explicit Room(std::int64_t count) : first(static_cast<T*>(::operator new(sizeof(T) * count, std::align_val_t{64}))) {}
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;
    ~Room() { ::operator delete(first, std::align_val_t{64}); }
    T& operator[](std::int64_t place) const { return first[place]; }

private:
    T* const first;
};

EQUATION std::int64_t due_max(std::int64_t firms) { return 6 * firms + 4096; }

EQUATION std::int64_t rows_max(std::int64_t firms, std::int64_t programmes) {
    return firms + due_max(firms) + INVITED_MAX * programmes;
}

EQUATION std::int64_t table_size(std::int64_t count) {
    std::int64_t size = SIZE_MIN;
    while (size < 2 * count) size *= 2;
    return size;
}

// One history but for its firms: what it is given, and its state.
struct History {
    History(std::int64_t firms_max, std::int64_t programmes_max)
        : table(table_size(2 * rows_max(firms_max, programmes_max))),
          table_improved(table_size(2 * rows_max(firms_max, programmes_max))),
          programmes(programmes_max + 1),
          due(due_max(firms_max)),
          graves(rows_max(firms_max, programmes_max)) {}

    Params p;
    Setting s;
    Cluster cluster;
    Ladder ladder[RUNGS];
    Room<std::int32_t> table, table_improved;
    Room<Programme> programmes;
    std::int64_t programme_count = 0;
    Room<Due> due;
    Room<std::int64_t> graves;
    Log* lines = nullptr;
    std::int64_t line_room = 0;
    std::uint64_t seed = 0;

    Words words(std::uint64_t lineage, std::int64_t mechanism, std::int64_t count, std::int64_t part = 0) const {
        return philox(seed, s.case_, count, mechanism, lineage, part);
    }
    double uniform(std::uint64_t lineage, std::int64_t mechanism, std::int64_t count) const {
        return unit(words(lineage, mechanism, count)[0]);
    }
    void note(double time, std::int64_t event, std::uint64_t firm, std::uint64_t other, double detail) {
        if (cluster.logged < line_room) lines[cluster.logged] = {time, event, firm, other, detail};
        cluster.logged += 1;
    }
    // A quarter with too many events stops the history.
    void set_due(double time, std::int64_t mechanism, std::uint64_t lineage, std::int64_t firm, std::int64_t number) {
        if (cluster.due >= due_max(cluster.rows)) {
            cluster.exhausted = 1;
            return;
        }
        due[cluster.due++] = {time, mechanism, lineage, firm, number};
    }
};

// A total order: the history does not depend on how events are sorted.
EQUATION bool comes_before(const Due& one, const Due& other) {
    if (one.time != other.time) return one.time < other.time;
    if (one.mechanism != other.mechanism) return one.mechanism < other.mechanism;
    if (one.lineage != other.lineage) return one.lineage < other.lineage;
    return one.number < other.number;
}

// What is added up over firms for all to see.
struct Totals {
    double workers[RUNGS];
    double core, zone, skill, trained, schooling;
};

}  // namespace model
