// SPDX-License-Identifier: Apache-2.0
//
// How good the forecasts are: the first thing on the page, filled by one query.
import { Newest, Summaries, modelsOf, mostValidated } from "../accuracy_model.js";
import { panel } from "../area.js";
import { summaries as summaryRows } from "../dial.js";
import { h } from "../dom.js";
import { painter } from "../frames.js";
import { isLive, markOnce } from "../hub.js";
import { segments } from "../segments.js";
import { Signal } from "../signal.js";
import { AccuracyTable } from "./accuracy_table.js";

/** A city has one newest validation per model. */
const NEWEST_ROWS = 4;

/** `answered` is kept when the first query is, or has failed.
 *
 * @returns {{ answered: Promise<void>, city: Signal, model: Signal, models: () => string[],
 *     validations: Set<Function>, chartPlace: Element }} */
export function startAccuracy({ hub, clock, clockChanged, places }) {
    const summaries = new Summaries();
    const newest = new Newest();
    const city = new Signal(null);
    const model = new Signal(null);
    const validations = new Set();
    const models = () => modelsOf(summaries.values());
    const modelPlace = h("div", {});
    const chartPlace = h("div", { class: "accuracy-chart" });
    const table = new AccuracyTable({ places, onChoose: (chosen) => (city.value = chosen) });
    const content = h("div", { class: "accuracy" }, table.overall, chartPlace, table.element);
    const { area } = panel("accuracy", { content, tools: [modelPlace], retry: () => load() });
    const paint = () => table.show({ summaries, newest, model: model.value, city: city.value });
    const repaint = painter(area.element, paint, 250);
    let following = false;
    let answer;
    const answered = new Promise((resolve) => {
        answer = resolve;
    });

    function offerModels() {
        const names = models();
        if (names.join() === modelPlace.dataset.names || names.length === 0) {
            return;
        }
        modelPlace.dataset.names = names.join();
        model.value = names.includes(model.value)
            ? model.value
            : mostValidated([...summaries.values()], names);
        const choices = names.map((name) => ({ value: name, text: name }));
        const onChange = (name) => (model.value = name);
        modelPlace.replaceChildren(
            segments({
                name: "model",
                label: "Forecast model",
                choices,
                value: model.value,
                onChange,
            }),
        );
    }

    async function load() {
        await area.attempt(async () => {
            summaries.begin();
            newest.begin();
            const { records } = await summaryRows();
            records.forEach(({ payload }) => summaries.take(payload));
            summaries.settle();
            if (summaries.size > 0) {
                showFirst();
            } else {
                sayWhyEmpty();
            }
            answer();
            follow();
            const rows = await hub.rows({ name: "accuracy.*", limit: NEWEST_ROWS, order: "desc" });
            rows.reverse().forEach(({ payload }) => newest.take(payload));
            newest.settle();
            repaint();
        });
        answer();
    }

    function sayWhyEmpty() {
        const why =
            clock.state === "no-sources"
                ? "and none will: the hub's sources are switched off (--no-sources), so none is made."
                : "the first validations come about two observed days after the hub's first start.";
        area.set("empty", `No forecast has matured yet, ${why}`);
    }

    function showFirst() {
        offerModels();
        city.value ??= [...summaries.keys()].sort()[0];
        area.set("history");
        paint();
        markOnce("first-data");
    }

    function follow() {
        if (following) {
            return;
        }
        following = true;
        hub.follow("accuracy_summary.*", {
            everyMs: 500,
            onEvent: (value) => {
                summaries.take(value.data);
                if (!area.state.filled) {
                    showFirst();
                }
                offerModels();
                if (isLive(value)) {
                    area.set("live");
                }
                repaint();
            },
        });
        hub.follow("accuracy.*", {
            onEvent: (value) => {
                if (value.kind === "event" && newest.take(value.data)) {
                    repaint();
                }
                validations.forEach((listener) => listener(value));
            },
        });
    }

    city.watch(repaint);
    model.watch(repaint);
    places.stations.watch(repaint);
    // The clock is heard after the first answer.
    clockChanged.watch(() => area.state.kind === "empty" && sayWhyEmpty());
    hub.eachOpen(load);
    return { answered, city, model, models, validations, chartPlace };
}
