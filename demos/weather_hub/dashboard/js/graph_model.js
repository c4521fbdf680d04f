// SPDX-License-Identifier: Apache-2.0
//
// Records and their stages as a drawing of layers; families of records are one node until they
// are opened. Pure.

export const NODE = { width: 142, height: 66, gapX: 40, gapY: 16 };
/** Records of an opened family that are drawn. */
export const OPEN_LIMIT = 40;

/** `temp.vienna` is of the family `temp`. */
export const familyOf = (key) => key.split(".")[0];

/**
 * What is drawn: a node per closed family, and per record of an opened one.
 *
 * @param {{ nodes: any[], edges: any[], stages: any[] }} graph  as the hub tells it
 * @param {{ opened: Set<string>, filter: string }} view
 */
export function visibleGraph({ nodes, edges, stages }, { opened, filter }) {
    const text = filter.trim().toLowerCase();
    const wanted = nodes.filter(({ key }) => key.toLowerCase().includes(text));
    const shown = new Map();
    const nodeOf = new Map();
    let hidden = 0;
    for (const { key, origin, buffer_type: buffer } of wanted) {
        const family = familyOf(key);
        const alone = opened.has(family);
        const id = alone ? key : `${family}.*`;
        if (!shown.has(id)) {
            const drawn = [...shown.values()].filter((node) => node.family === family).length;
            if (alone && drawn >= OPEN_LIMIT) {
                hidden++;
                continue;
            }
            shown.set(id, {
                id,
                family,
                single: alone,
                records: [],
                origin,
                buffer,
                rate: 0,
                lagged: 0,
                superseded: 0,
                failures: 0,
                stages: [],
            });
        }
        shown.get(id).records.push(key);
        nodeOf.set(key, id);
    }
    addStages(shown, nodeOf, told(nodes, stages));
    return {
        nodes: [...shown.values()],
        edges: visibleEdges(edges, nodeOf),
        hidden,
        total: wanted.length,
    };
}

/**
 * A record of the newest value only is made to pass over others: what its readers missed was
 * superseded, not lost.
 */
function told(nodes, stages) {
    const newestOnly = new Set(
        nodes.filter(({ buffer_type: type }) => type === "single_latest").map(({ key }) => key),
    );
    return stages.map((stage) =>
        newestOnly.has(stage.record)
            ? { ...stage, lagged: 0, superseded: stage.lagged }
            : { ...stage, superseded: 0 },
    );
}

function addStages(shown, nodeOf, stages) {
    const lagOf = new Map();
    const supersededOf = new Map();
    for (const stage of stages) {
        const node = shown.get(nodeOf.get(stage.record));
        if (node) {
            node.stages.push(stage);
            node.rate += stage.rate_s;
            node.failures += stage.failures;
            // The lag is the record's, told with each of its stages.
            raise(lagOf, stage.record, stage.lagged);
            raise(supersededOf, stage.record, stage.superseded);
        }
    }
    lagOf.forEach((count, record) => (shown.get(nodeOf.get(record)).lagged += count));
    supersededOf.forEach((count, record) => (shown.get(nodeOf.get(record)).superseded += count));
}

const raise = (counts, key, count) => counts.set(key, Math.max(count, counts.get(key) ?? 0));

/** Edges between what is drawn, each once. */
function visibleEdges(edges, nodeOf) {
    const found = new Map();
    for (const { from, to } of edges) {
        const a = nodeOf.get(from);
        const b = nodeOf.get(to);
        if (a === undefined || b === undefined || a === b) {
            continue;
        }
        const id = `${a}→${b}`;
        found.set(id, { from: a, to: b, n: (found.get(id)?.n ?? 0) + 1 });
    }
    return [...found.values()];
}

/**
 * Where each node goes: layers from left to right, in each the nodes near those they come from.
 * Nodes without edges stand in rows below.
 *
 * @param {{ nodes: { id: string }[], edges: { from: string, to: string }[] }} graph
 */
export function layout({ nodes, edges }) {
    const linked = new Set(edges.flatMap(({ from, to }) => [from, to]));
    const inLayers = nodes.filter(({ id }) => linked.has(id));
    const alone = nodes.filter(({ id }) => !linked.has(id));
    const back = backEdges(inLayers, edges);
    const forward = edges.filter((edge) => !back.has(edge));
    const layerOf = layersOf(inLayers, forward);
    const layers = [];
    for (const { id } of inLayers) {
        (layers[layerOf.get(id)] ??= []).push(id);
    }
    order(layers, forward);
    const tallest = Math.max(0, ...layers.map((layer) => layer.length));
    const positions = new Map();
    layers.forEach((layer, column) => {
        const top = ((tallest - layer.length) * (NODE.height + NODE.gapY)) / 2;
        layer.forEach((id, row) => {
            positions.set(id, {
                x: column * (NODE.width + NODE.gapX),
                y: top + row * (NODE.height + NODE.gapY),
            });
        });
    });
    const columns = Math.max(4, layers.length);
    const width = columns * NODE.width + (columns - 1) * NODE.gapX;
    const perRow = Math.max(1, Math.floor((width + NODE.gapY) / (NODE.width + NODE.gapY)));
    const below = tallest * (NODE.height + NODE.gapY) + (tallest > 0 && alone.length > 0 ? 26 : 0);
    alone.forEach(({ id }, i) => {
        const row = Math.floor(i / perRow);
        positions.set(id, {
            x: (i % perRow) * (NODE.width + NODE.gapY),
            y: below + row * (NODE.height + NODE.gapY),
        });
    });
    const bottom = Math.max(0, ...[...positions.values()].map(({ y }) => y));
    return {
        positions,
        back,
        width,
        height: bottom + NODE.height,
        aloneTop: alone.length > 0 ? below : null,
    };
}

/** Edges that close a circle: temperatures make observations, and observations temperatures. */
function backEdges(nodes, edges) {
    const next = new Map();
    edges.forEach((edge) => next.set(edge.from, [...(next.get(edge.from) ?? []), edge]));
    const state = new Map();
    const back = new Set();
    const visit = (id) => {
        state.set(id, "open");
        for (const edge of next.get(id) ?? []) {
            if (state.get(edge.to) === "open") {
                back.add(edge);
            } else if (!state.has(edge.to)) {
                visit(edge.to);
            }
        }
        state.set(id, "done");
    };
    const targets = new Set(edges.map(({ to }) => to));
    const roots = nodes.filter(({ id }) => !targets.has(id));
    [...roots, ...nodes].forEach(({ id }) => state.has(id) || visit(id));
    return back;
}

/** The longest way from a beginning. */
function layersOf(nodes, edges) {
    const before = new Map();
    edges.forEach(({ from, to }) => before.set(to, [...(before.get(to) ?? []), from]));
    const layers = new Map();
    const layer = (id) => {
        if (!layers.has(id)) {
            layers.set(id, 0);
            layers.set(id, Math.max(0, ...(before.get(id) ?? []).map((from) => layer(from) + 1)));
        }
        return layers.get(id);
    };
    nodes.forEach(({ id }) => layer(id));
    return layers;
}

/** Each layer in the order of the middles of what its nodes come from, and go to; a few times. */
function order(layers, edges) {
    const sweep = (layer, neighbours, side) => {
        const place = new Map(neighbours.map((id, i) => [id, i]));
        const middle = new Map(
            layer.map((id, at) => {
                const near = edges
                    .filter(
                        (edge) =>
                            edge[side === "from" ? "to" : "from"] === id && place.has(edge[side]),
                    )
                    .map((edge) => place.get(edge[side]) / Math.max(1, neighbours.length - 1));
                const own = at / Math.max(1, layer.length - 1);
                return [
                    id,
                    near.length > 0
                        ? near.reduce((sum, value) => sum + value, 0) / near.length
                        : own,
                ];
            }),
        );
        layer.sort((a, b) => middle.get(a) - middle.get(b));
    };
    for (let round = 0; round < 3; round++) {
        for (let i = 1; i < layers.length; i++) {
            sweep(layers[i], layers.slice(0, i).flat(), "from");
        }
        for (let i = layers.length - 2; i >= 0; i--) {
            sweep(layers[i], layers.slice(i + 1).flat(), "to");
        }
    }
}

/** The `d` of an edge between two places; one that goes back runs below. */
export function edgePath(from, to, back) {
    const y1 = from.y + NODE.height / 2;
    const y2 = to.y + NODE.height / 2;
    if (back || to.x <= from.x) {
        const low = Math.max(from.y, to.y) + NODE.height + 10;
        const out = from.x + NODE.width / 2;
        const into = to.x + NODE.width / 2;
        const bend = `C${out} ${low + 16} ${into} ${low + 16}`;
        return `M${out} ${from.y + NODE.height}${bend} ${into} ${to.y + NODE.height}`;
    }
    const x1 = from.x + NODE.width;
    const bend = (to.x - x1) / 2;
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${to.x - bend} ${y2} ${to.x} ${y2}`;
}
