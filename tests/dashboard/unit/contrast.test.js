// SPDX-License-Identifier: Apache-2.0
//
// Texts of both themes can be read: WCAG AA, 4.5 to 1; lines and marks 3 to 1.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

const css = readFileSync(
    new URL("../../../demos/weather_hub/dashboard/css/theme.css", import.meta.url),
    "utf8",
);

function colours(selector) {
    const block = css.slice(css.indexOf(`${selector} {`)).split("}")[0];
    return Object.fromEntries(
        [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]),
    );
}

function luminance(hex) {
    const [r, g, b] = [1, 3, 5]
        .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
    const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
}

for (const [theme, selector] of [
    ["light", ":root"],
    ["dark", ':root[data-theme="dark"]'],
]) {
    const of = colours(selector);
    describe(`the ${theme} theme`, () => {
        for (const [text, backgrounds] of [
            ["text", ["page", "surface", "surface-2", "accent-soft"]],
            ["text-muted", ["page", "surface", "surface-2"]],
            ["accent", ["surface", "surface-2", "accent-soft"]],
            ["good", ["surface", "good-soft"]],
            ["warn", ["surface", "surface-2", "warn-soft"]],
            ["bad", ["surface", "bad-soft"]],
            ["past", ["surface", "past-soft"]],
        ]) {
            for (const background of backgrounds) {
                it(`${text} on ${background}`, () => {
                    const ratio = contrast(of[text], of[background]);
                    assert.ok(ratio >= 4.5, `${ratio.toFixed(2)} to 1`);
                });
            }
        }
        for (let i = 1; i <= 6; i++) {
            it(`line ${i} on the surface`, () => {
                const ratio = contrast(of[`series-${i}`], of.surface);
                assert.ok(ratio >= 3, `${ratio.toFixed(2)} to 1`);
            });
        }
    });
}
