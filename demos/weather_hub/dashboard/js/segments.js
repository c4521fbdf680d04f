// SPDX-License-Identifier: Apache-2.0
import { h } from "./dom.js";

/**
 * Radio buttons in a row, one of which is chosen.
 *
 * @param {{ name: string, label: string, choices: { value: string, text: string, title?: string }[],
 *     value: string, onChange: (value: string) => void }} options
 */
export function segments({ name, label, choices, value, onChange }) {
    const buttons = choices.map(({ value: choice, text, title }) => {
        const input = h("input", { type: "radio", name, value: choice });
        input.checked = choice === value;
        input.addEventListener("change", () => onChange(choice));
        return h("label", { title }, input, h("span", {}, text));
    });
    return h("fieldset", { class: "segments", "aria-label": label }, buttons);
}
