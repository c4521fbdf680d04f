// SPDX-License-Identifier: Apache-2.0
//
// Every age on the page, kept true by one timer.
import { h, setText } from "./dom.js";
import { HOUR_MS, age, dateTime } from "./format.js";

const EVERY_MS = 1_000;

/** An element that shows how old something is; set its time with `setAge`. */
export function ageElement(clock = "observed") {
    return h("time", { class: "age", "data-clock": clock }, "");
}

/** @param {HTMLElement} element @param {number | null | undefined} at Unix ms */
export function setAge(element, at) {
    const text = typeof at === "number" ? String(at) : "";
    if (element.dataset.at !== text) {
        element.dataset.at = text;
        element.dataset.fresh = "";
    }
}

/**
 * @param {import("./observed_clock.js").ObservedClock} clock
 */
export function keepAges(clock) {
    const show = () => {
        if (document.hidden) {
            return;
        }
        const wallMs = Date.now();
        for (const element of document.querySelectorAll("time.age[data-at]")) {
            const at = element.dataset.at === "" ? null : Number(element.dataset.at);
            const observed = element.dataset.clock === "observed";
            const passed = observed ? clock.age(at, wallMs) : at === null ? null : wallMs - at;
            setText(element, at === null ? "no value yet" : ageText(passed, observed));
            if (at !== null && "fresh" in element.dataset) {
                delete element.dataset.fresh;
                element.title = `${dateTime(at)} UTC, ${observed ? "observed time" : "wall clock"}`;
            }
        }
    };
    show();
    setInterval(show, EVERY_MS);
    return show;
}

function ageText(passed, observed) {
    // An observed hour is a tick: less than one is now.
    return observed && passed !== null && passed < HOUR_MS ? "this hour" : age(passed);
}
