// SPDX-License-Identifier: Apache-2.0
import { h } from "./dom.js";

/** Which line of a chart is what. @param {{ label: string, colour: string, dash?: number[] }[]} lines */
export function legend(lines) {
    return h(
        "ul",
        { class: "legend" },
        lines.map(({ label, colour, dash }) =>
            h(
                "li",
                { style: `--key: var(${colour})` },
                h("span", { class: "legend-line", "data-dashed": dash !== undefined }),
                label,
            ),
        ),
    );
}
