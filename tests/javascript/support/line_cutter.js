// SPDX-License-Identifier: Apache-2.0
import { once } from "node:events";
import { connect, createServer } from "node:net";

/** A line between client and server that can be cut, and is whole again for the next dial. */
export class LineCutter {
    #server;
    #sockets = new Set();

    /** @param {number} port  of the server on the far end */
    static async to(port) {
        const line = new LineCutter();
        line.#server = createServer((near) => {
            const far = connect(port, "127.0.0.1");
            for (const [socket, other] of [[near, far], [far, near]]) {
                line.#sockets.add(socket);
                socket.on("error", () => {}); // It is cut on purpose.
                socket.on("close", () => {
                    line.#sockets.delete(socket);
                    other.destroy();
                });
            }
            near.pipe(far);
            far.pipe(near);
        });
        line.#server.listen(0, "127.0.0.1");
        await once(line.#server, "listening");
        line.url = `ws://127.0.0.1:${line.#server.address().port}/ws`;
        return line;
    }

    cut() {
        for (const socket of this.#sockets) {
            socket.destroy();
        }
    }

    async close() {
        this.cut();
        this.#server.close();
        await once(this.#server, "close");
    }
}
