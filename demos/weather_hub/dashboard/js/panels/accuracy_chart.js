// SPDX-License-Identifier: Apache-2.0
//
// Predicted against actual of one city and model.
import { Area } from "../area.js";
import { Chart } from "../chart.js";
import { h, setText } from "../dom.js";
import { DAY_MS, date, number, share } from "../format.js";
import { painter } from "../frames.js";
import { isLive } from "../hub.js";
import { legend } from "../legend.js";
import { segments } from "../segments.js";
import { Series, align, decimate, holes, lowerBound, parted, summary } from "../series.js";

const RANGES = [
    { value: "30", text: "30 d" },
    { value: "90", text: "90 d" },
    { value: "365", text: "1 y" },
    { value: "1461", text: "4 y" },
];

const LINES = [
    { label: "actual", colour: "--series-1", width: 2.2 },
    { label: "predicted", colour: "--series-2", width: 1.6, dash: [5, 4] },
];
/** Where values are missing the chart is read again, but not all the time. */
const REREAD_MS = 3_000;
/** A pass of the replay has 1461 days. */
const POINT_LIMIT = 4_000;

export function startAccuracyChart({ hub, clock, places, accuracy }) {
    const { city, model, validations, chartPlace } = accuracy;
    const predicted = new Series(POINT_LIMIT);
    const actual = new Series(POINT_LIMIT);
    /** 1 for a hit, 0 for a miss, as the hub judged it. */
    const hits = new Series(POINT_LIMIT);
    const title = h("h3", {});
    const numbers = h("p", { class: "muted small" });
    let days = 90;
    let run = 0;
    let rereading = null;

    const chart = new Chart({
        label: "Predicted and actual temperature",
        unit: "°C",
        height: 264,
        series: LINES,
    });
    const area = new Area({
        content: h(
            "div",
            {},
            chart.element,
            h("div", { class: "chart-foot" }, legend(LINES), numbers),
        ),
        retry: () => load(),
    });
    const onChange = (value) => {
        days = Number(value);
        load();
    };
    const ranges = segments({
        name: "accuracy-range",
        label: "Range of the chart, observed time",
        choices: RANGES,
        value: "90",
        onChange,
    });
    const tools = h("div", { class: "panel-tools" }, ranges, area.badge());
    chartPlace.append(h("div", { class: "chart-head" }, title, tools), area.element);
    const repaint = painter(chartPlace, show, 400);

    function take({ payload }) {
        if (payload.model === model.value) {
            predicted.push(payload.valid_for, payload.predicted_celsius);
            actual.push(payload.valid_for, payload.actual_celsius);
            hits.push(payload.valid_for, payload.within_tolerance ? 1 : 0);
        }
    }

    /** City, model and connection often change together: that is one query. */
    function reload() {
        const mine = ++run;
        queueMicrotask(() => mine === run && load());
    }

    function missed() {
        rereading ??= setTimeout(() => {
            rereading = null;
            reload();
        }, REREAD_MS);
    }

    async function load() {
        if (city.value === null || model.value === null) {
            area.set("empty", "Choose a city: there is no validation of any yet.");
            return;
        }
        const mine = ++run;
        setText(title, `${places.cityName(city.value)}: predicted and actual`);
        await area.attempt(async () => {
            predicted.clear();
            actual.clear();
            hits.clear();
            const now = clock.now(Date.now());
            const start = now === null ? undefined : Math.max(0, now - days * DAY_MS);
            for await (const page of hub.client.queryPages({
                name: `accuracy.${city.value}`,
                start,
            })) {
                if (mine !== run) {
                    return;
                }
                page.records.forEach(take);
            }
            if (predicted.size === 0) {
                area.set(
                    "empty",
                    `No forecast of ${model.value} for ${places.cityName(city.value)} matured ` +
                        `in the last ${days} days of observed time.`,
                );
                return;
            }
            area.set("history");
            repaint();
        });
    }

    function show() {
        const end = predicted.last?.t;
        if (end === undefined) {
            return;
        }
        const from = Math.max(end - days * DAY_MS, predicted.t[0]);
        const gaps = holes(actual.t);
        const lines = [actual, predicted].map((series) =>
            decimate(parted(series, gaps), from, end, chart.width),
        );
        chart.set(align(lines), { from, to: Math.max(end, from + DAY_MS) }, gaps);
        const errors = predicted.t
            .map((t, i) => (t >= from ? predicted.v[i] - actual.v[i] : null))
            .filter((error) => error !== null);
        const off = summary(errors.map(Math.abs));
        const hit = summary(hits.v.slice(lowerBound(hits.t, from)));
        const text = `${off.n} validations, ${date(from)} to ${date(end)}: ${number(off.mean, 2)} °C off on average, at most ${number(off.max, 2)} °C; ${share(hit.mean)} hits`;
        setText(numbers, text);
        chart.describe(text);
    }

    validations.add((value) => {
        const { data, skipped } = value;
        const mine = data.city === city.value && data.model === model.value;
        if (skipped > 0 || (mine && !area.state.filled)) {
            missed();
        } else if (mine) {
            take({ payload: data });
            if (isLive(value)) {
                area.set("live");
            }
            repaint();
        }
    });
    city.watch(reload);
    model.watch(reload);
    places.stations.watch(
        () => city.value && setText(title, `${places.cityName(city.value)}: predicted and actual`),
    );
    hub.eachOpen(reload);
}
