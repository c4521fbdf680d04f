// SPDX-License-Identifier: Apache-2.0
//
// Says that the connection is gone, and after it came back what that meant.
import { setOffline } from "./area.js";
import { h, setAttributes, setText } from "./dom.js";
import { clockTime, duration, number } from "./format.js";

const TICK_MS = 500;

/** What a break meant, in a sentence. Pure. */
export function breakText({ from, to, skipped, torn }) {
    const times = `${clockTime(from, true)}–${clockTime(to, true)} UTC`;
    const when = `Disconnected ${times} (${duration(to - from)}).`;
    if (skipped > 0) {
        const lost = `${number(skipped, 0)} values were passed over and are not on this page`;
        return `${when} ${lost}; charts read them again from history.`;
    }
    return torn
        ? `${when} The hub was started anew in between: what it had stored was read again.`
        : `${when} Reconnected; no value is known to be missing.`;
}

/** What was missed without a break. Pure. */
export function lapseText({ skipped, at }) {
    return (
        `${number(skipped, 0)} values came faster than they could be sent here, the last at ` +
        `${clockTime(at, true)} UTC; charts read them again from history.`
    );
}

export function startBanner({ hub }) {
    const element = document.getElementById("banner");
    const text = h("span", {});
    const dismiss = h("button", { type: "button", class: "button" }, "Dismiss");
    element.append(text, dismiss);
    let dismissedAt = 0;
    dismiss.addEventListener("click", () => {
        dismissedAt = Date.now();
        show();
    });

    function show() {
        const { state, error, attempt } = hub.connection.value;
        const open = state === "open";
        const { all, last, lapse } = hub.breaks.value;
        if (!open && (last !== null || attempt > 0)) {
            setAttributes(element, { "data-tone": "bad" });
            const since = last
                ? ` for ${duration(Date.now() - last.from)}: values are of ${clockTime(last.from, true)} UTC`
                : "";
            const why = error ? ` (${error.message})` : "";
            setText(
                text,
                state === "closed"
                    ? `The connection to the hub has ended${why}. Reload the page to try again.`
                    : `No connection to the hub${since}. Trying again, attempt ${attempt}${why}.`,
            );
            dismiss.hidden = true;
            element.hidden = false;
            return;
        }
        const texts = [];
        if (open && last !== null && last.to > dismissedAt) {
            texts.push(
                breakText(last),
                ...(all.length > 1 ? [`Breaks so far: ${all.length}.`] : []),
            );
        }
        const lapsed = open && lapse.at > dismissedAt;
        if (lapsed) {
            texts.push(lapseText(lapse));
        }
        const bad = lapsed || last?.skipped > 0 || last?.torn;
        setAttributes(element, { "data-tone": bad ? "warn" : "good" });
        setText(text, texts.join(" "));
        dismiss.hidden = false;
        element.hidden = texts.length === 0;
    }

    let wasOpen = null;
    hub.connection.watch(({ state }) => {
        const open = state === "open";
        if (open !== wasOpen && (wasOpen !== null || open)) {
            setOffline(!open);
        }
        wasOpen = open;
        show();
    });
    hub.breaks.watch(show);
    setInterval(() => hub.connection.value.state !== "open" && show(), TICK_MS);
}
