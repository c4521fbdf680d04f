// SPDX-License-Identifier: Apache-2.0
import { WINDOWS, biasArrow, overall, windowOf } from "../accuracy_model.js";
import { ageElement, setAge } from "../ages.js";
import { figure, h, setAttributes, setText } from "../dom.js";
import { NONE, date, number, share, signed } from "../format.js";

/** A mean absolute error of this fills the bar behind it. */
const BAR_CELSIUS = 4;

/** Numbers of one window: mean absolute error, hit rate, bias. */
class WindowCell {
    #mae = figure("mae");
    #hits = h("span", { class: "hits" });
    #arrow = h("span", { class: "bias-arrow", "aria-hidden": "true" });
    #words = h("span", { class: "visually-hidden" });
    #bar = h("span", { class: "mae-bar", "aria-hidden": "true" });

    constructor(label) {
        this.element = h(
            "td",
            { role: "cell", "data-label": label },
            h(
                "span",
                { class: "window-cell" },
                this.#arrow,
                this.#mae.element,
                this.#hits,
                this.#words,
            ),
            this.#bar,
        );
    }

    set(window) {
        const bias = biasArrow(window?.bias);
        this.#mae.set(number(window?.mae, 2), window ? "°C" : "");
        setText(this.#hits, window ? share(window.hit_rate) : "");
        setText(this.#arrow, bias.arrow);
        setAttributes(this.#arrow, { "data-tone": bias.tone });
        setText(this.#words, window ? `hit rate, ${bias.text}, of ${window.n}` : bias.text);
        setAttributes(this.element, {
            title: window ? `${bias.text}; ${window.n} validations` : bias.text,
        });
        this.#bar.style.setProperty("--share", window ? Math.min(1, window.mae / BAR_CELSIUS) : 0);
    }
}

class CityRow {
    #name = h("button", { type: "button", class: "city-button" });
    #tag = h("span", { class: "tag" });
    #newest = h("span", { class: "newest-values" });
    #error = h("span", { class: "newest-error" });
    #age = ageElement("observed");
    #cells = WINDOWS.map(({ label }) => new WindowCell(label));

    constructor(onChoose) {
        this.#name.addEventListener("click", onChoose);
        this.element = h(
            "tr",
            { role: "row" },
            h("th", { role: "rowheader", scope: "row" }, this.#name, this.#tag),
            h("td", { role: "cell", class: "newest" }, this.#newest, this.#error, this.#age),
            this.#cells.map(({ element }) => element),
        );
    }

    show({ name, simulated, summary, validation, model, chosen }) {
        setText(this.#name, name);
        setAttributes(this.#name, { "aria-pressed": chosen });
        setAttributes(this.element, { "data-chosen": chosen });
        setText(this.#tag, simulated ? "simulated" : "observed");
        setAttributes(this.#tag, { "data-tone": simulated ? null : "real" });
        this.#tag.hidden = simulated === null;
        if (validation) {
            const hit = validation.within_tolerance;
            setText(
                this.#newest,
                `${number(validation.predicted_celsius)} → ${number(validation.actual_celsius)} °C`,
            );
            const error = signed(validation.signed_error, 2);
            setText(this.#error, `${hit ? "✓" : "✕"} ${error}\u202f°C`);
            setAttributes(this.#error, {
                "data-hit": hit ? "yes" : "no",
                title: `${hit ? "hit" : "miss"}: predicted minus actual for ${date(validation.valid_for)}, ${validation.horizon_h} h ahead`,
            });
            setAge(this.#age, validation.timestamp);
        } else {
            setText(this.#newest, NONE);
            setText(this.#error, "");
            setAge(this.#age, summary.at);
        }
        WINDOWS.forEach(({ member }, i) => this.#cells[i].set(windowOf(summary, model, member)));
    }
}

/** Over all cities together, large. */
class OverallTile {
    #mae = figure();
    #hits = h("span", {});
    #bias = h("span", {});
    #note = h("span", {});
    #age = ageElement("observed");
    #label;

    constructor(label) {
        this.#label = label;
        this.element = h(
            "div",
            { class: "tile" },
            h("dt", {}, `All cities, last ${label}`),
            h(
                "dd",
                {},
                this.#mae.element,
                h("span", { class: "overall-side" }, this.#hits, this.#bias),
                h("p", { class: "tile-note" }, this.#note, this.#age),
            ),
        );
    }

    /** @param {number | null} at  of the newest summary */
    set(window, at) {
        const bias = biasArrow(window?.bias);
        this.#mae.set(number(window?.mae, 2), window ? "°C" : "");
        setText(this.#hits, window ? `${share(window.hit_rate)} hits` : "");
        setText(this.#bias, window ? `${bias.arrow} ${bias.text}` : "");
        setText(
            this.#note,
            window
                ? `off on average, of ${number(window.n, 0)} validations, newest `
                : `no validation in the last ${this.#label}`,
        );
        setAge(this.#age, at);
        this.#age.hidden = !window;
    }
}

/** The table of cities and the sums above it. */
export class AccuracyTable {
    #rows = new Map();
    #body = h("tbody", { role: "rowgroup" });
    #tiles = WINDOWS.map(({ label }) => new OverallTile(label));
    #places;
    #onChoose;

    constructor({ places, onChoose }) {
        this.#places = places;
        this.#onChoose = onChoose;
        this.overall = h(
            "dl",
            { class: "tiles accuracy-overall" },
            this.#tiles.map(({ element }) => element),
        );
        const heads = ["City", "Newest validation", ...WINDOWS.map(({ label }) => label)];
        this.element = h(
            "div",
            { class: "accuracy-table" },
            h(
                "table",
                { role: "table" },
                h(
                    "caption",
                    { class: "visually-hidden" },
                    "Per city: the newest validation, and for three windows of observed time " +
                        "the bias, the mean absolute error and the hit rate",
                ),
                h(
                    "thead",
                    { role: "rowgroup" },
                    h(
                        "tr",
                        { role: "row" },
                        heads.map((text) => h("th", { role: "columnheader", scope: "col" }, text)),
                    ),
                ),
                this.#body,
            ),
            h(
                "p",
                { class: "table-note" },
                "Each window: bias (▲ too warm, ● even, ▼ too cold), mean absolute error, hit rate.",
            ),
        );
    }

    show({ summaries, newest, model, city }) {
        const at = Math.max(...[...summaries.values()].map((summary) => summary.at));
        WINDOWS.forEach(({ member }, i) =>
            this.#tiles[i].set(overall(summaries.values(), model, member), at),
        );
        for (const [key, summary] of [...summaries].sort(([a], [b]) => a.localeCompare(b))) {
            if (!this.#rows.has(key)) {
                const row = new CityRow(() => this.#onChoose(key));
                this.#rows.set(key, row);
                this.#body.append(row.element);
            }
            this.#rows.get(key).show({
                name: this.#places.cityName(key),
                simulated: this.#places.simulated(key),
                summary,
                validation: newest.of(key, model),
                model,
                chosen: key === city,
            });
        }
    }
}
