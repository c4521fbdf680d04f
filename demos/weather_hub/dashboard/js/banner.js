// SPDX-License-Identifier: Apache-2.0
//
// Says that the connection is gone, and after it came back what that meant.
import { setOffline } from "./area.js";
import { h, setAttributes, setText } from "./dom.js";
import { noticeOf } from "./notice.js";

const TICK_MS = 500;

export function startBanner({ hub }) {
    const element = document.getElementById("banner");
    const head = h("span", {});
    // It changes each second, which nobody wants to be told.
    const running = h("span", { "aria-hidden": "true" });
    const tail = h("span", {});
    const text = h("span", {}, head, running, tail);
    const dismiss = h("button", { type: "button", class: "button" }, "Dismiss");
    element.append(text, dismiss);
    let dismissedAt = 0;
    dismiss.addEventListener("click", () => {
        dismissedAt = Date.now();
        show();
    });

    function show() {
        const notice = noticeOf({
            connection: hub.connection.value,
            breaks: hub.breaks.value,
            dismissedAt,
            now: Date.now(),
        });
        element.hidden = notice === null;
        if (notice !== null) {
            setAttributes(element, { "data-tone": notice.tone });
            const at = notice.running ? notice.text.indexOf(notice.running) : notice.text.length;
            setText(head, notice.text.slice(0, at));
            setText(running, notice.running ?? "");
            setText(tail, notice.text.slice(at + (notice.running?.length ?? 0)));
            dismiss.hidden = notice.lasts;
        }
    }

    let offline = false;
    hub.connection.watch(({ state }) => {
        // What has not begun is not offline yet, unless it never will.
        const nowOffline = state !== "open" && (hub.wasOpened || state === "closed");
        if (nowOffline !== offline) {
            offline = nowOffline;
            setOffline(offline);
        }
        show();
    });
    hub.breaks.watch(show);
    setInterval(() => hub.connection.value.state !== "open" && show(), TICK_MS);
}
