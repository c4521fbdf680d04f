// SPDX-License-Identifier: Apache-2.0
//
// What standard output can show, and tables that line up on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace weather {

enum class Style : std::uint8_t { plain, bold, dim, good, bad };

struct Terminal {
    bool interactive = false;  ///< Lines may be drawn over.
    bool colours = false;

    /// Standard output as it is; no colours where NO_COLOR is set.
    [[nodiscard]] static Terminal of_stdout();
    /// Width now: the user may have changed it.
    [[nodiscard]] static std::size_t columns();

    [[nodiscard]] std::string styled(std::string_view text, Style style) const;
};

/// Columns a text takes: its code points, as everything printed here is one wide.
[[nodiscard]] std::size_t width_of(std::string_view text);

/// A table with a head; numbers belong to the right.
class Table {
public:
    enum class Align : std::uint8_t { left, right };
    struct Column {
        std::string title;
        Align align = Align::left;
    };
    struct Cell {
        Cell(std::string shown, Style look = Style::plain) : text(std::move(shown)), style(look) {}
        std::string text;
        Style style;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// As many cells as there are columns.
    void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
    void print(std::ostream& out, const Terminal& terminal) const;

private:
    [[nodiscard]] std::vector<std::size_t> widths() const;
    void print_row(std::ostream& out,
                   const Terminal& terminal,
                   const std::vector<Cell>& row,
                   const std::vector<std::size_t>& widths) const;

    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

}  // namespace weather
