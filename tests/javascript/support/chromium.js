// SPDX-License-Identifier: Apache-2.0
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** The browser to test in; undefined: there is none. */
export function findChromium() {
    return NAMES.find((name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0);
}

/** One page of a headless Chromium, spoken to over a pipe. */
export class ChromiumPage {
    #process;
    #exited;
    #directory;
    #session;
    #nextId = 1;
    #calls = new Map();
    #events = new Map();
    #unread = "";

    static async open(url) {
        const page = new ChromiumPage();
        page.#directory = await mkdtemp(join(tmpdir(), "aimdb-chromium-"));
        page.#start();
        const { targetId } = await page.#send("Target.createTarget", { url: "about:blank" });
        const attach = { targetId, flatten: true };
        page.#session = (await page.#send("Target.attachToTarget", attach)).sessionId;
        await page.#send("Page.enable");
        const loaded = new Promise((resolve) => page.#events.set("Page.loadEventFired", resolve));
        await page.#send("Page.navigate", { url });
        await loaded;
        return page;
    }

    /** What an expression gives in the page, once its promise is fulfilled; JSON only. */
    async evaluate(expression) {
        const asked = { expression, awaitPromise: true, returnByValue: true };
        const { result, exceptionDetails } = await this.#send("Runtime.evaluate", asked);
        if (exceptionDetails !== undefined) {
            const { exception, text } = exceptionDetails;
            throw new Error(`in the page: ${exception?.description ?? text}`);
        }
        return result.value;
    }

    async close() {
        this.#process.kill("SIGKILL");
        await this.#exited;
        await rm(this.#directory, { recursive: true, force: true, maxRetries: 10 });
    }

    #start() {
        const flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            `--user-data-dir=${this.#directory}`,
            "--remote-debugging-pipe",
        ];
        const stdio = ["ignore", "ignore", "ignore", "pipe", "pipe"];
        this.#process = spawn(findChromium(), flags, { stdio });
        this.#exited = once(this.#process, "exit").then(() => {
            for (const { reject } of this.#calls.values()) {
                reject(new Error("Chromium has ended"));
            }
        });
        const [, , , toBrowser, fromBrowser] = this.#process.stdio;
        toBrowser.on("error", () => {}); // Its end is told by `exit`.
        fromBrowser.setEncoding("utf8").on("data", (text) => this.#read(text));
    }

    #send(method, params = {}) {
        const id = this.#nextId++;
        const message = { id, method, params, sessionId: this.#session };
        this.#process.stdio[3].write(`${JSON.stringify(message)}\0`);
        return new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
    }

    #read(text) {
        const messages = (this.#unread + text).split("\0");
        this.#unread = messages.pop();
        for (const message of messages.map((line) => JSON.parse(line))) {
            const call = this.#calls.get(message.id);
            this.#calls.delete(message.id);
            if (call === undefined) {
                this.#events.get(message.method)?.(message.params);
            } else if (message.error !== undefined) {
                call.reject(new Error(message.error.message));
            } else {
                call.resolve(message.result);
            }
        }
    }
}
