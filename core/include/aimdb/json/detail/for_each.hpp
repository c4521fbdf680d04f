// SPDX-License-Identifier: Apache-2.0
//
// The preprocessor loop behind AIMDB_RECORD.
#pragma once

// AIMDB_DETAIL_FOR_EACH(macro, context, a, b, ...) is macro(context, a)
// macro(context, b) ... A macro cannot call itself, so each step ends in a name
// that only the next scan expands; 4 * 4 * 4 scans are more than the fields a
// record may have.
#define AIMDB_DETAIL_FOR_EACH(macro, context, ...) \
    __VA_OPT__(AIMDB_DETAIL_SCAN(AIMDB_DETAIL_STEP(macro, context, __VA_ARGS__)))
#define AIMDB_DETAIL_STEP(macro, context, first, ...) \
    macro(context, first)                             \
        __VA_OPT__(AIMDB_DETAIL_STEP_AGAIN AIMDB_DETAIL_PARENTHESES(macro, context, __VA_ARGS__))
#define AIMDB_DETAIL_STEP_AGAIN() AIMDB_DETAIL_STEP
#define AIMDB_DETAIL_PARENTHESES ()

#define AIMDB_DETAIL_SCAN(...) \
    AIMDB_DETAIL_SCAN_16(      \
        AIMDB_DETAIL_SCAN_16(AIMDB_DETAIL_SCAN_16(AIMDB_DETAIL_SCAN_16(__VA_ARGS__))))
#define AIMDB_DETAIL_SCAN_16(...) \
    AIMDB_DETAIL_SCAN_4(AIMDB_DETAIL_SCAN_4(AIMDB_DETAIL_SCAN_4(AIMDB_DETAIL_SCAN_4(__VA_ARGS__))))
#define AIMDB_DETAIL_SCAN_4(...) \
    AIMDB_DETAIL_SCAN_1(AIMDB_DETAIL_SCAN_1(AIMDB_DETAIL_SCAN_1(AIMDB_DETAIL_SCAN_1(__VA_ARGS__))))
#define AIMDB_DETAIL_SCAN_1(...) __VA_ARGS__
