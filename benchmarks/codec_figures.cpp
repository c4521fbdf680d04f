// SPDX-License-Identifier: Apache-2.0
//
// The figures of the codec benchmarks, by the names under which codec_bench.cpp
// registers them.
#include "report.hpp"

namespace {

const bench::Figures figures{
    {"codec.encode_ns", "encode_record", "", "ns", {"nlohmann", 0, "codec.encode_nlohmann_ns"}},
    {"codec.encode_nlohmann_ns", "encode_nlohmann", "", "ns"},
    {"codec.encode_ratio_nlohmann",
     "encode_nlohmann",
     "",
     "x",
     {},
     bench::at_least(5.0),
     "encode_record"},
    {"codec.decode_ns", "decode_record", "", "ns", {"nlohmann", 0, "codec.decode_nlohmann_ns"}},
    {"codec.decode_nlohmann_ns", "decode_nlohmann", "", "ns"},
    {"codec.decode_ratio_nlohmann",
     "decode_nlohmann",
     "",
     "x",
     {},
     bench::at_least(3.0),
     "decode_record"},
    {"codec.decode_reordered_ns",
     "decode_record_reordered",
     "",
     "ns",
     {"nlohmann", 0, "codec.decode_nlohmann_ns"}},
};

}  // namespace
