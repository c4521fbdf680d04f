// SPDX-License-Identifier: Apache-2.0
//
// Small lines without axes, as SVG paths. Pure, but for `Sparkline`.
import { svg } from "./dom.js";
import { decimate } from "./series.js";

/**
 * The `d` of a line through the points in a box; it is parted where a value is null.
 *
 * @param {{ t: number[], v: (number | null)[] }} points
 * @param {{ width: number, height: number, least?: number, from?: number, to?: number }} box
 */
export function linePath(points, { width, height, least = 0, from, to }) {
    if (points.t.length === 0) {
        return "";
    }
    const start = from ?? points.t[0];
    const end = to ?? points.t.at(-1);
    const { t, v } = decimate(points, start, end, width);
    const known = v.filter((value) => value !== null);
    const low = Math.min(...known);
    const high = Math.max(...known);
    const spread = Math.max(high - low, least) || 1;
    const middle = (high + low) / 2;
    const length = end - start || 1;
    let path = "";
    let joined = false;
    for (let i = 0; i < t.length; i++) {
        if (v[i] === null) {
            joined = false;
            continue;
        }
        const x = ((t[i] - start) / length) * width;
        const y = height / 2 - ((v[i] - middle) / spread) * (height - 3);
        path += `${joined ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
        joined = true;
    }
    return path;
}

/** The line as an element; what it means stands in words beside it. */
export class Sparkline {
    #path;
    #box;

    constructor(width = 120, height = 32, least = 0) {
        this.#box = { width, height, least };
        this.#path = svg("path", {
            class: "sparkline-line",
            "vector-effect": "non-scaling-stroke",
        });
        this.element = svg(
            "svg",
            {
                class: "sparkline",
                viewBox: `0 0 ${width} ${height}`,
                preserveAspectRatio: "none",
                "aria-hidden": "true",
            },
            this.#path,
        );
    }

    set(points) {
        this.#path.setAttribute("d", linePath(points, this.#box));
    }
}
