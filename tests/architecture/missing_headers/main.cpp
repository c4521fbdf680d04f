// SPDX-License-Identifier: Apache-2.0
//
// Does not compile: each of these needs a header that is not included, and says so.
#include "aimdb/core/core.hpp"

struct HasNoCodec {};

void persist(aimdb::Builder& builder) { builder.configure<HasNoCodec>("a").persist(); }
void attach(aimdb::Builder& builder) { builder.with_persistence(nullptr); }
void serve(aimdb::Builder& builder) { builder.configure<HasNoCodec>("a").remote(); }
void encode() { aimdb::require_codec<HasNoCodec>(); }
