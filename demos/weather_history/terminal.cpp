// SPDX-License-Identifier: Apache-2.0
#include "terminal.hpp"

#include <algorithm>
#include <cstdlib>
#include <ostream>
#include <sys/ioctl.h>
#include <unistd.h>

namespace weather {
namespace {

constexpr std::size_t usual_columns = 80;
constexpr std::size_t gap_columns = 2;

std::string_view code_of(Style style) {
    switch (style) {
        case Style::plain: return "";
        case Style::bold: return "\x1b[1m";
        case Style::dim: return "\x1b[2m";
        case Style::good: return "\x1b[32m";
        case Style::bad: return "\x1b[31m";
    }
    return "";
}

// An empty value counts as not set: https://no-color.org
bool colours_unwanted() {
    // Nothing changes the environment of this program.
    const char* value = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
    return value != nullptr && *value != '\0';
}

}  // namespace

Terminal Terminal::of_stdout() {
    const bool interactive = ::isatty(STDOUT_FILENO) == 1;
    return {interactive, interactive && !colours_unwanted()};
}

std::size_t Terminal::columns() {
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : usual_columns;
}

std::string Terminal::styled(std::string_view text, Style style) const {
    if (!colours || style == Style::plain) {
        return std::string(text);
    }
    return std::string(code_of(style)) + std::string(text) + "\x1b[0m";
}

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

void Table::print(std::ostream& out, const Terminal& terminal) const {
    const std::vector<std::size_t> widths = this->widths();
    std::vector<Cell> head;
    for (const Column& column : columns_) {
        head.emplace_back(column.title, Style::dim);
    }
    print_row(out, terminal, head, widths);
    for (const auto& row : rows_) {
        print_row(out, terminal, row, widths);
    }
}

std::vector<std::size_t> Table::widths() const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t width = width_of(columns_[i].title);
        for (const auto& row : rows_) {
            width = std::max(width, width_of(row[i].text));
        }
        widths.push_back(width);
    }
    return widths;
}

void Table::print_row(std::ostream& out,
                      const Terminal& terminal,
                      const std::vector<Cell>& row,
                      const std::vector<std::size_t>& widths) const {
    std::string line;
    std::string blanks;  // written only before something visible: no line ends in them
    for (std::size_t i = 0; i < row.size(); ++i) {
        const std::string padding(widths[i] - width_of(row[i].text), ' ');
        const bool right = columns_[i].align == Align::right;
        blanks += right ? padding : "";
        if (!row[i].text.empty()) {
            line += blanks + terminal.styled(row[i].text, row[i].style);
            blanks.clear();
        }
        blanks += (right ? "" : padding) + std::string(gap_columns, ' ');
    }
    out << line << '\n';
}

}  // namespace weather
