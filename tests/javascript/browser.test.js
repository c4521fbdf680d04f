// SPDX-License-Identifier: Apache-2.0
//
// The client in a real browser: the server serves a page with it over the port that
// its WebSocket has, and the page says what it saw.
import assert from "node:assert/strict";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { ChromiumPage, findChromium } from "./support/chromium.js";
import {
    ConformanceServer,
    NO_PROGRAM,
    reading,
    realServer,
} from "./support/conformance_server.js";

const skip = NO_PROGRAM || (findChromium() ? false : "there is no chromium here");
const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

describe("the client in a browser", { ...realServer, skip }, () => {
    let directory;
    let server;
    let page;

    const start = async (port) => {
        const history = join(directory, "history.db");
        server = await ConformanceServer.start({ port, history, www: join(directory, "www") });
    };
    const call = (name, ...args) => {
        const list = args.map((argument) => JSON.stringify(argument)).join(", ");
        return page.evaluate(`import("/page.js").then((page) => page.${name}(${list}))`);
    };
    const produce = async (celsius) => {
        await server.produce("boiler.supply", reading(celsius));
    };

    before(async () => {
        directory = await mkdtemp(join(tmpdir(), "aimdb-browser-"));
        const www = join(directory, "www");
        await cp(path("browser"), www, { recursive: true });
        await cp(path("../../javascript"), www, { recursive: true });
        await start(0);
        page = await ChromiumPage.open(`http://127.0.0.1:${server.port}/index.html`);
    });
    after(async () => {
        await page?.close();
        await server?.quit();
        await rm(directory, { recursive: true });
    });

    it("connects to the server that the page came from", async () => {
        assert.deepEqual(await call("connect"), { state: "open", extensions: true });
    });

    it("writes and reads", async () => {
        const value = { text: 'ü, €, 🔥 and "quotes"', list: [1, null, true] };

        assert.deepEqual(await call("echo", value), { status: "success", value });
    });

    it("is told why it may not", async () => {
        assert.deepEqual(await call("refusal"), {
            name: "AimxError",
            err: "not_found",
            code: "unknown_record",
        });
    });

    it("lists the records", async () => {
        const keys = await call("keys");

        assert.ok(keys.includes("boiler.supply"));
        assert.ok(!keys.includes("private.secret"));
    });

    it("follows a record from its history on, over a crash of the server", async () => {
        await produce(1);
        await server.flush();
        await call("follow", "boiler.supply");
        await produce(2);
        const early = await call("seenUpTo", 2);
        await server.flush();

        await server.kill();
        await start(server.port);
        await produce(3);
        const all = await call("seenUpTo", 3);

        assert.deepEqual(early, [1, 2]);
        assert.deepEqual(all, [1, 2, 3]);
        const states = await call("statesSoFar");
        assert.deepEqual(states.slice(0, 3), ["connecting", "open", "reconnecting"]);
        assert.equal(states.at(-1), "open");
    });
});
