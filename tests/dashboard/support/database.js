// SPDX-License-Identifier: Apache-2.0
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Rows of a query on the file itself, past the hub. */
export async function sql(file, query) {
    const { stdout } = await run("sqlite3", ["-readonly", "-json", file, query], {
        maxBuffer: 256 * 1024 * 1024,
    });
    return stdout.trim() === "" ? [] : JSON.parse(stdout);
}

/** The newest value of each record of a family: key → value. */
export async function newestOf(file, family) {
    const rows = await sql(
        file,
        `SELECT record_name AS key, value_json AS json FROM record_history WHERE id IN (
            SELECT max(id) FROM record_history WHERE record_name LIKE '${family}.%' GROUP BY record_name)`,
    );
    return new Map(rows.map(({ key, json }) => [key.slice(family.length + 1), JSON.parse(json)]));
}

/** All stored positions of a record, with times and values, in order. */
export async function storedRows(file, key) {
    const rows = await sql(
        file,
        `SELECT seq, stored_at AS at, value_json AS json FROM history
            JOIN record ON record.id = history.record_id WHERE name = '${key}' ORDER BY seq`,
    );
    return rows.map(({ seq, at, json }) => ({ pos: seq, at, value: JSON.parse(json) }));
}
