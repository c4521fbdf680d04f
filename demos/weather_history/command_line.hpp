// SPDX-License-Identifier: Apache-2.0
//
// What the demos share of reading a command line.
#pragma once

#include <charconv>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace weather {

/// A command line that cannot be understood; says what is wrong and what to try.
class UsageError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Reads `--name value` or `--name=value`, one after the other.
///
/// Threads:   thread-confined.
/// Ownership: refers to what it is given.
class Arguments {
public:
    /// `known` are the options there are, for a hint at a misspelt one.
    Arguments(std::span<const char* const> all, std::span<const std::string_view> known)
        : rest_(all), known_(known) {}

    /// Goes on to the next option; false when there is none.
    bool next();
    [[nodiscard]] std::string_view name() const noexcept { return name_; }

    /// Throws UsageError if the option was given a value.
    void expect_no_value() const;
    /// The option's value. Throws UsageError if there is none.
    std::string_view value(std::string_view example);
    /// The same as a number within the limits, both inclusive.
    template <typename Number>
    Number number(Number least, Number most, std::string_view example) {
        const std::string_view text = value(example);
        Number number{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size() ||
            !(number >= least && number <= most)) {
            refuse_number(text, example);
        }
        return number;
    }

    /// Throws UsageError about an option that nobody knows; `hint` is for what is
    /// not even an option.
    [[noreturn]] void refuse(std::string_view hint) const;

private:
    [[noreturn]] void refuse_number(std::string_view text, std::string_view example) const;

    std::span<const char* const> rest_;
    std::span<const std::string_view> known_;
    std::string_view name_;
    std::optional<std::string_view> value_;
};

}  // namespace weather
