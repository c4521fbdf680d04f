// SPDX-License-Identifier: Apache-2.0
//
// Temperatures as colours: blue over grey to orange, which the colour-blind tell apart. Pure.

const STOPS = [
    { celsius: -15, rgb: [38, 70, 150] },
    { celsius: 0, rgb: [60, 145, 205] },
    { celsius: 10, rgb: [150, 178, 178] },
    { celsius: 20, rgb: [235, 168, 60] },
    { celsius: 35, rgb: [190, 66, 10] },
];

/** @param {number | null} celsius */
export function temperatureColour(celsius) {
    if (typeof celsius !== "number") {
        return "none";
    }
    const at = Math.min(Math.max(celsius, STOPS[0].celsius), STOPS.at(-1).celsius);
    const next = Math.max(
        1,
        STOPS.findIndex((stop) => stop.celsius >= at),
    );
    const [from, to] = [STOPS[next - 1], STOPS[next]];
    const share = (at - from.celsius) / (to.celsius - from.celsius);
    const mixed = from.rgb.map((value, i) => Math.round(value + (to.rgb[i] - value) * share));
    return `rgb(${mixed.join(" ")})`;
}

/** The scale as a CSS gradient, with its ends. */
export function scaleGradient() {
    const [first, last] = [STOPS[0].celsius, STOPS.at(-1).celsius];
    const parts = STOPS.map(
        ({ celsius, rgb }) =>
            `rgb(${rgb.join(" ")}) ${((celsius - first) / (last - first)) * 100}%`,
    );
    return { gradient: `linear-gradient(90deg, ${parts.join(", ")})`, first, last };
}
