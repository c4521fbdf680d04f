// SPDX-License-Identifier: Apache-2.0
import { matchesPattern } from "../../aimx/aimx.js";
import { unitSymbol } from "../format.js";
import { Signal } from "../signal.js";

/** What records mean, from contract.*: units for every panel. */
export class Contracts {
    /** @type {Signal} of a Map from name to contract */
    all = new Signal(new Map());

    constructor(hub) {
        hub.follow("contract.*", {
            everyMs: 1_000,
            onEvent: ({ data, ts }) => {
                this.all.value = new Map(this.all.value).set(data.name, { ...data, ts });
            },
        });
    }

    /** The contract of a record; null when none names it. */
    of(key) {
        for (const contract of this.all.value.values()) {
            if (matchesPattern(contract.records, key)) {
                return contract;
            }
        }
        return null;
    }

    /** The symbol of a field's unit; empty when it has none. */
    unit(key, field) {
        const contract = this.of(key);
        const found = contract?.fields?.find(({ name }) => name === field);
        return unitSymbol(found?.unit ?? "");
    }
}
