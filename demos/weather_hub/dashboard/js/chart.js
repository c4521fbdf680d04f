// SPDX-License-Identifier: Apache-2.0
//
// uPlot as this page uses it: themed, as wide as its place, with stretches shaded and a text for
// who does not see it.
import uPlot from "../vendor/uplot/uPlot.esm.js";
import { axisMark, timeMarks } from "./chart_axis.js";
import { h, setText } from "./dom.js";
import { colour, theme } from "./theme.js";

const FONT = '11px -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';
const PHONE_PX = 520;

/**
 * @typedef {object} ChartOptions
 * @property {string} label  what it shows, in words
 * @property {{ label: string, colour: string, width?: number, dash?: number[], fill?: string,
 *     points?: boolean, digits?: number }[]} series
 * @property {string} unit
 * @property {number} [height]
 * @property {[number | null, number | null]} [range]  of the values; null: as they come
 * @property {(from: number, to: number) => void} [onZoom]  after dragging
 * @property {(cursor: { x: number, values: any[] } | null) => void} [onCursor]
 * @property {string} [sync]  charts of the same name share their cursor
 */

export class Chart {
    #options;
    #plot = null;
    #data = null;
    #window = null;
    #bands = [];
    #place;
    #description;
    #stopWatching;
    #resize;

    /** @param {ChartOptions} options */
    constructor(options) {
        this.#options = options;
        this.#place = h("div", { class: "chart-place" });
        this.#description = h("p", { class: "visually-hidden" }, options.label);
        this.element = h(
            "div",
            { class: "chart", role: "group", "aria-label": options.label },
            this.#place,
            this.#description,
        );
        this.#stopWatching = theme.watch(() => this.#build());
        this.#resize = new ResizeObserver(() => this.#fit());
        this.#resize.observe(this.element);
    }

    /** Pixels of the plot, to thin out points by. */
    get width() {
        return Math.max(200, this.element.clientWidth);
    }

    /**
     * @param {(number | null | undefined)[][]} data  times, then a column per series
     * @param {{ from: number, to: number }} window
     * @param {{ from: number, to: number }[]} [bands]  shaded
     */
    set(data, window, bands = []) {
        this.#data = data;
        this.#window = window;
        this.#bands = bands;
        if (this.#plot === null) {
            this.#build();
            return;
        }
        this.#plot.batch(() => {
            this.#plot.setData(data, false);
            this.#plot.setScale("x", { min: window.from, max: window.to });
        });
    }

    /** What it says now, in words. */
    describe(text) {
        setText(this.#description, text);
    }

    close() {
        this.#stopWatching();
        this.#resize.disconnect();
        this.#plot?.destroy();
        this.#plot = null;
    }

    #fit() {
        const width = this.element.clientWidth;
        if (this.#plot === null) {
            this.#build();
        } else if (width > 0 && width !== this.#plot.width) {
            this.#plot.setSize({ width, height: this.#plot.height });
        }
    }

    #build() {
        const width = this.element.clientWidth;
        if (this.#data === null || width === 0) {
            return;
        }
        this.#plot?.destroy();
        this.#plot = new uPlot(this.#uplotOptions(width), this.#data, this.#place);
    }

    #uplotOptions(width) {
        const { series, unit, height = 200, range, onZoom, sync } = this.#options;
        const grid = { stroke: colour("--chart-grid"), width: 1 };
        const axis = { stroke: colour("--text-muted"), font: FONT, grid, ticks: { show: false } };
        return {
            width,
            height,
            ms: 1,
            tzDate: (ms) => uPlot.tzDate(new Date(ms), "UTC"),
            padding: [10, 22, 0, 0],
            legend: { show: false },
            cursor: {
                x: true,
                y: false,
                drag: { x: onZoom !== undefined, y: false, setScale: false },
                points: { size: 7, width: 2 },
                ...(sync ? { sync: { key: sync } } : {}),
            },
            scales: {
                x: { time: true, range: () => [this.#window.from, this.#window.to] },
                y: { range: (_, min, max) => valueRange(min, max, range) },
            },
            axes: [
                {
                    ...axis,
                    size: 30,
                    space: width < PHONE_PX ? 64 : 84,
                    values: (_, marks, axis, space, step) => timeMarks(marks, step),
                },
                {
                    ...axis,
                    size: unit.length > 2 ? 70 : 50,
                    space: 34,
                    values: (_, marks) =>
                        marks.map((mark, at) =>
                            axisMark(mark, at === marks.length - 1 ? unit : ""),
                        ),
                },
            ],
            series: [{}, ...series.map((line) => this.#line(line))],
            hooks: {
                drawClear: [(plot) => this.#shade(plot)],
                setSelect: [(plot) => this.#selected(plot)],
                setCursor: [(plot) => this.#tell(plot)],
            },
        };
    }

    #line({ label, colour: name, width = 1.6, dash, fill, points = false }) {
        const stroke = colour(name);
        return {
            label,
            stroke,
            width,
            dash,
            fill: fill ? colour(fill) : undefined,
            points: { show: points, size: 5, fill: stroke },
            spanGaps: false,
        };
    }

    #shade(plot) {
        const { ctx, bbox } = plot;
        ctx.save();
        ctx.beginPath();
        ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
        ctx.clip();
        for (const { from, to, known } of this.#bands) {
            const left = plot.valToPos(from, "x", true);
            const right = plot.valToPos(to, "x", true);
            ctx.fillStyle = colour(known ? "--chart-gap-known" : "--chart-gap");
            ctx.fillRect(left, bbox.top, Math.max(1, right - left), bbox.height);
        }
        ctx.restore();
    }

    #selected(plot) {
        const { left, width } = plot.select;
        if (width < 4) {
            return;
        }
        const from = plot.posToVal(left, "x");
        const to = plot.posToVal(left + width, "x");
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        this.#options.onZoom?.(from, to);
    }

    #tell(plot) {
        const { idx } = plot.cursor;
        this.#options.onCursor?.(
            idx === null || idx === undefined
                ? null
                : { x: plot.data[0][idx], values: plot.data.slice(1).map((column) => column[idx]) },
        );
    }
}

function valueRange(min, max, [low, high] = [null, null]) {
    if (min === null || max === null) {
        return [low ?? 0, high ?? 1];
    }
    const spread = max - min || Math.abs(max) || 1;
    return [low ?? min - spread * 0.08, high ?? max + spread * 0.1];
}
