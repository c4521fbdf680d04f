// SPDX-License-Identifier: Apache-2.0
import { titleOf } from "../format.js";
import { Signal } from "../signal.js";

/** Where the stations are, from location.*: shared by panels. */
export class Places {
    /** @type {Signal} of a Map from station to its location */
    stations = new Signal(new Map());
    #pending = null;

    /** @param {Promise<void>} ready  what goes before */
    constructor(hub, ready) {
        const onEvent = (value) => this.#take(value);
        ready.then(() => hub.follow("location.*", { everyMs: 1_000, onEvent }));
    }

    #take({ topic, data }) {
        const station = topic.slice("location.".length);
        // A burst of snapshots is one change.
        if (this.#pending === null) {
            this.#pending = new Map(this.stations.value);
            queueMicrotask(() => {
                const changed = this.#pending;
                this.#pending = null;
                this.stations.value = changed;
            });
        }
        this.#pending.set(station, { station, ...data });
    }

    stationName(station) {
        return this.stations.value.get(station)?.name ?? titleOf(station);
    }

    cityName(city) {
        for (const place of this.stations.value.values()) {
            if (place.city === city) {
                return place.city_name;
            }
        }
        return titleOf(city);
    }

    /** Whether a city's observations are simulated; null while it is not known. */
    simulated(city) {
        let simulated = null;
        for (const place of this.stations.value.values()) {
            if (place.city === city) {
                simulated = (simulated ?? true) && place.simulated;
            }
        }
        return simulated;
    }
}
