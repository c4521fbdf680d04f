// SPDX-License-Identifier: Apache-2.0
//
// Stations where they stand, on land made of dots.
import { ageElement, setAge } from "../ages.js";
import { panel } from "../area.js";
import { h, setAttributes, setText, svg } from "../dom.js";
import { HOUR_MS, date, number, quantity } from "../format.js";
import { painter } from "../frames.js";
import { NARROW_REGIONS, REGIONS } from "../map_data.js";
import { Projection, dottedLand, placeNames, spread } from "../map_projection.js";
import { FRESHNESS_TEXT, freshness } from "../staleness.js";
import { scaleGradient, temperatureColour } from "../temperature_scale.js";

const MARK_DISTANCE = 24;
/** In units of the drawing; there are some 90 in a row of the widest. */
const DOT_STEP = 8;
/** A ring is drawn for a value this new. */
const PULSE_MS = 1_200;

const canHover = matchMedia("(hover: hover)");

export function startMap({ clock, places, weather }) {
    const marks = new Map();
    const narrow = matchMedia("(width < 700px)");
    const regions = h("div", { class: "map-regions" });
    let maps = [];
    /** The station that is read. */
    let told = null;
    const detailText = h(
        "span",
        {},
        canHover.matches
            ? "Point at a station, or move to it with the Tab key, to read it."
            : "Tap a station to read it.",
    );
    const detailAge = ageElement("observed");
    detailAge.hidden = true;
    // It goes with time; who listens is told by the label of the station itself.
    const detail = h("p", { class: "map-detail" }, detailText, " ", detailAge);
    const newest = ageElement("observed");
    const { gradient, first, last } = scaleGradient();
    const scale = h(
        "div",
        { class: "map-scale" },
        h("span", {}, quantity(first, "°C", 0)),
        h("span", { class: "map-scale-bar", style: `background: ${gradient}` }),
        h("span", {}, quantity(last, "°C", 0)),
        h("span", { class: "map-key", "data-freshness": "fresh" }, "up to date"),
        h("span", { class: "map-key", "data-freshness": "late" }, "late"),
        h("span", { class: "map-key", "data-freshness": "never" }, "silent or no value"),
    );
    const content = h(
        "div",
        { class: "map" },
        regions,
        h("div", { class: "map-foot" }, scale, h("p", {}, "Newest value: ", newest), detail),
    );
    const { area } = panel("map", {
        content,
        waitingFor: "Waiting for location.* …",
        retry: () => weather.load(),
    });
    const repaint = painter(area.element, show, 300);

    function draw() {
        maps = (narrow.matches ? NARROW_REGIONS : REGIONS).map(drawRegion);
        regions.replaceChildren(...maps.map(({ element }) => element));
        place(places.stations.value);
    }

    function place(stations) {
        marks.forEach((mark) => mark.element.remove());
        marks.clear();
        for (const map of maps) {
            const here = [...stations.values()].filter((place) =>
                map.projection.holds(place.longitude, place.latitude),
            );
            const points = here.map((place) =>
                map.projection.point(place.longitude, place.latitude),
            );
            const apart = spread(points, MARK_DISTANCE);
            map.element.hidden = here.length === 0;
            here.forEach((place, i) => {
                const mark = drawMark(place, points[i], apart[i], (station) => {
                    told = station;
                    tell();
                });
                marks.set(place.station, mark);
                map.layer.append(mark.element);
            });
            map.names.replaceChildren(...cityNames(here, apart, map.projection.width));
        }
        if (marks.size === 0) {
            area.set(
                "empty",
                "The hub serves no location.* record: it does not say where stations are.",
            );
            return;
        }
        filled();
        repaint();
    }

    function filled() {
        if (marks.size > 0 && weather.state !== "loading") {
            show();
            area.set("history");
        }
    }

    function freshnessOf(place, { at }) {
        const age = clock.age(at, Date.now());
        return freshness(at, age, place.sample_h * HOUR_MS, clock.daysPerSecond);
    }

    function tell() {
        const place = places.stations.value.get(told);
        if (!place) {
            return;
        }
        const values = weather.of(told);
        const fresh = FRESHNESS_TEXT[freshnessOf(place, values)];
        const text =
            values.at === null
                ? `${place.name}, ${place.city_name}: no value yet.`
                : `${place.name}, ${place.city_name}: ${quantity(values.celsius, "°C")}, ${date(values.at)}, ${fresh}${place.simulated ? ", simulated" : ""}.`;
        setText(detailText, text);
        setAge(detailAge, values.at);
        detailAge.hidden = values.at === null;
    }

    function show() {
        let at = null;
        for (const [station, mark] of marks) {
            const values = weather.of(station);
            const place = places.stations.value.get(station);
            at = values.at !== null && (at === null || values.at > at) ? values.at : at;
            mark.show({
                celsius: values.celsius,
                fresh: freshnessOf(place, values),
                pulsing: performance.now() - values.liveAt < PULSE_MS,
            });
        }
        setAge(newest, at);
        tell();
    }

    narrow.addEventListener("change", draw);
    places.stations.watch((stations) => stations.size > 0 && draw());
    weather.watch((station, live) => {
        if (station === null) {
            filled();
        } else if (live && area.state.filled) {
            area.set("live");
        }
        repaint();
    });
    // A station that falls silent sends nothing: only time tells.
    setInterval(repaint, 2_000);
    setTimeout(() => marks.size === 0 && draw(), 4_000);
}

function drawRegion(region) {
    const projection = new Projection(region);
    const layer = svg("g", {});
    const names = svg("g", { class: "map-names", "aria-hidden": "true" });
    const element = svg(
        "svg",
        {
            class: "map-region",
            viewBox: `0 0 ${projection.width} ${projection.height}`,
            role: "group",
            "aria-label": `Stations in ${region.name}`,
            style: `--share: ${projection.width}`,
        },
        svg("path", {
            class: "map-land",
            d: dottedLand(region, projection, Math.max(5, (DOT_STEP * region.width) / 720)),
        }),
        names,
        layer,
    );
    return { element, projection, layer, names };
}

/** The names of cities beside their stations. */
function cityNames(places, points, width) {
    const cities = new Map();
    places.forEach(({ city, city_name: name }, i) => {
        const known = cities.get(city) ?? { name, points: [] };
        cities.set(city, { name, points: [...known.points, points[i]] });
    });
    return placeNames([...cities.values()], { width }).map(({ name, x, y, anchor }) =>
        svg("text", { x, y, "text-anchor": anchor }, name),
    );
}

function drawMark(place, home, at, onFocus) {
    const ring = svg("circle", { class: "map-ring", r: 10 });
    const dot = svg("circle", { class: "map-dot", r: 9.5 });
    const text = svg("text", { class: "map-value", "text-anchor": "middle", y: 3.2 });
    const name = svg("title", {});
    const element = svg(
        "g",
        {
            class: "map-mark",
            role: "img",
            tabindex: 0,
            transform: `translate(${at.x.toFixed(1)} ${at.y.toFixed(1)})`,
            "data-simulated": place.simulated,
            onfocus: () => onFocus(place.station),
            onpointerenter: () => onFocus(place.station),
        },
        name,
        svg("line", { class: "map-tether", x1: 0, y1: 0, x2: home.x - at.x, y2: home.y - at.y }),
        ring,
        dot,
        text,
    );
    return {
        element,
        show({ celsius, fresh, pulsing }) {
            setAttributes(element, {
                "data-freshness": fresh,
                "data-pulsing": pulsing,
                "aria-label": `${place.name}, ${place.city_name}: ${quantity(celsius, "°C")}, ${FRESHNESS_TEXT[fresh]}`,
            });
            setAttributes(dot, { style: `--temperature: ${temperatureColour(celsius)}` });
            setText(text, celsius === null ? "" : number(celsius, 0));
            setText(name, `${place.name}, ${place.city_name}: ${quantity(celsius, "°C")}`);
        },
    };
}
