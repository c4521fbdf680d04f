// SPDX-License-Identifier: Apache-2.0
//
// What records mean: the schema of a contract, beside what its records say now.
import { ageElement, setAge } from "../ages.js";
import { panel } from "../area.js";
import { ContractStats } from "../contract_stats.js";
import { timeOf } from "../contract_time.js";
import { h, setAttributes, setText } from "../dom.js";
import { NONE, dateTime, measured, number, unitSymbol } from "../format.js";
import { painter } from "../frames.js";

const EVERY_MS = 500;
/** Of each record, for the first least, mean and greatest. */
const HISTORY_ROWS = 24;
const RECORD_LIMIT = 12;

export function startContracts({ hub, contracts }) {
    let name = null;
    let stats = new ContractStats();
    let subscription = null;
    const buttons = new Map();
    const list = h("ul", { class: "contract-list", "aria-label": "Contracts" });
    const detail = new Detail();
    const content = h("div", { class: "contracts" }, list, detail.element);
    const { area } = panel("contracts", { content, waitingFor: "Waiting for contract.* …" });
    const repaint = painter(area.element, show, 500);

    function offer(all) {
        for (const key of [...all.keys()].sort()) {
            if (!buttons.has(key)) {
                const migrated = h("span", { class: "tag", "data-tone": "warn" });
                const button = h(
                    "button",
                    { type: "button", class: "contract-button", onclick: () => choose(key) },
                    h("span", {}, key.replaceAll("_", " ")),
                    migrated,
                );
                buttons.set(key, { button, migrated });
                list.append(h("li", {}, button));
            }
            const { migrated } = buttons.get(key);
            const count = all.get(key).migrated;
            setText(migrated, `${number(count, 0)} migrated`);
            migrated.hidden = !count;
        }
        if (all.size > 0) {
            area.set("history");
            if (name === null && all.has("temperature")) {
                choose("temperature");
            }
        }
        repaint();
    }

    function choose(key) {
        name = key;
        stats = new ContractStats();
        buttons.forEach(({ button }, other) =>
            setAttributes(button, { "aria-pressed": other === key }),
        );
        follow();
        repaint();
    }

    async function follow() {
        subscription?.close();
        subscription = null;
        const mine = stats;
        const contract = contracts.all.value.get(name);
        const { records } = contract;
        const take = ({ topic, ts, pos, epoch }, data) =>
            mine.take(topic, data, timeOf(contract, data, ts).at, { pos, epoch });
        try {
            const rows = await hub.rows({ name: records, limit: HISTORY_ROWS, order: "desc" });
            rows.reverse().forEach((row) => take(row, row.payload));
            repaint();
        } catch (error) {
            console.warn(`history of ${records}:`, error); // Live values still come.
        }
        if (mine !== stats) {
            return;
        }
        subscription = hub.follow(records, {
            everyMs: EVERY_MS,
            onEvent: (value) => {
                take(value, value.data);
                if (value.kind === "event") {
                    area.set("live");
                }
                repaint();
            },
        });
    }

    function show() {
        if (name !== null) {
            detail.show(contracts.all.value.get(name), stats);
        }
    }

    contracts.all.watch(offer);
    // Another connection may be to another history: what was seen of the one before is not kept.
    hub.eachOpen(() => name !== null && choose(name));
    setTimeout(
        () =>
            buttons.size === 0 &&
            area.set(
                "empty",
                "The hub serves no contract.* record: it does not say what its records mean.",
            ),
        4_000,
    );
}

class Detail {
    #title = h("h3", {});
    #about = h("p", {});
    #facts = h("dl", { class: "contract-facts" });
    #fields = h("tbody", {});
    #period = h("p", { class: "muted small" });
    #records = h("tbody", {});
    #more = h("p", { class: "muted small" });
    #rows = new Map();
    #shown = null;

    constructor() {
        const heads = (texts) =>
            h(
                "thead",
                {},
                h(
                    "tr",
                    {},
                    texts.map((text) => h("th", { scope: "col" }, text)),
                ),
            );
        const table = (label, texts, body, name) =>
            h(
                "div",
                { class: `table-scroll ${name}`, tabindex: 0, role: "region", "aria-label": label },
                h(
                    "table",
                    {},
                    h("caption", { class: "visually-hidden" }, label),
                    heads(texts),
                    body,
                ),
            );
        this.element = h(
            "div",
            { class: "contract-detail" },
            this.#title,
            this.#about,
            this.#facts,
            table(
                "Fields",
                ["Field", "Type", "Unit", "Least", "Mean", "Greatest", "Of", "Meaning"],
                this.#fields,
                "contract-fields",
            ),
            this.#period,
            h("h3", {}, "Newest values"),
            table("Newest values", ["Record", "Value", "Age"], this.#records, "contract-records"),
            this.#more,
        );
    }

    show(contract, stats) {
        if (stats !== this.#shown) {
            this.#shown = stats;
            this.#rows.clear();
            this.#records.replaceChildren();
        }
        setText(this.#title, `${contract.name}, version ${contract.version}`);
        setText(this.#about, contract.doc);
        const accepts =
            contract.accepts?.length > 0
                ? `${contract.accepts.join(", ")}; ${number(contract.migrated, 0)} values migrated so far`
                : "no older version";
        const facts = [
            ["Records", contract.records],
            ["Unit", unitSymbol(contract.unit) || "per field"],
            ["Clock", contract.clock],
            ["Also accepts", accepts],
        ];
        this.#facts.replaceChildren(
            ...facts.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text))),
        );
        this.#fields.replaceChildren(
            ...(contract.fields ?? []).map((field) => fieldRow(field, stats)),
        );
        const period = stats.period;
        setText(
            this.#period,
            period === null
                ? "No value has been seen yet."
                : `Least, mean and greatest of what this page has seen, ${dateTime(period.from)} to ` +
                      `${dateTime(period.to)} UTC, ${contract.clock === "wall" ? "wall clock" : "observed time"}.`,
        );
        this.#showRecords(contract, stats);
    }

    #showRecords(contract, stats) {
        const keys = [...stats.newest.keys()].sort();
        for (const key of keys.slice(0, RECORD_LIMIT)) {
            if (!this.#rows.has(key)) {
                const value = h("td", { class: "contract-value" });
                const age = ageElement(contract.clock === "wall" ? "wall" : "observed");
                this.#rows.set(key, { value, age });
                this.#records.append(
                    h(
                        "tr",
                        {},
                        h("th", { scope: "row" }, h("code", {}, key)),
                        value,
                        h("td", {}, age),
                    ),
                );
            }
            const { data, ts } = stats.newest.get(key);
            const row = this.#rows.get(key);
            setText(row.value, valueWithUnits(data, contract));
            setAge(row.age, ts);
        }
        const rest = keys.length - RECORD_LIMIT;
        setText(
            this.#more,
            keys.length === 0
                ? `No record of ${contract.records} has a value yet.`
                : rest > 0
                  ? `and ${rest} more records`
                  : "",
        );
    }
}

function fieldRow({ name, type, unit, doc }, stats) {
    const isTime = unitSymbol(unit) === "time";
    const seen = stats.of(name);
    const whole = type === "number" ? false : undefined;
    const text = (value) =>
        value === undefined ? NONE : isTime ? dateTime(value) : measured(value, unit, whole, name);
    const numbers = [
        ["Least", seen?.min],
        ["Mean", isTime ? undefined : seen?.mean],
        ["Greatest", seen?.max],
    ];
    return h(
        "tr",
        {},
        h("th", { scope: "row" }, h("code", {}, name)),
        h("td", { class: "muted" }, type),
        h("td", { class: "muted" }, unitSymbol(unit) || NONE),
        // Narrow screens have no heads, and their cells say what they are.
        numbers.map(([label, value]) =>
            h("td", { class: "number", "data-label": label }, text(value)),
        ),
        h("td", { class: "number muted contract-count" }, seen ? `${number(seen.n, 0)} values` : NONE),
        h("td", { class: "contract-doc" }, doc),
    );
}

function valueWithUnits(data, contract) {
    return contract.fields
        .filter(({ name }) => data?.[name] !== undefined && data[name] !== null)
        .slice(0, 5)
        .map(({ name, type, unit }) => {
            const value = data[name];
            const symbol = unitSymbol(unit);
            if (symbol === "time") {
                return dateTime(value);
            }
            return `${name} ${shortValue(value, type, unit, name)}`;
        })
        .join(" · ");
}

function shortValue(value, type, unit, name) {
    if (Array.isArray(value)) {
        const parts = value
            .slice(0, 4)
            .map((one) =>
                typeof one === "object" ? (one?.model ?? one?.name ?? "…") : shortValue(one),
            );
        return `[${parts.join(", ")}${value.length > 4 ? ", …" : ""}]`;
    }
    if (typeof value !== "number") {
        return String(value);
    }
    return measured(value, unit, type === "number" ? false : undefined, name);
}
