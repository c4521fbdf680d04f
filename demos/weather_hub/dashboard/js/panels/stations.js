// SPDX-License-Identifier: Apache-2.0
//
// A card per station: newest values, their ages, and their course from history.
import { ageElement, setAge } from "../ages.js";
import { panel } from "../area.js";
import { figure, h, setAttributes, setText } from "../dom.js";
import { HOUR_MS, duration, number } from "../format.js";
import { painter } from "../frames.js";
import { holes, parted, summary } from "../series.js";
import { Sparkline } from "../sparkline.js";
import { FRESHNESS_TEXT, freshness } from "../staleness.js";

/** A course of less than this is not blown up to look like a storm. */
const LEAST_SPREAD_CELSIUS = 4;

class Card {
    #celsius = figure("card-value");
    #percent = figure();
    #dewPoint = figure();
    #age = ageElement("observed");
    #state = h("span", { class: "freshness" });
    #line = new Sparkline(220, 40, LEAST_SPREAD_CELSIUS);
    #course = h("p", { class: "card-course" });
    #reason = h("p", { class: "card-reason" });
    #place;

    constructor(place) {
        this.#place = place;
        const tag = place.remote ? "remote" : place.simulated ? "simulated" : "observed";
        this.element = h(
            "li",
            { class: "card", "data-station": place.station },
            h(
                "div",
                { class: "card-head" },
                h(
                    "div",
                    {},
                    h("h3", {}, place.name),
                    h("p", { class: "muted small" }, `${place.city_name}, ${place.country}`),
                ),
                h(
                    "span",
                    {
                        class: "tag",
                        "data-tone": tag === "observed" ? "real" : tag === "remote" ? "warn" : null,
                    },
                    tag,
                ),
            ),
            h("div", { class: "card-now" }, this.#celsius.element, this.#state, this.#age),
            this.#line.element,
            this.#course,
            this.#reason,
            h(
                "dl",
                { class: "card-more" },
                h("div", {}, h("dt", {}, "Humidity"), h("dd", {}, this.#percent.element)),
                h("div", {}, h("dt", {}, "Dew point"), h("dd", {}, this.#dewPoint.element)),
                h("div", {}, h("dt", {}, "Sample"), h("dd", {}, `${place.sample_h}\u202fh`)),
            ),
        );
    }

    show(values, clock) {
        const age = clock.age(values.at, Date.now());
        const sampleMs = this.#place.sample_h * HOUR_MS;
        const fresh = freshness(values.at, age, sampleMs, clock.daysPerSecond);
        this.#celsius.set(number(values.celsius), values.celsius === null ? "" : "°C");
        setMeasured(this.#percent, values.percent, 0, "%");
        setMeasured(this.#dewPoint, values.dewPoint, 1, "°C");
        setAge(this.#age, values.at);
        this.#age.hidden = values.at === null;
        setText(this.#state, FRESHNESS_TEXT[fresh]);
        setAttributes(this.element, { "data-freshness": fresh });
        this.#line.set(parted(values.series, holes(values.series.t)));
        const drawn = values.series.size >= 2;
        this.#line.element.toggleAttribute("hidden", !drawn);
        this.#course.hidden = !drawn;
        if (drawn) {
            setText(this.#course, courseText(values.series));
        }
        const reason = this.#missing(values, fresh);
        setText(this.#reason, reason);
        this.#reason.hidden = reason === "";
    }

    #missing({ at, series }, fresh) {
        if (this.#place.remote && (fresh === "never" || fresh === "silent")) {
            // Whether it is linked is not told; that nothing comes is.
            const since = fresh === "never" ? "Nothing has come yet." : "Nothing comes any more.";
            return `${since} It is a program of its own: start weather_station beside the hub.`;
        }
        if (at === null) {
            return "No temperature yet: its first one comes with its next sample.";
        }
        return series.size < 2 ? "One value so far: a course needs two." : "";
    }
}

export function startStations({ clock, places, weather }) {
    const cards = new Map();
    const list = h("ul", { class: "cards" });
    const { area } = panel("stations", {
        content: list,
        waitingFor: "Reading temp.* from history …",
        retry: () => weather.load(),
    });
    const repaint = painter(area.element, show, 500);

    function arrange(stations) {
        if (stations.size === 0) {
            return;
        }
        // Those that are measured first, then by city.
        const order = [...stations.values()].sort(
            (a, b) =>
                rank(a) - rank(b) || a.city.localeCompare(b.city) || a.name.localeCompare(b.name),
        );
        for (const place of order) {
            if (!cards.has(place.station)) {
                cards.set(place.station, new Card(place));
            }
        }
        list.replaceChildren(...order.map(({ station }) => cards.get(station).element));
        filled();
        repaint();
    }

    function filled() {
        if (cards.size > 0 && weather.state !== "loading") {
            show();
            area.set("history");
        }
    }

    function show() {
        for (const [station, card] of cards) {
            card.show(weather.of(station), clock);
        }
    }

    places.stations.watch(arrange);
    weather.watch((station, live) => {
        if (station !== null) {
            if (live && area.state.filled) {
                area.set("live");
            }
            repaint();
            return;
        }
        if (cards.size === 0 && weather.state instanceof Error) {
            area.set("error", weather.state.message);
        }
        filled();
        repaint();
    });
    setInterval(repaint, 2_000);
    setTimeout(
        () =>
            cards.size === 0 &&
            area.set("empty", "The hub serves no location.* record: it has no stations."),
        4_000,
    );
}

/** What the small line is of: it has no axes. */
function courseText({ t, v }) {
    const { min, max } = summary(v);
    return `last ${duration(t.at(-1) - t[0])}: ${number(min)} to ${number(max)}\u202f°C`;
}

function setMeasured(figureOf, value, digits, unit) {
    figureOf.set(
        value === null ? "not measured" : number(value, digits),
        value === null ? "" : unit,
    );
}

const rank = (place) => (place.remote ? 1 : place.simulated ? 2 : 0);
