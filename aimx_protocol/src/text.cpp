// SPDX-License-Identifier: Apache-2.0
#include "text.hpp"

#include "aimdb/core/key.hpp"
#include "aimdb/json/writer.hpp"

namespace aimdb::aimx {

void append_text(std::string& out, std::string_view text) {
    std::string mended;
    std::size_t invalid = aimdb::detail::find_invalid_utf8(text);
    if (invalid != text.size()) {
        mended = text;
        for (; invalid != mended.size(); invalid = aimdb::detail::find_invalid_utf8(mended)) {
            mended[invalid] = '?';
        }
        text = mended;
    }
    json::Writer writer(out);
    if (writer.string(text)) {
        writer.finish();
    }
}

}  // namespace aimdb::aimx
