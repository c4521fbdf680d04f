// SPDX-License-Identifier: Apache-2.0
//
// Dark or light: as the system says, until somebody chooses.
import { Signal } from "./signal.js";

const KEY = "weather-hub-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

const stored = () => {
    try {
        return localStorage.getItem(KEY);
    } catch {
        return null; // Storage is forbidden: the choice lasts as long as the page.
    }
};

/** "dark" or "light", as it is shown now. */
export const theme = new Signal(stored() ?? (dark.matches ? "dark" : "light"));

export function chooseTheme(name) {
    try {
        localStorage.setItem(KEY, name);
    } catch {
        // As above.
    }
    theme.value = name;
}

theme.watch((name) => {
    document.documentElement.dataset.theme = name;
});

dark.addEventListener("change", () => {
    if (stored() === null) {
        theme.value = dark.matches ? "dark" : "light";
    }
});

/** A colour of the theme, for canvases: `colour("--text-muted")`. */
export function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
