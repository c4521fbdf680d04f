// SPDX-License-Identifier: Apache-2.0
import { h, setAttributes, setText } from "./dom.js";
import { Pace } from "./pace.js";
import { badgeOf, initialArea, reduceArea } from "./panel_state.js";

const areas = new Set();
const SILENCE_EVERY_MS = 1_000;

/**
 * A part of the page with content or the reason why there is none. Its element carries the state
 * in `data-state`.
 */
export class Area {
    #state;
    #notice;
    #text;
    #retry;
    #badges = [];
    #pace = new Pace();

    /** @param {{ content: Element, waitingFor?: string, retry?: () => void }} parts */
    constructor({ content, waitingFor, retry }) {
        this.#state = initialArea(waitingFor);
        this.#text = h("span", {});
        this.#retry = h(
            "button",
            { type: "button", class: "button", onclick: () => retry?.() },
            "Try again",
        );
        this.#retry.hidden = true;
        this.#notice = h("p", { class: "notice", role: "status" }, this.#text, this.#retry);
        this.canRetry = retry !== undefined;
        this.content = content;
        this.element = h("div", { class: "area", "data-area": true }, this.#notice, content);
        areas.add(this);
        this.#show();
    }

    get state() {
        return this.#state;
    }

    /** A badge that follows the state. */
    badge() {
        const element = h("span", { class: "badge" });
        this.#badges.push(element);
        this.#show();
        return element;
    }

    /**
     * `live` is told with each event: an area for which none comes any more falls silent.
     *
     * @param {"loading" | "history" | "live" | "silent" | "empty" | "error" | "offline" | "online"} type
     */
    set(type, reason) {
        if (type === "live") {
            this.#pace.take(performance.now());
            if (this.#state.kind === "live") {
                return; // Hundreds of times per second.
            }
        } else if (type === "offline") {
            this.#pace.forget();
        }
        const next = reduceArea(this.#state, { type, reason });
        if (JSON.stringify(next) !== JSON.stringify(this.#state)) {
            this.#state = next;
            this.#show();
        }
    }

    listen(nowMs) {
        if (this.#state.kind === "live" && this.#pace.silent(nowMs)) {
            this.set("silent");
        }
    }

    /** Runs what may fail; a failure is shown with a way to try again. */
    async attempt(work) {
        this.set("loading", "Reading history …");
        try {
            await work();
        } catch (error) {
            this.set("error", error instanceof Error ? error.message : String(error));
        }
    }

    close() {
        areas.delete(this);
        this.element.remove();
    }

    #show() {
        const { kind, filled, reason, offline } = this.#state;
        setAttributes(this.element, { "data-state": kind, "data-offline": offline });
        this.content.hidden = !filled;
        this.#notice.hidden = filled && kind !== "error";
        setText(this.#text, reason);
        this.#retry.hidden = kind !== "error" || !this.canRetry;
        const badge = badgeOf(this.#state);
        for (const element of this.#badges) {
            setText(element, badge.text);
            setAttributes(element, { "data-tone": badge.tone });
        }
    }
}

/** Lets areas fall from live when nothing comes for them. */
export function watchSilence() {
    setInterval(() => areas.forEach((area) => area.listen(performance.now())), SILENCE_EVERY_MS);
}

/** Tells every area whether there is a connection. */
export function setOffline(offline) {
    for (const area of areas) {
        area.set(offline ? "offline" : "online");
    }
}

/** A panel of the page: its section is in index.html already, so that nothing jumps. */
export function panel(id, parts) {
    const section = document.getElementById(id);
    const area = new Area(parts);
    section.querySelector(".panel-tools").prepend(...(parts.tools ?? []), area.badge());
    section.querySelector(".panel-body").replaceChildren(area.element);
    return { section, area };
}
