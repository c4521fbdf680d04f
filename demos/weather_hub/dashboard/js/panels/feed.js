// SPDX-License-Identifier: Apache-2.0
//
// What arrives, as it arrives: filtered by a pattern, bounded, and it can be held.
import { ageElement, setAge } from "../ages.js";
import { panel } from "../area.js";
import { timeOf } from "../contract_time.js";
import { h, setAttributes, setText } from "../dom.js";
import { dateTime, number } from "../format.js";
import { FeedModel, patternFault, valueText } from "../feed_model.js";
import { painter } from "../frames.js";
import { isLive } from "../hub.js";

const ROW_LIMIT = 60;
/** Of everything at once, at most one event per record in so many ms. */
const EVERY_MS = 250;

const PRESETS = [
    { pattern: "accuracy.*", text: "validations" },
    { pattern: "temp.*", text: "temperatures" },
    { pattern: "forecast.*", text: "forecasts" },
    { pattern: "hub.*", text: "hub" },
    { pattern: "host.*", text: "machine" },
    { pattern: "#", text: "everything" },
];

export function startFeed({ hub, clock, contracts }) {
    const model = new FeedModel(ROW_LIMIT);
    let pattern = "accuracy.*";
    let subscription = null;

    const input = h("input", {
        type: "text",
        value: pattern,
        "aria-label": "Pattern of records",
        spellcheck: "false",
        autocomplete: "off",
        size: 16,
    });
    const pause = h(
        "button",
        { type: "button", class: "button", "aria-pressed": "false" },
        "Pause",
    );
    const presets = PRESETS.map(({ pattern: preset, text }) => {
        const button = h(
            "button",
            { type: "button", class: "button", onclick: () => choose(preset) },
            text,
        );
        return { preset, button };
    });
    const note = h("span", {});
    const age = ageElement();
    const list = h("ol", { class: "feed", "aria-label": "Newest events first" });
    const { area, section } = panel("feed", {
        content: h(
            "div",
            {},
            h("p", { class: "muted small feed-note" }, note, " Newest: ", age),
            list,
        ),
        retry: () => follow(),
    });
    const tools = h(
        "div",
        { class: "toolbar" },
        input,
        presets.map(({ button }) => button),
        pause,
    );
    section.querySelector(".panel-body").prepend(tools);
    const rows = [];
    const repaint = painter(area.element, show, 250);

    function choose(chosen) {
        pattern = chosen.trim();
        input.value = pattern;
        model.clear();
        setPaused(false); // Other rows are wanted than those that are held.
        show();
        follow();
    }

    function follow() {
        subscription?.close();
        subscription = null;
        presets.forEach(({ preset, button }) =>
            setAttributes(button, { "aria-pressed": preset === pattern }),
        );
        const fault = patternFault(pattern);
        if (fault) {
            area.set("empty", fault);
            return;
        }
        area.set("empty", `Waiting for the first event of ${pattern} …`);
        subscription = hub.follow(pattern, {
            ...(pattern.includes("#") ? { everyMs: EVERY_MS } : {}),
            onEvent: (value) => {
                model.take(value, Date.now());
                area.set(isLive(value) ? "live" : "history");
                repaint();
            },
            onEnded: ({ reason, error }) =>
                reason !== "left" &&
                area.set("empty", `No record matches ${pattern}: ${error?.message ?? reason}.`),
        });
    }

    function setPaused(paused) {
        model.setPaused(paused);
        setText(pause, paused ? "Go on" : "Pause");
        setAttributes(pause, { "aria-pressed": paused });
        repaint();
    }

    function show() {
        const rate = `${number(model.rate(Date.now()), 0)} values/s match`;
        const held = model.paused ? `; paused, ${number(model.leftOut, 0)} left out` : "";
        const left =
            !model.paused && model.leftOut > 0
                ? `; ${number(model.leftOut, 0)} were left out by the last pause`
                : "";
        const merged =
            model.merged > 0
                ? `; ${number(model.merged, 0)} merged into newer ones of their record`
                : "";
        setText(
            note,
            `${rate}; ${number(model.total, 0)} events so far, the newest ${model.rows.length} shown${merged}${held}${left}.`,
        );
        if (model.paused && rows.length > 0) {
            return;
        }
        const newest = model.rows.at(0);
        const { at, clock: by } = newest ? timeIn(contracts, newest) : { at: null, clock: null };
        setAttributes(age, { "data-clock": by });
        setAge(age, at);
        model.rows.forEach((event, i) => {
            if (!rows[i]) {
                rows.push(feedRow());
                list.append(rows[i].element);
            }
            rows[i].show(event, contracts);
        });
        rows.forEach(({ element }, i) => {
            element.hidden = i >= model.rows.length;
        });
    }

    input.addEventListener("change", () => choose(input.value));
    pause.addEventListener("click", () => setPaused(!model.paused));
    setInterval(() => {
        const waiting = subscription !== null && subscription.ended === null;
        if (waiting && clock.state === "no-sources" && model.total === 0) {
            area.set(
                "empty",
                `No event of ${pattern}: the hub's sources are switched off (--no-sources), ` +
                    "so nothing changes.",
            );
        }
        repaint();
    }, 1_000);
    follow();
}

const timeIn = (contracts, { topic, data, ts }) => timeOf(contracts.of(topic), data, ts);

function feedRow() {
    const time = h("time", { class: "feed-time" });
    const key = h("code", { class: "feed-key" });
    const value = h("span", { class: "feed-value" });
    const extra = h("span", { class: "feed-extra" });
    return {
        element: h("li", {}, time, key, value, extra),
        show(event, contracts) {
            const { topic, data, merged, kind } = event;
            const { at, clock } = timeIn(contracts, event);
            setText(time, at === null ? "" : dateTime(at));
            setAttributes(time, {
                title: `UTC, ${clock === "wall" ? "wall clock" : "observed time"}`,
            });
            setText(key, topic);
            setText(
                value,
                valueText(data, (field) => contracts.unit(topic, field)),
            );
            setText(
                extra,
                kind === "snapshot" ? "value at start" : merged > 0 ? `+${merged} merged` : "",
            );
        },
    };
}
