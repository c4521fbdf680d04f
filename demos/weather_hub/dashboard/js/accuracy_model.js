// SPDX-License-Identifier: Apache-2.0
//
// What the accuracy panel says about numbers of accuracy_summary.* and accuracy.*. Pure.
import { signed } from "./format.js";

/** Windows of observed time, as members of a summary. */
export const WINDOWS = [
    { member: "h24", label: "24 h" },
    { member: "d7", label: "7 days" },
    { member: "d30", label: "30 days" },
];

/** Below this a model is as often too warm as too cold. */
const EVEN_CELSIUS = 0.15;

/** @param {number | null | undefined} bias */
export function biasArrow(bias) {
    if (typeof bias !== "number") {
        return { arrow: "–", text: "no validation in this window", tone: "none" };
    }
    const amount = `${signed(bias, 2)} °C`;
    if (Math.abs(bias) < EVEN_CELSIUS) {
        return { arrow: "●", text: `bias ${amount}, even`, tone: "even" };
    }
    return bias > 0
        ? { arrow: "▲", text: `bias ${amount}, too warm`, tone: "warm" }
        : { arrow: "▼", text: `bias ${amount}, too cold`, tone: "cold" };
}

/** @param {Iterable<{ models?: { model: string }[] }>} summaries */
export function modelsOf(summaries) {
    const names = new Set();
    for (const { models = [] } of summaries) {
        for (const { model } of models) {
            names.add(model);
        }
    }
    return [...names].sort();
}

/** The model that was validated most often in the longest window; of several the best. */
export function mostValidated(summaries, models) {
    const of = (model) => overall(summaries, model, WINDOWS.at(-1).member) ?? { n: 0, mae: 0 };
    return [...models].sort((a, b) => of(b).n - of(a).n || of(a).mae - of(b).mae)[0];
}

/** The numbers of one model in one window; null when there are none. */
export function windowOf(summary, model, member) {
    const found = summary?.models?.find((entry) => entry.model === model)?.[member];
    return found && found.n > 0 ? found : null;
}

/** Over all cities, weighted by their validations. */
export function overall(summaries, model, member) {
    let n = 0;
    let mae = 0;
    let bias = 0;
    let hits = 0;
    for (const summary of summaries) {
        const window = windowOf(summary, model, member);
        if (window) {
            n += window.n;
            mae += window.mae * window.n;
            bias += window.bias * window.n;
            hits += window.hit_rate * window.n;
        }
    }
    return n === 0 ? null : { n, mae: mae / n, bias: bias / n, hit_rate: hits / n };
}

/** The newest summary of each city. */
export class Summaries extends Map {
    #before = new Set();

    /** A new connection: its hub may have another history, so that older values are newer. */
    begin() {
        this.#before = new Set(this.values());
    }

    /** Takes it unless a newer one is known of this connection. */
    take(summary) {
        const known = this.get(summary.city);
        if (!known || this.#before.has(known) || known.at <= summary.at) {
            this.set(summary.city, summary);
        }
    }

    /** History has answered: what is of before and was not replaced is of a history that is gone. */
    settle() {
        this.#before.forEach((old) => this.get(old.city) === old && this.delete(old.city));
        this.#before.clear();
    }
}

/** Keeps the newest validation of each model of a city. */
export class Newest {
    #byCity = new Map();
    #before = new Set();

    /** As with summaries. */
    begin() {
        this.#before = new Set([...this.#byCity.values()].flatMap((models) => [...models.values()]));
    }

    settle() {
        for (const old of this.#before) {
            const models = this.#byCity.get(old.city);
            if (models.get(old.model) === old) {
                models.delete(old.model);
            }
        }
        this.#before.clear();
    }

    /** @returns whether it is newer than what was known */
    take(validation) {
        const { city, model, valid_for: validFor, timestamp } = validation;
        if (!this.#byCity.has(city)) {
            this.#byCity.set(city, new Map());
        }
        const models = this.#byCity.get(city);
        const known = models.get(model);
        const comparable = known && !this.#before.has(known);
        const older = comparable && (known.timestamp ?? known.valid_for) > (timestamp ?? validFor);
        if (older) {
            return false;
        }
        models.set(model, validation);
        return true;
    }

    of(city, model) {
        return this.#byCity.get(city)?.get(model) ?? null;
    }
}
