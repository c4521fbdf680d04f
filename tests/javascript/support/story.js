// SPDX-License-Identifier: Apache-2.0
import { FakeServer, WELCOME } from "./fake_server.js";

/** Plays one subscription over several connections and notes what its user sees. */
export class Story {
    server = new FakeServer();
    values = []; // data of events and snapshots
    skipped = 0;
    marks = [];

    constructor(topic, options = {}) {
        this.client = this.server.openClient(options.client);
        this.subscription = this.client.subscribe(topic, {
            ...options,
            onEvent: ({ data, skipped }) => {
                this.values.push(data);
                this.skipped += skipped;
            },
            onGap: ({ first, last }) => this.marks.push(`gap ${first}-${last}`),
            onLive: () => this.marks.push("live"),
            onSubscribed: ({ first, resumed }) => {
                this.marks.push(`${first ? "opened" : "reopened"}, resumed ${resumed}`);
            },
        });
        this.seq = 0;
    }

    /** The newest `sub` frame of this connection. */
    get asked() {
        return this.server.socket.last({ t: "sub" });
    }

    value(pos, more = {}) {
        const data = `${more.epoch ?? "e1"}:${more.topic ?? ""}${pos}`;
        this.server.socket.event(this.asked.id, ++this.seq, {
            topic: this.asked.topic,
            data,
            pos,
            epoch: "e1",
            ts: 1_000 + pos,
            ...more,
        });
    }

    frame(t, more = {}) {
        this.server.socket.serve({ t, sub: `${this.asked.id}`, ...more });
    }

    async reconnect(welcome = WELCOME) {
        await this.server.redial();
        this.server.socket.welcome(welcome);
        this.seq = 0;
    }
}
