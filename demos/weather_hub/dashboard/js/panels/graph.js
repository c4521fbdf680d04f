// SPDX-License-Identifier: Apache-2.0
//
// How records are made from each other, and how fast.
import { ageElement, setAge } from "../ages.js";
import { panel } from "../area.js";
import { h, setAttributes, setText, svg } from "../dom.js";
import { compact, number, titleOf } from "../format.js";
import { painter } from "../frames.js";
import { NODE, edgePath, layout, visibleGraph } from "../graph_model.js";
import { LagWindow } from "../lag_window.js";

const STAGE_ROWS = 14;

export function startGraph({ hub }) {
    const told = { nodes: [], edges: [], stages: [] };
    const lags = new LagWindow();
    const opened = new Set();
    let chosen = null;
    const search = h("input", {
        type: "search",
        placeholder: "Filter records",
        "aria-label": "Filter records by their key",
    });
    const closeAll = h("button", { type: "button", class: "button" }, "Close all");
    const note = h("p", { class: "muted small", role: "status" });
    const edges = svg("g", { class: "graph-edges", "aria-hidden": "true" });
    const boxes = svg("g", {});
    const drawing = svg(
        "svg",
        {
            class: "graph",
            role: "group",
            "aria-label": "Families of records; opening one shows its records",
        },
        edges,
        boxes,
    );
    const scroll = h(
        "div",
        { class: "graph-scroll", tabindex: 0, role: "region", "aria-label": "Record graph" },
        drawing,
    );
    const stages = new StageTable();
    const age = ageElement("wall");
    const content = h(
        "div",
        { class: "graph-panel" },
        h("div", { class: "toolbar" }, search, closeAll, note),
        scroll,
        h("p", { class: "muted small" }, "Rates and lag, wall clock: ", age),
        stages.element,
    );
    const { area } = panel("graph", {
        content,
        waitingFor: "Asking for the graph …",
        retry: () => load(),
    });
    const repaint = painter(area.element, show, 1_000);
    const views = new Map();

    async function load() {
        await area.attempt(async () => {
            const { nodes, edges: all } = await hub.client.graph();
            Object.assign(told, { nodes, edges: all });
            if (nodes.length === 0) {
                area.set("empty", "The hub tells of no record at all.");
                return;
            }
            area.set("history");
            rebuild();
        });
    }

    /** The drawing anew: after a filter, an opening, or a new graph. */
    function rebuild(focused = document.activeElement?.dataset?.id) {
        const graph = visibleGraph(told, { opened, filter: search.value });
        const placed = layout(graph);
        setAttributes(drawing, {
            viewBox: `-2 -2 ${placed.width + 10} ${placed.height + 30}`,
            style: `--natural: ${placed.width + 10}px`,
        });
        views.clear();
        boxes.replaceChildren(
            ...graph.nodes.map((node) => box(node, placed.positions.get(node.id))),
        );
        edges.replaceChildren(
            ...graph.edges.map((edge) => {
                const back = placed.back.has(edge);
                const d = edgePath(
                    placed.positions.get(edge.from),
                    placed.positions.get(edge.to),
                    back,
                );
                return svg("path", { d, "data-to": edge.to, "data-back": back });
            }),
        );
        closeAll.disabled = opened.size === 0;
        const hidden =
            graph.hidden > 0 ? `; ${graph.hidden} more of opened families: filter to see them` : "";
        setText(
            note,
            graph.nodes.length === 0
                ? `No record's key contains “${search.value}”.`
                : `${graph.total} records in ${graph.nodes.length} nodes${hidden}`,
        );
        boxes.querySelector(`[data-id="${CSS.escape(focused ?? "")}"]`)?.focus();
        repaint();
    }

    function box(node, at) {
        const name = shorten(
            node.single ? node.id.slice(node.family.length + 1) || node.id : node.family,
        );
        const title = svg(
            "text",
            { class: "graph-title", x: 12, y: 20, "data-long": name.length > 13 },
            name,
        );
        const about = svg("text", { class: "graph-about", x: 12, y: 37 });
        const rate = svg("text", { class: "graph-about", x: 12, y: 54 });
        const lag = svg("text", {
            class: "graph-lag",
            x: NODE.width - 12,
            y: 54,
            "text-anchor": "end",
        });
        const element = svg(
            "g",
            {
                class: "graph-node",
                role: "button",
                tabindex: 0,
                transform: `translate(${at.x} ${at.y})`,
                "data-id": node.id,
                "data-single": node.single,
                "aria-expanded": node.single ? null : "false",
                onclick: () => press(node),
                onkeydown: (event) => {
                    if (event.key === "Enter" || event.key === " ") {
                        event.preventDefault();
                        press(node);
                    }
                },
            },
            svg("rect", {
                class: "graph-back",
                x: 4,
                y: 4,
                width: NODE.width,
                height: NODE.height,
                rx: 9,
            }),
            svg("rect", { class: "graph-box", width: NODE.width, height: NODE.height, rx: 9 }),
            title,
            about,
            rate,
            lag,
        );
        views.set(node.id, { element, about, rate, lag });
        return element;
    }

    function press(node) {
        chosen = node.id;
        if (!node.single && node.records.length > 1) {
            opened.add(node.family);
            chosen = null;
            rebuild(node.records[0]); // The family's own node is gone.
            return;
        }
        rebuild();
    }

    function show() {
        const graph = visibleGraph(told, { opened, filter: search.value });
        for (const node of graph.nodes) {
            const view = views.get(node.id);
            if (!view) {
                continue;
            }
            const count = node.single
                ? node.buffer
                : `${node.records.length} ${node.records.length === 1 ? "record" : "records"}`;
            const rate =
                node.stages.length > 0
                    ? `${compact(Number(node.rate.toFixed(1)))} calls/s`
                    : "no stage";
            setText(view.about, count);
            setText(view.rate, rate);
            setText(
                view.lag,
                node.failures > 0
                    ? `✕ ${node.failures}`
                    : node.lagged > 0
                      ? `lag ${compact(node.lagged)}`
                      : "",
            );
            setAttributes(view.element, {
                "data-busy": node.rate > 0.05,
                "data-chosen": node.id === chosen,
                "aria-label": `${titleOf(node.id.replace(".*", ""))}: ${count}, ${rate}, ${node.lagged} values missed in the last minute, ${node.superseded} superseded, ${node.failures} failures`,
            });
        }
        for (const path of edges.children) {
            const to = graph.nodes.find(({ id }) => id === path.dataset.to);
            setAttributes(path, { "data-busy": (to?.rate ?? 0) > 0.05 });
        }
        const node = graph.nodes.find(({ id }) => id === chosen);
        stages.show(
            node ? node.stages : graph.nodes.flatMap((each) => each.stages),
            node?.id ?? null,
        );
    }

    search.addEventListener("input", () => rebuild());
    closeAll.addEventListener("click", () => {
        opened.clear();
        chosen = null;
        scroll.focus({ preventScroll: true }); // The button is of no use any more.
        rebuild();
    });
    hub.eachOpen(load);
    hub.follow("hub.stages", {
        everyMs: 1_000,
        onEvent: ({ data, kind }) => {
            told.stages = lags.recent(data.stages, data.at);
            setAge(age, data.at);
            if (area.state.filled && kind === "event") {
                area.set("live");
            }
            repaint();
        },
    });
}

const shorten = (text) => (text.length > 17 ? `${text.slice(0, 16)}…` : text);

/** Of a record of the newest value only nothing is lost, older values are superseded. */
const missedText = ({ lagged, superseded }) =>
    superseded > 0 ? `${number(superseded, 0)} superseded` : `${number(lagged, 0)} values`;

/** The busiest stages of what is drawn, or of one node. */
class StageTable {
    #title = h("h3", {});
    #body = h("tbody", {});

    constructor() {
        const heads = [
            "Record",
            "Stage",
            "State",
            "Calls/s",
            "Mean",
            "99 %",
            "Missed, 1 min",
            "Failures",
        ];
        this.element = h(
            "div",
            { class: "stages" },
            this.#title,
            h(
                "div",
                { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Stages" },
                h(
                    "table",
                    {},
                    h(
                        "thead",
                        {},
                        h(
                            "tr",
                            {},
                            heads.map((text) => h("th", { scope: "col" }, text)),
                        ),
                    ),
                    this.#body,
                ),
            ),
        );
    }

    show(stages, of) {
        const busiest = [...stages].sort((a, b) => b.rate_s - a.rate_s).slice(0, STAGE_ROWS);
        setText(
            this.#title,
            stages.length === 0
                ? `No stage of ${of ?? "these records"} has run, or hub.stages has not come yet.`
                : `${of === null ? "Busiest" : of} stages, ${busiest.length} of ${stages.length}`,
        );
        const micros = (value) => `${number(value, 1)} µs`;
        this.#body.replaceChildren(
            ...busiest.map((stage) =>
                h(
                    "tr",
                    {},
                    h("th", { scope: "row" }, h("code", {}, stage.record)),
                    h(
                        "td",
                        {},
                        stage.stage.startsWith(stage.kind)
                            ? stage.stage
                            : `${stage.stage} (${stage.kind})`,
                    ),
                    h("td", {}, stage.state),
                    h("td", { class: "number" }, number(stage.rate_s, 1)),
                    h("td", { class: "number" }, micros(stage.mean_us)),
                    h("td", { class: "number" }, micros(stage.p99_us)),
                    h("td", { class: "number" }, missedText(stage)),
                    h("td", { class: "number" }, number(stage.failures, 0)),
                ),
            ),
        );
    }
}
