// SPDX-License-Identifier: Apache-2.0
//
// The scanner of frames against nlohmann/json: both take the same texts, but for
// what frame.hpp leaves to whoever reads a value.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include "aimdb/core/key.hpp"

#include "frame.hpp"

namespace {

using aimdb::aimx::Frame;
using aimdb::aimx::Params;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

bool skips(std::string_view text) {
    const char* at = text.data();
    const char* const end = at + text.size();
    return aimdb::aimx::skip_json(at, end) &&
           std::string_view(at, static_cast<std::size_t>(end - at)).find_first_not_of(" \t\r\n") ==
               std::string_view::npos;
}

std::size_t deepest(std::string_view text) {
    std::size_t brackets = 0;
    for (const char c : text) {
        brackets += c == '[' || c == '{' ? 1 : 0;
    }
    return brackets;  // at most: those in strings count too
}

/// Nothing when nlohmann and the scanner may disagree: numbers beyond a double,
/// lone halves of surrogate pairs, bytes that are no UTF-8, a byte order mark, NUL.
std::optional<nlohmann::json> tree_of(std::string_view text, bool& comparable) {
    comparable = text.find('\0') == std::string_view::npos &&
                 text.find("\\u") == std::string_view::npos && text.substr(0, 1) != "\xEF" &&
                 aimdb::detail::find_invalid_utf8(text) == text.size() && deepest(text) < 128;
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::out_of_range&) {
        comparable = false;
    } catch (const nlohmann::json::parse_error&) {
    }
    return std::nullopt;
}

void check_params(std::string_view text, const nlohmann::json& tree) {
    const Params params(text);
    if (!tree.is_object() || tree.size() > Params::member_limit) {
        return;
    }
    for (const auto& [name, value] : tree.items()) {
        const std::string_view raw = params.raw(name);
        if (name.find_first_of("\"\\") != std::string::npos || raw.empty()) {
            continue;  // names are compared as they are written
        }
        require(nlohmann::json::parse(raw) == value);
        require(params.text(name).has_value() == value.is_string());
        require(!value.is_string() || params.text(name) == value.get<std::string>());
        if (params.number(name)) {
            require(value.is_number_unsigned() && value == *params.number(name));
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    bool comparable = false;
    const std::optional<nlohmann::json> tree = tree_of(text, comparable);
    if (comparable) {
        require(skips(text) == tree.has_value());
    }
    Frame frame;
    if (aimdb::aimx::read_frame(text, frame)) {
        require(skips(text));
        require(!comparable || (tree && tree->is_object()));
        static_cast<void>(Params(frame.params).text("name"));
        static_cast<void>(frame.more("from"));
        static_cast<void>(frame.more_number("since"));
        static_cast<void>(frame.more_text("epoch"));
        static_cast<void>(frame.more_flag("gaps"));
    }
    if (comparable && tree) {
        check_params(text, *tree);
        require(aimdb::aimx::for_each_member(text, [](std::string_view, std::string_view) {}) ==
                tree->is_object());
    }
    static_cast<void>(aimdb::aimx::read_text(text));
    return 0;
}
