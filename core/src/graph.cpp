// SPDX-License-Identifier: Apache-2.0
#include "aimdb/core/graph.hpp"

#include <string>
#include <string_view>
#include <unordered_map>

namespace aimdb {
namespace {

std::string label_of(const RecordInfo& node) {
    std::string label = node.key + " : " + node.type + "\n" + std::string(to_string(node.buffer));
    if (node.buffer == BufferKind::spmc_ring) {
        label += "(" + std::to_string(node.capacity) + ")";
    }
    return node.persisted ? label + ", persisted" : label;
}

std::string replace_all(std::string_view text, char what, std::string_view with) {
    std::string out;
    for (const char c : text) {
        if (c == what) {
            out += with;
        } else {
            out += c;
        }
    }
    return out;
}

std::string edge_label(const GraphEdge& edge) {
    std::string label = edge.stage;
    if (edge.state == StageState::failed || edge.state == StageState::restarting) {
        label += " (" + std::string(to_string(edge.state)) + ")";
    }
    return label;
}

using Numbers = std::unordered_map<std::string_view, std::size_t>;

Numbers number_nodes(const Graph& graph) {
    Numbers numbers;
    for (const RecordInfo& node : graph.nodes) {
        numbers.emplace(node.key, numbers.size());
    }
    return numbers;
}

}  // namespace

std::string_view to_string(BufferKind kind) noexcept {
    switch (kind) {
        case BufferKind::spmc_ring: return "spmc_ring";
        case BufferKind::single_latest: return "single_latest";
        case BufferKind::mailbox: return "mailbox";
    }
    return "unknown";
}

std::string_view to_string(Origin origin) noexcept {
    switch (origin) {
        case Origin::source: return "source";
        case Origin::link: return "link";
        case Origin::transform: return "transform";
        case Origin::join: return "join";
        case Origin::external: return "external";
    }
    return "unknown";
}

std::string Graph::to_dot() const {
    const auto quoted = [](const std::string& text) {
        const std::string escaped = replace_all(replace_all(text, '\\', "\\\\"), '"', "\\\"");
        return '"' + replace_all(escaped, '\n', "\\n") + '"';
    };
    std::string out = "digraph aimdb {\n  rankdir=LR;\n  node [shape=box];\n";
    for (const RecordInfo& node : nodes) {
        out += "  " + quoted(node.key) + " [label=" + quoted(label_of(node)) + "];\n";
    }
    std::size_t ends = 0;
    for (const GraphEdge& edge : edges) {
        const std::string end = "end" + std::to_string(ends++);
        const std::string from = edge.from.empty() ? end : quoted(edge.from);
        const std::string to = edge.to.empty() ? end : quoted(edge.to);
        if (edge.from.empty() || edge.to.empty()) {
            out += "  " + end + " [shape=ellipse, label=" + quoted(edge_label(edge)) + "];\n";
            out += "  " + from + " -> " + to + ";\n";
        } else {
            out += "  " + from + " -> " + to + " [label=" + quoted(edge_label(edge)) + "];\n";
        }
    }
    return out + "}\n";
}

std::string Graph::to_mermaid() const {
    const auto quoted = [](const std::string& text) {
        std::string escaped = replace_all(replace_all(text, '#', "#35;"), '"', "#quot;");
        escaped = replace_all(replace_all(escaped, '<', "#lt;"), '>', "#gt;");
        return '"' + replace_all(escaped, '\n', "<br/>") + '"';
    };
    const Numbers numbers = number_nodes(*this);
    const auto id_of = [&numbers](const std::string& key) {
        return "r" + std::to_string(numbers.at(key));
    };
    std::string out = "flowchart LR\n";
    for (const RecordInfo& node : nodes) {
        out += "  " + id_of(node.key) + "[" + quoted(label_of(node)) + "]\n";
    }
    std::size_t ends = 0;
    for (const GraphEdge& edge : edges) {
        const std::string end =
            "e" + std::to_string(ends++) + "([" + quoted(edge_label(edge)) + "])";
        if (edge.from.empty() || edge.to.empty()) {
            out += "  " + (edge.from.empty() ? end : id_of(edge.from)) + " --> " +
                   (edge.to.empty() ? end : id_of(edge.to)) + "\n";
        } else {
            out += "  " + id_of(edge.from) + " -->|" + quoted(edge_label(edge)) + "| " +
                   id_of(edge.to) + "\n";
        }
    }
    return out;
}

}  // namespace aimdb
