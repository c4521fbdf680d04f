// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The program to test against; tests are skipped without it. */
export const PROGRAM = process.env.AIMDB_CONFORMANCE_SERVER;

/** For `skip` of a test: a reason, or false. */
export const NO_PROGRAM = PROGRAM ? false : "AIMDB_CONFORMANCE_SERVER names no server program";

/** Options of a suite that needs the program. The time ends what hangs; nothing takes so long. */
export const realServer = { skip: NO_PROGRAM, timeout: 300_000 };

/** A value of the records `boiler.supply` and `boiler.return`. */
export const reading = (celsius) => ({ celsius, valve: 0.5 });

/** What of it came in an item. */
export const celsius = ({ data }) => data.celsius;

/** A conformance server in a process of its own, commanded over its standard input. */
export class ConformanceServer {
    #process;
    #lines;
    #exited;

    /** @param {{ port?: number, history?: string, www?: string }} [options] */
    static async start({ port = 0, history, www } = {}) {
        const server = new ConformanceServer();
        const args = ["--ws", `${port}`];
        if (history !== undefined) {
            args.push("--history", history);
        }
        if (www !== undefined) {
            args.push("--www", www);
        }
        server.#process = spawn(PROGRAM, args, { stdio: ["pipe", "pipe", "inherit"] });
        server.#process.stdin.on("error", () => {}); // It may be gone when it is told to go.
        server.#exited = once(server.#process, "exit");
        server.#lines = createInterface({ input: server.#process.stdout })[Symbol.asyncIterator]();
        const ready = await server.#line();
        server.url = ready.split(" ").find((word) => word.startsWith("ws://"));
        if (!ready.startsWith("ready ") || server.url === undefined) {
            throw new Error(`the server is not ready but says: ${ready}`);
        }
        server.port = Number(new URL(server.url).port);
        return server;
    }

    async #line() {
        const { done, value } = await this.#lines.next();
        if (done) {
            throw new Error("the server has ended");
        }
        return value;
    }

    /** The answer to a command; throws when it is an error. */
    async command(text) {
        this.#process.stdin.write(`${text}\n`);
        const answer = await this.#line();
        if (answer.startsWith("error ")) {
            throw new Error(`${text}: ${answer}`);
        }
        return answer;
    }

    /** The position of the value. */
    async produce(key, value) {
        return position(await this.command(`produce ${key} ${JSON.stringify(value)}`));
    }

    async produceAt(key, ms, value) {
        return position(await this.command(`produce_at ${key} ${ms} ${JSON.stringify(value)}`));
    }

    async flush() {
        await this.command("flush");
    }

    /** An ordered stop; the exit code. */
    async quit() {
        this.#process.stdin.end("quit\n");
        const [code] = await this.#exited;
        return code;
    }

    /** No stop at all. */
    async kill() {
        this.#process.kill("SIGKILL");
        await this.#exited;
    }
}

function position(answer) {
    return Number(answer.replace(/^ok /, ""));
}
