// SPDX-License-Identifier: Apache-2.0
//
// Everything a program needs that declares and runs a database without history.
#pragma once

#include "aimdb/core/builder.hpp"   // IWYU pragma: export
#include "aimdb/core/codec.hpp"     // IWYU pragma: export
#include "aimdb/core/database.hpp"  // IWYU pragma: export
#include "aimdb/core/key.hpp"       // IWYU pragma: export
