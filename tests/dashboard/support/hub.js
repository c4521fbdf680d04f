// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The program to test with; tests are skipped without it. */
export const PROGRAM = process.env.AIMDB_WEATHER_HUB;

/** For `skip` of a test: a reason, or false. */
export const NO_PROGRAM = PROGRAM ? false : "AIMDB_WEATHER_HUB names no weather_hub program";

/** Options of a suite that needs it. The time ends what hangs; nothing takes so long. */
export const realHub = { skip: NO_PROGRAM, timeout: 300_000 };

const ANSI = /\u001b\[[0-9;]*m/g;

/** A weather hub in a process of its own, with a history that goes when the test does. */
export class WeatherHub {
    #options;
    #process = null;
    #exited = null;

    /**
     * @param {{ speed?: number, warmUp?: number, args?: string[] }} [options]
     */
    static async create(options = {}) {
        const hub = new WeatherHub();
        hub.#options = { speed: 0.25, warmUp: 60, args: [], ...options };
        hub.directory = await mkdtemp(join(tmpdir(), "aimdb-dashboard-"));
        // The same ports over restarts: the page dials again where it was.
        hub.port = await freePort();
        hub.url = `http://127.0.0.1:${hub.port}/`;
        await hub.start();
        return hub;
    }

    get database() {
        return join(this.directory, "weather.db");
    }

    get pid() {
        return this.#process.pid;
    }

    /** Until it says where the dashboard is. @param {string[]} [extra] */
    async start(extra = []) {
        const { speed, warmUp, args } = this.#options;
        const all = [
            "--http",
            `${this.port}`,
            "--tcp",
            "0",
            "--data-dir",
            this.directory,
            "--speed",
            `${speed}`,
            "--warm-up",
            `${warmUp}`,
            ...args,
            ...extra,
        ];
        this.#process = spawn(PROGRAM, all, {
            stdio: ["ignore", "pipe", "pipe"],
            env: { ...process.env, NO_COLOR: "1" },
        });
        this.#exited = once(this.#process, "exit");
        await new Promise((resolve, reject) => {
            let text = "";
            const read = (chunk) => {
                text += chunk;
                if (/dashboard\s+http/.test(text.replace(ANSI, ""))) {
                    resolve();
                }
            };
            this.#process.stdout.on("data", read);
            this.#process.stderr.on("data", read);
            this.#process.on("exit", (code) =>
                reject(new Error(`the hub ended with ${code}: ${text}`)),
            );
        });
    }

    /** It hangs: connections stay open, and nothing comes. */
    pause() {
        this.#process.kill("SIGSTOP");
    }

    resume() {
        this.#process.kill("SIGCONT");
    }

    /** No stop at all. */
    async kill() {
        this.#process.kill("SIGKILL");
        await this.#exited;
    }

    /** Its history goes: the next start is a first one. */
    async forget() {
        for (const end of ["", "-wal", "-shm"]) {
            await rm(this.database + end, { force: true });
        }
    }

    /** An ordered stop; the exit code. */
    async stop() {
        this.#process.kill("SIGTERM");
        const [code] = await this.#exited;
        return code;
    }

    async remove() {
        if (this.#process.exitCode === null && this.#process.signalCode === null) {
            await this.kill();
        }
        await rm(this.directory, { recursive: true, force: true });
    }
}

async function freePort() {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    server.close();
    await once(server, "close");
    return port;
}
