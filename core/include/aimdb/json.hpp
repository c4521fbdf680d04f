// SPDX-License-Identifier: Apache-2.0
//
// Every codec this library brings: AIMDB_RECORD types, plain values, and types
// with nlohmann's to_json / from_json. A source file that needs no nlohmann
// type compiles faster with aimdb/json/record.hpp alone.
#pragma once

#include "aimdb/json/nlohmann.hpp"
#include "aimdb/json/record.hpp"
