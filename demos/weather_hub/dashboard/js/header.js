// SPDX-License-Identifier: Apache-2.0
//
// The observed clock, the connection, the theme, and where in the page one is.
import { setAttributes, setText, svg } from "./dom.js";
import { clockTime, date, duration, weekday } from "./format.js";
import { speedText } from "./observed_clock.js";
import { chooseTheme, theme } from "./theme.js";

const CLOCK_EVERY_MS = 120;

const STATES = {
    unknown: "not heard yet",
    running: "runs",
    stopped: "stands still",
    "no-sources": "stands still: sources are switched off",
};

const byId = (id) => document.getElementById(id);

export function startHeader({ hub, clock, clockChanged }) {
    clockChanged.watch(() => showSpeed(clock));
    setInterval(() => document.hidden || showSpeed(clock), CLOCK_EVERY_MS);
    hub.connection.watch((event) => showConnection(event));
    startTheme();
    startNavigation();
}

function showClock(clock) {
    const now = clock.now(Date.now());
    if (now === null) {
        return;
    }
    setText(byId("clock-time"), clockTime(now));
    setText(byId("clock-date"), `${weekday(now)}, ${date(now)}`);
}

function showSpeed(clock) {
    const silence = clock.silence(Date.now());
    setAttributes(byId("observed-clock"), {
        "data-state": silence === null ? clock.state : "lost",
    });
    const pass = clock.pass === null ? "" : `, pass ${clock.pass + 1}`;
    const text =
        silence !== null
            ? `not heard for ${duration(silence)}, wall clock`
            : clock.state === "running"
              ? `${speedText(clock.daysPerSecond)}${pass}`
              : STATES[clock.state];
    setText(byId("clock-speed"), text);
    showClock(clock);
}

function showConnection({ state, attempt, error }) {
    const texts = {
        connecting: "Connecting to the hub",
        open: "Connected",
        reconnecting: `Disconnected, try ${attempt}`,
        closed: `Not connected: ${error?.message ?? "closed"}`,
    };
    setAttributes(byId("connection"), { "data-state": state });
    setText(byId("connection-text"), texts[state]);
    document.documentElement.dataset.connection = state;
}

const SUN =
    "M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.4 1.4M11.6 11.6 13 13M3 13l1.4-1.4M11.6 4.4 13 3M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z";
const MOON = "M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1Z";

function startTheme() {
    const button = byId("theme-toggle");
    const path = svg("path", {
        fill: "none",
        stroke: "currentColor",
        "stroke-width": 1.4,
        "stroke-linecap": "round",
        "stroke-linejoin": "round",
    });
    button.append(
        svg("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" }, path),
    );
    button.addEventListener("click", () => chooseTheme(theme.value === "dark" ? "light" : "dark"));
    theme.watch((name) => {
        const label = name === "dark" ? "Switch to light" : "Switch to dark";
        setAttributes(path, { d: name === "dark" ? SUN : MOON });
        setAttributes(button, { "aria-label": label, title: label });
    });
}

/** Marks the panel that is in the middle of the window; of two beside each other the first. */
function startNavigation() {
    const links = new Map(
        [...document.querySelectorAll(".nav a")].map((link) => [link.dataset.panel, link]),
    );
    const inView = new Set();
    const seen = new IntersectionObserver(
        (entries) => {
            for (const { target, isIntersecting } of entries) {
                inView[isIntersecting ? "add" : "delete"](target.id);
            }
            const current = [...links.keys()].find((id) => inView.has(id));
            for (const [id, link] of links) {
                setAttributes(link, { "aria-current": id === current ? "true" : null });
            }
            const list = document.querySelector(".nav");
            if (current && list.scrollWidth > list.clientWidth) {
                list.scrollTo({ left: links.get(current).offsetLeft - list.clientWidth / 3 });
            }
        },
        { rootMargin: "-45% 0px -50% 0px" },
    );
    for (const id of links.keys()) {
        seen.observe(byId(id));
    }
}
